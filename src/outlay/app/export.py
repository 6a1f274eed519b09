"""The ledger's charges as FOCUS files that any tool reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

from outlay.app.errors import WorkspaceError
from outlay.focus.export import EXPORT_VERSIONS, ExportFormat, ExportVersion, write_focus
from outlay.lake.engine.duckdb import parquet

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import Slice
    from outlay.money import BillingPeriod
    from outlay.sources.contract import Progress

_T = TypeVar("_T", bound=str)
_FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)


@dataclass(frozen=True)
class ExportedFile:
    """A written file; `size` in bytes."""

    source: str
    billing_period: BillingPeriod
    path: Path
    rows: int
    size: int


def export_focus(
    workspace: Workspace,
    version: str,
    format: str,
    period: BillingPeriod | None,
    out: Path,
    progress: Progress | None,
) -> list[ExportedFile]:
    """See `Workspace.export_focus`."""
    wanted_version = _one_of(version, EXPORT_VERSIONS, "FOCUS version")
    wanted_format = _one_of(format, _FORMATS, "format")
    slices = [s for s in workspace.deliveries() if period is None or s.billing_period == period]
    written = []
    for number, item in enumerate(slices):
        if progress is not None:
            progress(f"writing {item.source} {item.billing_period}", number, len(slices))
        written.append(_write(workspace, item, wanted_version, wanted_format, out))
    return written


def _write(
    workspace: Workspace, item: Slice, version: ExportVersion, format: ExportFormat, out: Path
) -> ExportedFile:
    target = out / item.source / f"{item.billing_period}.{format}"
    temporary = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with workspace.lake.connect() as connection:
            rows = write_focus(
                connection, parquet(item.charges_path), temporary, version=version, format=format
            )
        # Renamed when whole: a reader never sees half a file.
        temporary.replace(target)
    except OSError as error:
        raise WorkspaceError(
            f"{target} cannot be written: {error.strerror or error}. Choose another folder with "
            "--out."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return ExportedFile(item.source, item.billing_period, target, rows, target.stat().st_size)


def _one_of(given: str, allowed: tuple[_T, ...], what: str) -> _T:
    for one in allowed:
        if one == given:
            return one
    raise WorkspaceError(
        f"{given!r} is no {what} that can be written. Allowed: {', '.join(allowed)}.",
        wrong_use=True,
    )
