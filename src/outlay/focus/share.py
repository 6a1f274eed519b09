"""Sharing an amount by weights, exactly: SQL whose parts add up to the whole to the last digit.

An amount is a whole number of units (10^-scale). Each row gets the whole units of its share, and
the units that are left go one each to the rows with the largest remainders (Hamilton's method),
ties in a stated order. All arithmetic is on 128-bit integers; nothing is divided as a decimal.
"""

from collections.abc import Mapping, Sequence

from outlay.focus.sql import quoted
from outlay.money import MONEY_SCALE, MONEY_SQL

MAX_WEIGHT = 13 * 10**18
"""The largest sum of weights of one amount: a product of two remainders must fit 128 bits. A
larger one makes the statement fail; it is never rounded."""


def units_sql(amount: str, scale: int) -> str:
    """SQL of the whole units of 10^-scale in a DECIMAL(38,21) that is not negative, as HUGEINT;
    digits below the unit are left out."""
    whole = f"CAST(trunc({amount}) AS HUGEINT)"
    if scale == 0:
        return whole
    # Widths add up in a product and must stay within 38 digits: 22 and 16, two steps at most.
    first = min(scale, 15)
    rest = f"CAST({amount} - trunc({amount}) AS DECIMAL(22,{MONEY_SCALE}))"
    upper = f"({rest} * CAST({10**first} AS DECIMAL({first + 1},0)))"
    high = f"CAST(trunc({upper}) AS HUGEINT)"
    if scale == first:
        return f"({whole} * {_power(scale)} + {high})"
    second = scale - first
    below = f"CAST({upper} - trunc({upper}) AS DECIMAL(22,{MONEY_SCALE}))"
    low = f"CAST(trunc({below} * CAST({10**second} AS DECIMAL({second + 1},0))) AS HUGEINT)"
    return f"({whole} * {_power(scale)} + {high} * {_power(second)} + {low})"


def units_money_sql(units: str, scale: int) -> str:
    """SQL of a number of units (HUGEINT, not negative) of 10^-scale as DECIMAL(38,21)."""
    if scale > MONEY_SCALE:
        raise ValueError(f"the ledger holds {MONEY_SCALE} decimals, not {scale}")
    if scale == 0:
        return f"CAST({units} AS {MONEY_SQL})"
    whole = f"CAST({units} // {_power(scale)} AS {MONEY_SQL})"
    rest = f"({units} % {_power(scale)})"
    first = min(scale, 12)
    high = rest if scale == first else f"({rest} // {_power(scale - first)})"
    parts = [whole, _fraction(high, first, first)]
    if scale > first:
        low = f"({rest} % {_power(scale - first)})"
        parts.append(_fraction(low, scale - first, scale))
    return f"CAST({' + '.join(parts)} AS {MONEY_SQL})"


def shared_sql(
    relation: str,
    *,
    by: Sequence[str],
    weight: str,
    amounts: Mapping[str, str],
    order: Sequence[str],
    scale: int = MONEY_SCALE,
) -> str:
    """SELECT of all columns of `relation` and each row's parts of its group's amounts.

    `by` are the columns that make a group (a bill's row); `weight` is a column of integers of at
    least 0. `amounts` is new column → column with the whole amount, DECIMAL(38,21), the same on
    every row of a group; of any sign. `order` are columns that order a group's rows wholly, so
    that the same rows always get the same parts. Parts are whole units of 10^-scale; what an
    amount has below that goes to one row.

    The parts of a group add up to its amount exactly. Where a group's weights add up to 0 (or a
    weight is null) its parts are null: nothing says who it belongs to, and the caller keeps the
    whole. Fails above MAX_WEIGHT.
    """
    group = ", ".join(map(quoted, by))
    ties = ", ".join(map(quoted, order))
    # A null weight makes the whole of the group unknown, instead of being left out of the sum.
    total = (
        f"CASE WHEN count(*) OVER g = count({quoted(weight)}) OVER g "
        f"THEN nullif(sum(CAST({quoted(weight)} AS HUGEINT)) OVER g, 0) END"
    )
    units, bases, lefts, parts = [], [], [], []
    for at, (name, column) in enumerate(amounts.items()):
        whole = f"abs({quoted(column)})"
        units.append(f"{units_sql(whole, scale)} AS _u{at}")
        share = f"(_u{at} % _total) * _weight"
        bases.append(f"(_u{at} // _total) * _weight + ({share}) // _total AS _b{at}")
        bases.append(f"({share}) % _total AS _r{at}")
        lefts.append(f"_u{at} - sum(_b{at}) OVER (PARTITION BY {group}) AS _left{at}")
        lefts.append(
            f"row_number() OVER (PARTITION BY {group} ORDER BY _r{at} DESC, {ties}) AS _n{at}"
        )
        below = f"CAST({whole} - {units_money_sql(f'_u{at}', scale)} AS {MONEY_SQL})"
        mine = units_money_sql(f"(_b{at} + CAST(_n{at} <= _left{at} AS HUGEINT))", scale)
        rest = "" if scale == MONEY_SCALE else f" + CASE WHEN _n{at} = 1 THEN {below} ELSE 0 END"
        part = f"({mine}{rest})"
        signed = f"CASE WHEN {quoted(column)} < 0 THEN -{part} ELSE {part} END"
        parts.append(
            f"CASE WHEN _total IS NOT NULL THEN CAST({signed} AS {MONEY_SQL}) END AS {quoted(name)}"
        )
    own = ", ".join(f"_u{at}, _b{at}, _r{at}, _left{at}, _n{at}" for at, _ in enumerate(amounts))
    return (
        f"SELECT * EXCLUDE (_total, _weight, {own}), {', '.join(parts)} FROM ("
        f"SELECT *, {', '.join(lefts)} FROM ("
        f"SELECT *, {', '.join(bases)} FROM ("
        f"SELECT *, CAST({quoted(weight)} AS HUGEINT) AS _weight, "
        f"{_checked(total)} AS _total, {', '.join(units)} "
        f"FROM {relation} WINDOW g AS (PARTITION BY {group}))))"
    )


def _checked(total: str) -> str:
    """The sum of weights; the statement fails where a product of two might not fit."""
    words = f"weights add up to more than {MAX_WEIGHT}"
    return (
        f"CASE WHEN ({total}) > {MAX_WEIGHT}::HUGEINT THEN CAST(error('{words}') AS HUGEINT) "
        f"ELSE ({total}) END"
    )


def _power(exponent: int) -> str:
    return f"{10**exponent}::HUGEINT"


def _fraction(units: str, digits: int, scale: int) -> str:
    """SQL of `units` (at most `digits` digits) times 10^-scale."""
    unit = f"CAST('1e-{scale}' AS DECIMAL({scale + 1},{scale}))"
    return f"CAST({units} AS DECIMAL({digits},0)) * {unit}"
