"""The one error of a question: what is wrong, where, what is allowed, what to do next."""

import difflib
from collections.abc import Iterable


class QueryError(Exception):
    """A question cannot be answered as it is put.

    `field` names the part of the question (``where``, ``by``, ``from``…), `text` is what was
    written there, `position` the 0-based character in it (None when the whole text is meant),
    `length` how many characters are meant. `allowed` lists what may stand there, `near` the names
    most like the one that was written, `hint` the next step. ``str()`` is the whole message.
    """

    def __init__(
        self,
        what: str,
        *,
        field: str = "",
        text: str = "",
        position: int | None = None,
        length: int = 1,
        allowed: Iterable[str] = (),
        near: Iterable[str] = (),
        hint: str = "",
    ) -> None:
        self.what = what
        self.field = field
        self.text = text
        self.position = position
        self.length = max(length, 1)
        self.allowed = tuple(allowed)
        self.near = tuple(near)
        self.hint = hint
        super().__init__(self.message)

    @property
    def caret(self) -> str:
        """The written text with a caret line under the characters that are meant, or ''."""
        if self.position is None:
            return ""
        line_start = self.text.rfind("\n", 0, self.position) + 1
        line_end = self.text.find("\n", self.position)
        line = self.text[line_start : line_end if line_end >= 0 else len(self.text)]
        column = self.position - line_start
        width = max(1, min(self.length, len(line) - column))
        return f"  {line}\n  {' ' * column}{'^' * width}"

    @property
    def message(self) -> str:
        """What, where, what is allowed and what to do next, in that order."""
        where = f"{self.field}: " if self.field else ""
        at = f" (at character {self.position + 1})" if self.position is not None else ""
        parts = [f"{where}{self.what}{at}"]
        if self.caret:
            parts.append(self.caret)
        if self.near:
            parts.append(f"Did you mean {_either(self.near)}?")
        if self.allowed:
            parts.append("Allowed: " + ", ".join(self.allowed) + ".")
        if self.hint:
            parts.append(self.hint)
        return "\n".join(parts)

    def to_dict(self) -> dict[str, object]:
        """The parts of the error, for machines."""
        return {
            "error": self.what,
            "field": self.field or None,
            "text": self.text or None,
            "position": self.position,
            "near": list(self.near),
            "allowed": list(self.allowed),
            "hint": self.hint or None,
        }


def near_names(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The names most like `name`, ignoring case, best first."""
    by_lower: dict[str, str] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower(), candidate)
    wanted = name.lower()
    found = difflib.get_close_matches(wanted, by_lower, n=limit, cutoff=0.6)
    holds = sorted(key for key in by_lower if len(wanted) > 2 and wanted in key)
    found += [key for key in holds if key not in found]
    return tuple(by_lower[key] for key in found[:limit])


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
