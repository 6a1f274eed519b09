"""Amounts in the asked currency, by the rate of their day or the one that the bill states."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from sqlglot import exp

from outlay.allocation.sql import column_of
from outlay.expression.dimensions import Dimension
from outlay.expression.errors import QueryError
from outlay.focus.sql import literal, quoted
from outlay.lake.facts import SliceFacts
from outlay.money.rates import RATE_SCALE, RATE_SQL, Rate
from outlay.query.answer import RateKey
from outlay.query.stated import stated_sql, used_column

STATED = "stated"
"""The column of sums read from charges that has the text of the bill's own rate."""

# As in a question: the first nine decimals and the rest are multiplied apart, so that both
# products are exact and fit 38 digits.
_HIGH, _LOW = "DECIMAL(26,9)", "DECIMAL(21,21)"


@dataclass(frozen=True)
class Conversion:
    """To one currency, by rates of (currency, day, stated text). An amount without a rate stays
    in its own currency, visibly. `stated`: a bill's own rates go first."""

    target: str
    rates: Mapping[RateKey, Rate]
    stated: bool

    @property
    def key(self) -> object:
        """What tells conversions apart."""
        return self.target, self.stated, frozenset((k, r.value) for k, r in self.rates.items())

    def column(self, facts: SliceFacts) -> str | None:
        """The column of the slice's own rates, where it states some to the target."""
        return used_column(facts, self.target) if self.stated else None

    def line_column(self, facts: SliceFacts) -> str | None:
        """That column where it differs from line to line, so that charges are to be read; raises
        QueryError where they are gone by retention."""
        column = self.column(facts)
        if column is None or column in facts.context_columns:
            return None
        if not facts.detail:
            raise QueryError(
                f"the charges of {facts.slice.source} {facts.slice.billing_period} of that moment "
                "are no longer kept, and with them the rates that they state",
                field="currency",
                hint="Leave out the currency, or choose rates by name (rates=ecb).",
            )
        return column

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give the rates to a connection, as the table ``rates``."""
        keys = list(self.rates)
        connection.register(
            "known_rates",
            pa.table(
                {
                    "rate_currency": pa.array([key[0] for key in keys], pa.string()),
                    "rate_day": pa.array([key[1] for key in keys], pa.date32()),
                    "rate_stated": pa.array([key[2] for key in keys], pa.string()),
                    "rate": pa.array(
                        [self.rates[key].value for key in keys], pa.decimal128(18, RATE_SCALE)
                    ),
                }
            ),
        )

    def sql(self, facts: SliceFacts, currency: str, amount: str) -> tuple[str, str]:
        """SELECT items ``currency``, ``amount`` and ``rest`` of a slice's sums, and the join to
        the rates. The sums ``f`` have ``day``, their contexts are ``c``."""
        column = self.column(facts)
        in_lines = self.line_column(facts) is not None

        def resolved(dimension: Dimension) -> exp.Expr:
            if in_lines and dimension.name == column:
                return exp.column(STATED, table="f")
            return exp.column(column_of(dimension), table="c", quoted=True)

        stated = stated_sql(column, self.target, resolved).sql(dialect="duckdb")
        target = literal(self.target)
        rate = f"coalesce(rates.rate, CAST(1 AS {RATE_SQL}))"
        money = (
            f"CASE WHEN rates.rate IS NULL THEN {currency} ELSE {target} END AS currency, "
            f"CAST({amount} AS {_HIGH}) * {rate} AS amount, "
            f"CAST({amount} - CAST({amount} AS {_HIGH}) AS {_LOW}) * {rate}"
        )
        join = (
            f"LEFT JOIN known_rates AS rates ON rates.rate_currency = {currency} "
            f"AND rates.rate_day = f.day AND rates.rate_stated = {stated}"
        )
        return money, join

    def needs(self, facts: SliceFacts) -> frozenset[Dimension]:
        """The context columns that the slice's own rates are found by."""
        column = self.column(facts)
        if column is None:
            return frozenset()
        found = {Dimension("column", "PricingCurrency")}
        if column in facts.context_columns:
            found.add(Dimension("column", column))
        return frozenset(found)


def line_sums(facts: SliceFacts, column: str, bounds: list[str], sums: str) -> str:
    """Sums of charges by context, month, day and the text of a line's own rate."""
    where = f"WHERE {' AND '.join(bounds)} " if bounds else ""
    contexts = literal(str(facts.paths["contexts"]))
    charges = literal(str(facts.slice.charges_path))
    return (
        "SELECT 0 AS Slice, ContextId, CAST(date_trunc('month', ChargeDay) AS DATE) AS month, "
        f"ChargeDay AS day, {STATED}, {sums} FROM (SELECT *, {quoted(column)} AS {STATED}, "
        "CAST(ChargePeriodStart AS DATE) AS ChargeDay, 1 AS LineCount "
        f"FROM read_parquet({charges}, hive_partitioning = false)) "
        f"JOIN (SELECT ContextId, x_ContextKey FROM read_parquet({contexts}, "
        f"hive_partitioning = false)) USING (x_ContextKey) {where}GROUP BY ALL"
    )
