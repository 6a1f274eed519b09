"""What must be known of a delivery's rows before they can be mapped, asked in few passes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from outlay.focus.lift import Vocabulary
from outlay.focus.schema import MAP_COLUMNS
from outlay.focus.tags import json_map_sql
from outlay.sources.contract import Raw, RawColumn, SourceError
from outlay.sources.focus.dates import DateFormats

DATE_COLUMNS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")


@dataclass(frozen=True)
class Facts:
    """Counts and distinct values of the raw rows.

    `null_texts` counts cells per raw column that hold the word null; `missing` counts rows
    without a value per cost column that may be filled; `unreadable` counts values of a tags
    column that are no JSON object.
    """

    rows: int
    words: Vocabulary
    dates: DateFormats
    null_texts: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)


def gather(raw: Raw, columns: Mapping[str, RawColumn], *, null_texts: bool) -> Facts:
    """Ask the rows. `columns` are the raw columns by FOCUS name, `null_texts` whether the word
    null may stand for no value (hand-made and vendor-neutral files)."""
    nulls = _null_texts(raw) if null_texts else {}
    clean = {name: value_sql(column, nulls) for name, column in columns.items()}
    asked = {
        "rows": "count(*)",
        "sellers": _distinct_pairs(clean.get("ProviderName"), clean.get("PublisherName")),
        "currencies": _distinct(clean.get("PricingCurrency")),
    }
    for cost in ("ListCost", "ContractedCost"):
        asked[cost] = f"count(*) - count({clean[cost]})" if cost in clean else "count(*)"
    (row,) = raw.ask(f"SELECT {', '.join(asked.values())} FROM raw")
    answer = dict(zip(asked, row, strict=True))
    return Facts(
        rows=answer["rows"],
        words=Vocabulary(
            sellers=tuple(sorted((one["a"], one["b"]) for one in answer["sellers"] or ())),
            pricing_currencies=tuple(sorted(answer["currencies"] or ())),
        ),
        dates=DateFormats.of(
            raw, {name: columns[name] for name in DATE_COLUMNS if name in columns}, clean
        ),
        null_texts=nulls,
        missing={cost: answer[cost] for cost in ("ListCost", "ContractedCost") if answer[cost]},
        unreadable=_unreadable(raw, columns, clean),
    )


def value_sql(column: RawColumn, null_texts: Mapping[str, int]) -> str:
    """SQL of a raw cell, empty text (and the word null, where the column has it) made null."""
    if column.type.upper() != "VARCHAR":
        return column.sql
    if column.name in null_texts:
        return f"CASE WHEN lower({column.sql}) NOT IN ('', 'null') THEN {column.sql} END"
    return f"nullif({column.sql}, '')"


def refuse_mixed_currencies(raw: Raw, keys: Iterable[str], currency: str) -> None:
    """Raise SourceError when one account's or invoice's rows are billed in several currencies.

    `keys` and `currency` are SQL expressions. One invoice has one currency (FOCUS), so that
    such a file was put together wrongly and no total of it would mean anything.
    """
    by = list(keys)
    grouping = f"GROUP BY {', '.join(by)} " if by else ""
    found = raw.ask(
        f"SELECT {', '.join([f'list_sort(list(DISTINCT {currency}))', 'count(*)', *by])} FROM raw "
        f"{grouping}HAVING count(DISTINCT {currency}) > 1 ORDER BY 2 DESC LIMIT 3"
    )
    if found:
        codes, count, *who = found[0]
        whose = " / ".join(str(part) for part in who if part is not None) or "no account"
        raise SourceError(
            f"mixed currencies: {count} rows of one bill ({whose}) are in {', '.join(codes)}. "
            "All rows of an account and invoice must have one BillingCurrency. Split the file by "
            "currency, or correct the column, and load again."
        )


def _null_texts(raw: Raw) -> dict[str, int]:
    texts = [column for column in raw.columns.values() if column.type.upper() == "VARCHAR"]
    if not texts:
        return {}
    counts = ", ".join(f"count_if(lower({column.sql}) = 'null')" for column in texts)
    (row,) = raw.ask(f"SELECT {counts} FROM raw")
    return {column.name: n for column, n in zip(texts, row, strict=True) if n}


def _distinct(expression: str | None) -> str:
    return f"list(DISTINCT {expression}) FILTER ({expression} IS NOT NULL)" if expression else "[]"


def _distinct_pairs(one: str | None, other: str | None) -> str:
    if not one or not other:
        return "[]"
    return (
        f"list(DISTINCT struct_pack(a := {one}, b := {other})) "
        f"FILTER ({one} IS NOT NULL AND {other} IS NOT NULL)"
    )


def _unreadable(
    raw: Raw, columns: Mapping[str, RawColumn], clean: Mapping[str, str]
) -> dict[str, int]:
    """Per text column of tags: rows whose value is no JSON object. Asked by distinct value."""
    found = {}
    for name in MAP_COLUMNS:
        if name in columns and columns[name].type.upper() == "VARCHAR":
            ((count,),) = raw.ask(
                f"SELECT sum(n) FROM "
                f"(SELECT {clean[name]} AS t, count(*) AS n FROM raw GROUP BY 1) "
                f"WHERE t IS NOT NULL AND {json_map_sql('t')} IS NULL"
            )
            if count:
                found[name] = int(count)
    return found
