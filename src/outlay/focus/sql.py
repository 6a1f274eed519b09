"""SQL by which amounts of a raw bill become ledger decimals, exactly or not at all.

DuckDB's cast of text to DECIMAL rounds, and its cast of DOUBLE to DECIMAL goes by the binary
value; both lose what the vendor wrote. The macros below give NULL wherever a value is not a
number or has a digit that the ledger cannot hold, so that the row can be rejected by name.
"""

from outlay.money import MONEY_SCALE, MONEY_SQL

# A double has at most 17 significant digits: from here up its shortest text always fits the scale.
_DOUBLE_FITS_FROM = f"1e-{MONEY_SCALE - 16}"

MACROS = (
    f"""CREATE OR REPLACE TEMP MACRO outlay_money_text(t) AS CASE
        WHEN t IS NULL OR strpos(t, '_') > 0 THEN NULL
        WHEN strpos(lower(t), 'e') = 0 THEN CASE
            WHEN strpos(t, '.') = 0 OR length(t) - strpos(t, '.') <= {MONEY_SCALE}
              OR length(rtrim(t, '0 ')) - strpos(t, '.') <= {MONEY_SCALE}
            THEN TRY_CAST(t AS {MONEY_SQL}) END
        WHEN length(regexp_extract(t, '\\.(\\d*?)0*[eE]', 1))
             - TRY_CAST(regexp_extract(t, '[eE]([+-]?\\d+)\\s*$', 1) AS INTEGER) <= {MONEY_SCALE}
        THEN TRY_CAST(t AS {MONEY_SQL}) END""",
    # The first branch is the second without its detour by text, five times as fast: a double below
    # 100,000 that is a whole number k of 1e-10 has at most 15 significant digits, and of such
    # decimals only one rounds to a given double, hence k / 1e10 is its shortest form.
    f"""CREATE OR REPLACE TEMP MACRO outlay_money_double(x) AS CASE
        WHEN abs(x) < 1e5 AND round(x * 1e10) / 1e10 = x
        THEN CAST(CAST(CAST(round(x * 1e10) AS BIGINT) AS DECIMAL(18,0))
             * CAST('0.0000000001' AS DECIMAL(11,10)) AS {MONEY_SQL})
        WHEN abs(x) >= {_DOUBLE_FITS_FROM} OR x = 0 THEN TRY_CAST(CAST(x AS VARCHAR) AS {MONEY_SQL})
        ELSE outlay_money_text(CAST(x AS VARCHAR)) END""",
    # Quantities are not money: a digit past the ledger's scale is rounded half up (and counted
    # by the row checks), since vendors publish hours as 1/3 and the bill does not depend on it.
    f"""CREATE OR REPLACE TEMP MACRO outlay_quantity(t) AS CASE
        WHEN typeof(t) = 'DOUBLE' THEN coalesce(
            outlay_money_double(TRY_CAST(t AS DOUBLE)), TRY_CAST(CAST(t AS VARCHAR) AS {MONEY_SQL}))
        ELSE TRY_CAST(CAST(t AS VARCHAR) AS {MONEY_SQL}) END""",
)


def money_sql(expression: str, duckdb_type: str) -> str:
    """SQL of the exact amount of `expression`, whose raw type is `duckdb_type`.

    The SQL is DECIMAL(38,21), or NULL where the value is null, no number, or does not fit:
    a caller rejects rows where the raw value is set and this is null (`money_unfit_sql`).
    A DOUBLE means its shortest round-trip decimal. Needs MACROS on the connection.
    """
    kind = duckdb_type.upper()
    if kind == "DOUBLE":
        return f"outlay_money_double({expression})"
    if kind.startswith("DECIMAL"):
        scale = int(kind.rstrip(")").split(",")[1])
        if scale <= MONEY_SCALE:
            return f"TRY_CAST({expression} AS {MONEY_SQL})"
    if kind.endswith("INT") or kind in {"INTEGER", "UINTEGER"}:
        return f"TRY_CAST({expression} AS {MONEY_SQL})"
    if kind == "VARCHAR":
        return f"outlay_money_text({expression})"
    return f"outlay_money_text(CAST({expression} AS VARCHAR))"


def money_unfit_sql(expression: str, duckdb_type: str) -> str:
    """SQL condition: the raw value is there, yet is no amount that the ledger can hold exactly."""
    there = f"({expression}) IS NOT NULL"
    if duckdb_type.upper() == "VARCHAR":
        there = f"nullif(trim({expression}), '') IS NOT NULL"
    return f"({there} AND {money_sql(expression, duckdb_type)} IS NULL)"


def quantity_sql(expression: str) -> str:
    """SQL of a quantity as DECIMAL(38,21); NULL where it is no number."""
    return f"outlay_quantity({expression})"


def quoted(identifier: str) -> str:
    """An SQL identifier, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """An SQL string literal, or NULL."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
