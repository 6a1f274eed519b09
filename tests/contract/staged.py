"""A folder's bill as the lake stages it, for tests of a mapping alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outlay.focus.sql import literal, quoted
from outlay.lake.lake import Lake
from outlay.lake.landing import Landing
from outlay.lake.layout import staging_folder
from outlay.lake.staging import StagedRaw, Staging
from outlay.sources.contract import Delivery, Mapping, Source, SourceOptions
from outlay.sources.detect import detect
from outlay.sources.transports.file import FileTransport


@contextmanager
def staged(lake: Lake, source: Source, options: SourceOptions, bill: Path) -> Iterator[StagedRaw]:
    """All files that the source offers of the bill, of every period, as one relation `raw`."""
    transport = FileTransport(str(bill))
    (feed,) = detect(transport, [source])
    offered = source.deliveries(transport, options, feed.root)
    files = dict.fromkeys(file for delivery in offered for file in delivery.files)
    with staging_folder(lake.layout) as folder:
        landed = Landing(lake.layout, transport, folder, None).land(Delivery(None, tuple(files)))
        connection = lake.connect(for_load=True)
        try:
            staging = Staging(connection, lake.layout, landed.files, source, folder)
            yield staging.raw(range(len(landed.files)))
        finally:
            connection.close()


def charges(raw: StagedRaw, mapping: Mapping) -> list[dict[str, Any]]:
    """The main rows of a mapping, those rejected or folded left out, in file order."""
    left_out = [reject.when for reject in mapping.rejects] + [fold.when for fold in mapping.folds]
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in mapping.main.columns.items())
    return (
        raw.connection.sql(
            f"SELECT {columns} FROM {mapping.source} WHERE NOT {any_of(left_out)} "
            f"AND ({mapping.main.when}) ORDER BY _file, _line"
        )
        .to_arrow_table()
        .to_pylist()
    )


def rejected(raw: StagedRaw, mapping: Mapping) -> list[tuple[int, str]]:
    """(line, first reason) of the rejected rows."""
    if not mapping.rejects:
        return []
    cases = " ".join(f"WHEN {r.when} THEN {literal(r.reason)}" for r in mapping.rejects)
    found = raw.ask(
        f"SELECT _line, reason FROM (SELECT _line, CASE {cases} END AS reason "
        f"FROM {mapping.source}) WHERE reason IS NOT NULL ORDER BY 1"
    )
    return [(line, reason) for line, reason in found]


def any_of(conditions: Sequence[str]) -> str:
    """SQL that is true where a condition is true, and false otherwise."""
    listed = " OR ".join(f"coalesce(({condition}), false)" for condition in conditions)
    return f"({listed})" if listed else "false"
