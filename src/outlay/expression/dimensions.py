"""Names of dimensions: FOCUS columns, tag keys (``tags.team``), Kubernetes labels
(``labels.app``), virtual tags (``team``, in lower case) and a source's ``x_`` columns.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from outlay.expression.columns import DESCRIPTIVE, LAKE_COLUMNS
from outlay.expression.errors import QueryError, near_names

NAMESPACES = {"tags": "tag", "labels": "label"}
VIRTUAL = "virtual"
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLUMN = re.compile(r"[A-Z][A-Za-z0-9]*|x_[A-Za-z0-9_]+")
_VIRTUAL = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")

RESERVED = frozenset(
    "and or not in is null like ilike between date timestamp number true false contains "
    "starts_with ends_with matches lower upper trim tags labels period total other currency "
    "movers".split()
)
"""Words that the expression language or a question means something else by: no virtual tag may
be named so."""


@dataclass(frozen=True, order=True)
class Dimension:
    """One thing to group or filter by. `kind` is column, tag, label or virtual; `name` the column,
    key or virtual tag.

    ``str()`` is the canonical text: ``ServiceName``, ``tags.team``, ``tags."Cost Center"``,
    ``cost-center``.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        if self.kind in ("column", VIRTUAL):
            return self.name
        return f"{_NAMESPACE[self.kind]}.{quoted_key(self)}"


CHARGE_DAY = Dimension("column", "ChargeDay")

_NAMESPACE = {kind: namespace for namespace, kind in NAMESPACES.items()}


def quoted_key(dimension: Dimension) -> str:
    """The key as it stands behind its namespace, in double quotes unless it is a plain word."""
    if _SIMPLE.fullmatch(dimension.name):
        return dimension.name
    return '"' + dimension.name.replace('"', '""') + '"'


def is_virtual_name(text: str) -> bool:
    """Whether a text can name a virtual tag: lower-case letters, digits and hyphens, a letter
    first, and no word of the expression language."""
    return bool(_VIRTUAL.fullmatch(text)) and text not in RESERVED and len(text) <= 64


@lru_cache(maxsize=4096)
def parse_dimension(text: str, field: str = "by") -> Dimension:
    """Read a dimension's name; raises QueryError.

    Behind ``tags.`` and ``labels.`` stands the key, plain or in double quotes; whether any charge
    has such a column or key, or there is such a virtual tag, is only known when the question is
    run.
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
    elif is_virtual_name(text):
        return Dimension(VIRTUAL, text)
    names = (*DESCRIPTIVE, *(f"{name}.KEY" for name in NAMESPACES))
    near = near_names(text, DESCRIPTIVE)
    raise QueryError(
        f"{text!r} is not a dimension",
        field=field,
        text=text,
        near=near,
        allowed=() if near else (*names, "x_…", "the name of a virtual tag"),
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
