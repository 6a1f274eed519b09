"""Loose files say no billing period themselves: their rows do."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from outlay.lake.layout import Layout, write_text
from outlay.lake.staging import Staging
from outlay.lake.types import LakeError, LandedFile
from outlay.money import BillingPeriod
from outlay.sources.contract import Source, SourceOptions

_Part = tuple[BillingPeriod, tuple[int, ...], frozenset[int]]
_UNDATED = ""
_REFERENCE = "*"  # rows that every period needs


def split_by_period(
    layout: Layout,
    source: Source,
    options: SourceOptions,
    files: Sequence[LandedFile],
    staging: Callable[[], Staging],
    wants: Callable[[BillingPeriod], bool],
) -> list[_Part]:
    """Group files by the periods of their rows: (period, file indices, who takes what is undated).

    Rows that every period needs come with each. Rows without a period, and records that are no
    rows, belong to the first slice of their file.
    A file's periods are remembered by its content. Raises LakeError when no row has a period.
    """
    periods = _periods(layout, source, options, files, staging)
    none = {_UNDATED, _REFERENCE}
    dated = sorted({period for found in periods for period in found} - none)
    if not dated:
        raise LakeError(
            f"{files[0].path} has no rows with a billing period; an empty export is not loaded: "
            "check the export"
        )
    firsts = [min((p for p in found if p not in none), default=dated[0]) for found in periods]
    parts = []
    for text in dated:
        period = BillingPeriod.parse(text)
        if not wants(period):
            continue
        indices = tuple(
            at
            for at, found in enumerate(periods)
            if text in found or _REFERENCE in found or firsts[at] == text
        )
        undated = frozenset(place for place, at in enumerate(indices) if firsts[at] == text)
        parts.append((period, indices, undated))
    return parts


def _periods(
    layout: Layout,
    source: Source,
    options: SourceOptions,
    files: Sequence[LandedFile],
    staging: Callable[[], Staging],
) -> list[list[str]]:
    """The periods (YYYY-MM) in each file, and `""` when it has rows without one.

    Files that are not known yet are asked together; with those of other tables, where the
    delivery has several, since a mapping needs the columns of all.
    """
    memos = [_memo(layout, source, options, file) for file in files]
    known = [_read(memo) for memo in memos]
    new = [at for at, periods in enumerate(known) if periods is None]
    if new:
        asked = new if len(set(staging().tables)) == 1 else list(range(len(files)))
        raw = staging().raw(asked)
        mapping = source.mapping(raw, options)
        rows = raw.ask(
            f"SELECT DISTINCT _file, CASE WHEN {mapping.reference or 'false'} THEN '{_REFERENCE}' "
            f"ELSE coalesce(strftime(CAST({mapping.period} AS DATE), '%Y-%m'), '') END "
            f"FROM {mapping.source}"
        )
        for place, at in enumerate(asked):
            periods = sorted(str(period) for file, period in rows if file == place)
            if at in new:
                write_text(memos[at], json.dumps(periods))
            known[at] = periods
    return [periods or [] for periods in known]


def _read(memo: Path) -> list[str] | None:
    try:
        found: list[str] = json.loads(memo.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        return None


def _memo(layout: Layout, source: Source, options: SourceOptions, file: LandedFile) -> Path:
    text = json.dumps(options.model_dump(mode="json"), sort_keys=True)
    named = f" {file.path}" if source.names_tell else ""
    key = f"{file.sha256} {source.kind} {source.mapping_version} {text}{named}"
    name = hashlib.sha256(key.encode()).hexdigest()
    return layout.cache / "periods" / f"{name}.json"
