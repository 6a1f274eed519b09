"""The one question that page, CLI, API and saved views all ask.

A `CostQuery` never changes. It is read from URL parameters, JSON and command-line words and
written back to each of them (`outlay.query.codec`); two questions that mean the same are equal.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from outlay.expression import canonical
from outlay.expression.dimensions import dimensions, split_names
from outlay.expression.errors import QueryError, near_names
from outlay.query import ranges
from outlay.query.measures import DEFAULT_MEASURE, measure_names

Grain = Literal["none", "hour", "day", "week", "month", "quarter", "year"]
Compare = Literal["previous", "previous-year"]
GRAINS: tuple[str, ...] = get_args(Grain)
Splits = Literal["applied", "direct"]
SPLITS: tuple[str, ...] = get_args(Splits)
COMPARISONS: tuple[str, ...] = get_args(Compare)
MOVERS = "movers"
PERIOD = "period"


class CostQuery(BaseModel):
    """A question about cost. Invalid values raise QueryError; unknown fields are refused.

    `measures` are summed, for each combination of `by` and each `grain` of time within `range`
    (see `outlay.query.ranges`), over charges where `where` holds. `compare` adds the range
    before. `limit` keeps the first groups in the order of `sort` (``-name`` is descending,
    ``movers`` the largest absolute change first) and sums the others exactly. `currency` converts
    by `rates`: the bill's own where it states one and the European Central Bank's daily ones
    (None), the bank's alone (``ecb``), or a table of rates by its name. `splits` says whether
    the values of a virtual tag are meant with what its splits give and take (``applied``) or as
    its rules alone say (``direct``). `as_of` and
    `rules_as_of` are a UTC moment, a day (its end is meant) or a snapshot id, as text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measures: tuple[str, ...] = (DEFAULT_MEASURE,)
    by: tuple[str, ...] = ()
    grain: Grain = "none"
    range: str = ranges.ALL
    where: str = ""
    compare: Compare | None = None
    limit: int | None = Field(default=None, ge=1)
    sort: str = ""
    currency: str | None = None
    rates: str | None = None
    splits: Splits = "applied"
    as_of: str | None = None
    rules_as_of: str | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _speak_plainly(cls, data: Any, handler: ValidatorFunctionWrapHandler) -> Self:
        try:
            query: Self = handler(_with_range(data))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            unknown = first["type"] == "extra_forbidden"
            raise QueryError(
                f"{field!r} is not a part of a question" if unknown else first["msg"],
                field="" if unknown else field,
                text=str(first.get("input", "")),
                near=near_names(field, cls.model_fields) if unknown else (),
                allowed=cls.model_fields if unknown else (),
            ) from None
        query._check_sort()
        return query

    @field_validator("measures", mode="before")
    @classmethod
    def _measures(cls, value: object) -> tuple[str, ...]:
        return measure_names(_texts(value, "measure"))

    @field_validator("by", mode="before")
    @classmethod
    def _by(cls, value: object) -> tuple[str, ...]:
        return tuple(str(dimension) for dimension in dimensions(_texts(value, "by")))

    @field_validator("grain", "compare", mode="before")
    @classmethod
    def _one_of(cls, value: object, info: Any) -> object:
        allowed = GRAINS if info.field_name == "grain" else (*COMPARISONS, "none")
        if value in (None, "", "none"):
            return "none" if info.field_name == "grain" else None
        if value not in allowed:
            raise QueryError(
                f"{value!r} is not a {'grain' if info.field_name == 'grain' else 'comparison'}",
                field=info.field_name,
                text=str(value),
                near=near_names(str(value), allowed),
                allowed=allowed,
            )
        return value

    @field_validator("splits", mode="before")
    @classmethod
    def _splits(cls, value: object) -> object:
        if value in (None, ""):
            return "applied"
        if value not in SPLITS:
            raise QueryError(
                f"{value!r} is no way to count splits",
                field="splits",
                text=str(value),
                near=near_names(str(value), SPLITS),
                allowed=SPLITS,
            )
        return value

    @field_validator("range", mode="before")
    @classmethod
    def _range(cls, value: object) -> str:
        if not isinstance(value, str):
            raise QueryError(f"{value!r} is not a range", field="range", text=str(value))
        return ranges.range_text(value)

    @field_validator("where", mode="before")
    @classmethod
    def _where(cls, value: object) -> str:
        if not isinstance(value, str | None):
            raise QueryError(f"{value!r} is not a condition", field="where", text=str(value))
        return canonical(value) if value and value.strip() else ""

    @field_validator("currency", mode="before")
    @classmethod
    def _currency(cls, value: object) -> str | None:
        if value in (None, ""):
            return None
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{3}", value.strip()):
            raise QueryError(
                f"{value!r} is not a currency",
                field="currency",
                text=str(value),
                allowed=["a code of three letters, e.g. EUR"],
            )
        return value.strip().upper()

    @field_validator("rates", mode="before")
    @classmethod
    def _rates(cls, value: object) -> str | None:
        if value in (None, ""):
            return None
        if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value.strip()):
            raise QueryError(
                f"{value!r} is no name of exchange rates",
                field="rates",
                text=str(value),
                allowed=["ecb", "the name of a table of rates"],
            )
        return value.strip()

    @field_validator("as_of", "rules_as_of", mode="before")
    @classmethod
    def _moment(cls, value: object, info: Any) -> str | None:
        return None if value in (None, "") else moment_text(value, info.field_name)

    def _check_sort(self) -> None:
        name = self.sort.removeprefix("-")
        if not name:
            if self.sort:
                raise QueryError("'-' names nothing to sort by", field="sort", text=self.sort)
            return
        allowed = [*self.measures, *self.by]
        allowed += [f"{m}_{part}" for m in self.measures for part in ("direct", "shared")]
        if self.grain != "none":
            allowed.append(PERIOD)
        if self.compare:
            allowed += [MOVERS, *(f"{m}_change" for m in self.measures)]
            allowed += [f"{m}_previous" for m in self.measures]
        if name not in allowed or self.sort == f"-{MOVERS}":
            raise QueryError(
                f"cannot sort by {name!r}",
                field="sort",
                text=self.sort,
                near=near_names(name, allowed),
                allowed=allowed,
                hint="Put - before a name for descending order.",
            )

    def but(self, **changes: object) -> "CostQuery":
        """The same question with some parts changed; raises QueryError like the constructor."""
        parts = {name: getattr(self, name) for name in self.model_fields_set} | changes
        return CostQuery.model_validate(parts)

    def narrowed(self, condition: str) -> "CostQuery":
        """The same question over fewer charges: `condition` is joined to `where` by AND."""
        joined = f"({self.where}) AND ({condition})" if self.where else condition
        return self.but(where=joined)

    def to_params(self) -> dict[str, str]:
        """The question as URL parameters; see `outlay.query.codec.to_params`."""
        from outlay.query.codec import to_params

        return to_params(self)

    @staticmethod
    def from_params(
        params: Mapping[str, str], *, others: Collection[str] | None = None
    ) -> "CostQuery":
        """Read URL parameters; see `outlay.query.codec.from_params`."""
        from outlay.query.codec import from_params

        return from_params(params, others=others)

    def to_json(self) -> dict[str, Any]:
        """The question as plain JSON values; see `outlay.query.codec.to_json`."""
        from outlay.query.codec import to_json

        return to_json(self)

    @staticmethod
    def from_json(data: Mapping[str, Any] | str) -> "CostQuery":
        """Read `to_json`'s form; see `outlay.query.codec.from_json`."""
        from outlay.query.codec import from_json

        return from_json(data)

    def to_cli(self) -> list[str]:
        """The words after ``outlay query``; see `outlay.query.codec.to_cli`."""
        from outlay.query.codec import to_cli

        return to_cli(self)

    @staticmethod
    def from_cli(words: Iterable[str]) -> "CostQuery":
        """Read `to_cli`'s words; see `outlay.query.codec.from_cli`."""
        from outlay.query.codec import from_cli

        return from_cli(words)

    def rules_moment(self) -> datetime | None:
        """`rules_as_of` as a UTC moment (naive), or None for the rules of now; raises QueryError
        for a snapshot id."""
        return _rules_moment(self.rules_as_of)

    def as_of_moment(self) -> datetime | int | None:
        """`as_of` as the lake takes it: a UTC moment (naive), a snapshot id, or None."""
        return _moment(self.as_of) if self.as_of else None


