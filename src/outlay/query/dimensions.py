"""Names of dimensions: FOCUS columns, tag keys (``tags.team``) and a source's ``x_`` columns.

``NAMESPACES`` and ``Dimension.kind`` are where a further kind (``labels.app``, virtual tags in
lower case) is added: its values then come from another table in `outlay.query.facts`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from outlay.query.columns import DESCRIPTIVE, LAKE_COLUMNS
from outlay.query.errors import QueryError, near_names

NAMESPACES = {"tags": "tag"}
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLUMN = re.compile(r"[A-Z][A-Za-z0-9]*|x_[A-Za-z0-9_]+")


@dataclass(frozen=True, order=True)
class Dimension:
    """One thing to group or filter by. `kind` is column or tag; `name` the column or tag key.

    ``str()`` is the canonical text: ``ServiceName``, ``tags.team``, ``tags."Cost Center"``.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "column" else f"{_NAMESPACE[self.kind]}.{quoted_key(self)}"


_NAMESPACE = {kind: namespace for namespace, kind in NAMESPACES.items()}


def quoted_key(dimension: Dimension) -> str:
    """The key as it stands behind its namespace, in double quotes unless it is a plain word."""
    if _SIMPLE.fullmatch(dimension.name):
        return dimension.name
    return '"' + dimension.name.replace('"', '""') + '"'


@lru_cache(maxsize=4096)
def parse_dimension(text: str, field: str = "by") -> Dimension:
    """Read a dimension's name; raises QueryError.

    Behind ``tags.`` stands the key, plain or in double quotes; whether any charge has such a
    column or key is only known when the question is run.
    """
    text = text.strip()
    namespace, dot, key = text.partition(".")
    if dot and namespace in NAMESPACES:
        if key.startswith('"') and key.endswith('"') and len(key) > 2:
            key = key[1:-1].replace('""', '"')
        if key and "\0" not in key:
            return Dimension(NAMESPACES[namespace], key)
    elif _COLUMN.fullmatch(text) and _may_group(text):
        return Dimension("column", text)
    names = (*DESCRIPTIVE, *(f"{name}.KEY" for name in NAMESPACES))
    near = near_names(text, DESCRIPTIVE)
    raise QueryError(
        f"{text!r} is not a dimension",
        field=field,
        text=text,
        near=near,
        allowed=() if near else (*names, "x_…"),
    )


def dimensions(texts: Iterable[str]) -> tuple[Dimension, ...]:
    """Read several names without repetition; raises QueryError."""
    return tuple(dict.fromkeys(parse_dimension(text) for text in texts))


def split_names(text: str) -> list[str]:
    """Split a comma-separated list of names; a comma within double quotes does not separate."""
    parts = re.findall(r'((?:"(?:[^"]|"")*"|[^,])+)', text)
    return [part.strip() for part in parts if part.strip()]


def _may_group(name: str) -> bool:
    return name not in LAKE_COLUMNS and (name.startswith("x_") or name in DESCRIPTIVE)
