"""Answers that stay true are not asked again.

Where a budget stands changes with the snapshot, what is configured (in resources, and in settings:
rates and holidays), the day and the reader's scope, and with nothing else: these make the key of
an answer, so that nothing has to be invalidated. Answers are kept in memory and as files below the
lake's cache, since a page should not wait for what the look after a delivery has worked out in
another process.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import outlay
from outlay.access import current
from outlay.app.planning.budget_actuals import complete_until
from outlay.app.planning.budget_evaluate import Evaluation
from outlay.app.served.wire import WireError, decode, encode
from outlay.planning.budgets.status import PeriodStatus

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.budgets")

_MOST = 2000
_OLD_SECONDS = 3 * 86400
_NEUTRAL = frozenset(
    "AlertRoute Annotation AnomalyMonitor Budget Channel Dashboard Plan Report Role StatementPlan"
    " UnitCost View".split()
)
"""Kinds that change no figure of a budget; what a budget says itself is in what is asked."""

_lock = threading.Lock()
_answers: WeakKeyDictionary[Workspace, OrderedDict[Any, PeriodStatus]] = WeakKeyDictionary()


def kept(
    workspace: Workspace,
    asked: Sequence[Evaluation],
    now: datetime,
    answer: Callable[[Workspace, Sequence[Evaluation], datetime], Sequence[PeriodStatus]],
) -> list[PeriodStatus]:
    """The answers to what is asked, each worked out at most once while it is true; those that are
    not there are asked together. What fails is not kept."""
    base = _base(workspace, now)
    found: dict[Evaluation, PeriodStatus] = {}
    with _lock:
        mine = _answers.setdefault(workspace, OrderedDict())
        for one in asked:
            if (one, base) in mine:
                found[one] = mine[one, base]
                mine.move_to_end((one, base))
    folder = workspace.lake.layout.cache / "budgets"
    for one in dict.fromkeys(asked):
        if one not in found and (read := _read(_path(folder, one, base))) is not None:
            found[one] = read
            _keep(mine, one, base, read)
    wanted = [one for one in dict.fromkeys(asked) if one not in found]
    if wanted:
        for one, made in zip(wanted, answer(workspace, wanted, now), strict=True):
            found[one] = made
            _keep(mine, one, base, made)
            _write(_path(folder, one, base), made)
    return [found[one] for one in asked]


def _base(workspace: Workspace, now: datetime) -> str:
    """All that an answer depends on besides what is asked, as one text."""
    kinds = [one.name for one in workspace.resources.registry if one.name not in _NEUTRAL]
    # The values of metrics by which shared cost is split.
    _, *weights = cast("tuple[object, ...]", workspace.configuration())
    until = complete_until(workspace, now.date())
    pin = workspace.lake.pin().snapshot_id
    settings = (workspace.settings.rates, workspace.settings.holidays)
    decisive = (workspace.resources.heads(*kinds), weights, until, now.date(), current().scope)
    return repr((outlay.__version__, pin, settings, *decisive))


_Kept = OrderedDict[tuple[Evaluation, str], PeriodStatus]


def _keep(
    mine: OrderedDict[Any, PeriodStatus], one: Evaluation, base: str, made: PeriodStatus
) -> None:
    with _lock:
        mine[one, base] = made
        while len(mine) > _MOST:
            mine.popitem(last=False)


def _path(folder: Path, one: Evaluation, base: str) -> Path:
    digest = hashlib.sha256(f"{one.text}\x1f{base}".encode()).hexdigest()
    return folder / f"{digest}.json"


def _read(path: Path) -> PeriodStatus | None:
    """A kept answer; None where there is none, or none that can be read (another version wrote it
    or it was cut off): it is worked out again then."""
    try:
        found = decode(json.loads(path.read_bytes()))
    except (OSError, ValueError, WireError):
        return None
    return found if isinstance(found, PeriodStatus) else None


def _write(path: Path, made: PeriodStatus) -> None:
    """Keep an answer beside the lake; where it cannot be kept, the next look is slower, no more."""
    fresh = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(encode(made)), encoding="utf-8")
        fresh.replace(path)
        _tidy(path.parent)
    except OSError as error:
        log.warning("where a budget stands cannot be kept in %s: %s", path.parent, error)


_tidied: dict[Path, float] = {}


def _tidy(folder: Path) -> None:
    """Remove answers of earlier days, at most once an hour."""
    now = time.time()
    if now - _tidied.get(folder, 0.0) < 3600:
        return
    _tidied[folder] = now
    for path in folder.iterdir():
        try:
            if now - path.stat().st_mtime > _OLD_SECONDS:
                path.unlink(missing_ok=True)
        except OSError:
            continue
