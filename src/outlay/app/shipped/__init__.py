"""Virtual tags that are there without being saved: asked for by name, until one is saved under it.

They are no resources of the workspace: nothing lists, plans or versions them. Who saves a tag
under the same name has it instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from outlay.access import current
from outlay.allocation.model import VirtualTagSpec
from outlay.allocation.rules import Ruleset, tag_dimensions
from outlay.expression import parse, referenced
from outlay.expression.dimensions import VIRTUAL, parse_dimension

if TYPE_CHECKING:
    from outlay.lake import Lake
    from outlay.query import CostQuery

CREATOR = "creator"


@lru_cache(maxsize=1)
def shipped() -> dict[str, VirtualTagSpec]:
    """The shipped tags, by name."""
    text = resources.files(__name__).joinpath(f"{CREATOR}.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    return {document["name"]: VirtualTagSpec.model_validate(document["spec"])}


def with_shipped(rules: Ruleset, names: Iterable[str]) -> Ruleset:
    """The rules with those shipped tags that are named and not saved."""
    added = {n: shipped()[n] for n in names if n in shipped() and n not in rules.tags}
    return replace(rules, tags={**rules.tags, **added}) if added else rules


def asked_for(query: CostQuery) -> tuple[str, ...]:
    """The virtual tags that a question looks at."""
    found = {d.name for d in map(parse_dimension, query.by) if d.kind == VIRTUAL}
    if query.where:
        found |= {d.name for d in referenced(parse(query.where)) if d.kind == VIRTUAL}
    return tuple(sorted(found))


def scoped_by() -> tuple[str, ...]:
    """The virtual tags that the scope of who asks looks at."""
    scope = current().scope
    return tuple(d.name for d in referenced(parse(scope)) if d.kind == VIRTUAL) if scope else ()


def evident(lake: Lake) -> tuple[str, ...]:
    """The shipped tags that some bill has anything for."""
    from outlay.lake.facts import slice_facts

    facts = slice_facts(lake, lake.pin())
    return tuple(
        name
        for name, spec in shipped().items()
        if any(one.has(d) for one in facts for d in tag_dimensions(spec) if str(d) != _PROVIDER)
    )


_PROVIDER = "ServiceProviderName"
