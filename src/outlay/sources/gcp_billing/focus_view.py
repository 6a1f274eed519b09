"""Google's FOCUS view in BigQuery: FOCUS columns, with labels and credits in `x_` columns."""

from collections.abc import Iterable
from dataclasses import replace

from outlay.focus.schema import focus_names
from outlay.focus.sql import literal
from outlay.sources.contract import Mapping, Raw
from outlay.sources.focus.mapping import FocusReader

_OWN = ("x_ServiceId", "x_Credits", "x_Labels", "x_ProjectLabels", "x_SystemLabels", "x_CostType")
_LABELS = {
    "x_Labels": "x.key",
    "x_ProjectLabels": "'project:' || x.key",
    "x_SystemLabels": "'system:' || x.key",
    "x_Tags": "'tag:' || coalesce(x.namespace || '/', '') || x.key",
}
"""Column of the view → the key that its labels have among the tags, as in the export."""


def looks_like_view(columns: Iterable[str]) -> bool:
    """Whether column names are those of Google's FOCUS view."""
    names = list(columns)
    return sum(name in names for name in _OWN) >= 3 and {"BilledCost", "ChargePeriodStart"} <= set(
        focus_names(names)
    )


def view_mapping(raw: Raw) -> Mapping:
    """FOCUS columns as they are, lifted to 1.4; tags from the view's columns of labels.

    The view has no service category: the lake's vocabulary names it. Raises SourceError as the
    reader of FOCUS files does.
    """
    mapping = FocusReader.of(raw, currency=None, version=None, null_texts=False).mapping()
    columns = dict(mapping.main.columns)
    if "Tags" not in raw.columns:
        columns["Tags"] = _tags(raw)
    for name in ("InvoiceIssuerName", "ServiceProviderName", "HostProviderName"):
        columns[name] = f"coalesce({columns.get(name, 'NULL')}, 'Google Cloud')"
    if "ServiceCategory" not in raw.columns:
        columns["ServiceCategory"] = "'Other'"
        columns["ServiceSubcategory"] = "'Other (Other)'"
    return replace(mapping, main=replace(mapping.main, columns=columns))


def _tags(raw: Raw) -> str:
    """SQL of one map of all labels; of a key that stands twice, the first counts."""
    parts = []
    for column, key in _LABELS.items():
        if column not in raw.columns:
            continue
        sql, kind = raw.columns[column].sql, raw.columns[column].type.upper()
        text = sql if kind == "VARCHAR" else f"CAST(to_json({sql}) AS VARCHAR)"
        # The view spells Key and Value, and x_Namespace; struct fields of JSON are exact.
        lower = (
            f"replace(replace(replace(replace({text}, '\"Key\":', '\"key\":'), '\"Value\":', "
            "'\"value\":'), '\"x_Namespace\":', '\"namespace\":'), '\"Namespace\":', "
            "'\"namespace\":')"
        )
        shape = literal('[{"key": "VARCHAR", "value": "VARCHAR", "namespace": "VARCHAR"}]')
        parts.append(
            f"coalesce(list_transform(list_filter(CASE WHEN json_valid({text}) "
            f"THEN from_json({lower}, {shape}) END, lambda x: x.key <> ''), "
            f"lambda x: struct_pack(key := {key}, "
            "value := coalesce(nullif(x.value, ''), 'true'))), [])"
        )
    if not parts:
        return "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"
    entries = f"list_concat({', '.join([*parts, '[]'])})"
    keys = f"list_transform({entries}, lambda e: e.key)"
    return (
        f"map_from_entries(list_filter({entries}, lambda e, i: list_position({keys}, e.key) = i))"
    )
