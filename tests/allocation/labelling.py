"""Labels for tests: the value of a virtual tag for each charge, asked of the product."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from outlay.allocation.model import DictionarySpec, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.query import CostQuery, run
from tests.query.fixtures import SmallLake


def ruleset(
    tags: Mapping[str, Any], dictionaries: Mapping[str, Mapping[str, Any]] | None = None
) -> Ruleset:
    """Rules from plain data: a tag is a spec, or the list of its rules."""
    specs = {
        name: VirtualTagSpec.model_validate({"rules": tag} if isinstance(tag, list) else tag)
        for name, tag in tags.items()
    }
    entries = {
        name: DictionarySpec.model_validate(spec) for name, spec in (dictionaries or {}).items()
    }
    return Ruleset(tags=specs, dictionaries=entries).check()


def labels(lake: SmallLake, rules: Ruleset, tag: str, **query: Any) -> list[str]:
    """The values of a tag, by charge in the order in which they were written: each has its place
    as ResourceId."""
    asked = CostQuery(by=("ResourceId", tag), measures=("LineCount",), **query)
    rows = run(lake, asked, rules=rules).complete().rows()
    found = {str(row["ResourceId"]): str(row[tag]) for row in rows}
    return [found[key] for key in sorted(found)]


def charges(values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Charges of one unit of money each, told apart by ResourceId."""
    return [{"EffectiveCost": "1", "ResourceId": f"r{at:03}", **v} for at, v in enumerate(values)]


def tagged(*values: str | None, key: str = "t", day: str = "2026-01-05") -> list[dict[str, Any]]:
    """Charges with these values of one tag key (None: without it)."""
    return charges(
        [
            {"Tags": {} if value is None else {key: value}, "ChargePeriodStart": day}
            for value in values
        ]
    )


def taken(*steps: Any, key: str = "tags.t") -> list[dict[str, Any]]:
    """One rule that takes a tag's value through the steps."""
    return [{"value": {"from": key, "transform": list(steps)}}]


def day(text: str) -> date:
    """A day from its text."""
    return date.fromisoformat(text)
