"""FOCUS reports of Oracle, alone or beside cost reports of the same days."""

from collections.abc import Mapping as MappingABC
from dataclasses import replace
from typing import Any

from outlay.sources.contract import Fold, Mapping, Raw, RawColumn, Reject, Rows
from outlay.sources.focus.mapping import FocusReader
from outlay.sources.oci.columns import START, TAG_PREFIX, Columns
from outlay.sources.oci.costs import correction_sql, cost_mapping
from outlay.sources.oci.names import REGIONS, SERVICES, resource_type_sql

FOCUS_TABLE = "focus"
_COST_FAMILIES = ("lineitem/", "product/", "usage/", "cost/", TAG_PREFIX)
_IS_FOCUS = f"_table = '{FOCUS_TABLE}'"
_DAYS = "oci_days"


def is_cost_column(name: str) -> bool:
    """Whether a column belongs to a cost report, where both lie in one delivery."""
    return name.lower().startswith(_COST_FAMILIES)


def focus_mapping(raw: Raw) -> Mapping:
    """FOCUS columns as they are, lifted to 1.4, with what Oracle leaves out and its ids tell."""
    mapping = FocusReader.of(raw, currency=None, version=None, null_texts=False).mapping()
    columns = dict(mapping.main.columns)
    service, resource, region = columns["ServiceName"], columns["ResourceId"], columns["RegionId"]
    subcategories = " ".join(f"WHEN '{k}' THEN '{v[1]}'" for k, v in SERVICES.items())
    # Only where the report's own category is the parent: its categories are its own affair.
    parents = " ".join(f"WHEN '{k}' THEN '{v[0]}'" for k, v in SERVICES.items())
    regions = " ".join(f"WHEN '{k}' THEN '{v}'" for k, v in REGIONS.items())
    columns["ServiceSubcategory"] = (
        f"coalesce({columns['ServiceSubcategory']}, CASE WHEN {columns['ServiceCategory']} = "
        f"CASE {service} {parents} END THEN CASE {service} {subcategories} END END)"
    )
    columns["ResourceType"] = f"coalesce({columns['ResourceType']}, {resource_type_sql(resource)})"
    columns["RegionName"] = (
        f"coalesce({columns['RegionName']}, CASE {region} {regions} ELSE {region} END)"
    )
    return replace(mapping, main=replace(mapping.main, columns=columns))


def both_mapping(raw: Raw) -> Mapping:
    """Cost and FOCUS reports in one delivery: a day that the cost reports hold is theirs.

    The two tell the same charges in two formats. FOCUS rows of such a day, and corrections,
    which may be of any day, are folded; the other days of the FOCUS reports count.
    """
    columns = Columns.of(raw.columns)
    cost = cost_mapping(_Part(raw, "oci_cost", f"NOT ({_IS_FOCUS})", cost=True))
    focus = focus_mapping(_Part(raw, "oci_focus", _IS_FOCUS, cost=False))
    day = f"CAST({columns.time(START)} AS DATE)"
    raw.make(
        _DAYS,
        f"SELECT DISTINCT {day} AS oci_day FROM raw WHERE NOT ({_IS_FOCUS}) "
        f"AND NOT {correction_sql(columns)} AND {day} IS NOT NULL",
    )
    ((rows,),) = raw.ask(f"SELECT count(*) FROM raw WHERE NOT ({_IS_FOCUS})")
    started = focus.main.columns["ChargePeriodStart"]
    back = focus.main.columns.get("x_OciBackReferenceNumber", "NULL")
    corrects = f"({back} IS NOT NULL OR {focus.main.columns['ChargeClass']} IS NOT NULL)"
    told = f"({_IS_FOCUS} AND (oci_day IS NOT NULL OR ({corrects} AND {rows} > 0)))"
    source = f"raw LEFT JOIN {_DAYS} ON {_IS_FOCUS} AND oci_day = CAST({started} AS DATE)"
    ((kept,),) = raw.ask(f"SELECT count(*) FROM {source} WHERE {_IS_FOCUS} AND NOT {told}")
    types = {**focus.main.columns, **cost.main.columns}
    return Mapping(
        main=Rows(
            "rows",
            "true",
            {
                name: _either(focus.main.columns.get(name), cost.main.columns.get(name))
                for name in sorted(types)
            },
        ),
        formulas={
            name: f"CASE WHEN {told} THEN 0 ELSE {_either(focus.formulas[name], formula)} END"
            for name, formula in cost.formulas.items()
        },
        period=_either(focus.period, cost.period),
        currency=_either(focus.currency, cost.currency),
        rejects=(
            *(Reject(r.reason, f"NOT ({_IS_FOCUS}) AND ({r.when})") for r in cost.rejects),
            *(Reject(r.reason, f"{_IS_FOCUS} AND ({r.when})") for r in focus.rejects),
        ),
        folds=(Fold("rows of FOCUS reports that the cost reports of the same day tell", told),),
        notes=(*cost.notes, *(focus.notes if kept else ())),
        source=source,
    )


def _either(focus: str | None, cost: str | None) -> str:
    return f"CASE WHEN {_IS_FOCUS} THEN {focus or 'NULL'} ELSE {cost or 'NULL'} END"


class _Part:
    """The rows of one of the two reports, as if they were alone."""

    def __init__(self, raw: Raw, name: str, when: str, *, cost: bool) -> None:
        self._raw, self._name = raw, name
        self.columns: MappingABC[str, RawColumn] = {
            column: held for column, held in raw.columns.items() if is_cost_column(column) is cost
        }
        raw.make(name, f"SELECT * FROM raw WHERE {when}")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The same question of this part's rows."""
        return self._raw.ask(sql.replace("FROM raw", f"FROM {self._name}"))

    def make(self, name: str, sql: str) -> None:
        """A table of this part's rows."""
        self._raw.make(name, sql.replace("FROM raw", f"FROM {self._name}"))
