"""SQL by which a vendor's tags become one MAP(VARCHAR, VARCHAR) with the user's own keys."""

from outlay.focus.sql import literal

_MAP = "MAP(VARCHAR, VARCHAR)"


def json_map_sql(expression: str) -> str:
    """SQL of a map from JSON object text; NULL where the text is no object with unique keys.

    Values become text: `true` for a tag without value, as FOCUS writes it.
    """
    return f"TRY_CAST(TRY_CAST({expression} AS JSON) AS {_MAP})"


def json_tags_sql(expression: str, user_prefix: str = "user:") -> str:
    """As `json_map_sql`, with the user's scheme prefix taken off the keys.

    Where two keys would become one, the object stays as the vendor wrote it.
    """
    prefixed = literal('"' + user_prefix)
    # Inside an object of scalars a key opens after `{` or `,`; elsewhere the prefix is value
    # text. The plain replacement is five times as fast and right unless a value has it too.
    in_value = literal('[:\\\\]\\s*"' + user_prefix)
    key = literal('([{,]\\s*)"' + user_prefix)
    stripped = f"""CASE
        WHEN strpos({expression}, {prefixed}) = 0 THEN {expression}
        WHEN regexp_matches({expression}, {in_value})
        THEN regexp_replace({expression}, {key}, '\\1"', 'g')
        ELSE replace({expression}, {prefixed}, '"') END"""
    return f"coalesce({json_map_sql(stripped)}, {json_map_sql(expression)})"


def map_tags_sql(expression: str, user_prefix: str = "user:") -> str:
    """SQL of a map column with the user's scheme prefix taken off its keys; as `json_tags_sql`."""
    prefix = literal(user_prefix)
    entries = f"""list_transform(map_entries({expression}), lambda entry: struct_pack(
        key := CASE WHEN starts_with(entry.key, {prefix})
               THEN substr(entry.key, {len(user_prefix) + 1}) ELSE entry.key END,
        value := entry.value))"""
    return f"coalesce(TRY(map_from_entries({entries})), {expression})"


def tags_sql(expression: str, duckdb_type: str, user_prefix: str = "user:") -> str:
    """SQL of the tags map of a raw column of the given type (JSON text, MAP, or a struct)."""
    kind = duckdb_type.upper()
    if kind.startswith("MAP"):
        return map_tags_sql(f"CAST({expression} AS {_MAP})", user_prefix)
    if kind == "VARCHAR":
        return json_tags_sql(expression, user_prefix)
    return json_tags_sql(f"CAST(to_json({expression}) AS VARCHAR)", user_prefix)
