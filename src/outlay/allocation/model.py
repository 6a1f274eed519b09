"""What people write of allocation: virtual tags, dictionaries and splits, as resources.

The words are those of docs/allocation: a virtual tag is an ordered list of rules, the first that
matches gives the value. Dates are UTC days; ``from`` is inclusive, ``until`` exclusive.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from outlay.expression import canonical
from outlay.expression.dimensions import CHARGE_DAY, VIRTUAL, parse_dimension
from outlay.expression.errors import QueryError
from outlay.expression.values import check_regex, lower_text, regex_groups
from outlay.resources.kinds import Kind, Spec, registry

UNALLOCATED = "Unallocated"
"""The value of charges that no rule of a virtual tag matches, unless the tag names another."""


class _Aliased(Spec):
    """A spec with fields that Python cannot name (``from``)."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True
    )


class Dated(_Aliased):
    """Something that holds from a day (inclusive) until a day (exclusive); None is open."""

    from_: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Dated":
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError(
                f"from {self.from_} is not before until {self.until} (until is exclusive)"
            )
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the day is within."""
        return not (self.from_ and day < self.from_) and not (self.until and day >= self.until)


class SplitAt(_Aliased):
    """The part of a text at a place (from 1; -1 is the last) between separators."""

    split: Annotated[str, Field(min_length=1, max_length=16)]
    at: int = 1

    @field_validator("at")
    @classmethod
    def _a_place(cls, at: int) -> int:
        if at == 0:
            raise ValueError("places count from 1, or from -1 backwards; there is no 0")
        return at


class Capture(_Aliased):
    """What a group of a regular expression (RE2) captures; group 0 is the whole match."""

    capture: str
    group: int = Field(default=1, ge=0, le=9)

    @field_validator("capture")
    @classmethod
    def _valid(cls, pattern: str) -> str:
        reason = check_regex(pattern)
        if reason:
            raise ValueError(f"the regular expression is not valid: {reason}")
        return pattern

    @model_validator(mode="after")
    def _has_the_group(self) -> "Capture":
        groups = regex_groups(self.capture)
        if self.group > groups:
            raise ValueError(
                f"the regular expression {self.capture!r} has {groups} groups, no group "
                f"{self.group}: put parentheses around what is meant, or take group 0, the whole "
                "match"
            )
        return self


class Lookup(_Aliased):
    """The value of a key in a dictionary (a resource of kind Dictionary, by name)."""

    lookup: str


Transform = Literal["lower", "upper", "trim", "parent"] | SplitAt | Capture | Lookup
"""``parent`` is the parent of a virtual tag's value, as its `values` say."""


class Taken(_Aliased):
    """A value that is taken from a column, tag, label or virtual tag, and changed step by step."""

    from_: str = Field(alias="from")
    transform: tuple[Transform, ...] = ()

    @field_validator("from_")
    @classmethod
    def _a_dimension(cls, text: str) -> str:
        try:
            dimension = parse_dimension(text, "from")
        except QueryError as error:
            raise ValueError(error.message) from None
        if dimension == CHARGE_DAY:
            raise ValueError(
                "a value cannot be taken from ChargeDay: a label holds for days on end. Give the "
                "rule from and until, or group by time"
            )
        return str(dimension)

    @model_validator(mode="after")
    def _parent_of_a_tag(self) -> "Taken":
        own = parse_dimension(self.from_).kind == VIRTUAL
        if "parent" in self.transform and not (own and self.transform[0] == "parent"):
            raise ValueError(
                "parent is the first step and stands behind a virtual tag: "
                "{from: team, transform: [parent]}"
            )
        return self


class TagRule(Dated):
    """One rule: where `when` holds (empty: always), the virtual tag has the `value`.

    A value that is taken from something the charge does not have is no match: the next rule is
    tried. `ignore_case` compares texts of `when` without regard to case.
    """

    name: str = ""
    when: str = ""
    value: Annotated[str, Field(min_length=1, max_length=256)] | Taken
    ignore_case: bool = False

    @field_validator("when")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        return _condition(text, "when")


class TagValue(Dated):
    """What is known of a value: who answers for it, how it is shown, what it belongs to."""

    owner: str = ""
    title: str = ""
    description: str = ""
    parent: str | None = None


class VirtualTagSpec(_Aliased):
    """A dimension of the user's own: an ordered list of rules, the first that matches gives the
    value, otherwise the default."""

    title: str = ""
    description: str = ""
    default: Annotated[str, Field(min_length=1, max_length=256)] = UNALLOCATED
    rules: tuple[TagRule, ...] = ()
    values: dict[str, TagValue] = Field(default_factory=dict)


class DictionaryEntry(Dated):
    """One key with its value, for a time."""

    key: Annotated[str, Field(min_length=1)]
    value: Annotated[str, Field(min_length=1)]


