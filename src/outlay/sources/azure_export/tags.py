"""Tags as Azure writes them: an object of JSON, one without its braces (EA), or one in quotes."""

from outlay.focus.tags import json_map_sql, tags_sql
from outlay.sources.azure_export.columns import Columns
from outlay.sources.contract import Raw


def tags_map_sql(columns: Columns) -> str:
    """SQL of a row's tags as MAP(VARCHAR, VARCHAR); NULL where it has none or they are broken."""
    if not columns.has("Tags"):
        return "CAST(NULL AS MAP(VARCHAR, VARCHAR))"
    if columns.type("Tags") != "VARCHAR":
        return tags_sql(columns.raw("Tags"), columns.type("Tags"))
    return json_map_sql(_object_sql(columns))


def unreadable_tags(raw: Raw, columns: Columns) -> int:
    """Rows whose tags are there and cannot be read, asked by distinct value."""
    if not columns.has("Tags") or columns.type("Tags") != "VARCHAR":
        return 0
    ((count,),) = raw.ask(
        f"SELECT sum(n) FROM (SELECT {_object_sql(columns)} AS t, count(*) AS n FROM raw GROUP BY "
        f"1) WHERE t IS NOT NULL AND {json_map_sql('t')} IS NULL"
    )
    return int(count or 0)


def _object_sql(columns: Columns) -> str:
    """SQL of the JSON object that the cell means; NULL where it is empty."""
    cell = f"nullif(trim({columns.cell('Tags')}), '')"
    return f"""CASE WHEN starts_with({cell}, '{{') THEN {cell}
        WHEN starts_with({cell}, '"{{') THEN CASE WHEN json_valid({cell})
            THEN json_extract_string({cell}, '$')
            ELSE replace(substr({cell}, 2, length({cell}) - 2), '""', '"') END
        WHEN {cell} IS NOT NULL THEN concat('{{', rtrim({cell}, ', '), '}}') END"""
