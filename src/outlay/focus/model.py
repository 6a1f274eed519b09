"""What is known of a FOCUS column: type, kind, level, nulls, format, versions."""

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """Data type of a column, as FOCUS names it."""

    STRING = "String"
    DECIMAL = "Decimal"
    JSON = "JSON"
    TIME = "Date/Time"


class Kind(Enum):
    """Whether a column describes a charge or measures it."""

    DIMENSION = "dimension"
    METRIC = "metric"
    BOTH = "dimension and metric"


class Level(Enum):
    """How far a data generator must provide the column."""

    MANDATORY = "mandatory"
    CONDITIONAL = "conditional"
    RECOMMENDED = "recommended"


class Format(Enum):
    """A rule on the values beyond the type."""

    CURRENCY = "ISO 4217 code"
    UNIT = "unit of measure"
    NON_NEGATIVE = "number of at least 0"
    KEY_VALUE = "JSON object of scalar values"
    JSON_OBJECT = "JSON object"


@dataclass(frozen=True)
class Column:
    """One column of the Cost and Usage dataset.

    `since`, `deprecated` and `removed` are FOCUS versions; `nulls` says whether a value may be
    null where the column exists; `condition` says when a conditional column is due.
    """

    name: str
    type: Type
    level: Level
    since: str
    about: str
    nulls: bool = False
    format: Format | None = None
    allowed: tuple[str, ...] = ()
    kind: Kind = Kind.DIMENSION
    deprecated: str | None = None
    removed: str | None = None
    condition: str | None = None
