"""What a use case is: a question of the FOCUS use-case library with its SQL and parameters."""

from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "Allocation and reporting",
    "Entities and marketplace",
    "Commitments, rates and savings",
    "Budget, forecast and anomaly",
    "Invoices and corrections",
    "Unit economics and virtual currency",
]
GROUPS: tuple[Group, ...] = (
    "Allocation and reporting",
    "Entities and marketplace",
    "Commitments, rates and savings",
    "Budget, forecast and anomaly",
    "Invoices and corrections",
    "Unit economics and virtual currency",
)

ParameterKind = Literal["range", "text", "list", "number", "whole"]
Basis = Literal["days", "lines", "months"]
ColumnKind = Literal["text", "money", "quantity", "count", "ratio", "day", "moment", "flag"]


@dataclass(frozen=True)
class Parameter:
    """Something that may be chosen before a use case is asked.

    `kind`: range (words of `outlay query --range`), text, list (commas), number (a decimal) or
    whole. A range is turned into a condition by its `basis`: days of charges in `daily`, lines of
    `charges`, or months, the billing periods that begin in it. A text with a `column` becomes a
    condition that the column equals it, and none while it is empty, unless `otherwise` says in
    SQL what is then meant. `dimension` is where values to choose from are found.
    """

    name: str
    about: str
    kind: ParameterKind = "text"
    default: str = ""
    basis: Basis = "days"
    column: str = ""
    otherwise: str = ""
    otherwise_words: str = ""
    dimension: str = ""
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quotient:
    """A column made of two others after the SQL: `over` divided by `under`, from exact sums,
    rounded once. Columns that begin with `_` serve this alone and are not shown."""

    name: str
    over: str
    under: str
    digits: int = 6


@dataclass(frozen=True)
class Product:
    """A column made of two others after the SQL: their exact product."""

    name: str
    one: str
    other: str


@dataclass(frozen=True)
class UseCase:
    """One named question.

    `title` is the library's name of it, `question` what it asks, `note` what to know of the
    answer. `sql` is one SELECT over the views of raw SQL, with `{name}` where a parameter goes.
    `quantities` are its decimal columns that are no money. `since` is the FOCUS version whose
    library has it first.
    """

    title: str
    group: Group
    question: str
    sql: str
    parameters: tuple[Parameter, ...]
    note: str = ""
    quantities: tuple[str, ...] = ()
    quotients: tuple[Quotient, ...] = ()
    products: tuple[Product, ...] = ()
    since: str = "1.0"

    @property
    def name(self) -> str:
        """The title in lower case with dashes."""
        kept = "".join(c if c.isalnum() else " " for c in self.title.lower())
        return "-".join(kept.split())

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of a name."""
        return next((one for one in self.parameters if one.name == name), None)


def period(default: str = "last-month", basis: Basis = "days") -> Parameter:
    """The range that a use case looks at."""
    about = {
        "days": "Days of the charges",
        "lines": "Days of the charges",
        "months": "Whole billing periods",
    }[basis]
    return Parameter("range", about, "range", default, basis=basis)


def chosen(
    name: str, column: str, about: str, *, largest: str = "", by: str = "EffectiveCost"
) -> Parameter:
    """A value of a column, every value while empty; with `largest` (the rest of a SELECT over
    which it is sought) the one with the largest sum."""
    otherwise = words = ""
    if largest:
        otherwise = (
            f"\n  AND {column} = (SELECT {column} {largest} AND {column} IS NOT NULL "
            f"GROUP BY ALL ORDER BY sum({by}) DESC, 1 LIMIT 1)"
        )
        words = f"the one with the largest {by}"
    return Parameter(
        name,
        about,
        column=column,
        dimension=column,
        otherwise=otherwise,
        otherwise_words=words,
    )


def tag_key(default: str = "team") -> Parameter:
    """The key of a tag."""
    return Parameter("tag", "Tag key", default=default)


def rows(default: str = "100") -> Parameter:
    """How many rows at most."""
    return Parameter("rows", "At most so many rows", "whole", default)