class DictionarySpec(_Aliased):
    """Keys and their values: a mapping, or a list of entries with dates.

    The same key may stand several times for times that do not overlap.
    """

    title: str = ""
    description: str = ""
    ignore_case: bool = False
    entries: tuple[DictionaryEntry, ...]

    @field_validator("entries", mode="before")
    @classmethod
    def _from_mapping(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return [
            {"key": str(key), **(item if isinstance(item, Mapping) else {"value": str(item)})}
            for key, item in value.items()
        ]

    @model_validator(mode="after")
    def _one_value_a_day(self) -> "DictionarySpec":
        by_key: dict[str, list[DictionaryEntry]] = {}
        for entry in self.entries:
            key = lower_text(entry.key) if self.ignore_case else entry.key
            by_key.setdefault(key, []).append(entry)
        for entries in by_key.values():
            ordered = sorted(entries, key=lambda entry: entry.from_ or date.min)
            for one, other in zip(ordered, ordered[1:], strict=False):
                if (one.until or date.max) > (other.from_ or date.min):
                    raise ValueError(
                        f"the key {one.key!r} has two values at once, {one.value!r} and "
                        f"{other.value!r}: give them from and until that do not overlap"
                    )
        return self


class Condition(_Aliased):
    """A condition in the product's expression language."""

    where: Annotated[str, Field(min_length=1)]

    @field_validator("where")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        return _condition(text, "where")


class ByMetric(_Aliased):
    """A metric (a resource of kind Metric) whose label's values are those of the tag.

    `window` is how many periods, this one included, are added up for a period's weights.
    """

    metric: str
    label: str
    window: int = Field(default=1, ge=1, le=400)


class ByUsage(_Aliased):
    """A metric of the usage table (`cpu_request`, `input_tokens`), by the tag's own rules over
    usage rows, or by a column of theirs (`by`) whose values are those of the tag."""

    metric: str
    by: str = ""
    where: str = ""
    window: int = Field(default=1, ge=1, le=400)

    @field_validator("where")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        return text


SPLIT_MEASURES = (
    "EffectiveCost", "BilledCost", "ListCost", "ContractedCost", "CostBeforeCredits", "Credits",
    "Tax", "NegotiatedSaving", "CommitmentSaving",
)  # fmt: skip
"""What the proportional method may weigh: every measure of money."""

SplitMethod = Literal["even", "proportional", "fixed", "metric", "usage"]
SplitPeriod = Literal["day", "month", "billing-period"]


class SplitSpec(_Aliased):
    """Gives the charges of one value of a virtual tag (or of a condition) to other values.

    `targets` is ``all`` (every value that no split of the tag takes), a list of values, or a
    condition on the tag; `except` leaves values out. `shares` are percentages that add up to 100.
    `measure` and `where` say by what cost the proportional method weighs.
    """

    title: str = ""
    description: str = ""
    owner: str = ""
    tag: str
    take: Annotated[str, Field(min_length=1)] | Condition
    method: SplitMethod
    targets: Literal["all"] | tuple[str, ...] | Condition = "all"
    except_: tuple[str, ...] = Field(default=(), alias="except")
    period: SplitPeriod = "month"
    measure: str = "EffectiveCost"
    where: str = ""
    shares: dict[str, Decimal] = Field(default_factory=dict)
    metric: ByMetric | None = None
    usage: ByUsage | None = None

    @field_validator("where")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        return _condition(text, "where")

    @model_validator(mode="after")
    def _fits_method(self) -> "SplitSpec":
        for name in ("metric", "usage"):
            if (self.method == name) != (getattr(self, name) is not None):
                raise ValueError(
                    f"the method {name} needs the field {name}, and no other method has it"
                )
        if (self.method == "fixed") != bool(self.shares):
            raise ValueError("the method fixed needs shares, and no other method has them")
        if self.shares:
            self._check_shares()
        if self.method != "proportional" and (self.where or self.measure != "EffectiveCost"):
            raise ValueError("measure and where belong to the method proportional")
        if self.targets == ():
            raise ValueError("targets is empty: name a value, or write all")
        return self

    def _check_shares(self) -> None:
        total = sum(self.shares.values(), Decimal(0))
        if any(share < 0 for share in self.shares.values()):
            raise ValueError("a share is at least 0")
        if total != 100:
            raise ValueError(f"the shares add up to {total:f} %, not to 100 %")
        if self.targets != "all" or self.except_:
            raise ValueError("the shares name the targets: leave out targets and except")


def _condition(text: str, field: str) -> str:
    if not text.strip():
        return ""
    try:
        return canonical(text, field)
    except QueryError as error:
        raise ValueError(str(error)) from None


VIRTUAL_TAG = registry.register(
    Kind(
        name="VirtualTag",
        spec=VirtualTagSpec,
        title="Virtual tag",
        description=(
            "A dimension of your own, such as team or product: an ordered list of rules over "
            "columns, tags, labels and other virtual tags. It holds for all history at once."
        ),
        example="""\
kind: VirtualTag
name: team
spec:
  description: The team that answers for a charge.
  rules:
    - when: tags.team IS NOT NULL
      value: {from: tags.team, transform: [trim, lower]}
    - when: SubAccountId IN ('111111111111')
      value: platform
      until: 2026-01-01
  values:
    platform: {owner: ana@example.com, title: Platform, parent: engineering}
""",
    )
)
DICTIONARY = registry.register(
    Kind(
        name="Dictionary",
        spec=DictionarySpec,
        title="Dictionary",
        description=(
            "Keys and their values, such as account and owner, that rules of virtual tags look "
            "things up in. An entry may hold for a time only."
        ),
        example="""\
kind: Dictionary
name: account-owners
spec:
  entries:
    "111111111111": platform
    "222222222222": {value: search, until: 2026-07-01}
""",
    )
)
SPLIT = registry.register(
    Kind(
        name="Split",
        spec=SplitSpec,
        title="Split",
        description=(
            "Gives the cost of one value of a virtual tag to other values: evenly, in proportion "
            "to cost, by fixed shares, by a metric or by usage. Nothing is lost on the way."
        ),
        example="""\
kind: Split
name: share-platform
spec:
  tag: team
  take: platform
  method: proportional
  measure: EffectiveCost
  period: month
""",
    )
)
