"""Load and sync: from a location to slices in the lake, by way of a configured source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.app.collecting import api_feed, collect, is_api
from outlay.app.errors import WorkspaceError
from outlay.app.kinds import SOURCE, Cadence, SourceSpec
from outlay.app.options import with_files_read
from outlay.app.running import running
from outlay.app.status import SourceLoad
from outlay.app.vocabulary import relift, vocabulary
from outlay.money import BillingPeriod, MoneyError
from outlay.resources import ResourceError, check_name, refuse_secrets, valid_name
from outlay.sources.contract import Feed, Progress, Source, SourceError, Transport

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource


@dataclass(frozen=True)
class _Plan:
    """One feed that a load will bring in, under the name that its source gets."""

    name: str
    location: str
    transport: Transport | None
    """None for an API, which is asked only when it is loaded."""
    feed: Feed


def load(
    workspace: Workspace,
    locations: Sequence[str],
    kind: str | None,
    source: str | None,
    options: Mapping[str, Any] | None,
    progress: Progress | None,
    *,
    author: str,
    max_rejected: Decimal | None = None,
) -> list[SourceLoad]:
    """See `Workspace.load`."""
    if not locations:
        raise WorkspaceError("name at least one file, folder or URL to load", wrong_use=True)
    if source is not None:
        check_name(source, "source")
        kind = kind or _kind_by_name(workspace, source)
    options = with_files_read(kind, options)
    plans = [
        _Plan(source or valid_name(feed.name), location, transport, feed)
        for location in locations
        for transport, feeds in [_detect(workspace, location, kind)]
        for feed in feeds
    ]
    _refuse_overlap(plans, options, named=source is not None)
    loads = [
        _load_one(workspace, plan, options, progress, author=author, max_rejected=max_rejected)
        for plan in plans
    ]
    return _maintained(workspace, loads)


def _kind_by_name(workspace: Workspace, name: str) -> str | None:
    """The kind of an existing source whose files cannot be told from others by looking."""
    from outlay.sources.registry import source as source_of

    existing = workspace.resources.find(SOURCE.name, name)
    known = existing is not None and source_of(_spec(existing).kind).named_only
    return _spec(existing).kind if existing is not None and known else None


def detect_bills(location: str, kind: str | None = None) -> list[Feed]:
    """The feeds at an absolute path or URL, one per bill; needs no workspace.

    SourceError when nothing is recognised or the location cannot be read, AmbiguousKind when
    several kinds claim the same file equally.
    """
    from outlay.sources.transports import open_transport

    refuse_secrets({"location": location}, "source")
    return _feeds(open_transport(location), kind)


def sync(
    workspace: Workspace,
    names: Sequence[str] | None,
    period: BillingPeriod | None,
    *,
    dry_run: bool,
    progress: Progress | None,
) -> list[SourceLoad]:
    """See `Workspace.sync`."""
    if names:
        chosen = [workspace.resources.get(SOURCE.name, name) for name in dict.fromkeys(names)]
    else:
        chosen = [
            resource
            for resource in workspace.resources.list(SOURCE.name)
            if _spec(resource).enabled and _spec(resource).cadence != "manual"
        ]
    loads = [_sync_one(workspace, resource, period, dry_run, progress) for resource in chosen]
    if dry_run:
        return loads
    if not names and period is None:
        # Also what is not synced by itself is named by today's vocabulary.
        loads += relift(workspace, skip={load.source for load in loads}, progress=progress)
    return _maintained(workspace, loads)


def _maintained(workspace: Workspace, loads: list[SourceLoad]) -> list[SourceLoad]:
    """Expire what retention no longer keeps, once something new is in. The bills are loaded by
    then: what fails here is told beside them and tried again after the next sync."""
    from outlay.lake import LakeError
    from outlay.lake.facts import slice_facts

    if any(outcome.status == "loaded" for load in loads for outcome in load.outcomes):
        try:
            workspace.lake.maintain()
        except (LakeError, OSError) as error:
            note = f"old snapshots could not be cleaned up: {error}"
            loads[-1] = replace(loads[-1], notes=(*loads[-1].notes, note))
        try:
            # What a cluster's charges are shared out to is made before anybody waits for it.
            slice_facts(workspace.lake, workspace.pin())
        except (LakeError, OSError) as error:
            note = f"a cluster's charges could not be shared out: {error}"
            loads[-1] = replace(loads[-1], notes=(*loads[-1].notes, note))
    return loads


def stored_location(workspace: Workspace, location: str) -> str:
    """How a location is kept: absolute, or relative to the workspace when it lies inside it (a
    workspace may then move); URLs as they are."""
    if "://" in location:
        return location
    return kept_location(workspace.path, str(Path(location).expanduser().absolute()))


def kept_location(workspace: Path, location: str) -> str:
    """The same of a location in a document, where a relative one is relative to the workspace."""
    path = Path(location).expanduser()
    if "://" in location or not path.is_absolute():
        return location
    if path.is_relative_to(workspace):
        return path.relative_to(workspace).as_posix() or "."
    return str(path)


def open_location(workspace: Workspace, stored: str) -> Transport:
    """The transport of a stored location."""
    from outlay.sources.transports import open_transport

    if "://" in stored or Path(stored).expanduser().is_absolute():
        return open_transport(stored)
    return open_transport(str(workspace.path / stored))


def _spec(resource: Resource) -> SourceSpec:
    assert isinstance(resource.spec, SourceSpec)
    return resource.spec


def _detect(
    workspace: Workspace, location: str, kind: str | None
) -> tuple[Transport | None, list[Feed]]:
    # Before anything is read: a location with a secret in it must not be tried, shown or kept.
    refuse_secrets({"location": location}, "source")
    api = _api_of(location, kind)
    if api is not None:
        return None, [api_feed(api, location)]
    transport = open_location(workspace, stored_location(workspace, location))
    return transport, _feeds(transport, kind)


def _api_of(location: str, kind: str | None) -> Source | None:
    """The source that asks an API at the location; refuses an API whose kind is not named."""
    from outlay.sources.registry import SOURCES
    from outlay.sources.transports import SCHEMES

    if kind is not None and kind in SOURCES:
        return SOURCES[kind] if is_api(SOURCES[kind], location) else None
    scheme = location.partition("://")[0].lower()
    if kind is None and "://" in location and scheme not in SCHEMES:
        able = [name for name, source in SOURCES.items() if is_api(source, location)]
        if able:
            raise WorkspaceError(
                f"{location} is an API: name its kind with --kind. Kinds that ask "
                f"{scheme}://: {', '.join(able)}.",
                wrong_use=True,
            )
    return None


def _feeds(transport: Transport, kind: str | None) -> list[Feed]:
    from outlay.sources.detect import detect
    from outlay.sources.registry import SOURCES
    from outlay.sources.registry import source as source_of

    if kind is not None and kind not in SOURCES:
        raise WorkspaceError(
            f"there is no kind {kind!r} of bill. Kinds: {', '.join(SOURCES)}; "
            "`outlay source kinds` describes each.",
            wrong_use=True,
        )
    return detect(transport, None if kind is None else [source_of(kind)])


def _refuse_overlap(
    plans: Sequence[_Plan], options: Mapping[str, Any] | None, *, named: bool
) -> None:
    """Two feeds under one name would replace each other's slices: refuse before any is loaded."""
    for index, plan in enumerate(plans):
        for other in plans[:index]:
            if other.name == plan.name and _overlap(other, plan, options):
                raise WorkspaceError(
                    f"two bills would both be the source {plan.name!r} and replace each other:\n"
                    f"  {_place(other)}: {other.feed.evidence}\n"
                    f"  {_place(plan)}: {plan.feed.evidence}\n"
                    + (
                        "One source is one bill: load each alone, under its own --source NAME."
                        if named
                        else "Load each alone and name it with --source NAME."
                    ),
                    wrong_use=True,
                )


