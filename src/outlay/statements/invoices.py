"""Invoices against charges: by issuer, invoice id, billing period and currency, exactly.

Each invoice takes the charges that name it; one whose issuer's bill names no invoice takes the
period's charges that name none. What no invoice takes is a row too, so that the charges of all
rows are the BilledCost of the ledger. `explained` says why a difference is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from outlay.money import MONEY_CONTEXT, BillingPeriod, money_text, total
from outlay.money.cents import places
from outlay.money.rates import Rate, quantised
from outlay.statements.billed import BilledSum, Rounded
from outlay.statements.explained import Explanation, explain, half_unit, less
from outlay.statements.resources import InvoiceSpec

State = Literal["matched", "explained", "differs", "no invoice", "no charges"]
STATES: tuple[State, ...] = ("differs", "no charges", "explained", "no invoice", "matched")
"""The states, what needs a person first."""

Slot = tuple[str, BillingPeriod]


@dataclass(frozen=True)
class Invoice:
    """An invoice that somebody stated: its resource's name, version and spec."""

    name: str
    version: int
    spec: InvoiceSpec


@dataclass(frozen=True)
class Held:
    """What a delivery that was not let in would change of BilledCost, by currency."""

    delivery: str
    changes: Mapping[str, Decimal]


class Evidence(Protocol):
    """What the ledger knows of its own deliveries, asked only for invoices that differ."""

    def earlier(
        self, slots: Iterable[Slot], day: date | None
    ) -> tuple[Sequence[BilledSum], str] | None:
        """The sums of slices as they were at the end of a UTC day (or as first loaded, where
        that was later or no day is given), with words for when; None where nothing changed."""
        ...

    def held(self, slot: Slot) -> Held | None:
        """The delivery of a slice that was held back, if one is."""
        ...

    def rejected(self, slot: Slot, currency: str) -> Decimal:
        """BilledCost of the rows of a slice that were rejected."""
        ...

    def lacking(self, issuer: str, period: BillingPeriod) -> Sequence[str]:
        """Sentences: which sources of an issuer have no bill of the period, or one that was last
        loaded before the period was over."""
        ...

    def rounded(
        self, slots: Iterable[Slot], issuer: str | None, ids: Sequence[str | None], currency: str
    ) -> Rounded | None:
        """The charges summed after rounding; None where they are no longer kept."""
        ...

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """The published rate of a day."""
        ...


@dataclass(frozen=True)
class Row:
    """One invoice, or charges that no invoice is known for.

    `charged` is the sum of BilledCost in `charged_currency`; `charges` the same in the invoice's
    currency (None where no rate is known). `difference` is the invoice less `charges`, and is the
    taken explanations plus `unexplained`; None where there is only one of the two. `categories`
    are the charges by ChargeCategory, in `charged_currency`.
    """

    issuer: str | None
    invoice_id: str | None
    period: BillingPeriod
    currency: str
    state: State
    invoice: Invoice | None
    charged: Decimal
    charged_currency: str
    lines: int
    categories: Mapping[str, Decimal]
    sources: tuple[str, ...]
    accounts: tuple[str, ...]
    charges: Decimal | None = None
    difference: Decimal | None = None
    unexplained: Decimal | None = None
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[Explanation, ...]:
        """The explanations that count."""
        return tuple(one for one in self.explanations if one.taken)


@dataclass
class _Taken:
    """The charges that an invoice takes, in one currency, and sentences about them."""

    sums: list[BilledSum] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def reconcile(
    sums: Sequence[BilledSum], invoices: Sequence[Invoice], evidence: Evidence
) -> tuple[Row, ...]:
    """Every invoice and every charge, in rows; newest period first, then what needs a person."""
    assigned, left = _assign(sums, invoices)
    rows = []
    used: set[int] = set()
    for at, invoice in enumerate(invoices):
        row, unnamed = _compared(invoice, assigned[at], left, evidence)
        rows.append(row)
        used.update(map(id, unnamed))
    rows.extend(_without_invoice(left, used))
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                -row.period.year, -row.period.month, STATES.index(row.state), row.issuer or "",
                row.invoice_id or "", row.currency,
            ),
        )
    )  # fmt: skip


