"""Quantity times price as money, in SQL, to the last digit that the ledger has.

DuckDB refuses DECIMAL(38,21) times DECIMAL(38,21): the factors are taken apart into whole and
fraction, whose four products each fit 38 digits, and put together again.
"""

from outlay.money import MONEY_SCALE, MONEY_SQL

# Digits of a factor's whole part and of its fraction; a quantity's fraction is the ledger's.
_QUANTITY = (17, MONEY_SCALE)
_PRICE = (8, 12)


def multiplied_sql(quantity: str, price: str) -> str:
    """SQL of quantity x price, both DECIMAL(38,21), as DECIMAL(38,21).

    NULL where a factor is null, the quantity has more than 17 digits before the point, the price
    more than 8 before or 12 after it, or the product does not fit: the caller rejects the row by
    name. A product with more than 21 decimals is rounded, half away from zero, at the 21st;
    `is_rounded_sql` says which.
    """
    whole_q, rest_q = _parts(quantity, *_QUANTITY)
    whole_p, rest_p = _parts(price, *_PRICE)
    parts = (
        f"TRY_CAST({whole_q} * {whole_p} AS {MONEY_SQL})",
        f"TRY_CAST({whole_q} * {rest_p} AS {MONEY_SQL})",
        f"TRY_CAST({rest_q} * {whole_p} AS {MONEY_SQL})",
        f"TRY_CAST({rest_q} * {rest_p} AS {MONEY_SQL})",
    )
    return f"CASE WHEN {_fits(price)} THEN TRY({' + '.join(parts)}) END"


def is_rounded_sql(quantity: str, price: str) -> str:
    """SQL condition: the product has more than 21 decimals, so that its last one is rounded."""
    _, rest_q = _parts(quantity, *_QUANTITY)
    _, rest_p = _parts(price, *_PRICE)
    product = f"({rest_q} * {rest_p})"
    return f"(TRY_CAST({product} AS {MONEY_SQL}) <> {product})"


def _parts(value: str, whole: int, fraction: int) -> tuple[str, str]:
    """The whole part and the fraction as narrow decimals; null where it does not fit."""
    # Two decimals of at most 18 digits would multiply within 64 bits: the whole part is widened.
    return (
        f"CAST(TRY_CAST(trunc({value}) AS DECIMAL({whole},0)) AS DECIMAL(19,0))",
        f"TRY_CAST({value} - trunc({value}) AS DECIMAL({fraction},{fraction}))",
    )


def _fits(price: str) -> str:
    """A price keeps every digit: a cast would round the thirteenth decimal."""
    kind = f"DECIMAL({sum(_PRICE)},{_PRICE[1]})"
    return f"TRY_CAST({price} AS {kind}) = {price}"
