"""What detectors of AWS read a bill by: usage types without their region, and what a resource cost.

AWS writes the region before the usage type (``EUC1-BoxUsage:m5.large``; none in N. Virginia), and
exports in FOCUS have it as SkuMeter alone. Credits, refunds, discounts in lines of their own and
unused commitments are no cost of a resource, and rows that a cluster's pods share out are no
resource to act on: they are left out here, once for every detector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from outlay.expression import text_literal
from outlay.savings.detectors.billed import STILL_DAYS
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.model import Action, Confidence, Evidence, Finding

PROVIDER = "AWS"

REGION_PREFIX = "^(?:[A-Z]{3,4}[0-9]{1,2}|EU)-"
"""What stands before a usage type outside N. Virginia: a region's short name, ``EU-`` for Ireland
(docs.aws.amazon.com/cur/latest/userguide, "Usage types"). ``EC2-`` is none: it has two letters."""

METER = f"regexp_replace(coalesce(x_UsageType, SkuMeter), '{REGION_PREFIX}', '')"
"""SQL: the usage type without its region, of a row of ``daily``, ``history`` or ``charges``."""

# What a resource cost: used, by AWS, not shared out to pods, nothing that was paid back.
CHARGED = """
    ServiceProviderName IN ('AWS', 'Amazon Web Services') AND ChargeCategory = 'Usage'
    AND ChargeClass IS NULL AND coalesce(x_LineItemType, '') <> 'Refund'
    AND coalesce(CommitmentDiscountStatus, '') <> 'Unused'
    AND coalesce(CapacityReservationStatus, '') <> 'Unused'
    AND AllocatedMethodId IS NULL AND NOT starts_with(coalesce(x_Operation, ''), 'EKSPod-')
    AND NOT starts_with(coalesce(x_Operation, ''), 'ECSTask-EC2')"""

_FAMILY = r"^BoxUsage:([a-z0-9-]+)\."

COVERED = "(PricingCategory = 'Committed' OR coalesce(CommitmentDiscountStatus, '') = 'Used')"


def used(view: str = "daily", *, more: str = "", hourly: bool = False) -> str:
    """SQL of the usage of AWS in a view as a relation: day, account, account_name, payer,
    currency, region, service, code, resource, name, kind, meter, operation, quantity, unit,
    effective, listed, covered, commitment, spot, tags. `more` are further expressions, each with
    its AS. `hourly`: the lines of no more than an hour, with `moment`, their start. Parameters:
    ``$first`` and ``$end`` (exclusive), days."""
    extra = f", {more}" if more else ""
    day, lines = "ChargeDay", "true"
    if hourly:
        view, day = "charges", "CAST(ChargePeriodStart AS DATE)"
        lines = "ChargePeriodEnd - ChargePeriodStart <= INTERVAL 1 HOUR"
        extra += ", ChargePeriodStart AS moment"
    return f"""(SELECT {day} AS day, SubAccountId AS account, SubAccountName AS account_name,
        BillingAccountId AS payer, BillingCurrency AS currency, RegionId AS region,
        ServiceName AS service, x_ServiceCode AS code, ResourceId AS resource,
        ResourceName AS name, ResourceType AS kind, {METER} AS meter, x_Operation AS operation,
        ConsumedQuantity AS quantity, ConsumedUnit AS unit, EffectiveCost AS effective,
        ListCost AS listed, {COVERED} AS covered, CommitmentDiscountId AS commitment,
        coalesce(PricingCategory = 'Dynamic', false) AS spot, Tags AS tags{extra}
        FROM {view} WHERE {CHARGED} AND {day} >= $first AND {day} < $end AND {lines})"""


@dataclass(frozen=True)
class Part:
    """What one resource (or scope) cost in a window, by usage types that were asked for.

    Amounts are sums over the window, in `currency`: `effective` after discounts and commitments,
    `listed` at list, `covered` the effective cost that a commitment paid (`covered_listed` at
    list), `freed` that part of it whose commitment has other use. `first` and `last` are the first
    and last day it was seen on in the window, `days` on how many, `end` the window's (exclusive).
    """

    resource: str
    name: str
    kind: str
    account: str
    payer: str
    region: str
    service: str
    currency: str
    meter: str
    operation: str
    first: date
    last: date
    end: date
    days: int
    quantity: Decimal
    effective: Decimal
    listed: Decimal
    covered: Decimal
    covered_listed: Decimal
    freed: Decimal
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def span(self) -> int:
        """Days from the first on which it was seen to the window's end."""
        return (self.end - self.first).days

    @property
    def falls(self) -> Decimal:
        """What the bill falls by when it is gone, over the window: its cost outside commitments,
        and what a commitment that is used up would pay for elsewhere."""
        return self.effective - self.covered + self.freed

    @property
    def there(self) -> bool:
        """Whether it is still on the bill."""
        return self.last >= self.end - timedelta(days=STILL_DAYS)

    @property
    def where(self) -> str:
        """The condition of all its charges."""
        return condition(ResourceId=self.resource, SubAccountId=self.account)

    @property
    def called(self) -> str:
        """Its name, else its id."""
        return self.name or self.resource

    def a_month(self, amount: Decimal) -> Decimal:
        """An amount over the window as one of a month, to the cent."""
        return monthly(amount, self.span)


