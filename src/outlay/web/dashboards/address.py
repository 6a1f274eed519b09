"""Addresses of dashboards: what moves all panels, and how they are looked at, stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from outlay.app.dashboards.model import Variables
from outlay.app.dashboards.variables import params_of, variables_of
from outlay.web.explore.address import address

BOARDS = "/dashboards"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 30, 86_400


@dataclass(frozen=True)
class Look:
    """How a dashboard is looked at: `variables` over its own, `full` without the frame of the
    page, `every` so many seconds anew (0: never), `editing` with the tools that change it, `whole`
    with all panels in one answer (for browsers without scripts), `events` with the marks of what
    the product itself did."""

    variables: Variables = Variables()
    full: bool = False
    every: int = 0
    editing: bool = False
    whole: bool = False
    events: bool = False

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Look:
        """From the parameters of an address; QueryError says which is wrong."""
        return cls(
            variables=variables_of(params),
            full=params.get("screen") == "full",
            every=_pause(params.get("every", "")),
            editing=params.get("edit") == "1",
            whole=params.get("lazy") == "no",
            events=params.get("events") == "1",
        )

    def params(self) -> dict[str, str]:
        """As parameters of an address; what is the default is left out."""
        found = params_of(self.variables) | {
            "screen": "full" if self.full else "",
            "every": str(self.every or ""),
            "edit": "1" if self.editing else "",
            "lazy": "no" if self.whole else "",
            "events": "1" if self.events else "",
        }
        return {key: value for key, value in found.items() if value}

    def url(self, name: str, panel: str = "", path: str = "") -> str:
        """The address of a dashboard (or of one of its panels, or of a part of that)."""
        parts = [BOARDS, name]
        parts += ["panels", panel] if panel else []
        parts += [path] if path else []
        return address("/".join(parts), self.params())

    def but(self, **changes: object) -> Look:
        """The same with some parts changed; `range`, `compare`, `where` and `currency` are those
        of the variables."""
        own = {key: changes.pop(key) for key in ("range", "compare", "where", "currency")
               if key in changes}  # fmt: skip
        variables = Variables.model_validate(self.variables.model_dump() | own)
        return replace(self, variables=variables, **changes)  # type: ignore[arg-type]

    @property
    def plain(self) -> Look:
        """The same without tools: what a panel is asked with."""
        return replace(self, full=False, every=0, editing=False, whole=False)


def _pause(text: str) -> int:
    if not text.isdigit() or len(text) > 6 or not int(text):
        return 0
    return min(max(int(text), _SHORTEST_PAUSE), _LONGEST_PAUSE)
