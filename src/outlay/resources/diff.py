"""The fields that differ between two specs, so that a person can read what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from outlay.resources.types import FieldChange

_IDENTITIES = (("key", "from"), ("name",))
"""Fields that tell the items of a list apart, where every item has them and none repeats."""

_LONGEST_ALIGNED = 2_000
"""Longer lists without an identity are compared place by place: aligning them would take long."""


def spec_diff(before: Any, after: Any, path: str = "") -> list[FieldChange]:
    """The fields that differ between two specs, by dotted path.

    Items of a list are told by what identifies them (the key of an entry) or by their place from
    1 on (`rules.2.when`); one that only moved says so. Lists of plain values compare as a whole.
    """
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            item
            for key in keys
            for item in spec_diff(before.get(key), after.get(key), _inner(path, key))
        ]
    if _items(before) and _items(after):
        return list(_lists(before, after, path))
    return [FieldChange(path, before, after)]


def _items(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _inner(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _lists(before: list[Any], after: list[Any], path: str) -> Iterator[FieldChange]:
    for fields in _IDENTITIES:
        old, new = _by_identity(before, fields), _by_identity(after, fields)
        if old is not None and new is not None:
            for key in dict.fromkeys([*old, *new]):
                yield from spec_diff(old.get(key), new.get(key), _inner(path, key))
            if list(old) != list(new) and old.keys() == new.keys():
                yield FieldChange(_inner(path, "order"), list(old), list(new))
            return
    yield from _by_place(before, after, path)


def _by_identity(items: list[Any], fields: tuple[str, ...]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for item in items:
        if not item.get(fields[0]):
            return None
        found[" ".join(str(item[f]) for f in fields if item.get(f) is not None)] = item
    return found if len(found) == len(items) else None


def _by_place(before: list[Any], after: list[Any], path: str) -> Iterator[FieldChange]:
    old = [json.dumps(item, sort_keys=True, default=str) for item in before]
    new = [json.dumps(item, sort_keys=True, default=str) for item in after]
    removed: list[int] = []
    added: list[int] = []
    pairs: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in _blocks(old, new):
        if tag != "equal":
            both = min(i2 - i1, j2 - j1)
            pairs += [(i1 + n, j1 + n) for n in range(both)]
            removed += range(i1 + both, i2)
            added += range(j1 + both, j2)
    # What was taken out in one place and put in at another is the same item, moved.
    for i, j in pairs:
        if old[i] in new and new[j] in old:
            removed.append(i)
            added.append(j)
    pairs = [(i, j) for i, j in pairs if i not in removed]
    for i in list(removed):
        for j in [j for j in added if new[j] == old[i]][:1]:
            removed.remove(i)
            added.remove(j)
            yield FieldChange(_inner(path, i + 1), f"place {i + 1}", f"place {j + 1}")
    for i, j in pairs:
        yield from spec_diff(before[i], after[j], _inner(path, j + 1))
    for i in removed:
        yield FieldChange(_inner(path, i + 1), before[i], None)
    for j in added:
        yield FieldChange(_inner(path, j + 1), None, after[j])


def _blocks(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    if max(len(old), len(new)) <= _LONGEST_ALIGNED:
        yield from SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        return
    both = min(len(old), len(new))
    for at in range(both):
        if old[at] != new[at]:
            yield "replace", at, at + 1, at, at + 1
    yield "replace", both, len(old), both, len(new)
