"""The fields of a billing export by one path each, whatever the file's spelling.

BigQuery's field `invoice.month` is a nested field in Parquet, `invoice.month` in a CSV of dotted
names and in JSON as it is staged, `invoice_month` where a query flattened it, and a key of a JSON
text in the column `invoice` of other CSVs. Repeated fields are lists of structs, or JSON text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql, money_unfit_sql, quantity_sql, quoted
from outlay.sources.contract import RawColumn, SourceError

LISTS: dict[str, tuple[str, ...]] = {
    "credits": ("name", "full_name", "id", "type", "amount"),
    "labels": ("key", "value"),
    "system_labels": ("key", "value"),
    "project.labels": ("key", "value"),
    "project.ancestors": ("resource_name", "display_name"),
    "tags": ("key", "value", "namespace"),
}
"""Repeated fields and what is read of each."""

PATHS: tuple[str, ...] = (
    "billing_account_id",
    "service.id",
    "service.description",
    "sku.id",
    "sku.description",
    "usage_start_time",
    "usage_end_time",
    "project.id",
    "project.number",
    "project.name",
    "project.ancestry_numbers",
    "location.location",
    "location.country",
    "location.region",
    "location.zone",
    "resource.name",
    "resource.global_name",
    "price.effective_price",
    "price.tier_start_amount",
    "price.pricing_unit_quantity",
    "price.list_price",
    "price.effective_price_default",
    "subscription.instance_id",
    "transaction_type",
    "seller_name",
    "export_time",
    "cost",
    "cost_at_list",
    "cost_at_effective_price_default",
    "currency",
    "currency_conversion_rate",
    "usage.amount",
    "usage.unit",
    "usage.amount_in_pricing_units",
    "usage.pricing_unit",
    "invoice.month",
    "invoice.publisher_type",
    "cost_type",
    "adjustment_info.id",
    "adjustment_info.description",
    "adjustment_info.mode",
    "adjustment_info.type",
    "consumption_model.id",
    "consumption_model.description",
)
"""Every single field that the mapping reads."""

PARENTS: frozenset[str] = frozenset(
    path.partition(".")[0] for path in (*PATHS, *LISTS) if "." in path
)
"""Fields that hold others."""

# A flattening query drops the parent where it finds no clash.
_ALIASES = {
    "project.ancestry_numbers": ("ancestry_numbers",),
    "project.ancestors": ("ancestors",),
}
_TELLING = ("billing_account_id", "cost", "currency", "usage_start_time", "export_time")
_FIELD = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(\w+))\s+(.+?)\s*', re.DOTALL)


def fields_of(kind: str) -> dict[str, str]:
    """Field → type of a DuckDB STRUCT type; empty for another type."""
    text = kind.strip()
    if not text.upper().startswith("STRUCT(") or not text.endswith(")"):
        return {}
    found = {}
    for part in _parts(text[len("STRUCT(") : -1]):
        match = _FIELD.fullmatch(part)
        if match:
            found[(match[1] or match[2] or "").replace('""', '"')] = match[3]
    return found


def _parts(text: str) -> list[str]:
    """Split at commas outside brackets and quotes."""
    parts, depth, quote, start = [], 0, False, 0
    for at, character in enumerate(text):
        if character == '"':
            quote = not quote
        elif quote:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def spellings(path: str) -> tuple[str, ...]:
    """The names that a column of its own may have for a path."""
    return (path, path.replace(".", "_"), *_ALIASES.get(path, ()))


def looks_like_export(columns: Iterable[str]) -> bool:
    """Whether column names are those of a billing export: its own five, the service and SKU."""
    names = set(columns)
    return (
        sum(name in names for name in _TELLING) >= 4
        and "billing_account_id" in names
        and any(name == "sku" or name.startswith(("sku.", "sku_")) for name in names)
    )


def wanted_columns(columns: Iterable[str]) -> list[str]:
    """The columns that the mapping may read."""
    names = {name for path in (*PATHS, *LISTS) for name in spellings(path)}
    names |= PARENTS | {"labels_1"}
    # Unnested credits are asked for as well, to refuse them.
    return [name for name in columns if name in names or name.startswith(("credits.", "credits_"))]


@dataclass(frozen=True)
class Columns:
    """SQL over `raw` by path, such as `invoice.month`."""

    raw: Mapping[str, RawColumn]

    def find(self, path: str) -> tuple[str, str] | None:
        """SQL and DuckDB type of a field, None where the files have none."""
        for name in self._names(path):
            if name in self.raw:
                return self.raw[name].sql, self.raw[name].type
        parent, _, child = path.partition(".")
        if not child or parent not in self.raw:
            return None
        column = self.raw[parent]
        if column.type.upper() == "VARCHAR":
            text = literal(f'$."{child}"')
            return (
                f"CASE WHEN json_valid({column.sql}) "
                f"THEN json_extract_string({column.sql}, {text}) END",
                "VARCHAR",
            )
        kind = fields_of(column.type).get(child)
        if kind is None:
            return None
        field = f"struct_extract({column.sql}, {literal(child)})"
        if kind == '"NULL"':  # a field that is null in every row of the file
            return f"CAST({field} AS VARCHAR)", "VARCHAR"
        return field, kind

    def _names(self, path: str) -> tuple[str, ...]:
        # Flattened, both label columns are called `labels`; the project's comes first, and the
        # engine that wrote the file numbered the second.
        if "labels_1" in self.raw and path in ("labels", "project.labels"):
            return ("labels_1",) if path == "labels" else ("labels",)
        return spellings(path)

    def has(self, path: str) -> bool:
        """Whether the files have the field."""
        return self.find(path) is not None

    def require(self, path: str, why: str) -> None:
        """Raise SourceError unless the field is there."""
        if not self.has(path):
            raise SourceError(
                f"the export has no field {path}, {why}. Accepted spellings are "
                f"{', '.join(spellings(path))}, or a nested field or JSON text. Export the table "
                "again with all its fields (bq extract, or SELECT *)."
            )

    def text(self, path: str) -> str:
        """SQL of the field as text; an empty text is NULL."""
        found = self.find(path)
        if found is None:
            return "CAST(NULL AS VARCHAR)"
        sql, kind = found
        return f"nullif({sql if kind.upper() == 'VARCHAR' else f'CAST({sql} AS VARCHAR)'}, '')"

    def money(self, path: str) -> str:
        """SQL of the field as DECIMAL(38,21); NULL where absent, empty or no amount."""
        found = self.find(path)
        return f"CAST(NULL AS {_MONEY})" if found is None else money_sql(*found)

    def unfit(self, path: str) -> str:
        """SQL condition: a value is there that the ledger cannot hold exactly."""
        found = self.find(path)
        return "false" if found is None else money_unfit_sql(*found)

    def quantity(self, path: str) -> str:
        """SQL of a quantity, price or rate; NULL where absent or no number."""
        found = self.find(path)
        return f"CAST(NULL AS {_MONEY})" if found is None else quantity_sql(found[0])

    def time(self, path: str) -> str:
        """SQL of the field as TIMESTAMP in UTC; NULL where absent or no time."""
        found = self.find(path)
        if found is None:
            return "CAST(NULL AS TIMESTAMP)"
        sql, kind = found
        if kind.upper() == "TIMESTAMP WITH TIME ZONE":
            return f"({sql} AT TIME ZONE 'UTC')"
        if kind.upper() != "VARCHAR":
            return f"TRY_CAST({sql} AS TIMESTAMP)"
        # BigQuery writes `2026-08-01 07:00:00 UTC`; pandas `…+00:00`, whose offset the engine's
        # cast to TIMESTAMP would leave out of account.
        plain = f"TRY_CAST(CASE WHEN ends_with({sql}, ' UTC') THEN left({sql}, -4) ELSE {sql} END "
        offset = f"contains(substr({sql}, 11), '+') OR contains(substr({sql}, 11), '-')"
        zoned = f"TRY_CAST({sql} AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'"
        return f"CASE WHEN {offset} THEN {zoned} ELSE {plain}AS TIMESTAMP) END"

    def list(self, path: str) -> str | None:
        """SQL of a repeated field as a list of structs of text; None where the files have none.

        NULL where there is no list, and where a text cannot be read (`unreadable`).
        """
        found = self.find(path)
        if found is None:
            return None
        sql, kind = found
        names = LISTS[path]
        wrapped = fields_of(kind)
        if list(wrapped) == ["list"]:
            # Some Parquet writers show their lists' inner levels.
            sql, kind = f"struct_extract({sql}, 'list')", wrapped["list"]
            element = fields_of(kind.removesuffix("[]")).get("element")
            if element is not None:  # else every row's list is empty
                sql, kind = f"list_transform({sql}, lambda y: y.element)", f"{element}[]"
        if kind.upper() != "VARCHAR":
            there = fields_of(kind.strip().removesuffix("[]"))
            cells = ", ".join(
                f"{quoted(name)} := "
                + (f"CAST(x.{quoted(name)} AS VARCHAR)" if name in there else "NULL::VARCHAR")
                for name in names
            )
            return f"list_transform({sql}, lambda x: struct_pack({cells}))"
        shape = ", ".join(f'"{name}": "VARCHAR"' for name in names)
        text = _json_list(sql)
        return f"CASE WHEN json_valid({text}) THEN from_json({text}, '[{{{shape}}}]') END"

    def unreadable(self, path: str) -> str:
        """SQL condition: the field has a text that is no list."""
        found = self.find(path)
        if found is None or found[1].upper() != "VARCHAR":
            return "false"  # a typed list is one
        return f"(nullif(trim({found[0]}), '') IS NOT NULL AND ({self.list(path)}) IS NULL)"


_MONEY = "DECIMAL(38,21)"


def _json_list(sql: str) -> str:
    """SQL of a list's JSON text with amounts as text, so that each keeps all its digits.

    Some generators write the list as Python prints it, `[{'name': 'FreeTrial', 'type': None}]`.
    """
    python = f"""replace(replace({sql}, '''', '"'), ': None', ': null')"""
    json = f"CASE WHEN starts_with({sql}, '[{{''') THEN {python} ELSE {sql} END"
    # Inside a text the name's closing quote is escaped, so that only a key is found.
    return (
        f"regexp_replace({json}, '(\"amount\"\\s*:\\s*)(-?[0-9][^,}}\\s\\]]*)', '\\1\"\\2\"', 'g')"
    )
