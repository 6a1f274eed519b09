"""A user's own rule of the vocabulary: which value it is about, and the names it gives."""

import difflib
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from outlay.focus.services import SERVICE_CATEGORIES, SUBCATEGORY_PARENTS

_GIVES = {
    "service": ("service_name", "category", "subcategory"),
    "region": ("region_name", "country", "continent"),
    "resource_type": ("type_name",),
}


class VocabularyRule(BaseModel):
    """One rule. It is about a `service` (by name or code), a `region` (by id or name) or a
    `resource_type` (as the bill or the resource's id says it); `*` stands for any text.

    `provider` narrows it to one provider (any of its names). With `resource_type`, `service`
    narrows it to that service.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str | None = Field(None, description="any name of the provider, e.g. AWS")
    service: str | None = Field(None, description="the service's name or code in the bill")
    region: str | None = Field(None, description="the region's id or name in the bill")
    resource_type: str | None = Field(None, description="the resource's type in the bill")
    service_name: str | None = Field(None, description="the service's one name")
    category: str | None = Field(None, description="FOCUS ServiceCategory")
    subcategory: str | None = Field(None, description="FOCUS ServiceSubcategory")
    region_name: str | None = Field(None, description="the place, e.g. Frankfurt")
    country: str | None = Field(None, description="ISO 3166 code, e.g. DE", pattern=r"^[A-Z]{2}$")
    continent: str | None = Field(None, description="e.g. Europe")
    type_name: str | None = Field(None, description="the kind of resource, e.g. Virtual Machine")

    @field_validator("country", mode="before")
    @classmethod
    def _norway(cls, country: object) -> object:
        """YAML takes NO for a truth value."""
        return "NO" if country is False else country

    @property
    def about(self) -> Literal["service", "region", "resource_type"]:
        """What kind of value the rule is about."""
        if self.resource_type is not None:
            return "resource_type"
        return "region" if self.region is not None else "service"

    @property
    def value(self) -> str:
        """The value or pattern that the rule is about."""
        return self.resource_type or self.region or self.service or ""

    @model_validator(mode="after")
    def _sensible(self) -> "VocabularyRule":
        said = [n for n in ("service", "region", "resource_type") if getattr(self, n) is not None]
        if not said or ("region" in said and len(said) > 1):
            raise ValueError(
                "a rule is about one thing: give service, region, or resource_type (which a "
                "service may narrow)"
            )
        if not self.value.strip():
            raise ValueError(f"{self.about} is empty; name the value, * stands for any text")
        allowed = _GIVES[self.about]
        given = [n for names in _GIVES.values() for n in names if getattr(self, n) is not None]
        wrong = [name for name in given if name not in allowed]
        if wrong or not given:
            raise ValueError(
                f"a rule about a {self.about} gives {' and '.join(allowed)} (one or more)"
                + (f", not {', '.join(wrong)}" if wrong else "")
            )
        if self.about == "region" and self.region_name is None:
            raise ValueError("a rule about a region gives region_name, e.g. Frankfurt")
        self._check_category()
        return self

    def _check_category(self) -> None:
        if self.category is not None and self.category not in SERVICE_CATEGORIES:
            raise ValueError(
                f"category {self.category!r} is no FOCUS ServiceCategory"
                + near(self.category, SERVICE_CATEGORIES)
            )
        if self.subcategory is None:
            return
        parent = SUBCATEGORY_PARENTS.get(self.subcategory)
        if parent is None:
            raise ValueError(
                f"subcategory {self.subcategory!r} is no FOCUS ServiceSubcategory"
                + near(self.subcategory, SUBCATEGORY_PARENTS)
            )
        if self.category is None:
            raise ValueError(
                f"a rule with a subcategory names its category as well: {self.subcategory!r} is "
                f"of {parent!r}"
            )
        if parent != self.category:
            raise ValueError(
                f"subcategory {self.subcategory!r} is of the category {parent!r}, not "
                f"{self.category!r}"
            )


def near(wrong: str, allowed: Iterable[str]) -> str:
    """The names nearest to a wrong one as a hint, or all that are allowed where none is near."""
    names = {name.lower(): name for name in allowed}
    found = difflib.get_close_matches(wrong.lower(), names, n=3, cutoff=0.5)
    hints = [names[name] for name in found]
    if hints:
        return f"; did you mean {' or '.join(repr(hint) for hint in hints)}?"
    return f"; allowed are {', '.join(names.values())}"
