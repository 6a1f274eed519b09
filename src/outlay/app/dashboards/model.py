"""What people write of a dashboard: its panels, where they stand, and what moves all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from outlay.expression.errors import QueryError
from outlay.query.model import COMPARISONS, CostQuery
from outlay.query.views import Question
from outlay.resources import Kind, Spec, registry
from outlay.resources.names import valid_name

COLUMNS = 12
"""Columns of the grid."""

MOST_PANELS = 60
_LOWEST_ROW = 400
_HIGHEST_PANEL = 24

PanelKind = Literal["figure", "line", "bar", "area", "table", "unit", "drivers", "text"]
PANEL_KINDS: tuple[PanelKind, ...] = get_args(PanelKind)
OF_A_QUESTION: tuple[PanelKind, ...] = ("figure", "line", "bar", "area", "table", "drivers")
"""The kinds that answer a question (or a view); the others have a unit cost or a text."""

Persona = Literal[
    "practitioner", "engineer", "finance", "procurement", "executive", "product-owner"
]
PERSONAS: tuple[Persona, ...] = get_args(Persona)
Provider = Literal[
    "aws", "azure", "gcp", "oci", "kubernetes", "snowflake", "databricks", "openai", "anthropic",
    "ai",
]  # fmt: skip
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
"""Whose cost a dashboard is about; ``ai`` is AI models of any provider."""

NO_COMPARISON = "none"
Compared = Literal["", "none", "previous", "previous-year"]
"""A comparison for all panels: empty leaves each its own, ``none`` takes it away."""


def _as_asked(field: str) -> AfterValidator:
    """Read a text as a question reads it, in its canonical form; an empty one stays empty."""

    def read(text: str) -> str:
        if not text.strip():
            return ""
        try:
            return str(getattr(CostQuery.model_validate({field: text}), field))
        except QueryError as error:
            raise ValueError(str(error)) from None

    return AfterValidator(read)


RangeText = Annotated[str, _as_asked("range")]
WhereText = Annotated[str, _as_asked("where")]
CurrencyText = Annotated[str, _as_asked("currency")]

_SIZES: dict[str, tuple[int, int]] = {
    "figure": (3, 2), "line": (6, 4), "bar": (6, 4), "area": (6, 4), "table": (6, 5),
    "unit": (3, 2), "drivers": (6, 5), "text": (12, 1),
}  # fmt: skip


def _may_be_left_out(schema: dict[str, Any]) -> None:
    """Id and place are completed when a dashboard is read, so that a file need not have them."""
    optional = ("id", "x", "y", "w", "h")
    schema["required"] = [name for name in schema.get("required", ()) if name not in optional]


class PanelOptions(Spec):
    """How a panel shows its answer. `limit` is the number of groups that stand by themselves, the
    others are summed as Other; `stack` whether bars and areas stand on each other; `legend`
    whether the names of the series are listed; `spark` whether a figure has its course below it;
    `note` a sentence under the title."""

    limit: int | None = Field(default=None, ge=1, le=50)
    stack: bool = True
    legend: bool = True
    spark: bool = True
    note: str = Field(default="", max_length=300)


class Panel(Spec):
    """One panel: what it shows and where it stands.

    A panel of a question (figure, line, bar, area, table, drivers) has a `query` or the name of a
    `view`; ``unit`` has the name of a `unit` cost, ``text`` a `text` in Markdown. `x` (0 to 11),
    `y`, `w` and `h` are its place and size on the grid of 12 columns, in columns and rows. `id`
    is its name within the dashboard; a file may leave it and the place out.
    """

    model_config = Spec.model_config | ConfigDict(json_schema_extra=_may_be_left_out)

    id: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")
    title: str = Field(default="", max_length=120)
    kind: PanelKind
    query: Question | None = None
    view: str = ""
    unit: str = ""
    text: str = Field(default="", max_length=5000)
    x: int = Field(ge=0, lt=COLUMNS)
    y: int = Field(ge=0, le=_LOWEST_ROW)
    w: int = Field(ge=1, le=COLUMNS)
    h: int = Field(ge=1, le=_HIGHEST_PANEL)
    options: PanelOptions = PanelOptions()

    @model_validator(mode="after")
    def _one_content(self) -> Panel:
        if self.x + self.w > COLUMNS:
            raise ValueError(
                f"the panel {self.id!r} is {self.w} columns wide from column {self.x}: the grid "
                f"has {COLUMNS} (x + w is at most {COLUMNS})"
            )
        given = [name for name in ("query", "view", "unit", "text") if getattr(self, name)]
        allowed = ("query", "view") if self.kind in OF_A_QUESTION else (self.kind,)
        wrong = [name for name in given if name not in allowed]
        if wrong or len(given) != 1:
            raise ValueError(
                f"the panel {self.id!r} of kind {self.kind} needs {' or '.join(allowed)}, and "
                f"nothing beside it; it has {' and '.join(given) or 'none of it'}"
            )
        return self

    def overlaps(self, other: Panel) -> bool:
        """Whether the two would stand on one another."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )


