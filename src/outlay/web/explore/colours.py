"""Which colour a series has: by its rank over all data, so that filters do not repaint it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SLOTS = 12
OTHER = "s-other"
MISSING = "s-none"
Group = tuple[object, ...]


def colours(groups: Iterable[Group], ranks: Mapping[Group, int]) -> dict[Group, str]:
    """A colour class for each drawn group; no two share one while there are enough.

    The largest groups of all data own the slots of their rank. A group that is large only here
    takes the slot that its text points to, or the next one that is free. Groups without any value
    are grey; what is not drawn by itself belongs to *Other*.
    """
    found: dict[Group, str] = {}
    free = set(range(SLOTS))
    late: list[Group] = []
    for group in groups:
        if all(value is None for value in group):
            found[group] = MISSING
        elif group in ranks and ranks[group] in free:
            free.discard(ranks[group])
            found[group] = f"s{ranks[group] + 1}"
        else:
            late.append(group)
    for group in sorted(late, key=str):
        slot = _slot(str(group))
        while free and slot not in free:
            slot = (slot + 1) % SLOTS
        free.discard(slot)
        found[group] = f"s{slot + 1}"
    return found


def _slot(text: str) -> int:
    """A slot that depends on the text alone."""
    number = 0
    for character in text:
        number = (number * 31 + ord(character)) % 1_000_003
    return number % SLOTS
