"""What a run of detectors came to, by detector, as a look's record keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from outlay.app.detectors.running import Ran
from outlay.money import money_text, total
from outlay.savings.model import Finding, Insufficient

SHOWN = 50
"""So many resources are named of each reason, dearest first; the others are counted."""


@dataclass(frozen=True)
class Lacking:
    """A resource that could not be judged, and its cost a month (None: not known)."""

    resource: str
    account: str = ""
    currency: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True)
class Missing:
    """What is missing, of how many resources, and what those cost a month by currency; `unpriced`
    counts those whose cost is not known, `some` names the dearest."""

    reason: str
    resources: int
    cost: Mapping[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0
    some: tuple[Lacking, ...] = ()


@dataclass(frozen=True)
class Came:
    """What one detector came to: its findings and what they save a month by currency (before what
    other tools say of the same is merged), and what it could not judge."""

    findings: int = 0
    saving: Mapping[str, Decimal] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()


def came(ran: Ran) -> dict[str, Came]:
    """What each detector came to that was run."""
    found: dict[str, list[Finding]] = {}
    lacking: dict[str, list[Insufficient]] = {}
    for one in ran.findings:
        found.setdefault(one.detector, []).append(one)
    for other in ran.insufficient:
        lacking.setdefault(other.detector, []).append(other)
    return {
        name: Came(
            len(found.get(name, ())),
            _by_currency((one.currency, one.monthly_saving) for one in found.get(name, ())),
            _missing(lacking.get(name, ())),
        )
        for name in sorted({*ran.asked, *found, *lacking})
    }


def sums(found: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Amounts by currency, added up."""
    return _by_currency(item for amounts in found for item in amounts.items())


def _by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    parts: dict[str, list[Decimal]] = {}
    for currency, amount in amounts:
        parts.setdefault(currency, []).append(amount)
    return {currency: total(each) for currency, each in sorted(parts.items())}


def _missing(found: Iterable[Insufficient]) -> tuple[Missing, ...]:
    reasons: dict[str, list[Insufficient]] = {}
    for one in found:
        reasons.setdefault(one.missing, []).append(one)
    told = []
    for reason, ones in sorted(reasons.items()):
        priced = [one for one in ones if one.monthly_cost is not None]
        dearest = sorted(ones, key=lambda one: (-(one.monthly_cost or Decimal(0)), one.resource))
        told.append(
            Missing(
                reason,
                len(ones),
                _by_currency((one.currency, one.monthly_cost or Decimal(0)) for one in priced),
                len(ones) - len(priced),
                tuple(
                    Lacking(one.resource, one.account, one.currency, one.monthly_cost)
                    for one in dearest[:SHOWN]
                ),
            )
        )
    return tuple(told)


def told(ran: Ran) -> dict[str, Any]:
    """What each detector came to, for the detail of a look's record (``detectors``)."""
    return {name: came_json(one) for name, one in came(ran).items()}


def came_json(one: Came) -> dict[str, Any]:
    """Plain JSON values: money as text in full."""
    return {
        "findings": one.findings,
        "saving": _texts(one.saving),
        "missing": [
            {
                "reason": reason.reason,
                "resources": reason.resources,
                "cost": _texts(reason.cost),
                "unpriced": reason.unpriced,
                "some": [
                    {
                        "resource": each.resource,
                        "account": each.account,
                        "currency": each.currency,
                        "cost": None if each.cost is None else money_text(each.cost),
                    }
                    for each in reason.some
                ],
            }
            for reason in one.missing
        ],
    }


def came_of(kept: Mapping[str, Any]) -> Came:
    """What `came_json` wrote."""
    return Came(
        int(kept.get("findings", 0)),
        _amounts(kept.get("saving", {})),
        tuple(
            Missing(
                str(one["reason"]),
                int(one["resources"]),
                _amounts(one.get("cost", {})),
                int(one.get("unpriced", 0)),
                tuple(
                    Lacking(
                        str(each["resource"]),
                        str(each.get("account", "")),
                        str(each.get("currency", "")),
                        None if each.get("cost") is None else Decimal(each["cost"]),
                    )
                    for each in one.get("some", ())
                ),
            )
            for one in kept.get("missing", ())
        ),
    )


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: money_text(amount) for currency, amount in amounts.items()}


def _amounts(kept: Mapping[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in kept.items()}
