"""Rules on the JSON columns that the lake keeps as text, asked once per distinct text `t`."""

from dataclasses import dataclass

from outlay.focus.rules import Severity
from outlay.focus.sql import literal

SKU_PRICE_KEYS = (
    "CoreCount",
    "DiskMaxIops",
    "DiskSpace",
    "DiskType",
    "GpuCount",
    "InstanceSeries",
    "InstanceType",
    "MemorySize",
    "NetworkMaxIops",
    "NetworkMaxThroughput",
    "OperatingSystem",
    "Redundancy",
    "StorageClass",
)
"""Keys of SkuPriceDetails that FOCUS defines; any other begins with `x_`."""


@dataclass(frozen=True)
class JsonRule:
    """One rule on a JSON text: `when` is an SQL condition over `t`, true where it is broken."""

    name: str
    description: str
    severity: Severity
    column: str
    when: str


_OBJECT = "coalesce(json_type(TRY_CAST(t AS JSON)), '') <> 'OBJECT'"
_KEYS = "json_keys(TRY_CAST(t AS JSON))"
_NESTED = (
    "len(list_filter(json_keys(TRY_CAST(t AS JSON)), lambda k: json_type("
    "json_extract(TRY_CAST(t AS JSON), '$.\"' || replace(k, '\"', '\\\"') || '\"')) "
    "IN ('OBJECT', 'ARRAY'))) > 0"
)


def _element(list_key: str, *needed: str) -> str:
    """Condition: the text has no list `list_key` of at least one object with the needed keys."""
    elements = f"json_extract(TRY_CAST(t AS JSON), '$.{list_key}[*]')"
    lacking = " OR ".join(f"json_extract_string(e, '$.{key}') IS NULL" for key in needed)
    return f"(len({elements}) = 0 OR len(list_filter({elements}, lambda e: {lacking})) > 0)"


def _shape(column: str, list_key: str, *needed: str) -> JsonRule:
    keys = ", ".join(needed)
    return JsonRule(
        f"{column}-shape",
        f"{column} is a JSON object with a list {list_key} whose entries have {keys}",
        "error",
        column,
        f"({_OBJECT}) OR {_element(list_key, *needed)}",
    )


_known = ", ".join(literal(key) for key in SKU_PRICE_KEYS)

JSON_RULES: tuple[JsonRule, ...] = (
    JsonRule(
        "SkuPriceDetails-scalar",
        "SkuPriceDetails is a JSON object of scalar values",
        "error",
        "SkuPriceDetails",
        f"({_OBJECT}) OR {_NESTED}",
    ),
    JsonRule(
        "SkuPriceDetails-keys",
        "a key of SkuPriceDetails is one that FOCUS defines or begins with x_",
        "error",
        "SkuPriceDetails",
        f"len(list_filter({_KEYS}, lambda k: k NOT IN ({_known}) "
        "AND NOT starts_with(k, 'x_'))) > 0",
    ),
    _shape("AllocatedMethodDetails", "Elements", "AllocatedRatio"),
    _shape("ContractApplied", "Elements", "ContractId", "ContractCommitmentId"),
    _shape("CommitmentProgramEligibilityDetails", "CommitmentPrograms", "ProgramType"),
)
