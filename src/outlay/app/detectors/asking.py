"""Run detectors to see what they say now, without keeping anything; and why one says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from outlay.access import Level, require
from outlay.app.detectors.facts import LakeFacts, facts
from outlay.app.detectors.listing import known
from outlay.app.detectors.running import Ran, run_over
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.money import money_text
from outlay.money.typed import unseparated
from outlay.savings.detectors.contract import Detector, Parameter, Settings, Value
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding, Insufficient

if TYPE_CHECKING:
    from outlay.app.savings.model import SavingsPolicySpec
    from outlay.app.workspace import Workspace

Verdict = Literal["found", "small", "insufficient", "near", "not found", "not on the bill"]


@dataclass(frozen=True)
class Explained:
    """What one detector says of one resource, and why. `because` are sentences; `finding` is what
    it finds, or would find with `near`: parameter → the bound at which it does."""

    detector: str
    resource: str
    verdict: Verdict
    because: tuple[str, ...]
    finding: Finding | None = None
    near: Mapping[str, str] | None = None


@served("POST /detectors/run")
def asked(
    workspace: Workspace,
    names: Sequence[str] = (),
    values: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Ran:
    """What detectors (default: all that the policy has on) find now, as the policy has them look.

    `values` are parameters of the one detector that is named, to be tried. Nothing is kept. For
    editors who see the whole ledger; DetectorNotFoundError, QueryError for a parameter that cannot
    be.
    """
    require(Level.EDITOR, "running detectors", whole=True)
    from outlay.app.savings.policy import enabled, policy, settings

    spec = policy(workspace)
    chosen = [known(name) for name in dict.fromkeys(names)] or enabled(spec)
    how = settings(spec)
    if values:
        if len(chosen) != 1:
            raise QueryError(
                "parameters are of one detector: name it", field="parameters",
                allowed=tuple(detectors()),
            )  # fmt: skip
        how[chosen[0].id] = tried(chosen[0], how[chosen[0].id], values)
    with _facts(workspace, spec, now) as found:
        return run_over(found, only=chosen, settings=how)


@served("POST /detectors/run")
def explained(
    workspace: Workspace, name: str, resource: str, now: datetime | None = None
) -> Explained:
    """Why a detector finds, or does not find, a resource: its ResourceId, its name, or a
    finding's scope. For editors who see the whole ledger."""
    require(Level.EDITOR, "running detectors", whole=True)
    from outlay.app.savings.policy import policy, settings

    if not resource.strip():
        raise QueryError("a resource must be named", field="explain", allowed=("its ResourceId",))
    detector, spec = known(name), policy(workspace)
    how = settings(spec)[name]
    with _facts(workspace, spec, now) as found:
        return _explained(found, detector, how, resource.strip())


