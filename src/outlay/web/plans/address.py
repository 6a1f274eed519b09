"""The addresses of a plan's pages: what is shown stands in them and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from outlay.query import QueryError
from outlay.web.explore.address import address

PLANS = "/plans"
VIEWS = {
    "plan": "Plan",
    "baseline": "Baseline",
    "adjustments": "Adjustments",
    "actual": "Actual",
    "variance": "Variance",
    "outlook": "Outlook",
}
"""What the cells of the grid show, by its word in the address."""
DEEPEST = 5


@dataclass(frozen=True)
class Shown:
    """What the grid shows: a version (None: the one that is worked on), a view, quarters between
    the months, actual amounts under those of the plan, and how deep the hierarchy is open."""

    plan: str
    version: int | None = None
    view: str = "plan"
    quarters: bool = False
    beside: bool = False
    depth: int = DEEPEST

    @classmethod
    def read(cls, plan: str, params: Mapping[str, str]) -> Shown:
        """From an address; QueryError for a view or number that there is not."""
        view = params.get("view", "plan")
        if view not in VIEWS:
            raise QueryError("there is no such view", field="view", text=view,
                             allowed=tuple(VIEWS))  # fmt: skip
        depth = number(params, "depth")
        return cls(
            plan,
            number(params, "version"),
            view,
            params.get("quarters") == "1",
            params.get("beside") == "1",
            DEEPEST if depth is None else min(max(depth, 1), DEEPEST),
        )

    def url(self, **changes: object) -> str:
        """The address of the same with some parts changed."""
        shown = replace(self, **changes)  # type: ignore[arg-type]
        params = {
            "version": "" if shown.version is None else str(shown.version),
            "view": "" if shown.view == "plan" else shown.view,
            "quarters": "1" if shown.quarters else "",
            "beside": "1" if shown.beside else "",
            "depth": "" if shown.depth == DEEPEST else str(shown.depth),
        }
        return address(of_plan(shown.plan), {k: v for k, v in params.items() if v})


def of_plan(plan: str, *parts: str) -> str:
    """The address of a plan, or of one of its pages."""
    return "/".join([PLANS, quote(plan, safe=""), *(quote(part, safe="") for part in parts)])


def number(params: Mapping[str, str], key: str) -> int | None:
    """A number of an address; QueryError for what is none."""
    text = params.get(key, "")
    if not text:
        return None
    if not text.isdigit() or len(text) > 8:
        raise QueryError(f"{key} is a number", field=key, text=text, allowed=("1", "2", "3"))
    return int(text)
