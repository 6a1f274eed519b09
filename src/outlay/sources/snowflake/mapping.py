"""Snowflake's bill as FOCUS charges, divided where the account's views say by what."""

from collections.abc import Collection, Sequence
from typing import Literal

from outlay.focus.schema import COSTS
from outlay.sources.cells import Cells
from outlay.sources.contract import Fold, Mapping, Raw, Reject, Rows
from outlay.sources.snowflake.bill import BILL_TABLE, make_bill, rates_fit
from outlay.sources.snowflake.charges import WHOLE, Charge
from outlay.sources.snowflake.parts import PARTS_TABLE, make_parts
from outlay.sources.snowflake.usage import usage_formulas, usage_rows
from outlay.sources.snowflake.views import (
    BALANCES,
    BILL,
    BY_NAME,
    DETAILS,
    IS_RATE_OF_ALL,
    RATES,
    VIEW_SQL,
    is_view,
)
from outlay.sources.snowflake.weights import WEIGHTS_TABLE, Weights

Detail = Literal["consumer", "warehouse", "none"]

_IS_BILL = is_view(BILL)
_SOURCE = f"""(SELECT raw.*, bill.*, {WHOLE}, divided_file IS NOT NULL AS u_divided FROM raw
    LEFT JOIN {BILL_TABLE} AS bill ON b_file = _file AND b_line = _line
    LEFT JOIN (SELECT DISTINCT b_file AS divided_file, b_line AS divided_line FROM {PARTS_TABLE})
        ON divided_file = _file AND divided_line = _line) AS lines"""


def bill_mapping(
    raw: Raw, detail: Detail, account: str | None, tag_keys: Sequence[str] | None
) -> Mapping:
    """The mapping of a delivery; makes the tables that it reads."""
    cells = Cells(raw.columns)
    views = {view for (view,) in raw.ask(f"SELECT DISTINCT {VIEW_SQL} FROM raw")}
    make_bill(raw, cells)
    weights = Weights(raw, cells, account, tag_keys)
    # A file is asked for its months alone, without the others: then there is nothing to divide.
    if BILL in views and views & DETAILS:
        weights.make(consumers=detail == "consumer", divide=detail != "none")
    else:
        weights.make_none()
    priced = rates_fit(raw)
    make_parts(raw, priced=priced)
    columns = Charge(raw, priced=priced).columns()
    amount = f"CASE WHEN {_IS_BILL} THEN {cells.money('usage_in_currency')} END"
    return Mapping(
        main=Rows("bill", _IS_BILL, columns),
        extra=(Rows("parts of the bill", "true", columns, source=PARTS_TABLE),),
        formulas=dict.fromkeys(COSTS, amount),
        period=_period(cells),
        currency=cells.text("currency"),
        rejects=_rejects(cells),
        folds=_folds(),
        notes=tuple(_notes(raw, detail, views)),
        source=_SOURCE,
        usage=usage_rows(cells, weights.account),
        usage_formulas=usage_formulas(cells),
        reference=IS_RATE_OF_ALL,
    )


def _period(cells: Cells) -> str:
    """SQL of the month of a row, by the column that its view has for it."""
    times: dict[str, list[str]] = {}
    for view in BY_NAME.values():
        times.setdefault(view.time, []).append(view.name)
    cases = " ".join(
        f"WHEN {is_view(*names)} THEN {cells.time(column)}" for column, names in times.items()
    )
    return f"CAST(date_trunc('month', CASE {cases} END) AS DATE)"


def _rejects(cells: Cells) -> tuple[Reject, ...]:
    amount = "usage_in_currency"
    return (
        Reject(
            "USAGE_IN_CURRENCY is no amount that fits exactly: the row has no cost",
            f"{_IS_BILL} AND {cells.unfit(amount)}",
        ),
        Reject(
            "USAGE_IN_CURRENCY is empty: the row has no cost",
            f"{_IS_BILL} AND {cells.money(amount)} IS NULL",
        ),
        Reject("USAGE_DATE is no date", f"{_IS_BILL} AND {cells.time('usage_date')} IS NULL"),
    )


def _folds() -> tuple[Fold, ...]:
    what = {RATES: "its rates are on the charges", BALANCES: "kept as usage"}
    return (
        Fold("rows of the bill that are divided: their parts stand for them", "u_divided"),
        *(
            Fold(
                f"{name.upper()}: {what.get(name, 'divides the bill')}",
                f"{VIEW_SQL} = '{name}'",
            )
            for name in BY_NAME
            if name != BILL
        ),
    )


def _notes(raw: Raw, detail: Detail, views: Collection[str]) -> list[str]:
    notes = []
    if BILL not in views:
        notes.append(
            f"there is no {BILL.upper()} of this month: nothing is charged, and its details divide "
            "nothing. Export the bill of the month too"
        )
    ((weighed, compute, divided),) = raw.ask(
        f"""SELECT (SELECT count(*) FROM {WEIGHTS_TABLE}),
            count(*), count(*) FILTER ((b_file, b_line) IN
                (SELECT (b_file, b_line) FROM {PARTS_TABLE}))
        FROM {BILL_TABLE} WHERE NOT b_adjusts AND b_service = 'WAREHOUSE_METERING'"""
    )
    if detail != "none" and compute > divided:
        why = (
            "their warehouses' hours are not there (the views are late by hours, or name another "
            "account: option account)"
            if weighed
            else "add WAREHOUSE_METERING_HISTORY and QUERY_ATTRIBUTION_HISTORY to divide them"
        )
        notes.append(f"{compute - divided} of {compute} rows of warehouse compute are whole: {why}")
    ((foreign, names),) = raw.ask(
        f"""SELECT count(*), string_agg(DISTINCT account, ', ' ORDER BY account)
        FROM {WEIGHTS_TABLE} WHERE account IS NULL OR account NOT IN
            (SELECT b_account FROM {BILL_TABLE} WHERE b_account IS NOT NULL)"""
    )
    if foreign:
        notes.append(
            f"details of {names or 'an account that is not named'} divide nothing: the bill has "
            "no such account. Name theirs by a folder account=NAME or the option account"
        )
    return notes
