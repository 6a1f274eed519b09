"""What the native tools say now: each source's newest delivery, and how the source stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from outlay.access import whole_only
from outlay.app.native.errors import not_found
from outlay.app.native.kubernetes import priced
from outlay.app.native.model import RecommendationSourceSpec
from outlay.app.native.store import Delivery
from outlay.app.native.syncing import KIND, LATE, due_at, made_at, run_name, spec_of, store
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.status import RunRecord
from outlay.money import total
from outlay.resources import Resource
from outlay.savings.model import Finding
from outlay.savings.native.model import Answer, Sizing, Told

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

Freshness = Literal["fresh", "late", "missing", "manual", "failed", "paused"]
_WORKED = ("loaded", "unchanged")
_RUNS = 12
HISTORY = 50


@dataclass(frozen=True)
class NativeStatus:
    """A source and how it stands. `sums` are its findings a month by currency, every one counted:
    alternatives and overlaps are netted in the list of savings alone. Moments are UTC; `looked_at`
    is the last look that worked, whether something was new or not."""

    name: str
    spec: RecommendationSourceSpec
    freshness: Freshness
    reason: str
    delivery: Delivery | None
    findings: int
    without_amount: int
    told: int
    sums: Mapping[str, Decimal]
    looked_at: datetime | None
    next_sync_at: datetime | None
    error: str = ""

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name


@dataclass(frozen=True)
class NativeSource:
    """A source with what its newest delivery says: `findings` (those of containers priced by the
    cluster's bill), `told` what could not be taken and why; its `deliveries` and `runs`, newest
    first."""

    status: NativeStatus
    findings: tuple[Finding, ...]
    told: tuple[Told, ...]
    deliveries: tuple[Delivery, ...]
    runs: tuple[RunRecord, ...]


def native_findings(workspace: Workspace) -> tuple[Finding, ...]:
    """The findings of the newest delivery of each source that is enabled, in the order of sources'
    names and of each delivery's items. `Finding.tool` is the format's id (``aws-cost-hub``,
    ``azure-advisor``, …), `Finding.resource` the resource as the tool names it."""
    found: list[Finding] = []
    sizings: list[Sizing] = []
    for resource in workspace.resources.list(KIND):
        if not spec_of(resource).enabled:
            continue
        answer = _answer(workspace, resource.name)[1]
        found += answer.findings
        sizings += answer.sizings
    sized, _ = priced(workspace, sizings, utc_now().date())
    return (*found, *sized)


@served("GET /native")
def statuses(workspace: Workspace, now: datetime | None = None) -> tuple[NativeStatus, ...]:
    """Every source by name, with how it stands."""
    whole_only("sources of recommendations")
    moment = now or utc_now()
    return tuple(_status(workspace, one, moment)[0] for one in workspace.resources.list(KIND))


@served("GET /native/{name}")
def source(workspace: Workspace, name: str, now: datetime | None = None) -> NativeSource:
    """One source with its newest delivery; ResourceNotFoundError lists those that there are."""
    whole_only("sources of recommendations")
    resource = workspace.resources.find(KIND, name)
    if resource is None:
        raise not_found(name, workspace.resources.names(KIND))
    status, answer = _status(workspace, resource, now or utc_now())
    sized, lacking = priced(workspace, answer.sizings, (now or utc_now()).date())
    return NativeSource(
        status,
        (*answer.findings, *sized),
        (*lacking, *answer.told),
        tuple(store(workspace).deliveries(name, HISTORY)),
        tuple(workspace.run_log.list(run_name(name), _RUNS)),
    )


def _answer(workspace: Workspace, name: str) -> tuple[Delivery | None, Answer]:
    delivery = store(workspace).newest(name, made_at(workspace, name))
    return delivery, store(workspace).items(delivery.id) if delivery else Answer("")


def _status(workspace: Workspace, resource: Resource, now: datetime) -> tuple[NativeStatus, Answer]:
    spec = spec_of(resource)
    delivery, answer = _answer(workspace, resource.name)
    since = made_at(workspace, resource.name)
    runs = [
        run for run in workspace.run_log.list(run_name(resource.name), _RUNS)
        if run.started_at >= since
    ]  # fmt: skip
    looked = next((run.started_at for run in runs if run.outcome in _WORKED), None)
    if looked is None and delivery is not None:
        looked = delivery.at
    error = runs[0].message if runs and runs[0].outcome == "failed" else ""
    freshness, reason = _freshness(spec, looked, error, now)
    status = NativeStatus(
        name=resource.name,
        spec=spec,
        freshness=freshness,
        reason=reason,
        delivery=delivery,
        findings=len(answer.findings),
        without_amount=len(answer.sizings),
        told=len(answer.told),
        sums=sums_of(answer.findings),
        looked_at=looked,
        next_sync_at=due_at(workspace, resource, now),
        error=error,
    )
    return status, answer


def _freshness(
    spec: RecommendationSourceSpec, looked: datetime | None, error: str, now: datetime
) -> tuple[Freshness, str]:
    if not spec.enabled:
        return "paused", "it is paused: what it said does not count"
    if looked is None:
        why = "the first sync failed" if error else "nothing was read yet"
        return ("failed" if error else "missing"), why
    age = now - looked
    hours = int(age.total_seconds() // 3600)
    span = f"{hours} hours" if hours < 48 else f"{hours // 24} days"
    span = "less than an hour" if hours < 1 else span
    if spec.cadence not in LATE:
        return ("failed" if error else "manual"), f"read by hand, {span} ago"
    if error:
        return "failed", f"the last sync failed; what is shown is of {span} ago"
    if age > LATE[spec.cadence]:
        return "late", f"last read {span} ago; expected {spec.cadence}"
    return "fresh", f"read {span} ago"


def sums_of(findings: Sequence[Finding]) -> dict[str, Decimal]:
    """The savings a month by currency, every finding counted."""
    found: dict[str, list[Decimal]] = {}
    for one in findings:
        found.setdefault(one.currency, []).append(one.monthly_saving)
    return {currency: total(found[currency]) for currency in sorted(found)}