def parts(
    facts: Facts,
    meters: str,
    days: int,
    *,
    view: str = "daily",
    where: str = "resource <> ''",
    by: Sequence[str] = (),
    until: date | None = None,
    whole: bool = False,
) -> list[Part]:
    """Resources by what they cost on usage types that match `meters` (RE2, region left out), in
    the last `days` whole days; of one account, currency and resource each, and of each of `by`
    (``meter``, ``operation``, ``region``). `where` narrows in the words of `used`. `whole` takes an
    account's resources together: each part is then of no resource."""
    end = until or facts.window(days, PROVIDER)[1]
    first = end - timedelta(days=days)
    keys = ["account", "currency", "resource", *by]
    named = [one for one in ("meter", "operation", "region") if one not in by]
    relation = used(view)
    if whole:
        relation = f"(SELECT * REPLACE ('' AS resource, '' AS name, '' AS kind) FROM {relation})"
        where = where.replace("resource <> ''", "true")
    busy = absorbing(facts, first, end)
    rows = facts.rows(
        f"""SELECT {", ".join(keys)},
            {"".join(f"max_by({one}, day) AS {one}, " for one in named)}
            max(payer) AS payer, max(name) AS name, max(kind) AS kind, max(service) AS service,
            max(code) AS code, max_by(tags, day) AS tags, min(day) AS first, max(day) AS last,
            count(DISTINCT day) AS days, coalesce(sum(quantity), 0) AS quantity,
            sum(effective) AS effective, sum(listed) AS listed,
            coalesce(sum(effective) FILTER (covered), 0) AS covered,
            coalesce(sum(listed) FILTER (covered), 0) AS covered_listed,
            coalesce(sum(effective) FILTER (covered
                AND list_contains($busy, commitment)), 0) AS freed
        FROM {relation} WHERE regexp_matches(meter, $meters) AND ({where})
        GROUP BY {", ".join(keys)} ORDER BY {", ".join(keys)}""",
        {"first": first, "end": end, "meters": meters, "busy": busy},
    )
    return [_part(row, end) for row in rows]


def _part(row: Mapping[str, Any], end: date) -> Part:
    texts = ("resource", "name", "kind", "account", "payer", "region", "service", "currency",
             "meter", "operation")  # fmt: skip
    rest = ("first", "last", "days", "quantity", "effective", "listed", "covered",
            "covered_listed", "freed")  # fmt: skip
    values: dict[str, Any] = {name: str(row[name] or "") for name in texts}
    values |= {name: row[name] for name in rest}
    return Part(**values, end=end, tags=dict(row["tags"] or {}))


