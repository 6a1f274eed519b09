"""Tags and cost categories of a CUR as one map and one JSON text a row.

The legacy report has a column a key (`resourceTags/user:team`, Athena: `resource_tags_user_team`),
CUR 2.0 a map `resource_tags` (or columns split off it, `resource_tags.user_team`) and, if asked
for, a map `tags` that holds the resource's tags again, beside those of account and user. Keys
lose the user's scheme prefix, so that `team` is one key in all of them; keys of AWS keep theirs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from outlay.focus.sql import literal, quoted
from outlay.sources.aws_cur.columns import Columns, json_text
from outlay.sources.contract import Raw, RawColumn

TAG_PREFIXES = ("resourceTags/", "resource_tags_", "resource_tags.", "resource_tags/")
CATEGORY_PREFIXES = ("costCategory/", "cost_category_", "cost_category.", "cost_category/")

EMPTY = "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"

# CUR 2.0 and Athena fold AWS's own keys; those whose real spelling is known get it back.
_AWS_KEYS = {
    "aws_created_by": "aws:createdBy",
    "aws_autoscaling_group_name": "aws:autoscaling:groupName",
    "aws_cloudformation_logical_id": "aws:cloudformation:logical-id",
    "aws_cloudformation_stack_id": "aws:cloudformation:stack-id",
    "aws_cloudformation_stack_name": "aws:cloudformation:stack-name",
    "aws_ecs_cluster_name": "aws:ecs:clusterName",
    "aws_ecs_service_name": "aws:ecs:serviceName",
    "aws_eks_cluster_name": "aws:eks:cluster-name",
    "aws_eks_deployment": "aws:eks:deployment",
    "aws_eks_namespace": "aws:eks:namespace",
    "aws_eks_node": "aws:eks:node",
    "aws_eks_workload_name": "aws:eks:workload-name",
    "aws_eks_workload_type": "aws:eks:workload-type",
}

# Of the `tags` map: what resource_tags and cost_category hold too. The others (accountTag/,
# userAttribute/) keep their prefix: an account's `team` is not the resource's.
_RESOURCE, _CATEGORY = "resourceTags/", "costCategory/"

# So many different sets of keys are renamed by a CASE of ready-made maps, which is four times as
# fast as building each row's map; more than that, and comparing costs what it saves.
_FEW_KEY_SETS = 40


def tag_key(key: str) -> str:
    """A tag's key as the ledger has it: `user:team` and `user_team` → `team`."""
    bare = key.removeprefix(_RESOURCE)
    for prefix in ("user:", "user_"):
        if bare.startswith(prefix) and len(bare) > len(prefix):
            return bare[len(prefix) :]
    return _AWS_KEYS.get(bare, bare)


def is_tag_column(name: str, prefixes: Iterable[str] = TAG_PREFIXES) -> bool:
    """Whether a column of its own holds one tag or one cost category."""
    return name.startswith((*prefixes, *CATEGORY_PREFIXES))


@dataclass(frozen=True)
class TagSql:
    """SQL of the tags map, of the Name tag (or None), and of the cost categories (or None)."""

    tags: str
    name: str | None
    categories: str | None
    notes: tuple[str, ...] = ()


def tag_sql(raw: Raw, columns: Columns, prefixes: Sequence[str]) -> TagSql:
    """The tag expressions of a delivery; asks `raw` for the sets of keys that map columns hold."""
    notes: list[str] = []
    parts: list[str] = []
    name = None
    single = _columns_by_key(columns.all.values(), prefixes, tag_key)
    if "resource_tags" in columns.maps:
        sql, keys = _renamed(raw, columns.maps["resource_tags"], tag_key, notes)
        parts.append(sql)
        named = [columns.entry("resource_tags", key) for key, to in keys.items() if _is_name(to)]
        name = f"coalesce({', '.join(named)})" if named else None
    elif single:
        parts.append(_map_of_columns(single))
        name = next((_value(held) for key, held in single.items() if _is_name(key)), None)
    if "tags" in columns.maps:
        other = partial(_other_key, has_resource_tags=bool(parts))
        parts.append(_renamed(raw, columns.maps["tags"], other, notes)[0])
    filled = [f"coalesce({part}, {EMPTY})" for part in parts] or [EMPTY]
    tags = filled[0] if len(filled) == 1 else f"map_concat({filled[1]}, {filled[0]})"
    return TagSql(tags, name, _categories(columns), tuple(notes))


def _is_name(key: str | None) -> bool:
    """Whether a key is the tag that people name resources by."""
    return key in {"Name", "name"}


def _other_key(key: str, *, has_resource_tags: bool) -> str | None:
    """A key of the `tags` map, None if another column holds it already."""
    if key.startswith(_CATEGORY) or (has_resource_tags and key.startswith(_RESOURCE)):
        return None
    return tag_key(key)


def _columns_by_key(
    columns: Iterable[RawColumn], prefixes: Sequence[str], rename: Callable[[str], str]
) -> dict[str, list[RawColumn]]:
    """Key → the columns that hold it, in the file's order."""
    found: dict[str, list[RawColumn]] = {}
    for column in columns:
        prefix = next((p for p in prefixes if column.name.startswith(p)), None)
        if prefix and len(column.name) > len(prefix):
            found.setdefault(rename(column.name[len(prefix) :]), []).append(column)
    return found


