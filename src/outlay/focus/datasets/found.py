"""The commitments that charges name, with everything that the charges tell of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.datasets.billing import load_deliveries
from outlay.focus.datasets.made import Ledger
from outlay.money import total
from outlay.money.quotients import quotient

TERM = ("x_CommitmentTerm", "x_SkuTerm", "x_Term", "x_PurchaseTerm", "x_LeaseContractLength")
PAYMENT = ("x_CommitmentPaymentOption", "x_PaymentOption", "x_PurchaseOption")
START = ("x_CommitmentStart", "x_CommitmentStartTime")
END = ("x_CommitmentEnd", "x_CommitmentEndTime")
CONTRACT = ("x_ContractNumber", "x_ContractId")
BALANCE = ("x_BalanceSource",)
"""Columns in which sources keep the vendor's own words on a commitment, first wins."""


@dataclass(frozen=True)
class Fee:
    """The newest recurring fee: from and to, the amount billed, the quantity."""

    start: datetime
    end: datetime
    billed: Decimal
    quantity: Decimal | None

    @property
    def hours(self) -> Fraction:
        """The hours it pays for."""
        return Fraction(int((self.end - self.start).total_seconds()), 3600)


@dataclass(frozen=True)
class Found:
    """One commitment as the charges tell of it. Amounts are in `currency`.

    `bought` is when a one-time fee was charged, `first_fee` when the first recurring one was;
    `first_bill` begins the first loaded period of its sources. `is_contract`: a promise to the
    seller over a contract's time, not a commitment discount.
    """

    id: str
    provider: str | None
    issuer: str | None
    sources: tuple[str, ...]
    currency: str | None
    pricing_currency: str | None
    category: str | None
    type: str | None
    description: str | None
    unit: str | None
    contract: str | None
    is_contract: bool
    bought: datetime | None
    first_fee: datetime | None
    first_seen: datetime
    first_bill: datetime
    upfront: Decimal
    one_time: int
    recurring: int
    bought_quantity: Decimal | None
    fee: Fee | None
    contracted: Decimal
    effective: Decimal
    first_loaded: datetime
    last_loaded: datetime
    told_term: str | None
    told_payment: str | None
    told_start: str | None
    told_end: str | None

    @property
    def benefit(self) -> str:
        """What is had in return: lower prices, or the right to use what was paid ahead."""
        return "Entitlement" if self.is_contract else "Discount"

    @property
    def discount(self) -> Decimal | None:
        """The discount on what was covered, 0 to 1, to four decimals; None if nothing was, or if
        the bill does not spread the commitment's cost over it."""
        if self.is_contract or self.contracted <= 0 or not self.effective:
            return None
        saved = total((self.contracted, self.effective.copy_negate()))
        share = quotient(saved, self.contracted, 4)
        return None if share is None else min(max(share, Decimal(0)), Decimal(1))


def find(ledger: Ledger) -> Iterator[Found]:
    """Every commitment that a charge names, by provider and id."""
    load_deliveries(ledger)
    found: dict[tuple[str, str], Found] = {}
    for sql in (_discounts(ledger), _applied(ledger), _capacity(ledger)):
        if not sql:
            continue
        cursor = ledger.connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            one = _found(dict(zip(names, row, strict=True)))
            found.setdefault((one.provider or "", one.id), one)
    yield from (found[key] for key in sorted(found))


def _found(row: dict[str, Any]) -> Found:
    fee = row.pop("fee")
    return Found(
        **{**row, "sources": tuple(sorted(row["sources"]))},
        fee=Fee(fee["start"], fee["end"], fee["billed"], fee["quantity"]) if fee else None,
    )


def _told(ledger: Ledger) -> str:
    """The vendor's own words on a commitment, as columns."""
    columns = {"told_term": TERM, "told_payment": PAYMENT, "told_start": START, "told_end": END}
    return ", ".join(f"{ledger.first_of(names)} AS {name}" for name, names in columns.items())


_SHARED = """
    any_value(l.ServiceProviderName) AS provider,
    coalesce(any_value(l.InvoiceIssuerName) FILTER (l.buys), any_value(l.InvoiceIssuerName))
        AS issuer,
    list(DISTINCT l.x_SourceName) AS sources, any_value(l.BillingCurrency) AS currency,
    any_value(CASE WHEN l.PricingCurrency <> l.BillingCurrency THEN l.PricingCurrency END)
        AS pricing_currency,
    min(l.ChargePeriodStart) FILTER (l.once) AS bought,
    min(l.ChargePeriodStart) FILTER (l.buys AND NOT l.once) AS first_fee,
    min(l.ChargePeriodStart) AS first_seen,
    any_value(f.first_bill) AS first_bill,
    coalesce(sum(l.BilledCost) FILTER (l.once), 0) AS upfront,
    count_if(l.once) AS one_time, count_if(l.buys AND NOT l.once) AS recurring,
    min(d.first_loaded) AS first_loaded, max(d.last_loaded) AS last_loaded,
    coalesce(any_value(l.told_term) FILTER (l.buys), any_value(l.told_term)) AS told_term,
    coalesce(any_value(l.told_payment) FILTER (l.buys), any_value(l.told_payment))
        AS told_payment,
    any_value(l.told_start) AS told_start, any_value(l.told_end) AS told_end
"""
_JOINED = """
    JOIN outlay_deliveries AS d ON d.source = l.x_SourceName AND d.period = l.x_BillingPeriod
    JOIN (SELECT source, CAST(min(period) AS TIMESTAMP) AS first_bill FROM outlay_deliveries
        GROUP BY source) AS f ON f.source = l.x_SourceName
"""


