"""What each line of Azure's cost reports costs, and the proof of it.

All amortized lines, and from the actual report the purchases and refunds of commitments. Billed
is 0 on usage that a commitment covers and on its unused part; effective is 0 on the purchase.
Then the billed costs sum to the actual report and the effective ones to the amortized report.
Microsoft publishes this rule (for usage alone: its unused lines would be billed twice).
"""

from dataclasses import dataclass

from outlay.focus.multiply import multiplied_sql
from outlay.focus.sql import literal
from outlay.sources.azure_export.columns import Columns
from outlay.sources.azure_export.facts import Facts
from outlay.sources.azure_export.lines import Lines
from outlay.sources.contract import Fold

_LONG = 300_000  # rows from which the lake works out descriptive columns per combination
_REPEATED = "lines of the actual-cost report that the amortized-cost report has too"


class Steps:
    """Values that are worked out from each other, one select over the other, so that an expression
    names them and does not repeat them: products of three factors would grow without measure.

    Long deliveries whose prices have no rate of their own have one step: expressions over `raw`
    itself, whose descriptive columns the lake works out once per combination. The engine takes
    seconds to plan them, which a short delivery would pay for nothing.
    """

    def __init__(self, several: bool) -> None:
        self._several = several
        self._steps: list[dict[str, str]] = [{}]

    def let(self, name: str, sql: str) -> str:
        """SQL of the value: its name in the step at hand, or the expression itself."""
        if not self._several:
            return sql
        self._steps[-1][f"az_{name}"] = sql
        return f"az_{name}"

    def next(self) -> None:
        """What follows may read what was worked out so far."""
        self._steps.append({})

    @property
    def source(self) -> str:
        """SQL of the relation that has all values."""
        relation = "raw"
        for step, values in enumerate(self._steps):
            if values:
                listed = ", ".join(f"{sql} AS {name}" for name, sql in values.items())
                relation = f"(SELECT *, {listed} FROM {relation}) AS az_step{step}"
        return relation


@dataclass(frozen=True)
class Prices:
    """SQL of a row's cost, quantities and unit prices.

    `quantity` is the vendor's, counted in `counted`; `blocks` is the same in the unit that prices
    are for, `unit`, of `size` single units. `listed` and `contracted` are prices of a block in
    the billing currency, `paid` what the row itself paid; `own_…` in the pricing currency, and
    `at_…` what the blocks cost at each price. `source` is the relation that has all of them.
    """

    cost: str
    quantity: str
    counted: str
    blocks: str
    unit: str
    size: str
    listed: str
    contracted: str
    paid: str
    own_listed: str
    own_contracted: str
    at_listed: str
    at_contracted: str
    at_paid: str
    source: str


@dataclass(frozen=True)
class Costs:
    """SQL of the four costs and two unit prices of a row, and of their proof."""

    billed: str
    effective: str
    listed: str
    contracted: str
    list_price: str
    contracted_price: str
    formulas: dict[str, str]
    folds: tuple[Fold, ...]


def times(one: str, other: str) -> str:
    """SQL of an exact product of two decimals, whichever of them has the more digits."""
    return f"coalesce({multiplied_sql(one, other)}, {multiplied_sql(other, one)})"


def prices(columns: Columns, facts: Facts) -> Prices:
    """How a row's quantity and prices are read, by the units that the delivery has."""
    steps = Steps(columns.has("ExchangeRate") or facts.rows < _LONG)
    cost = steps.let("cost", columns.money("Cost"))
    quantity = steps.let("quantity", columns.number("Quantity"))
    paid = steps.let("paid", columns.number("EffectivePrice"))
    own_listed = steps.let("listed", f"nullif({columns.number('PayGPrice')}, 0)")
    own_contracted = steps.let("contracted", columns.number("UnitPrice"))
    rate = steps.let("rate", columns.number("ExchangeRate"))
    steps.next()
    counted, blocks, names, sizes, per_block = [], [], [], [], []
    for unit in facts.units:
        when = f"WHEN {literal(unit.text)} THEN"
        share = None if unit.text in facts.blocks else unit.share
        names.append(f"{when} {literal(unit.blocks)}")
        sizes.append(f"{when} '{unit.block}'")
        counted.append(f"{when} {literal(unit.single if share else unit.blocks)}")
        if unit.block > 1 and share:
            blocks.append(f"{when} {times(quantity, _decimal(share))}")
            per_block.append(f"{when} {times(paid, _decimal(str(unit.block)))}")
    text, there = columns.text("UnitOfMeasure"), f"{quantity} IS NOT NULL"
    in_blocks = steps.let("blocks", _case(text, blocks, quantity))
    paid = steps.let("paid_block", _case(text, per_block, paid))
    steps.next()
    foreign = columns.has("ExchangeRate")

    def billing(name: str, price: str) -> str:
        """A price in the billing currency: MCA states them in the pricing currency."""
        if not foreign:
            return price
        return steps.let(
            name, f"CASE WHEN {rate} IS NULL THEN {price} ELSE {times(price, rate)} END"
        )

    listed, contracted = billing("list_price", own_listed), billing("price", own_contracted)
    paid = billing("paid_price", paid)
    steps.next()
    has_own = columns.has("PricingCurrency")
    return Prices(
        cost=cost,
        quantity=quantity,
        counted=f"CASE WHEN {there} THEN {_case(text, counted, literal('Units'))} END",
        blocks=in_blocks,
        unit=f"CASE WHEN {there} THEN {_case(text, names, literal('Units'))} END",
        size=_case(text, sizes, "NULL"),
        listed=listed,
        contracted=contracted,
        paid=paid,
        own_listed=own_listed if has_own else "NULL",
        own_contracted=own_contracted if has_own else "NULL",
        at_listed=steps.let("at_listed", times(in_blocks, listed)),
        at_contracted=steps.let("at_contracted", times(in_blocks, contracted)),
        at_paid=steps.let("at_paid", times(in_blocks, paid)),
        source=steps.source,
    )


