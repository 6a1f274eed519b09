"""The mapping of a table to FOCUS, as the user writes it, checked as far as it can be without the
file."""

import difflib
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from outlay.focus.currencies import is_currency
from outlay.focus.schema import COLUMNS, CURRENT, Type
from outlay.sources.csv_mapped.forms import (
    ISO,
    NUMBERS,
    UNIX,
    UNIX_MS,
    disagree,
    strptime_format,
)

REQUIRED = {
    "BilledCost": "what a row costs",
    "BillingCurrency": "its currency: a column, or {constant: EUR}",
    "ChargePeriodStart": "the day or month that it is for",
}
_CONFIG = ConfigDict(extra="forbid", frozen=True)
_MAX_FACTOR = Decimal(10**8)
_FACTOR_DECIMALS = 12


class Cell(BaseModel):
    """Where one value comes from, and how it is written there.

    Exactly one of `column` (or several: the first that has a value), `constant`, `concat`.
    """

    model_config = _CONFIG

    column: tuple[str, ...] = ()
    constant: str | None = None
    concat: "tuple[Cell, ...]" = ()
    separator: str = ""
    date: tuple[str, ...] = ()
    inclusive: bool = False
    number: str | None = None
    multiply: Decimal | None = None
    sign: Literal["plus", "minus"] = "plus"
    map: dict[str, str] = Field(default_factory=dict)
    default: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """`Betrag` stands for `{column: Betrag}`; one name or form for a list of one."""
        if isinstance(value, str):
            value = {"column": value}
        if not isinstance(value, dict):
            return value
        found = dict(value)
        for name in ("column", "date"):
            if isinstance(found.get(name), str):
                found[name] = (found[name],)
        for name in ("constant", "default"):
            if isinstance(found.get(name), int | float | bool) or hasattr(
                found.get(name), "isoformat"
            ):
                # YAML reads 12, true and 2026-10-01 as no text.
                found[name] = _yaml_text(found[name])
        if isinstance(found.get("map"), dict):
            found["map"] = {
                _yaml_text(key): _yaml_text(inner) for key, inner in found["map"].items()
            }
        return found

    @field_validator("date")
    @classmethod
    def _known_forms(cls, forms: tuple[str, ...]) -> tuple[str, ...]:
        for form in forms:
            if form not in (ISO, UNIX, UNIX_MS):
                strptime_format(form)
        for one, other in combinations(forms, 2):
            if text := disagree(one, other):
                raise ValueError(
                    f"{text} can be read as {one} and as {other}; keep the one that the file uses"
                )
        return forms

    @field_validator("number")
    @classmethod
    def _known_number(cls, form: str | None) -> str | None:
        if form is not None and form not in NUMBERS:
            raise ValueError(
                f"there is no number form {form!r}; the forms are "
                + ", ".join(repr(name) for name in NUMBERS)
            )
        return form

    @field_validator("multiply")
    @classmethod
    def _exact_factor(cls, factor: Decimal | None) -> Decimal | None:
        if factor is None:
            return None
        exponent = factor.as_tuple().exponent
        if not isinstance(exponent, int) or abs(factor) >= _MAX_FACTOR:
            raise ValueError(f"{factor} is no factor below {_MAX_FACTOR}")
        if -exponent > _FACTOR_DECIMALS:
            raise ValueError(f"{factor} has more than {_FACTOR_DECIMALS} decimals")
        return factor

    @model_validator(mode="after")
    def _one_origin(self) -> "Cell":
        given = [n for n in ("column", "constant", "concat") if getattr(self, n) not in ((), None)]
        if len(given) != 1:
            raise ValueError(
                "write exactly one of column, constant or concat"
                + (f", not {' and '.join(given)}" if given else "")
            )
        if self.concat and (self.date or self.number or self.multiply is not None):
            raise ValueError("concat makes text: date, number and multiply do not go with it")
        return self

    def columns(self) -> Iterator[str]:
        """Every column of the file that the cell reads."""
        yield from self.column
        for part in self.concat:
            yield from part.columns()


class Tags(BaseModel):
    """Tags that are not named one by one: a column of JSON objects, or all columns that begin
    alike (the rest of the name is the key)."""

    model_config = _CONFIG
    json_column: str | None = Field(None, alias="json")
    prefix: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "Tags":
        if (self.json_column is None) == (not self.prefix):
            raise ValueError("write exactly one of json: COLUMN or prefix: TEXT")
        return self