def _rules_moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = _moment(text)
    if isinstance(moment, int):
        raise QueryError(
            "rules are of a moment, not of a snapshot of the lake",
            field="rules_as_of",
            text=text,
            allowed=("YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SSZ"),
        )
    return moment


def _with_range(data: Any) -> Any:
    """`from` and `to` instead of a range, and `measure` for `measures`, as people write them."""
    if not isinstance(data, Mapping):
        return data
    parts = dict(data)
    if "measure" in parts and "measures" not in parts:
        parts["measures"] = parts.pop("measure")
    start, end = parts.pop("from", None), parts.pop("to", None)
    if start in (None, "") and end in (None, ""):
        return parts
    if parts.get("range") not in (None, "", ranges.ALL):
        raise QueryError(
            "a range and from/to exclude each other",
            field="range",
            text=str(parts["range"]),
            hint="Give either a relative range, or from and to.",
        )
    days = [ranges.parse_day(str(day or ""), f) for day, f in ((start, "from"), (end, "to"))]
    parts["range"] = ranges.between(days[0], days[1])
    return parts


def moment_text(value: object, field: str) -> str:
    """The canonical text of a moment: snapshot id, ``YYYY-MM-DD`` or a UTC ISO time.

    Raises QueryError naming `field`.
    """
    if isinstance(value, datetime):
        value = value.isoformat()
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    if re.fullmatch(r"[0-9]+|\d{4}-\d{2}-\d{2}", text) and _is_moment(text):
        return text
    try:
        # In a URL a plus sign of a zone arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise QueryError(
            f"{text!r} is not a moment",
            field=field,
            text=text,
            allowed=["YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SSZ", "a snapshot id"],
        ) from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat() + "Z"


def _is_moment(text: str) -> bool:
    try:
        _moment(text)
    except ValueError:
        return False
    return True


def _moment(text: str) -> datetime | int:
    if text.isdigit():
        return int(text)
    if "T" not in text:
        # A day means its end: what was known when the day was over.
        day = date.fromisoformat(text)
        return datetime.combine(day, time()) + timedelta(days=1) - timedelta(microseconds=1)
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _texts(value: object, field: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return split_names(value)
    if isinstance(value, Iterable):
        texts = list(value)
        if all(isinstance(text, str) for text in texts):
            return texts
    raise QueryError(f"{value!r} is not a list of names", field=field, text=str(value))