def costs(columns: Columns, lines: Lines, facts: Facts, price: Prices) -> Costs:
    """The cost expressions of a delivery."""
    cost, files = price.cost, facts.reports
    spread = files.within(files.amortized | files.combined)
    principal = files.within(files.paired | files.combined)
    covered = f"{lines.covered} OR {lines.unused}"
    contracted = (
        f"CASE WHEN {lines.unused} THEN 0 WHEN {lines.covered} "
        f"THEN coalesce({price.at_contracted}, {cost}) ELSE {cost} END"
    )
    public = _public(columns, price)
    listed = f"CASE WHEN {lines.usage} THEN coalesce({public}, {contracted}) ELSE {contracted} END"
    fits = f"NOT ({lines.covered}) AND {price.at_paid} = {cost}"
    paid = f"CASE WHEN {fits} THEN {price.paid} ELSE coalesce({price.contracted}, {price.paid}) END"
    folded = f"{files.within(files.paired)} AND NOT {lines.bought}"
    return Costs(
        billed=_zero(spread, covered, cost),
        effective=_zero(principal, lines.bought, cost),
        listed=listed,
        contracted=contracted,
        list_price=f"CASE WHEN {lines.usage} THEN coalesce({price.listed}, {paid}) ELSE {paid} END",
        contracted_price=paid,
        formulas=_formulas(columns, lines, facts, price),
        folds=(Fold(_REPEATED, folded),) if files.paired else (),
    )


def _public(columns: Columns, price: Prices) -> str:
    """SQL of the cost at public prices; NULL where the export does not say, which it often writes
    as a price of 0."""
    parts = [f"nullif({price.at_listed}, 0)"] if columns.has("PayGPrice") else []
    if columns.has("PaygCost"):
        parts.insert(0, f"nullif({columns.money('PaygCost')}, 0)")
    return ", ".join(parts) or "NULL"


def _formulas(columns: Columns, lines: Lines, facts: Facts, price: Prices) -> dict[str, str]:
    """What the charges must sum to, over the raw lines of both reports: the actual report, the
    amortized report, and the prices of the lines that are no repetition."""
    cost, files = price.cost, facts.reports
    complete = files.within(files.amortized - files.lonely)
    alone = files.within(files.lonely | files.combined)
    kind, actual = lines.kind, files.within(files.paired)
    unused = f"{kind} IN ('unusedreservation', 'unusedsavingsplan')"
    bought = f"{files.within(files.combined)} AND {lines.bought}"
    repeated = f"{actual} AND NOT {lines.bought}"
    contracted = f"coalesce({price.at_contracted}, {cost})"
    public = _public(columns, price)
    return {
        "BilledCost": (
            f"CASE WHEN {complete} THEN 0 WHEN {alone} AND {unused} THEN 0 "
            f"WHEN {alone} AND {lines.covered} THEN 0 ELSE {cost} END"
        ),
        "EffectiveCost": f"CASE WHEN {actual} THEN 0 WHEN {bought} THEN 0 ELSE {cost} END",
        "ContractedCost": (
            f"CASE WHEN {repeated} OR {unused} THEN 0 "
            f"WHEN {lines.covered} THEN {contracted} ELSE {cost} END"
        ),
        "ListCost": (
            f"CASE WHEN {repeated} OR {unused} THEN 0 "
            f"WHEN {kind} <> 'usage' THEN {cost} "
            f"WHEN {lines.covered} THEN coalesce({public}, {contracted}) "
            f"ELSE coalesce({public}, {cost}) END"
        ),
    }


def _zero(files: str, when: str, cost: str) -> str:
    """0 for some lines of some files, else the cost."""
    if files == "false":
        return cost
    condition = f"({when})" if files == "true" else f"{files} AND ({when})"
    return f"CASE WHEN {condition} THEN 0 ELSE {cost} END"


def _case(of: str, cases: list[str], otherwise: str) -> str:
    return f"CASE {of} {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise


def _decimal(text: str) -> str:
    return f"CAST('{text}' AS DECIMAL(38,21))"