def _discounts(ledger: Ledger) -> str:
    quantity = "coalesce(CommitmentDiscountQuantity, PricingQuantity)"
    return f"""
        WITH l AS (
            SELECT *, ChargeCategory = 'Purchase' AS buys,
                ChargeCategory = 'Purchase' AND ChargeFrequency = 'One-Time' AS once,
                {quantity} AS quantity, coalesce(CommitmentDiscountUnit, PricingUnit) AS unit,
                {_told(ledger)}
            FROM {ledger.charges} WHERE CommitmentDiscountId IS NOT NULL
        ), fees AS (
            SELECT ServiceProviderName, CommitmentDiscountId, ChargePeriodStart, ChargePeriodEnd,
                sum(BilledCost) AS billed, sum(quantity) AS quantity
            FROM l WHERE buys AND NOT once GROUP BY ALL
        ), newest AS (
            SELECT ServiceProviderName, CommitmentDiscountId, arg_max(struct_pack(
                "start" := ChargePeriodStart, "end" := ChargePeriodEnd, billed := billed,
                quantity := quantity), ChargePeriodStart) AS fee
            FROM fees GROUP BY ALL
        )
        SELECT l.CommitmentDiscountId AS id, {_SHARED},
            any_value(l.CommitmentDiscountCategory) AS category,
            any_value(l.CommitmentDiscountType) AS type,
            coalesce(any_value(l.CommitmentDiscountName),
                any_value(l.ChargeDescription) FILTER (l.buys)) AS description,
            coalesce(arg_max(l.unit, l.ChargePeriodStart) FILTER (l.buys AND NOT l.once),
                any_value(l.unit) FILTER (l.buys), any_value(l.unit)) AS unit,
            CAST(NULL AS VARCHAR) AS contract, false AS is_contract,
            sum(l.quantity) FILTER (l.once) AS bought_quantity, any_value(n.fee) AS fee,
            coalesce(sum(l.ContractedCost) FILTER (l.CommitmentDiscountStatus = 'Used'), 0)
                AS contracted,
            coalesce(sum(l.EffectiveCost) FILTER (l.CommitmentDiscountStatus = 'Used'), 0)
                AS effective
        FROM l {_JOINED}
        LEFT JOIN newest AS n ON n.ServiceProviderName IS NOT DISTINCT FROM l.ServiceProviderName
            AND n.CommitmentDiscountId = l.CommitmentDiscountId
        GROUP BY l.ServiceProviderName, l.CommitmentDiscountId"""


_NO_DISCOUNT = """CAST(NULL AS DECIMAL(38,21)) AS bought_quantity,
    CAST(NULL AS STRUCT("start" TIMESTAMP, "end" TIMESTAMP, billed DECIMAL(38,21),
        quantity DECIMAL(38,21))) AS fee,
    CAST(0 AS DECIMAL(38,21)) AS contracted, CAST(0 AS DECIMAL(38,21)) AS effective"""


def _applied(ledger: Ledger) -> str:
    """Commitments named by ContractApplied alone."""
    return f"""
        WITH l AS (
            SELECT * EXCLUDE (element), element ->> 'ContractId' AS contract,
                element ->> 'ContractCommitmentId' AS id,
                element ->> 'ContractCommitmentAppliedUnit' AS unit,
                element ->> 'ContractCommitmentAppliedCost' IS NOT NULL AS spends
            FROM (SELECT *, ChargeCategory = 'Purchase' AS buys,
                    ChargeCategory = 'Purchase' AND ChargeFrequency = 'One-Time' AS once,
                    {_told(ledger)},
                    unnest(json_extract(ContractApplied, '$.Elements[*]')) AS element
                FROM {ledger.charges}
                WHERE ContractApplied IS NOT NULL AND json_valid(ContractApplied))
        )
        SELECT l.id, {_SHARED},
            CASE WHEN bool_or(l.spends) THEN 'Spend' ELSE 'Usage' END AS category,
            CAST(NULL AS VARCHAR) AS type,
            any_value(l.ChargeDescription) FILTER (l.buys) AS description,
            any_value(l.unit) AS unit, any_value(l.contract) AS contract, true AS is_contract,
            {_NO_DISCOUNT}
        FROM l {_JOINED} WHERE l.id IS NOT NULL
        GROUP BY l.ServiceProviderName, l.id"""


def _capacity(ledger: Ledger) -> str | None:
    """Contracts whose capacity a bill draws on (Snowflake), where the bill names them."""
    contract, balance = ledger.first_of(CONTRACT), ledger.first_of(BALANCE)
    if "NULL" in contract or "NULL" in balance:
        return None
    return f"""
        WITH l AS (
            SELECT *, ChargeCategory = 'Purchase' AS buys,
                ChargeCategory = 'Purchase' AND ChargeFrequency = 'One-Time' AS once,
                {contract} AS contract, {_told(ledger)}
            FROM {ledger.charges}
            WHERE {contract} IS NOT NULL AND lower({balance}) IN ('capacity', 'rollover')
        )
        SELECT l.contract AS id, {_SHARED}, 'Spend' AS category, 'Capacity' AS type,
            any_value(l.ChargeDescription) FILTER (l.buys) AS description,
            CAST(NULL AS VARCHAR) AS unit, l.contract, true AS is_contract, {_NO_DISCOUNT}
        FROM l {_JOINED} GROUP BY l.ServiceProviderName, l.contract"""