class Variables(Spec):
    """What moves all panels at once; an empty one leaves each panel its own.

    `range` replaces the panels' range and `currency` their currency, `compare` their comparison
    (``none``: without one); `where` is joined to their conditions by AND.
    """

    range: RangeText = ""
    compare: Compared = ""
    where: WhereText = ""
    currency: CurrencyText = ""

    def over(self, other: Variables) -> Variables:
        """These, and the other's where these say nothing. Conditions hold together."""
        both = " AND ".join(f"({text})" for text in (other.where, self.where) if text)
        return Variables(
            range=self.range or other.range,
            compare=self.compare or other.compare,
            where=both,
            currency=self.currency or other.currency,
        )

    def applied(self, query: CostQuery) -> CostQuery:
        """The question of a panel under these variables."""
        changes: dict[str, object] = {}
        if self.range:
            changes["range"] = self.range
        if self.currency:
            changes["currency"] = self.currency
        if self.compare:
            changes["compare"] = None if self.compare == NO_COMPARISON else self.compare
        if self.where:
            query = query.narrowed(self.where)
        return changed(query, **changes) if changes else query


def changed(query: CostQuery, **changes: object) -> CostQuery:
    """The question with some parts changed; an order that no longer makes sense is dropped."""
    try:
        return query.but(**changes)
    except QueryError as error:
        if error.field != "sort":
            raise
        return query.but(**{**changes, "sort": ""})


class DashboardSpec(Spec):
    """Panels on a grid of twelve columns, for a person to look at.

    `personas` and `providers` say for whom and about whose cost it is; `range`, `compare`, `where`
    and `currency` move all panels (see `Variables`). `owner` is who keeps it, `pinned` whether it
    is offered on the home page.
    """

    title: str = Field(default="", max_length=120)
    description: str = Field(default="", max_length=1000)
    personas: tuple[Persona, ...] = ()
    providers: tuple[Provider, ...] = ()
    range: RangeText = ""
    compare: Compared = ""
    where: WhereText = ""
    currency: CurrencyText = ""
    owner: str = Field(default="", max_length=120)
    pinned: bool = False
    panels: Annotated[tuple[Panel, ...], Field(max_length=MOST_PANELS)] = ()

    @field_validator("panels", mode="before")
    @classmethod
    def _placed(cls, panels: Any) -> Any:
        if not isinstance(panels, list | tuple):
            return panels
        return list(_completed(panels))

    @model_validator(mode="after")
    def _holds_together(self) -> DashboardSpec:
        seen: dict[str, Panel] = {}
        for panel in self.panels:
            if panel.id in seen:
                raise ValueError(f"two panels have the id {panel.id!r}; each needs its own")
            for other in seen.values():
                if panel.overlaps(other):
                    raise ValueError(
                        f"the panels {other.id!r} and {panel.id!r} stand on one another: "
                        f"{_place(other)} and {_place(panel)}. Move one of them"
                    )
            seen[panel.id] = panel
        return self

    @property
    def variables(self) -> Variables:
        """What moves all panels, as the dashboard is kept."""
        return Variables(
            range=self.range, compare=self.compare, where=self.where, currency=self.currency
        )

    def panel(self, panel_id: str) -> Panel | None:
        """A panel by its id."""
        return next((panel for panel in self.panels if panel.id == panel_id), None)

    def but(self, **changes: object) -> DashboardSpec:
        """The same dashboard with some parts changed; checked like any other."""
        return DashboardSpec.model_validate(self.model_dump() | changes)