class Skip(BaseModel):
    """Rows that are no charges (totals, headings): a column that is one of some texts, starts
    with one, or is empty."""

    model_config = _CONFIG
    column: str
    equals: tuple[str, ...] = Field((), alias="is")
    starts: tuple[str, ...] = ()
    empty: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: (inner,) if key in ("is", "starts") and isinstance(inner, str) else inner
            for key, inner in value.items()
        }

    @model_validator(mode="after")
    def _one_condition(self) -> "Skip":
        if bool(self.equals) + bool(self.starts) + self.empty != 1:
            raise ValueError("write exactly one of is: TEXT, starts: TEXT or empty: true")
        return self

    @property
    def words(self) -> str:
        """The condition in words."""
        if self.empty:
            return f"{self.column} is empty"
        verb, texts = ("is", self.equals) if self.equals else ("starts with", self.starts)
        return f"{self.column} {verb} {' or '.join(texts)}"


class CsvMapping(BaseModel):
    """How the rows of a vendor's table become charges.

    `vendor` is who sells and bills. `columns` give FOCUS columns (or `x_` ones of your own),
    `tags` tags by key. `tax` is a further amount of the row that becomes a charge of its own.
    `keep` keeps every other column of the file as an `x_` column.
    """

    model_config = _CONFIG
    vendor: str = Field(min_length=1)
    columns: dict[str, Cell]
    tax: Cell | None = None
    tags: dict[str, Cell] = Field(default_factory=dict)
    tags_from: tuple[Tags, ...] = ()
    skip: tuple[Skip, ...] = ()
    keep: bool = True

    @model_validator(mode="after")
    def _meaningful(self) -> "CsvMapping":
        problems = [problem for name in self.columns for problem in self._problems(name)]
        for name, why in REQUIRED.items():
            if name not in self.columns:
                problems.append(f"{name} is missing: {why}")
        currency = self.columns.get("BillingCurrency")
        if currency and currency.constant and not is_currency(currency.constant):
            problems.append(
                f"BillingCurrency is {currency.constant!r}, which is no code of ISO 4217 such as "
                "USD or EUR"
            )
        if problems:
            raise ValueError(f"columns: {'; '.join(problems)}")
        return self

    def _problems(self, name: str) -> Iterator[str]:
        """What is wrong with one column of `columns`."""
        if name.startswith("x_"):
            if not name[2:3].isupper():
                yield f"{name}: a column of your own is named x_ and PascalCase, as x_CostOwner"
            return
        if name in ("Tags", "AllocatedTags"):
            yield f"{name}: tags are given under tags and tags_from"
            return
        if name not in CURRENT:
            near = difflib.get_close_matches(name, CURRENT, n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            yield (
                f"there is no FOCUS 1.4 column {name!r}{hint} A column of your own begins with x_"
            )
            return
        kind, cell = COLUMNS[name].type, self.columns[name]
        if cell.number and kind is not Type.DECIMAL:
            yield f"{name} is no number: number does not go with it"
        if cell.date and kind is not Type.TIME:
            yield f"{name} is no time: date does not go with it"
        if (cell.multiply is not None or cell.sign == "minus") and kind is not Type.DECIMAL:
            yield f"{name} is no number: multiply and sign do not go with it"
        if cell.inclusive and name not in ("ChargePeriodEnd", "BillingPeriodEnd"):
            yield f"{name}: inclusive is of ends, when the file tells the last day itself"
        allowed = COLUMNS[name].allowed
        for value in [*cell.map.values(), *filter(None, [cell.constant, cell.default])]:
            if allowed and value not in allowed:
                near = difflib.get_close_matches(value, allowed, n=3, cutoff=0.4) or list(allowed)
                yield f"{name} cannot be {value!r}; it is one of {', '.join(near[:6])}"

    def read_columns(self) -> dict[str, list[str]]:
        """Column of the file → what in the mapping reads it."""
        found: dict[str, list[str]] = {}
        cells = [(name, cell) for name, cell in self.columns.items()]
        cells += [(f"tag {key}", cell) for key, cell in self.tags.items()]
        cells += [("tax", self.tax)] if self.tax else []
        for name, cell in cells:
            for column in cell.columns():
                found.setdefault(column, []).append(name)
        for tags in self.tags_from:
            if tags.json_column:
                found.setdefault(tags.json_column, []).append("tags_from")
        for skip in self.skip:
            found.setdefault(skip.column, []).append("skip")
        return found


def _yaml_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