def absorbing(facts: Facts, first: date, end: date) -> list[str]:
    """Commitments that would be used up even without what they cover now: nothing of them was
    unused in the window, and what its payer buys on demand beside them, of the same service,
    region and family of machines (else usage type), is worth more than all that they cover. Saving
    covered usage then saves what is bought on demand.

    A plan may cover more than that; what it covers now is what can be known. Unused parts of
    reservations are lines of whole months, so that the window's first month counts whole.
    """
    family = f"coalesce(nullif(regexp_extract(meter, '{_FAMILY}', 1), ''), meter)"
    rows = facts.rows(
        f"""WITH used AS (SELECT *, {family} AS family FROM {used()}),
        taken AS (SELECT commitment, payer, currency, code, region, family, sum(effective) AS cost
            FROM used WHERE covered AND commitment IS NOT NULL GROUP BY ALL),
        unused AS (SELECT DISTINCT CommitmentDiscountId AS commitment FROM daily
            WHERE CommitmentDiscountStatus = 'Unused' AND EffectiveCost > 0
                AND ChargeDay >= $month AND ChargeDay < $end),
        open AS (SELECT payer, currency, code, region, family, sum(effective) AS cost FROM used
            WHERE NOT covered AND NOT spot GROUP BY ALL)
        SELECT t.commitment FROM taken t LEFT JOIN open o ON o.currency = t.currency
            AND o.family = t.family AND o.payer IS NOT DISTINCT FROM t.payer
            AND o.code IS NOT DISTINCT FROM t.code AND o.region IS NOT DISTINCT FROM t.region
        WHERE t.commitment NOT IN (SELECT commitment FROM unused WHERE commitment IS NOT NULL)
        GROUP BY t.commitment HAVING sum(t.cost) < coalesce(sum(o.cost), 0)
        ORDER BY t.commitment""",
        {"first": first, "end": end, "month": first.replace(day=1)},
    )
    return [str(row["commitment"]) for row in rows]


def reasons_of(part: Part) -> tuple[str, ...]:
    """What a reader must know of commitments that pay for a part of it."""
    if not part.covered:
        return ()
    covered = part.a_month(part.covered)
    if part.freed == part.covered:
        return (
            f"{covered} {part.currency} a month of it are paid by a commitment that is used up: "
            "it would pay for other usage instead, counted at the commitment's own rate",
        )
    return (
        f"{part.a_month(part.covered - part.freed)} {part.currency} a month of it are paid by a "
        "commitment that has room left: they are paid whether it is used or not, and count as "
        "no saving",
    )


def found(
    detector: Detector,
    part: Part,
    saving: Decimal,
    title: str,
    basis: str,
    *,
    saving_list: Decimal | None = None,
    where: str = "",
    scope: str = "",
    current: str = "",
    recommended: str = "",
    cost: Decimal | None = None,
    evidence: Sequence[Evidence] = (),
    reasons: Sequence[str] = (),
    confidence: Confidence | None = None,
    action: Action | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Finding | None:
    """The finding of a detector on a part; None when nothing is saved. Amounts a month."""
    if saving <= 0:
        return None
    return Finding(
        tool="outlay", detector=detector.id, provider=PROVIDER, action=action or detector.action,
        title=title, currency=part.currency, monthly_saving=saving, basis=basis,
        account=part.account, region=part.region, service=part.service, resource=part.resource,
        resource_name=part.name, resource_type=part.kind, scope=scope,
        where=where or part.where, group=detector.group, current=current,
        recommended=recommended, monthly_saving_list=saving_list,
        monthly_cost=part.a_month(part.effective) if cost is None else cost,
        evidence=tuple(evidence), first_day=part.first, end_day=part.end,
        confidence=confidence or detector.confidence,
        reasons=(*reasons, *reasons_of(part)), effort=detector.effort,
        restart=detector.restart, rollback=detector.rollback, risk=detector.risk, tags=part.tags,
        detail=dict(detail or {}),
    )  # fmt: skip


def gone(detector: Detector, part: Part, title: str, basis: str, **more: Any) -> Finding | None:
    """The finding that a part is to be deleted: all of it is saved."""
    return found(
        detector,
        part,
        part.a_month(part.falls),
        title,
        basis,
        saving_list=part.a_month(part.listed),
        **more,
    )


def metered(part: Part, *endings: str) -> str:
    """The condition of a part's charges whose usage type ends so, whatever region it names: the
    account's and region's where the part is of no resource."""
    own = (
        part.where
        if part.resource
        else condition(SubAccountId=part.account, RegionId=part.region or None)
    )
    like = " OR ".join(
        f"SkuMeter LIKE {text} OR x_UsageType LIKE {text}"
        for text in (text_literal(f"%{ending}") for ending in endings)
    )
    return f"{own} AND ({like})"


def seen(part: Part) -> Evidence:
    """How long it was seen, as a figure of evidence."""
    return Evidence("days seen", Decimal(part.days), "days", "ChargePeriodStart")


def cost_of(part: Part) -> Evidence:
    """Its effective cost in the window, as a figure of evidence."""
    return Evidence("cost in the window", part.effective, part.currency, "EffectiveCost")