def _assign(
    sums: Sequence[BilledSum], invoices: Sequence[Invoice]
) -> tuple[list[_Taken], list[BilledSum]]:
    """The charges of each invoice, and those of none."""
    by_id: dict[tuple[str, str], int] = defaultdict(int)
    for invoice in invoices:
        by_id[invoice.spec.issuer, invoice.spec.invoice_id] += 1
    found = [_Taken() for _ in invoices]
    gone: set[int] = set()
    for at, invoice in enumerate(invoices):
        spec = invoice.spec
        alone = by_id[spec.issuer, spec.invoice_id] == 1
        named = [
            one
            for one in sums
            if (one.issuer, one.invoice_id) == (spec.issuer, spec.invoice_id)
            and (alone or one.period == spec.period)
            and spec.account in ("", one.account)
        ]
        found[at] = _one_currency(spec, named)
        gone.update(map(id, found[at].sums))
    _assign_unnamed(sums, invoices, found, gone)
    return found, [one for one in sums if id(one) not in gone]


def _assign_unnamed(
    sums: Sequence[BilledSum],
    invoices: Sequence[Invoice],
    found: list[_Taken],
    gone: set[int],
) -> None:
    """Give charges that name no invoice to the one invoice that may be theirs."""
    claims: dict[int, list[int]] = defaultdict(list)
    wanted: dict[int, _Taken] = {}
    for at, invoice in enumerate(invoices):
        spec = invoice.spec
        if found[at].sums:
            continue
        mine = [
            one
            for one in sums
            if one.invoice_id is None
            and (one.issuer, one.period) == (spec.issuer, spec.period)
            and spec.account in ("", one.account)
        ]
        wanted[at] = _one_currency(spec, mine)
        for one in wanted[at].sums:
            claims[id(one)].append(at)
    for at, taken in wanted.items():
        rivals = {other for one in taken.sums for other in claims[id(one)] if other != at}
        if rivals:
            names = ", ".join(sorted(invoices[other].name for other in rivals))
            found[at].notes.append(
                f"The same charges, which name no invoice, may also be of {names}: state the "
                "account (BillingAccountId) of each."
            )
        elif taken.sums:
            taken.notes.append(
                "The bill names no invoice: these are the period's charges of the issuer that "
                "name none."
            )
            found[at] = taken
            gone.update(map(id, taken.sums))


def _one_currency(spec: InvoiceSpec, sums: Sequence[BilledSum]) -> _Taken:
    """Charges in the invoice's currency, else in the only other one; never two of them."""
    currencies = sorted({one.currency for one in sums})
    if spec.currency in currencies or len(currencies) == 1:
        chosen = spec.currency if spec.currency in currencies else currencies[0]
        others = [one for one in currencies if one != chosen]
        notes = [f"Charges of it in {', '.join(others)} are apart: no rate joins them."]
        return _Taken([o for o in sums if o.currency == chosen], notes if others else [])
    if not currencies:
        return _Taken()
    return _Taken(
        notes=[f"Its charges are in {', '.join(currencies)}: state an invoice for each currency."]
    )


def _row(invoice: Invoice, taken: _Taken, state: State, **more: object) -> Row:
    spec = invoice.spec
    return _summed(
        taken.sums, issuer=spec.issuer, invoice_id=spec.invoice_id, period=spec.period,
        currency=spec.currency, state=state, invoice=invoice, **more,
    )  # fmt: skip


def _summed(sums: Sequence[BilledSum], **known: object) -> Row:
    """A row over charges of one currency."""
    categories: dict[str, list[Decimal]] = defaultdict(list)
    for one in sums:
        categories[one.category or "(none)"].append(one.billed)
    return Row(
        charged=total(one.billed for one in sums),
        charged_currency=sums[0].currency if sums else str(known["currency"]),
        lines=sum(one.lines for one in sums),
        categories={name: total(amounts) for name, amounts in sorted(categories.items())},
        sources=tuple(sorted({one.source for one in sums})),
        accounts=tuple(sorted({one.account for one in sums if one.account})),
        **known,  # type: ignore[arg-type]
    )


