"""Sources as a person sees them: configured, and what the lake holds of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.app.collecting import collected_folder
from outlay.app.freshness import freshness
from outlay.app.kinds import SOURCE, SourceSpec
from outlay.app.loading import stored_location
from outlay.app.options import with_files_read
from outlay.app.running import note_killed
from outlay.app.runs import utc_now
from outlay.app.scheduling import RUNS_LOOKED_AT, due_of
from outlay.app.status import RunRecord, SourceKind, SourceStatus
from outlay.resources import check_name

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import Slice


def statuses(workspace: Workspace, now: datetime | None) -> list[SourceStatus]:
    """See `Workspace.sources`."""
    moment = now or utc_now()
    specs = {r.name: r.spec for r in workspace.resources.list(SOURCE.name)}
    slices: dict[str, list[Slice]] = {}
    for item in workspace.lake.pin().slices:
        slices.setdefault(item.source, []).append(item)
    runs = _recent_runs(workspace, specs)
    return [
        replace(
            _status(name, specs.get(name), slices.get(name, []), runs.get(name, []), moment),
            next_sync_at=due_of(specs.get(name), runs.get(name, []), moment),
        )
        for name in sorted(specs.keys() | slices.keys())
    ]


def _recent_runs(workspace: Workspace, names: Iterable[str]) -> Mapping[str, Sequence[RunRecord]]:
    """What a status looks at of each source's runs; killed ones are noted as failed first.

    Every page asks this: it is one query however many sources there are.
    """
    runs = workspace.run_log.recent(RUNS_LOOKED_AT)
    busy = [name for name in names if any(r.outcome == "running" for r in runs.get(name, []))]
    if not busy:
        return runs
    for name in busy:
        note_killed(workspace, name)
    return workspace.run_log.recent(RUNS_LOOKED_AT)


def _status(
    name: str, spec: Any, slices: Sequence[Slice], runs: Sequence[RunRecord], now: datetime
) -> SourceStatus:
    run = runs[0] if runs else None
    records = [item.delivery for item in slices]
    last = max((record.loaded_at for record in records), default=None)
    newest = max((record.billing_period for record in records), default=None)
    configured = _Configured.of(spec, slices)
    state, reason = freshness(configured.cadence, last, newest, now)
    if spec is None:
        reason = "no source of this name is configured any more; its data was kept"
    return SourceStatus(
        name=name,
        kind=configured.kind,
        location=configured.location,
        root=configured.root,
        options=configured.options,
        cadence=configured.cadence,
        enabled=configured.enabled,
        configured=spec is not None,
        last_delivery_at=last,
        newest_period=newest,
        slices=len(slices),
        rows=sum(record.rows for record in records),
        usage_rows=sum(record.usage_rows for record in records),
        rejected=sum(record.proof.rows_rejected for record in records),
        reconciled=all(record.proof.reconciled for record in records),
        freshness=state,
        freshness_reason=reason,
        last_run=run,
        error=run.message if run is not None and run.outcome in {"failed", "held"} else "",
    )


@dataclass(frozen=True)
class _Configured:
    """What is configured of a source, or the little that its slices still tell."""

    kind: str
    location: str
    root: str
    options: dict[str, Any]
    cadence: str
    enabled: bool

    @classmethod
    def of(cls, spec: Any, slices: Sequence[Slice]) -> _Configured:
        if isinstance(spec, SourceSpec):
            return cls(
                spec.kind, spec.location, spec.root, spec.options, spec.cadence, spec.enabled
            )
        return cls(slices[-1].delivery.kind, "", "", {}, "manual", False)


def add(workspace: Workspace, name: str, spec: Mapping[str, Any], *, author: str) -> SourceStatus:
    """See `Workspace.add_source`."""
    check_name(name, "source")
    given = {**spec, "options": with_files_read(spec["kind"], spec.get("options"))}
    typed = SOURCE.parse(given)
    assert isinstance(typed, SourceSpec)
    located = typed.model_copy(update={"location": stored_location(workspace, typed.location)})
    workspace.resources.put(SOURCE.name, name, located, author=author, expected_version=0)
    return workspace.show_source(name)


def remove(workspace: Workspace, name: str, *, keep_data: bool, author: str) -> None:
    """See `Workspace.remove_source`."""
    status = workspace.show_source(name)
    if not keep_data:
        # Data first: if this fails the source is still there to be removed again.
        workspace.lake.remove(name)
        shutil.rmtree(collected_folder(workspace, name), ignore_errors=True)
    if status.configured:
        workspace.resources.delete(SOURCE.name, name, author=author)


def kinds() -> list[SourceKind]:
    """See `Workspace.source_kinds`."""
    from outlay.sources.registry import SOURCES

    return [
        SourceKind(
            kind=source.kind,
            title=source.title,
            description=source.description,
            example=source.example,
            options={
                option: field.description or str(field.annotation)
                for option, field in source.Options.model_fields.items()
            },
        )
        for source in SOURCES.values()
    ]
