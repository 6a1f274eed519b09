"""The mapping of a billing export: what the delivery's rows say decides its shape."""

from outlay.sources.contract import Mapping, Raw, Rows, SourceError
from outlay.sources.gcp_billing.columns import Columns
from outlay.sources.gcp_billing.commitments import FOUND, LineSql, is_fee, make_lines
from outlay.sources.gcp_billing.costs import formulas, month_sql, rejects_of
from outlay.sources.gcp_billing.credits import CreditSql, make_credits
from outlay.sources.gcp_billing.line import Facts, Line


def export_mapping(raw: Raw) -> Mapping:
    """The mapping of a standard or detailed export; makes its tables of credits and commitments.

    Raises SourceError when a field is missing without which no cost or period is known.
    """
    columns = Columns(raw.columns)
    for path, why in (
        ("cost", "the cost of a line"),
        ("currency", "the currency of its costs"),
        ("usage_start_time", "the time of a line"),
    ):
        columns.require(path, why)
    _refuse_unnested(columns)
    credits = CreditSql.of(columns)
    month = month_sql(columns)
    facts = _facts(raw, columns, credits)
    rejects = rejects_of(columns, credits, month)
    found = LineSql()
    if facts.credits or facts.fees:
        rejected = _any([reject.when for reject in rejects])
        make_credits(raw, credits, rejected)
        make_lines(raw, columns, credits, month, rejected)
        found = FOUND
    line = Line(columns, facts, credits, found, month)
    main = line.columns()
    return Mapping(
        main=Rows("lines", "true", main),
        formulas=formulas(columns, credits),
        period=month,
        currency=columns.text("currency"),
        extra=line.extra(main) if found is FOUND else (),
        rejects=rejects,
        notes=tuple(_notes(columns, credits)),
        source=found.source,
    )


def _refuse_unnested(columns: Columns) -> None:
    if columns.has("credits"):
        return
    if any(name.startswith(("credits.", "credits_")) for name in columns.raw):
        raise SourceError(
            "the export's credits were unnested: a line with two credits stands there twice, and "
            "its cost with it. Export the table itself (bq extract, or SELECT * with the repeated "
            "field credits)."
        )


def _facts(raw: Raw, columns: Columns, credits: CreditSql | None) -> Facts:
    there = "0"
    if credits is not None:
        there = f"count(*) FILTER (len({credits.list}) > 0)"
    ((credited, fees),) = raw.ask(
        f"SELECT {there}, count(*) FILTER ({is_fee(columns, credits)}) FROM raw"
    )
    return Facts(credited, fees)


def _any(conditions: list[str]) -> str:
    return "(" + " OR ".join(f"coalesce(({condition}), false)" for condition in conditions) + ")"


def _notes(columns: Columns, credits: CreditSql | None) -> list[str]:
    notes = []
    if credits is None:
        notes.append("the export has no credits: what is billed is taken to be the cost")
    if not columns.has("invoice.month"):
        notes.append("the export has no invoice.month: the month of the usage is the period")
    if not columns.has("cost_at_list"):
        notes.append("the export has no cost_at_list: ListCost is the cost before credits")
    return notes