def _without_invoice(left: Sequence[BilledSum], used: set[int]) -> list[Row]:
    """Charges that no invoice takes; `used` ones explain the difference of an invoice."""
    groups: dict[tuple[str | None, str | None, BillingPeriod, str, bool], list[BilledSum]]
    groups = defaultdict(list)
    for one in left:
        key = (one.issuer, one.invoice_id, one.period, one.currency, id(one) in used)
        groups[key].append(one)
    rows = []
    for (issuer, number, period, currency, explains), sums in groups.items():
        notes: tuple[str, ...] = ()
        if explains:
            notes = ("They explain the difference of an invoice of the period.",)
        rows.append(
            _summed(
                sums, issuer=issuer, invoice_id=number, period=period, currency=currency,
                state="explained" if explains else "no invoice", invoice=None, notes=notes,
            )
        )  # fmt: skip
    return rows


def _compared(
    invoice: Invoice, taken: _Taken, left: Sequence[BilledSum], evidence: Evidence
) -> tuple[Row, list[BilledSum]]:
    """The row of an invoice, and the unnamed charges that explain a part of it."""
    spec = invoice.spec
    if not taken.sums:
        notes = (*taken.notes, *_elsewhere(spec, left), *evidence.lacking(spec.issuer, spec.period))
        return _row(invoice, taken, "no charges", notes=notes), []
    own = taken.sums[0].currency
    rate, rate_text = _rate(spec, taken, evidence)
    notes = (*taken.notes, *([rate_text] if rate_text else []))
    if rate is None:
        return _row(invoice, taken, "differs", notes=notes), []
    charged = total(one.billed for one in taken.sums)
    charges = MONEY_CONTEXT.multiply(charged, rate)
    difference = less(spec.amount, charges)
    unnamed = _unnamed(spec, taken, left)
    digits = places(spec.currency)
    found: list[Explanation] = []
    if abs(difference) > half_unit(digits):
        found = [
            *_stated(spec, taken.sums, rate),
            *_known(spec, taken.sums, unnamed, rate, evidence),
        ]

    def rounded() -> Rounded | None:
        if own != spec.currency:
            return None
        ids = sorted({one.invoice_id for one in taken.sums}, key=str)
        return evidence.rounded({o.slot for o in taken.sums}, spec.issuer, ids, own)

    result = explain(difference, found, digits, charges, rounded)
    state: State = "differs"
    if not result.unexplained:
        reasons = {one.reason for one in result.explanations if one.taken}
        small = abs(difference) <= half_unit(digits)
        state = "matched" if small and reasons <= {"rounding"} else "explained"
    row = _row(
        invoice, taken, state, charges=charges, difference=difference,
        unexplained=result.unexplained, explanations=result.explanations, notes=notes,
    )  # fmt: skip
    explains = any(one.reason == "unnamed" and one.taken for one in result.explanations)
    return row, unnamed if explains else []


def _rate(spec: InvoiceSpec, taken: _Taken, evidence: Evidence) -> tuple[Decimal | None, str]:
    """How much one unit of the charges' currency is in the invoice's, and what to say of it."""
    own = taken.sums[0].currency
    if own == spec.currency:
        return Decimal(1), ""
    if spec.rate is not None:
        return spec.rate, f"Converted from {own} at {spec.rate:f}, as stated on the invoice."
    charged = total(one.billed for one in taken.sums)
    implied = f" The amount implies {quantised(spec.amount / charged):f}." if charged else ""
    day = spec.issued_on or spec.period.end
    rate = evidence.rate(own, spec.currency, day)
    if rate is None:
        return None, (
            f"The charges are in {own} and there is no rate to {spec.currency}: state the "
            f"invoice's rate.{implied}"
        )
    return rate.value, (
        f"Converted from {own} at {rate.value:f} ({rate.publisher}, {rate.day}): state the "
        f"invoice's own rate to compare exactly.{implied}"
    )


