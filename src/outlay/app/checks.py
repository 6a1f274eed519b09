"""What must hold between resources, asked before any change of them is let in.

The store asks `guard` inside the transaction of every change, whoever makes it: a page, a command,
the API or a file. What a change would leave behind is looked at, not what it started from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from outlay.access import AccessError, Level, require
from outlay.resources import ResourceError, ResourceInUseError
from outlay.resources.store import Prospect

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset

RULES = ("VirtualTag", "Dictionary", "Split")
"""The kinds that make up the rules of allocation; they are checked as a whole."""

METRIC = "Metric"
"""Rules look at labels of metrics, and splits weigh by them."""

ROLE = "Role"
"""Roles are what people may do; somebody must be left who may do everything."""

_BANK = "ecb"

Reference = tuple[str, str]
"""Kind and name of a resource that another stands on."""


def guard(prospect: Prospect) -> None:
    """Let a change pass, or raise: AccessDeniedError when who asks may not change the kind,
    ResourceInUseError when something stands on what it removes, QueryError for rules that do not
    hold together, ResourceError for what is not there."""
    _check_allowed(prospect)
    _check_reports(prospect)
    _check_removed(prospect)
    if prospect.kinds.intersection((*RULES, METRIC)):
        _rules_of(prospect).check()
    _check_written(prospect)
    _check_tickets(prospect)
    if ROLE in prospect.kinds:
        _check_roles(prospect)
    if prospect.kinds.intersection(("AlertRoute", "Contact", "Channel")):
        from outlay.app.alerts.guarding import check_mail

        check_mail(prospect)
    if "Plan" in prospect.kinds:
        from outlay.app.planning.plan_guard import check_plans

        check_plans(prospect)
    if "Budget" in prospect.kinds:
        from outlay.planning.budgets.tree import check_tree

        check_tree(prospect.specs("Budget"))  # type: ignore[arg-type]


def _check_allowed(prospect: Prospect) -> None:
    for name in sorted(prospect.kinds):
        kind = prospect.registry.get(name)
        what = f"changing a {kind.title.lower()}"
        require(Level.of(kind.level), what, whole=not kind.personal)


def _check_tickets(prospect: Prospect) -> None:
    for (kind, name), spec in prospect.put.items():
        if kind == "TicketSystem":
            from outlay.app.tickets.model import check_address

            check_address(name, spec)  # type: ignore[arg-type]


def _check_reports(prospect: Prospect) -> None:
    for (kind, _), spec in prospect.put.items():
        if kind == "Report":
            from outlay.app.reports.use import may_keep

            may_keep(spec)  # type: ignore[arg-type]


def references(kind: str, name: str, spec: BaseModel) -> frozenset[Reference]:
    """The resources that a resource names, as kind and name."""
    found = _REFERENCES.get(kind)
    return frozenset(found(name, spec)) if found else frozenset()


def uses_of(kind: str) -> tuple[str, ...]:
    """The kinds whose resources may name one of a kind."""
    return tuple(user for user, named in _NAMED_BY.items() if kind in named)


def users(prospect: Prospect, wanted: Iterable[Reference]) -> dict[Reference, list[Reference]]:
    """Who stands on each of several resources; those that nobody needs are left out."""
    found: dict[Reference, list[Reference]] = {}
    targets = set(wanted)
    kinds = {kind for kind, _ in targets}
    for kind in _REFERENCES:
        if kind not in _registered(prospect) or not kinds.intersection(_NAMED_BY[kind]):
            continue
        for name, spec in prospect.specs(kind).items():
            for target in references(kind, name, spec) & targets:
                found.setdefault(target, []).append((kind, name))
    return found


def _check_removed(prospect: Prospect) -> None:
    # A name that the same change writes again is not gone.
    gone = prospect.removed - prospect.put.keys()
    for (kind, name), held_by in sorted(users(prospect, gone).items()):
        title = prospect.registry.get(kind).title.lower()
        raise ResourceInUseError(
            f"the {title} {name!r} cannot be removed: {_listed(prospect, held_by)} "
            f"{'needs' if len(held_by) == 1 else 'need'} it. Change or remove "
            f"{'that' if len(held_by) == 1 else 'those'} first, or all of them in one "
            "`outlay apply`."
        )


def _check_written(prospect: Prospect) -> None:
    from outlay.app.shipped import shipped

    names: dict[str, frozenset[str]] = {}
    for (kind, name), spec in prospect.put.items():
        for target, needed in sorted(references(kind, name, spec)) if kind in _WHOLE else ():
            if target not in _registered(prospect):
                continue
            known = names.setdefault(target, frozenset(prospect.specs(target)))
            if target == "VirtualTag" and needed in shipped():
                continue
            if needed not in known:
                title = prospect.registry.get(target).title.lower()
                there = ", ".join(sorted(known)) or "none yet"
                raise ResourceError(
                    f"{kind} {name!r} needs the {title} {needed!r}, which is not there. "
                    f"There are: {there}."
                )


def _check_roles(prospect: Prospect) -> None:
    from outlay.access.people import check_roles_left
    from outlay.access.roles import BUILT_IN

    for kind, name in prospect.put:
        if kind == ROLE and name in BUILT_IN:
            raise ResourceError(
                f"the role {name!r} is built in and stays as it is; choose another name."
            )
    gone = [name for kind, name in prospect.removed if kind == ROLE]
    try:
        check_roles_left(prospect.connection, prospect.specs(ROLE), gone)
    except AccessError as error:
        raise ResourceInUseError(str(error)) from None


def _rules_of(prospect: Prospect) -> Ruleset:
    from outlay.app.rules import DeclaredMetrics, ruleset_of

    metrics = prospect.specs(METRIC) if METRIC in _registered(prospect) else {}
    rules = {kind: prospect.specs(kind) for kind in RULES}
    return ruleset_of(rules, metrics=DeclaredMetrics(metrics))


def _registered(prospect: Prospect) -> frozenset[str]:
    return frozenset(kind.name for kind in prospect.registry)


def _listed(prospect: Prospect, found: list[Reference]) -> str:
    shown = [
        f"the {prospect.registry.get(kind).title.lower()} {name!r}" for kind, name in sorted(found)
    ]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


# --- what each kind names -----------------------------------------------------------------


def _of_tag(_: str, spec: Any) -> Iterator[Reference]:
    from outlay.allocation.rules import tag_dictionaries, tag_dimensions

    yield from (("Dictionary", name) for name in tag_dictionaries(spec))
    yield from (("VirtualTag", d.name) for d in tag_dimensions(spec) if d.kind == "virtual")


def _of_split(_: str, spec: Any) -> Iterator[Reference]:
    from outlay.allocation.model import Condition

    yield "VirtualTag", spec.tag
    texts = [part.where for part in (spec.take, spec.targets) if isinstance(part, Condition)]
    yield from _virtual_of(*texts, spec.where)
    if spec.metric is not None:
        yield "Metric", spec.metric.metric


def _of_view(_: str, spec: Any) -> Iterator[Reference]:
    query = spec.query
    if query.rules_as_of is None:  # else what counts is what was there at that moment
        yield from _virtual(*query.by)
        yield from _virtual_of(query.where or "")
    if query.rates and query.rates != _BANK:
        yield "ExchangeRates", query.rates


def _of_unit_cost(_: str, spec: Any) -> Iterator[Reference]:
    yield from (("Metric", name) for name in (spec.metric, spec.revenue) if name)
    yield from _virtual_of(spec.where)
    if spec.by is not None:
        yield from _virtual(spec.by.dimension)


def _of_statements(name: str, spec: Any) -> Iterator[Reference]:
    yield "VirtualTag", spec.tag or name
    yield from _virtual(spec.lines)
    yield "ExchangeRates", spec.rates


def _of_dashboard(_: str, spec: Any) -> Iterator[Reference]:
    yield from _virtual_of(spec.where)
    for panel in spec.panels:
        yield from (("View", name) for name in (panel.view,) if name)
        yield from (("UnitCost", name) for name in (panel.unit,) if name)
        if panel.query is not None:
            yield from _of_view("", panel)


def _of_annotation(_: str, spec: Any) -> Iterator[Reference]:
    yield from (("Dashboard", name) for name in (spec.dashboard,) if name)
    yield from (("View", name) for name in (spec.view,) if name)
    yield from _virtual_of(spec.where)


def _of_report(_: str, spec: Any) -> Iterator[Reference]:
    from outlay.access.roles import BUILT_IN

    yield from (("Channel", name) for name in spec.channels)
    if spec.content.view:
        yield "View", spec.content.view
    if spec.run_as and spec.run_as not in BUILT_IN:
        yield ROLE, spec.run_as


def _of_monitor(_: str, spec: Any) -> Iterator[Reference]:
    from outlay.app.anomalies.model import EACH_TAG

    for one in (*spec.groupings, *filter(None, (spec.owner_tag,))):
        if one != EACH_TAG:
            yield from _virtual(*one.split(","))
    yield from _virtual_of(spec.where)


def _of_plan(_: str, spec: Any) -> Iterator[Reference]:
    yield from _virtual(*spec.hierarchy)
    yield from _virtual_of(spec.where)
    if spec.rates and spec.rates != _BANK:
        yield "ExchangeRates", spec.rates


def _of_budget(_: str, spec: Any) -> Iterator[Reference]:
    yield from _virtual_of(spec.scope)
    yield from (("VirtualTag", one.tag) for one in (spec.owner,) if one is not None and one.tag)
    yield from (("ExchangeRates", name) for name in (spec.rates,) if name and name != _BANK)
    yield from (("Budget", name) for name in (spec.parent,) if name)


def _of_alert_route(_: str, spec: Any) -> Iterator[Reference]:
    from outlay.access.roles import BUILT_IN

    yield from (("Channel", name) for name in spec.channels())
    yield from ((ROLE, name) for name in spec.roles() if name not in BUILT_IN)
    if spec.tag:
        yield "VirtualTag", spec.tag


def _of_contact(_: str, spec: Any) -> Iterator[Reference]:
    yield from (("Channel", name) for name in spec.named())
    yield "VirtualTag", spec.tag


def _virtual(*names: str) -> Iterator[Reference]:
    from outlay.expression.dimensions import parse_dimension

    found = (parse_dimension(name) for name in names)
    yield from (("VirtualTag", d.name) for d in found if d.kind == "virtual")


def _virtual_of(*texts: str) -> Iterator[Reference]:
    from outlay.expression import parse, referenced

    for text in filter(None, texts):
        yield from (("VirtualTag", d.name) for d in referenced(parse(text)) if d.kind == "virtual")


def _of_role(_: str, spec: Any) -> Iterator[Reference]:
    yield from _virtual_of(spec.scope)


_REFERENCES: dict[str, Callable[[str, Any], Iterable[Reference]]] = {
    "VirtualTag": _of_tag,
    "Split": _of_split,
    "View": _of_view,
    "UnitCost": _of_unit_cost,
    "StatementPlan": _of_statements,
    "Dashboard": _of_dashboard,
    "Annotation": _of_annotation,
    "AnomalyMonitor": _of_monitor,
    ROLE: _of_role,
    "Report": _of_report,
    "AlertRoute": _of_alert_route,
    "Contact": _of_contact,
    "Budget": _of_budget,
    "Plan": _of_plan,
}
"""Kind → what a resource of it names. A kind that names others has a line here and in
`_NAMED_BY`."""

_NAMED_BY = {
    "VirtualTag": ("Dictionary", "VirtualTag", METRIC),
    "Split": ("VirtualTag", "Metric"),
    "View": ("VirtualTag", "ExchangeRates"),
    "UnitCost": ("VirtualTag", "Metric"),
    "StatementPlan": ("VirtualTag", "ExchangeRates"),
    "Dashboard": ("View", "UnitCost", "VirtualTag", "ExchangeRates"),
    "Annotation": ("Dashboard", "View", "VirtualTag"),
    "AnomalyMonitor": ("VirtualTag",),
    ROLE: ("VirtualTag",),
    "Report": ("Channel", "View", ROLE),
    "AlertRoute": ("Channel", ROLE, "VirtualTag"),
    "Contact": ("Channel", "VirtualTag"),
    "Budget": ("VirtualTag", "ExchangeRates", "Budget"),
    "Plan": ("VirtualTag", "ExchangeRates"),
}

_WHOLE = (
    "View", "Dashboard", "Annotation", "AnomalyMonitor", "Report", ROLE, "Budget", "Plan",
    "AlertRoute", "Contact",
)  # fmt: skip
"""Kinds that are refused when what they name is not there. Rules are checked as a whole, with the
place where one is wrong; a unit cost or statements may be written before their metric or tag."""
