"""Saved views: a question with a title, kept as a resource."""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from outlay.expression.errors import QueryError
from outlay.query.codec import from_json, to_json
from outlay.query.model import CostQuery
from outlay.resources.kinds import Kind, Spec, registry


def _read(value: Any) -> Any:
    if isinstance(value, CostQuery):
        return value
    try:
        return from_json(value)
    except QueryError as error:
        # The registry collects what is wrong with a document from pydantic's own errors.
        raise ValueError(error.message) from None


Question = Annotated[CostQuery, BeforeValidator(_read), PlainSerializer(to_json)]
"""A question inside a document, in the form of `outlay.query.codec.to_json`."""


class ViewSpec(Spec):
    """A question that is worth keeping. Its range stays relative if it was. `owner` is who keeps
    it, `pinned` whether it is offered on the home page."""

    title: str = ""
    description: str = ""
    owner: str = ""
    pinned: bool = False
    query: Question


VIEW = registry.register(
    Kind(
        name="View",
        spec=ViewSpec,
        title="View",
        personal=True,
        description="A question about cost, kept under a name: it opens as a page, a CSV or JSON.",
        example="""\
kind: View
name: compute-by-team
spec:
  title: Compute by team
  description: Effective cost of compute by team and month.
  query:
    measures: [EffectiveCost]
    by: [tags.team]
    grain: month
    range: last-6-months
    where: ServiceCategory = 'Compute'
""",
    )
)
