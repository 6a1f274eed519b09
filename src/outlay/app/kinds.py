"""The kinds of resources of this issue: a bill source and (from the query room) a saved view."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from outlay.resources import Kind, Spec, registry
from outlay.resources.kinds import problem_text

Cadence = Literal["hourly", "daily", "monthly", "manual"]


class BillTie(Spec):
    """The bill that charges for what a source of usage estimates.

    `source` is the bill's source (or a list of several), `match` the columns or tags that both
    have in common (none: all of the source), `where` a condition on the bill's charges that count.
    """

    source: Annotated[str, Field(min_length=1)] | Annotated[tuple[str, ...], Field(min_length=1)]
    match: tuple[str, ...] = ()
    where: str = ""

    @model_validator(mode="after")
    def _readable(self) -> BillTie:
        from outlay.query import QueryError
        from outlay.query.usage import SupersededBy
        from outlay.query.usage.provisional import check_tie

        try:
            check_tie(SupersededBy(self.source, self.match, self.where))
        except QueryError as error:
            raise ValueError(str(error)) from None
        return self


class SourceSpec(Spec):
    """Where a bill comes from and how often.

    `root` is the part of the location that holds this bill, when it holds several. `max_rejected`
    is the share of rows (0 to 1) that may be rejected before a delivery is held back.
    `superseded_by` ties estimates of usage to the bill that replaces them.
    """

    kind: str
    location: str = Field(min_length=1)
    root: str = ""
    options: dict[str, Any] = Field(default_factory=dict)
    cadence: Cadence = "daily"
    max_rejected: Decimal = Field(default=Decimal(0), ge=0, le=1)
    enabled: bool = True
    superseded_by: BillTie | None = None

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        from outlay.sources.registry import SOURCES

        if kind in SOURCES:
            return kind
        raise ValueError(
            f"there is no source kind {kind!r}; the kinds are {', '.join(SOURCES)}. "
            "`outlay source kinds` describes each"
        )

    @model_validator(mode="after")
    def _known_options(self) -> SourceSpec:
        from outlay.sources.registry import SOURCES

        options = SOURCES[self.kind].Options
        try:
            options.model_validate(self.options)
        except ValidationError as error:
            problems = "; ".join(f"options.{problem_text(p)}" for p in error.errors())
            allowed = ", ".join(options.model_fields) or "none"
            raise ValueError(
                f"{problems}. Options of {self.kind}: {allowed}. `outlay source kinds` describes "
                "each"
            ) from None
        return self


SOURCE = registry.register(
    Kind(
        name="Source",
        spec=SourceSpec,
        title="Source",
        description=(
            "A configured feed of charges: one export, folder or bucket prefix, its kind and how "
            "often it is expected to deliver."
        ),
        level="admin",  # a location may be any file that the server can read
        example="""\
kind: Source
name: acme-cur
spec:
  kind: aws-cur
  location: s3://acme-billing/cur
  cadence: daily
""",
    )
)
"""The kind `Source`."""

VIEW = "View"
"""The kind of saved views; registered by the query room."""


def register_all() -> None:
    """Import every room that registers kinds, so that the registry is complete."""
    import outlay.access.roles
    import outlay.alerts.model
    import outlay.allocation.kubernetes.model
    import outlay.allocation.metrics.model
    import outlay.allocation.model
    import outlay.app.annotations.model
    import outlay.app.anomalies.model
    import outlay.app.commitments.model
    import outlay.app.dashboards.model
    import outlay.app.forecasting.model
    import outlay.app.native.model
    import outlay.app.rates
    import outlay.app.savings.model
    import outlay.app.tickets.model
    import outlay.app.vocabulary
    import outlay.planning.budgets.model
    import outlay.planning.plans.kind
    import outlay.query.unit.model
    import outlay.query.views
    import outlay.reports.model
    import outlay.savings.contracts.model
    import outlay.statements.model
    import outlay.statements.resources  # noqa: F401