def _value(columns: Sequence[RawColumn]) -> str:
    parts = [
        f"nullif({c.sql if c.type == 'VARCHAR' else f'CAST({c.sql} AS VARCHAR)'}, '')"
        for c in columns
    ]
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def _map_of_columns(columns: Mapping[str, Sequence[RawColumn]]) -> str:
    entries = ", ".join(
        f"{{'key': {literal(key)}, 'value': {_value(held)}}}" for key, held in columns.items()
    )
    some = " OR ".join(f"{c.sql} IS NOT NULL" for held in columns.values() for c in held)
    return (
        f"CASE WHEN {some} THEN map_from_entries(list_filter([{entries}], "
        f"lambda entry: entry.value IS NOT NULL)) END"
    )


def _renamed(
    raw: Raw, column: RawColumn, rename: Callable[[str], str | None], notes: list[str]
) -> tuple[str, dict[str, str | None]]:
    """SQL of a map column under the ledger's keys, without empty values; and those keys."""
    source = column.sql
    if not column.type.upper().startswith("MAP"):
        text = json_text(column)
        source = f"TRY_CAST(TRY_CAST({text} AS JSON) AS MAP(VARCHAR, VARCHAR))"
        unread = raw.ask(
            f"SELECT count(*) FROM raw WHERE nullif({text}, '') IS NOT NULL AND {source} IS NULL"
        )[0][0]
        if unread:
            notes.append(f"{column.name}: {unread} rows hold no JSON object and have no tags")
    elif column.type.upper() != "MAP(VARCHAR, VARCHAR)":
        source = f"CAST({source} AS MAP(VARCHAR, VARCHAR))"
    sets = raw.ask(
        f"SELECT map_keys({source}), bool_or(list_contains(map_values({source}), '') OR "
        f"list_count(map_values({source})) < len(map_values({source}))) FROM raw "
        f"WHERE {source} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT {_FEW_KEY_SETS + 1}"
    )
    if len(sets) <= _FEW_KEY_SETS:
        keys = _distinct({key: rename(key) for names, _ in sets for key in names})
        if not any(empties for _, empties in sets):
            cases = [_ready_made(source, names, keys) for names, _ in sets]
            if all(cases):
                body = " ".join(filter(None, cases))
                return f"CASE map_keys({source}) {body} END" if body else EMPTY, keys
    else:
        every = raw.ask(f"SELECT DISTINCT unnest(map_keys({source})) FROM raw ORDER BY 1")
        keys = _distinct({key: rename(key) for (key,) in every})
    return _rebuilt(source, keys), keys


def _distinct(keys: Mapping[str, str | None]) -> dict[str, str | None]:
    """New names that are all different: of two keys that would become one, one stays itself."""
    names: dict[str, str | None] = {key: key for key, to in keys.items() if key == to}
    taken = set(names)
    for key, to in keys.items():
        if key not in names:
            names[key] = to if to is None or to not in taken else key
            taken.add(names[key] or "")
    return names


def _ready_made(source: str, names: Sequence[str], keys: Mapping[str, str | None]) -> str | None:
    """WHEN … THEN … for rows with exactly these keys, None where a struct cannot hold them.

    The cast of a struct to a map does not compare the keys of every row with each other.
    """
    kept = [(keys[name] or "", at) for at, name in enumerate(names, start=1) if keys[name]]
    if len({key.lower() for key, _ in kept}) < len(kept):
        return None
    when = f"WHEN CAST([{', '.join(map(literal, names))}] AS VARCHAR[])"
    if not kept:
        return f"{when} THEN {EMPTY}"
    fields = ", ".join(f"{quoted(key)} := map_values({source})[{at}]" for key, at in kept)
    return f"{when} THEN CAST(struct_pack({fields}) AS MAP(VARCHAR, VARCHAR))"


def _rebuilt(source: str, keys: Mapping[str, str | None]) -> str:
    """SQL that builds each row's map anew, without empty values."""
    gone = ", ".join(literal(key) for key, to in keys.items() if to is None)
    keep = "nullif(entry.value, '') IS NOT NULL"
    if gone:
        keep += f" AND entry.key NOT IN ({gone})"
    cases = " ".join(
        f"WHEN {literal(key)} THEN {literal(to)}" for key, to in keys.items() if to and to != key
    )
    name = f"CASE entry.key {cases} ELSE entry.key END" if cases else "entry.key"
    return (
        f"map_from_entries(list_transform(list_filter(map_entries({source}), "
        f"lambda entry: {keep}), lambda entry: {{'key': {name}, 'value': entry.value}}))"
    )


def _categories(columns: Columns) -> str | None:
    """SQL of the cost categories as JSON text, NULL where a row has none."""
    single = _columns_by_key(columns.all.values(), CATEGORY_PREFIXES, lambda key: key)
    if single:
        some = " OR ".join(f"{c.sql} IS NOT NULL" for held in single.values() for c in held)
        return f"CASE WHEN {some} THEN CAST(to_json({_map_of_columns(single)}) AS VARCHAR) END"
    whole = columns.maps.get("cost_category")
    if whole is None:
        return None
    if whole.type.upper().startswith("MAP"):
        return (
            f"CASE WHEN cardinality({whole.sql}) > 0 THEN CAST(to_json({whole.sql}) AS VARCHAR) END"
        )
    return f"nullif({json_text(whole)}, '{{}}')"