def tried(detector: Detector, settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Settings with these values in place; texts are read as the parameter is. QueryError says what
    is allowed."""
    read: dict[str, Value] = dict(settings.values)
    by_name = {one.name: one for one in detector.parameters}
    for name, given in values.items():
        parameter = by_name.get(name)
        if parameter is None:
            raise QueryError(
                f"{detector.id} has no parameter {name!r}", field=name, text=name,
                near=near_names(name, by_name), allowed=tuple(by_name),
            )  # fmt: skip
        read[name] = value_of(parameter, given)
    try:
        return detector.settings(read, settings.minimum_saving)
    except ValueError as error:
        raise QueryError(str(error), field="parameters") from None


def value_of(parameter: Parameter, given: Any) -> Value:
    """A parameter's value as people write it; QueryError for what is none."""
    if isinstance(parameter.default, bool):
        if isinstance(given, bool):
            return given
        word = str(given).strip().lower()
        if word in ("yes", "true", "on", "1", "no", "false", "off", "0", ""):
            return word in ("yes", "true", "on", "1")
        raise QueryError(
            f"{parameter.name} is yes or no", field=parameter.name, allowed=("yes", "no")
        )
    if isinstance(parameter.default, Decimal):
        try:
            number = Decimal(unseparated(given) if isinstance(given, str) else str(given))
        except (ArithmeticError, ValueError):
            number = Decimal("NaN")
        if not number.is_finite():
            raise QueryError(
                f"{parameter.name} is a number, not {given!r}", field=parameter.name,
                allowed=(f"{parameter.least} to {parameter.most}",),
            )  # fmt: skip
        return number
    return str(given)


def _facts(workspace: Workspace, spec: SavingsPolicySpec, now: datetime | None) -> Any:
    from outlay.app.savings.policy import environment_tag

    tag = environment_tag(workspace.rules(), spec)
    return facts(workspace, (now or utc_now()).date(), environment=tag)


def _explained(
    facts_: LakeFacts, detector: Detector, settings: Settings, resource: str
) -> Explained:
    wanted = resource.lower()
    ran = _run(facts_, detector, settings)
    if detector.id in ran.failed:
        why = f"the detector could not be run: {ran.failed[detector.id]}"
        return Explained(detector.id, resource, "insufficient", (why,))
    for one in ran.findings:
        if _is(one, wanted):
            least = settings.minimum_saving
            if one.monthly_saving >= least:
                return Explained(detector.id, resource, "found", (one.title, *one.reasons), one)
            small = (
                f"it would save {money_text(one.monthly_saving)} {one.currency} a month, less than "
                f"the {money_text(least)} from which anything is said"
            )
            return Explained(detector.id, resource, "small", (one.title, small), one)
    for lacking in ran.insufficient:
        if lacking.resource.lower() == wanted:
            return Explained(detector.id, resource, "insufficient", (_lacks(lacking),))
    billed = list(_billed(facts_, detector, resource))
    for parameter, bound, one in _loosened(facts_, detector, settings, wanted):
        now = settings.values[parameter.name]
        near = f"with {parameter.name} = {bound} instead of {now} it would be found"
        return Explained(
            detector.id, resource, "near", (*billed, near), one, {parameter.name: str(bound)}
        )
    if not billed:
        nothing = (
            f"the bill has no resource, cluster or key called {resource!r} in the days that this "
            "detector looks at"
        )
        return Explained(detector.id, resource, "not on the bill", (nothing,))
    rule = (f"it fires when: {detector.predicate}",)
    left = tuple(f"left out: {one}" for one in detector.exclusions)
    return Explained(detector.id, resource, "not found", (*billed, *rule, *left))


def _run(facts_: LakeFacts, detector: Detector, settings: Settings) -> Ran:
    """Whatever it finds, however little it saves."""
    return run_over(
        facts_,
        only=[detector],
        settings={detector.id: replace(settings, minimum_saving=Decimal(0))},
    )


def _is(one: Finding, wanted: str) -> bool:
    names = (one.resource, one.resource_name, one.scope)
    return any(name and name.lower() == wanted for name in names)


def _lacks(one: Insufficient) -> str:
    cost = ""
    if one.monthly_cost is not None:
        cost = f"; it costs {money_text(one.monthly_cost)} {one.currency} a month"
    return f"it cannot be judged: {one.missing}{cost}"


def _loosened(
    facts_: LakeFacts, detector: Detector, settings: Settings, wanted: str
) -> Iterator[tuple[Parameter, Decimal, Finding]]:
    """Each number of the settings at its bounds, one at a time: what stands in the way."""
    for parameter in detector.parameters:
        for bound in (parameter.least, parameter.most):
            now = settings.values[parameter.name]
            if bound is None or isinstance(now, bool | str) or bound == now:
                continue
            try:
                how = detector.settings({**settings.values, parameter.name: bound})
            except ValueError:
                continue
            ran = _run(facts_, detector, how)
            for one in ran.findings:
                if _is(one, wanted):
                    yield parameter, bound, one


def _billed(facts_: LakeFacts, detector: Detector, resource: str) -> Iterator[str]:
    """What the bill has of it, in words."""
    first, end = facts_.window(detector.window_days)
    rows = facts_.rows(
        """SELECT ServiceProviderName AS provider, BillingCurrency AS currency,
            sum(EffectiveCost) AS cost, min(ChargeDay) AS first_day, max(ChargeDay) AS last_day,
            count(DISTINCT ChargeDay) AS days
        FROM history
        WHERE lower($resource) IN (lower(ResourceId), lower(ResourceName), lower(x_Cluster),
                lower(x_ApiKey), lower(x_Controller))
            AND ChargeDay >= $first
        GROUP BY ALL ORDER BY provider, currency""",
        {"resource": resource, "first": first},
    )
    for row in rows:
        young = (end - row["first_day"]).days < detector.minimum_days
        yield (
            f"{row['provider']} charged {money_text(row['cost'])} {row['currency']} for it on "
            f"{row['days']} days from {row['first_day']} to {row['last_day']}"
            + (f": {detector.minimum_days} days are needed" if young else "")
        )