def _place(panel: Panel) -> str:
    return f"x {panel.x}, y {panel.y}, {panel.w} by {panel.h}"


def _completed(panels: list[Any] | tuple[Any, ...]) -> Iterator[Any]:
    """Panels with the id and place that they leave out: an id from the title, the first free
    place in reading order."""
    taken: list[tuple[int, int, int, int]] = [_box(panel) for panel in panels if _has_place(panel)]
    names = {str(_of(panel, "id")) for panel in panels if _of(panel, "id")}
    for panel in panels:
        if not isinstance(panel, Mapping):
            yield panel
            continue
        whole = dict(panel)
        kind = str(whole.get("kind", ""))
        if not whole.get("id"):
            whole["id"] = free_id(str(whole.get("title") or kind or "panel"), names)
            names.add(whole["id"])
        if not _has_place(whole):
            width, height = _SIZES.get(kind, (6, 4))
            w, h = _number(whole.get("w"), width), _number(whole.get("h"), height)
            x, y = free_place(taken, w, h)
            whole |= {"x": x, "y": y, "w": w, "h": h}
            taken.append((x, y, w, h))
        yield whole


def free_id(text: str, taken: set[str]) -> str:
    """An id from a text that no other panel has."""
    base = valid_name(text, "panel")[:56].strip("-")
    found = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(name for name in found if name not in taken)


def free_place(taken: list[tuple[int, int, int, int]], w: int, h: int) -> tuple[int, int]:
    """The first place in reading order where w by h fits between boxes (x, y, w, h)."""
    width = min(max(w, 1), COLUMNS)
    for y in count():
        for x in range(COLUMNS - width + 1):
            if not any(
                x < bx + bw and bx < x + width and y < by + bh and by < y + h
                for bx, by, bw, bh in taken
            ):
                return x, y
    raise AssertionError("below all boxes there is room")


def size_of(kind: str) -> tuple[int, int]:
    """Width and height that a panel of a kind has at first."""
    return _SIZES.get(kind, (6, 4))


def _of(panel: Any, name: str) -> Any:
    return panel.get(name) if isinstance(panel, Mapping) else getattr(panel, name, None)


def _has_place(panel: Any) -> bool:
    return _of(panel, "x") is not None and _of(panel, "y") is not None


def _box(panel: Any) -> tuple[int, int, int, int]:
    width, height = _SIZES.get(str(_of(panel, "kind")), (6, 4))
    return (
        _number(_of(panel, "x"), 0),
        _number(_of(panel, "y"), 0),
        _number(_of(panel, "w"), width),
        _number(_of(panel, "h"), height),
    )


def _number(value: Any, default: int) -> int:
    """A whole number as written in a file; what is none is left to the spec to refuse."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value):
        return int(value)
    return default


DASHBOARD = registry.register(
    Kind(
        name="Dashboard",
        spec=DashboardSpec,
        title="Dashboard",
        personal=True,
        description=(
            "Panels on a grid: figures, charts, tables, unit costs and texts, each a question, a "
            "view or a unit cost. One range, filter, comparison or currency moves all of them."
        ),
        example="""\
kind: Dashboard
name: compute
spec:
  title: Compute
  description: What compute costs, and whom.
  personas: [engineer]
  range: last-3-months
  panels:
    - title: Compute
      kind: figure
      query: {where: ServiceCategory = 'Compute', compare: previous}
    - title: By service
      kind: area
      query: {by: [ServiceName], grain: week, where: ServiceCategory = 'Compute'}
    - title: By account
      kind: table
      query: {by: [SubAccountName], where: ServiceCategory = 'Compute'}
""",
    )
)
"""The kind `Dashboard`."""

COMPARED: tuple[str, ...] = (*COMPARISONS, NO_COMPARISON)
"""Comparisons that a dashboard can have for all its panels."""