def _place(plan: _Plan) -> str:
    root = plan.feed.root
    return plan.location if not root else f"{plan.location.rstrip('/')}/{root}"


def _overlap(a: _Plan, b: _Plan, options: Mapping[str, Any] | None) -> bool:
    if a.feed.kind != b.feed.kind:
        return True
    periods = [_periods(plan, options) for plan in (a, b)]
    return None in periods[0] | periods[1] or bool(periods[0] & periods[1])


def _periods(plan: _Plan, options: Mapping[str, Any] | None) -> set[BillingPeriod | None]:
    """The billing periods on offer; None stands for a loose file, whose rows decide."""
    from outlay.sources.registry import source as source_of

    source = source_of(plan.feed.kind)
    if plan.transport is None:
        return {None}
    chosen = source.Options.model_validate(dict(options or {}))
    deliveries = source.deliveries(plan.transport, chosen, plan.feed.root)
    return {delivery.billing_period for delivery in deliveries}


def _load_one(
    workspace: Workspace,
    plan: _Plan,
    options: Mapping[str, Any] | None,
    progress: Progress | None,
    *,
    author: str,
    max_rejected: Decimal | None,
) -> SourceLoad:
    existing = workspace.resources.find(SOURCE.name, plan.name)
    location = stored_location(workspace, plan.location)
    spec, notes = _planned_spec(existing, plan, location, options, max_rejected)
    done = SourceLoad(plan.name, plan.feed.kind, location, plan.feed, notes=notes)
    with running(workspace, plan.name, "load") as run:
        try:
            done = _run(workspace, done, spec, plan.transport, None, progress)
            if not done.failed or any(o.status in {"loaded", "held"} for o in done.outcomes):
                # Only what can be read is configured: a mistyped path leaves nothing behind.
                workspace.resources.put(
                    SOURCE.name, plan.name, spec, author=author, note="outlay load"
                )
        except BaseException as error:
            workspace.run_log.end(run, "failed", str(error) or type(error).__name__)
            raise
        workspace.run_log.end(run, done.outcome, done.message)
    return done


