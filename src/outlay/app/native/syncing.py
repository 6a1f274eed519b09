"""Bring the vendors' recommendations up to date: each source lands whole, or stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from outlay.access import Level, require, who
from outlay.app.loading import stored_location
from outlay.app.native.collecting import collected
from outlay.app.native.errors import NativeSourceError, not_found
from outlay.app.native.model import RECOMMENDATION_SOURCE, RecommendationSourceSpec
from outlay.app.native.store import Delivery, NativeStore
from outlay.app.running import note_killed, running
from outlay.app.runs import utc_now
from outlay.app.scheduling import next_sync
from outlay.app.served import served
from outlay.resources import Resource
from outlay.resources.names import valid_name
from outlay.savings.native.formats import read_files
from outlay.savings.native.model import NativeError
from outlay.sources.contract import Progress, SourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KIND = RECOMMENDATION_SOURCE.name
RUN = "native:"
"""What the run log has before a source's name."""
_RUNS = 12


@dataclass(frozen=True)
class NativeSync:
    """What a sync did: ``delivered`` something new, found it ``unchanged``, or ``failed`` (`error`
    says why; what was there before stays). `delivery` is the newest one, if there is any."""

    source: str
    outcome: Literal["delivered", "unchanged", "failed"]
    delivery: Delivery | None = None
    error: str = ""


@served("POST /native/sync")
def sync(
    workspace: Workspace,
    names: Sequence[str] | None = None,
    now: datetime | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[NativeSync, ...]:
    """Bring sources up to date: those named, else every enabled one that is not manual. One that
    fails says so; the others are still done. ResourceNotFoundError for a name that is none."""
    require(Level.EDITOR, "syncing recommendations", whole=True)
    known = {one.name: one for one in workspace.resources.list(KIND)}
    for name in names or ():
        if name not in known:
            raise not_found(name, sorted(known))
    if names:
        wanted = [known[name] for name in dict.fromkeys(names)]
    else:
        wanted = [
            r for r in known.values() if spec_of(r).enabled and spec_of(r).cadence != "manual"
        ]
    return tuple(_synced(workspace, one, now or utc_now(), progress) for one in wanted)


def _synced(
    workspace: Workspace, resource: Resource, now: datetime, progress: Progress | None
) -> NativeSync:
    name, spec = resource.name, spec_of(resource)
    keeping = store(workspace)
    since = made_at(workspace, name)
    with running(workspace, run_name(name), "sync") as run:
        try:
            files = collected(workspace, spec, progress)
            answer = read_files(files, spec.format, spec.options)
            delivery = keeping.put(name, answer, len(files), since, now)
        except (SourceError, NativeError, OSError) as error:
            message = str(error) or type(error).__name__
            workspace.run_log.end(run, "failed", message)
            return NativeSync(name, "failed", keeping.newest(name, since), message)
        except BaseException as error:
            workspace.run_log.end(run, "failed", str(error) or type(error).__name__)
            raise
        told = f"{len(answer.findings)} findings, {len(answer.sizings)} without an amount, "
        told += f"{len(answer.told)} told"
        workspace.run_log.end(run, "loaded" if delivery else "unchanged", told)
    if delivery is None:
        return NativeSync(name, "unchanged", keeping.newest(name, since))
    return NativeSync(name, "delivered", delivery)


@served("POST /native")
def add(
    workspace: Workspace,
    name: str,
    location: str,
    format: str = "auto",
    options: dict[str, str] | None = None,
    cadence: str = "daily",
    title: str = "",
) -> None:
    """Configure a source that is not there yet; ResourceError says what is wrong with it."""
    place = location if location == "api" else stored_location(workspace, location)
    given = {"format": format, "location": place, "options": options or {}, "cadence": cadence,
             "title": title}  # fmt: skip
    workspace.put_resource(KIND, name, given, author=who(), expected_version=0)


@served("POST /native/load")
def load(
    workspace: Workspace,
    location: str,
    name: str = "",
    format: str = "auto",
    options: dict[str, str] | None = None,
    now: datetime | None = None,
) -> NativeSync:
    """Read a file or folder once, as a source that is synced by hand: under `name`, or that of the
    file. A source of the name is pointed at the new place. NativeSourceError when it cannot be
    read: then nothing is changed."""
    require(Level.EDITOR, "loading recommendations", whole=True)
    kept = name or valid_name(PurePosixPath(location.rstrip("/")).name.split(".")[0], "native")
    place = stored_location(workspace, location)
    given = {"format": format, "location": place, "options": options or {}, "cadence": "manual"}
    spec = RECOMMENDATION_SOURCE.parse(given)
    assert isinstance(spec, RecommendationSourceSpec)
    before = workspace.resources.find(KIND, kept)
    if before is not None and spec_of(before).cadence != "manual":
        raise NativeSourceError(
            f"the source {kept} is synced {spec_of(before).cadence} from "
            f"{spec_of(before).location}; give another name with --name"
        )
    try:
        read_files(collected(workspace, spec), spec.format, spec.options)
    except (SourceError, NativeError, OSError) as error:
        raise NativeSourceError(str(error)) from None
    if before is None or spec_of(before) != spec:
        workspace.put_resource(
            KIND, kept, given, author=who(), expected_version=before.version if before else 0
        )
    (done,) = sync(workspace, [kept], now)
    return done


@served("DELETE /native/{name}")
def remove(workspace: Workspace, name: str) -> None:
    """Remove a source: what it said does not count any more, its deliveries stay as history."""
    if workspace.resources.find(KIND, name) is None:
        raise not_found(name, workspace.resources.names(KIND))
    workspace.delete_resource(KIND, name, author=who())


def store(workspace: Workspace) -> NativeStore:
    """The native recommendations of a workspace."""
    return NativeStore(workspace.resources.engine)


def spec_of(resource: Resource) -> RecommendationSourceSpec:
    """A source's spec."""
    assert isinstance(resource.spec, RecommendationSourceSpec)
    return resource.spec


def made_at(workspace: Workspace, name: str) -> datetime:
    """Since when the source of this name is there: deliveries of an earlier one of the same name
    do not count (UTC)."""
    changes = workspace.resources.history(KIND, name)
    made = [change.at for change in changes if change.action in ("create", "restore")]
    return max(made) if made else datetime.min


def run_name(name: str) -> str:
    """A source's name in the run log."""
    return f"{RUN}{name}"


def due(workspace: Workspace, now: datetime) -> list[tuple[datetime, str]]:
    """The sources whose next sync is not later than now, with when it was due, by `run_name`."""
    found = []
    for resource in workspace.resources.list(KIND):
        moment = due_at(workspace, resource, now)
        if moment is not None and moment <= now:
            found.append((moment, run_name(resource.name)))
    return found


def due_at(workspace: Workspace, resource: Resource, now: datetime) -> datetime | None:
    """When a source is synced next by the served workspace; None for a manual or paused one."""
    spec = spec_of(resource)
    if not spec.enabled:
        return None
    note_killed(workspace, run_name(resource.name))
    runs = workspace.run_log.list(run_name(resource.name), _RUNS)
    return next_sync(spec.cadence, runs, now)


LATE = {"hourly": timedelta(hours=3), "daily": timedelta(hours=36), "monthly": timedelta(days=41)}
"""Cadence → how long without a look that worked is late: as for bills."""
