"""Virtual tags and dictionaries as plain JSON data and short texts, for command line and API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from outlay.allocation.model import Capture, DictionarySpec, Lookup, SplitAt, Taken
from outlay.app.served import served
from outlay.app.shapes import Json, plain, resource_json

if TYPE_CHECKING:
    from outlay.app.tags import TagOverview
    from outlay.app.workspace import Workspace
    from outlay.query.allocating import Preview
    from outlay.resources import Change, Resource


def overview_json(one: TagOverview) -> Json:
    """A virtual tag as it is listed."""
    return {
        "name": one.name,
        "title": one.spec.title,
        "description": one.spec.description,
        "default": one.spec.default,
        "rules": len(one.spec.rules),
        "values": one.values,
        "builds_on": list(one.builds_on),
        "splits": list(one.splits),
        "version": one.version,
        "author": one.author,
        "updated_at": plain(one.updated_at),
        **one.covered.to_json(),
    }


@served("GET /tags/{name}")
def tag_json(workspace: Workspace, resource: Resource, found: Preview | None = None) -> Json:
    """A virtual tag with what it builds on and what builds on it, and with what its rules catch
    where that is given."""
    rules = workspace.rules()
    name = resource.name
    data = resource_json(resource) | {
        "builds_on": list(rules.builds_on(name)),
        "used_by": [other for other in rules.order if name in rules.builds_on(other)],
        "splits": list(rules.splits_of(name)),
        "boundaries": [str(day) for day in rules.boundaries(name)],
    }
    if found is not None:
        data["scope"] = found.scope.to_json()
        data["spend"] = {
            "rules": [rule.to_json() for rule in found.rules],
            "default": found.default.to_json(),
        }
        covered = found.effect.coverage_after
        data["coverage"] = covered.to_json() if covered else None
    return data


@served("GET /dictionaries/{name}")
def dictionary_json(workspace: Workspace, resource: Resource) -> Json:
    """A dictionary as it is listed: without its entries, of which there may be thousands."""
    assert isinstance(resource.spec, DictionarySpec)
    data = resource_json(resource)
    del data["spec"]
    return data | {
        "title": resource.spec.title,
        "description": resource.spec.description,
        "ignore_case": resource.spec.ignore_case,
        "entries": len(resource.spec.entries),
        "used_by": used_by(workspace, resource.name),
    }


def used_by(workspace: Workspace, dictionary: str) -> list[str]:
    """The virtual tags whose rules look things up in a dictionary, in order."""
    from outlay.allocation.rules import tag_dictionaries

    tags = workspace.rules().tags
    return sorted(name for name, spec in tags.items() if dictionary in tag_dictionaries(spec))


def value_text(value: str | Taken) -> str:
    """A rule's value in few words: ``platform``, ``tags.team → trim → lower``."""
    if isinstance(value, str):
        return value
    return " → ".join([value.from_, *map(_step, value.transform)])


def _step(step: object) -> str:
    match step:
        case SplitAt(split=separator, at=at):
            return f"part {at} of split {separator!r}"
        case Capture(capture=pattern, group=group):
            return f"capture {shortened(pattern, 30)}" + (f" group {group}" if group != 1 else "")
        case Lookup(lookup=name):
            return f"lookup {name}"
    return str(step)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, its end left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def rule_yaml(rule: Mapping[str, Any]) -> str:
    """A rule as it stands in a resource file, as one item of a list."""
    return str(
        yaml.safe_dump([dict(rule)], sort_keys=False, allow_unicode=True, width=100)
    ).rstrip()


def change_lines(change: Change) -> Iterator[str]:
    """What a version changed, a line a field; lists of rules and entries by what came and went."""
    for item in change.diff:
        if isinstance(item.before, list) and isinstance(item.after, list):
            yield f"{item.field}: {_list_change(item.before, item.after)}"
        elif isinstance(item.after, list | dict) or isinstance(item.before, list | dict):
            yield f"{item.field}: {_size(item.before)} → {_size(item.after)}"
        else:
            yield f"{item.field}: {_text(item.before)} → {_text(item.after)}"


def _list_change(before: list[Any], after: list[Any]) -> str:
    came = sum(item not in before for item in after)
    went = sum(item not in after for item in before)
    if not came and not went:
        return "put in another order"
    return f"{came} new, {went} gone, of {len(after)}"


def _size(value: Any) -> str:
    return f"{len(value)} entries" if isinstance(value, list | dict) else _text(value)


def _text(value: Any) -> str:
    return "–" if value is None else shortened(str(value), 80)