def _planned_spec(
    existing: Resource | None,
    plan: _Plan,
    location: str,
    options: Mapping[str, Any] | None,
    max_rejected: Decimal | None,
) -> tuple[SourceSpec, tuple[str, ...]]:
    """The spec that the source will have, and what about it is worth a sentence."""
    cadence: Cadence = "manual"
    fields: dict[str, Any] = {"cadence": cadence}
    notes: tuple[str, ...] = ()
    if existing is not None:
        old = _spec(existing)
        if old.kind != plan.feed.kind:
            raise WorkspaceError(
                f"the source {plan.name!r} is of kind {old.kind}, but {_place(plan)} is "
                f"{plan.feed.kind} ({plan.feed.evidence}). Load it under another name with "
                "--source NAME.",
                wrong_use=True,
            )
        fields = old.model_dump()
        if (old.location, old.root) != (location, plan.feed.root):
            notes = (f"{plan.name} now reads {_place(plan)}; before: {old.location} {old.root}",)
    fields |= {"kind": plan.feed.kind, "location": location, "root": plan.feed.root}
    if options is not None:
        fields["options"] = dict(options)
    if max_rejected is not None:
        fields["max_rejected"] = max_rejected
    spec = SOURCE.parse(fields)
    assert isinstance(spec, SourceSpec)
    return spec, notes


def _sync_one(
    workspace: Workspace,
    resource: Resource,
    period: BillingPeriod | None,
    dry_run: bool,
    progress: Progress | None,
) -> SourceLoad:
    spec = _spec(resource)
    done = SourceLoad(resource.name, spec.kind, spec.location)

    def run_it() -> SourceLoad:
        try:
            return _run(workspace, done, spec, None, period, progress, dry_run=dry_run)
        except SourceError as error:
            return replace(done, error=str(error))

    if dry_run:
        return run_it()
    with running(workspace, resource.name, "sync") as run:
        try:
            done = run_it()
        except BaseException as error:
            workspace.run_log.end(run, "failed", str(error) or type(error).__name__)
            raise
        workspace.run_log.end(run, done.outcome, done.message)
    return done


def _run(
    workspace: Workspace,
    done: SourceLoad,
    spec: SourceSpec,
    transport: Transport | None,
    period: BillingPeriod | None,
    progress: Progress | None,
    *,
    dry_run: bool = False,
) -> SourceLoad:
    """Collect what an API has and hand the source to the lake; what cannot be discovered becomes
    the load's error."""
    from outlay.lake import LakeError
    from outlay.sources.registry import source as source_of

    source: Source = source_of(spec.kind)
    options = source.Options.model_validate(spec.options)
    try:
        if is_api(source, spec.location):
            transport = collect(
                workspace, done.source, source, spec.location, options, period, progress,
                dry_run=dry_run,
            )  # fmt: skip
        outcomes = workspace.lake.load(
            done.source,
            source,
            transport or open_location(workspace, spec.location),
            options,
            root=spec.root,
            periods=None if period is None else [period],
            max_rejected=spec.max_rejected,
            progress=progress,
            dry_run=dry_run,
            words=vocabulary(workspace),
        )
    except (SourceError, LakeError, MoneyError, ResourceError) as error:
        return replace(done, error=str(error))
    return replace(done, outcomes=tuple(outcomes))
