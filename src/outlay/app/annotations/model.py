"""What people write of an annotation."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from outlay.app.dashboards.model import WhereText
from outlay.resources import Kind, Spec, registry

Category = Literal["deploy", "incident", "price-change", "event"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

_LINK = re.compile(r"(https?://[^\s<>\"']+|/(?!/)[^\s<>\"']*)")


def _a_link(text: str) -> str:
    if text and not _LINK.fullmatch(text.strip()):
        raise ValueError(
            f"{text!r} is no link. Allowed: an address that begins with https:// or http://, or "
            "with / for a page of this server"
        )
    return text.strip()


class AnnotationSpec(Spec):
    """What happened on a day, or from a day on: `from` is its first day (UTC, inclusive), `until`
    the day after its last (exclusive; left out: that one day).

    `where` is a condition on the charges that it is about, `dashboard` and `view` where alone it
    is shown; without them it is shown on every chart of that time.
    """

    from_: date = Field(alias="from")
    until: date | None = None
    text: str = Field(min_length=1, max_length=280)
    category: Category = "event"
    link: Annotated[str, Field(max_length=2000), AfterValidator(_a_link)] = ""
    where: WhereText = ""
    dashboard: str = ""
    view: str = ""

    model_config = Spec.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _in_order(self) -> AnnotationSpec:
        if self.until is not None and self.until <= self.from_:
            raise ValueError(
                f"until {self.until} is not after from {self.from_} (until is exclusive: for the "
                f"one day leave it out or write {self.from_ + timedelta(days=1)})"
            )
        return self

    @property
    def end(self) -> date:
        """The day after its last day."""
        return self.until or self.from_ + timedelta(days=1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end - timedelta(days=1)


ANNOTATION = registry.register(
    Kind(
        name="Annotation",
        spec=AnnotationSpec,
        title="Annotation",
        personal=True,
        description=(
            "What happened on a day or over some days: a deploy, an incident, a change of price, "
            "an event. It is marked on every chart that it concerns."
        ),
        example="""\
kind: Annotation
name: checkout-v2
spec:
  from: 2026-03-03
  text: Checkout v2 went live
  category: deploy
  link: https://example.com/changes/checkout-v2
  where: ServiceName = 'AmazonEC2'
""",
    )
)
"""The kind `Annotation`."""