def _unnamed(spec: InvoiceSpec, taken: _Taken, left: Sequence[BilledSum]) -> list[BilledSum]:
    """Charges of the issuer, period and currency that name no invoice and that none took."""
    own = taken.sums[0].currency
    return [
        one
        for one in left
        if one.invoice_id is None
        and (one.issuer, one.period, one.currency) == (spec.issuer, spec.period, own)
        and spec.account in ("", one.account)
    ]


def _stated(spec: InvoiceSpec, sums: Sequence[BilledSum], rate: Decimal) -> list[Explanation]:
    """Tax and credits that the invoice states, against those among the charges."""
    found: list[Explanation] = []
    for stated, category, reason, word in (
        (spec.tax, "Tax", "tax", "tax"),
        (spec.credits, "Credit", "credits", "credits"),
    ):
        if stated is None:
            continue
        own = total(one.billed for one in sums if one.category == category)
        amount = less(stated, MONEY_CONTEXT.multiply(own, rate))
        if not amount:
            continue
        text = (
            f"The invoice has {word} of {money_text(stated)}, the charges have {money_text(own)}."
            if own
            else f"The invoice has {word} of {money_text(stated)}; the bill has no {word}."
        )
        # Where both have some, that they differ is no reason by itself.
        found.append(Explanation(reason, amount, text, certain=not own))  # type: ignore[arg-type]
    return found


def _known(
    spec: InvoiceSpec,
    sums: Sequence[BilledSum],
    unnamed: Sequence[BilledSum],
    rate: Decimal,
    evidence: Evidence,
) -> list[Explanation]:
    """What the ledger knows that may be the reason."""
    own = sums[0].currency
    slots = sorted({one.slot for one in sums})
    found: list[Explanation] = []

    def add(reason: str, amount: Decimal | None, text: str) -> None:
        if amount is None or amount:
            converted = None if amount is None else MONEY_CONTEXT.multiply(amount, rate)
            found.append(Explanation(reason, converted, text))  # type: ignore[arg-type]

    if unnamed:
        number = sum(one.lines for one in unnamed)
        what = (
            "1 charge of the issuer and period names"
            if number == 1
            else (f"{number:,} charges of the issuer and period name")
        )
        text = f"{what} no invoice."
        add("unnamed", total(one.billed for one in unnamed), text)
    then = evidence.earlier(slots, spec.issued_on)
    if then is not None:
        ids = {one.invoice_id for one in sums}
        before = total(
            one.billed
            for one in then[0]
            if (one.issuer, one.currency) == (spec.issuer, own)
            and one.invoice_id in ids
            and spec.account in ("", one.account)
        )
        now = total(one.billed for one in sums)
        text = f"Later deliveries corrected the charges: {then[1]} they were {money_text(before)}."
        add("corrected", less(before, now), text)
    for slot in slots:
        held = evidence.held(slot)
        if held is not None:
            text = f"A delivery of {slot[0]} {slot[1]} is held back."
            add("held", held.changes.get(own, Decimal(0)), text)
        text = f"Rows of {slot[0]} {slot[1]} were rejected."
        add("rejected", evidence.rejected(slot, own), text)
    for sentence in evidence.lacking(spec.issuer, spec.period):
        add("incomplete", None, sentence)
    return found


def _elsewhere(spec: InvoiceSpec, left: Sequence[BilledSum]) -> list[str]:
    """Hints: the id with another issuer, the issuer's ids of the period."""
    same_id = sorted({o.issuer for o in left if o.invoice_id == spec.invoice_id and o.issuer})
    if same_id:
        return [f"Charges of {', '.join(same_id)} name an invoice of this id."]
    mine = [o for o in left if (o.issuer, o.period) == (spec.issuer, spec.period)]
    ids = sorted({o.invoice_id for o in mine if o.invoice_id})
    if ids:
        return [f"Charges of the issuer and period name {', '.join(ids[:5])}."]
    issuers = sorted({o.issuer for o in left if o.period == spec.period and o.issuer})
    if not mine and issuers and spec.issuer not in issuers:
        return [f"No charge of {spec.period} is of this issuer; there are {', '.join(issuers)}."]
    return []
