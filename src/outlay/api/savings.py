"""`/savings`: recommendations, what they add up to, and what is done with them.

The policy is a resource: `PUT /resources/savingspolicy/default` changes it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.savings import acting, listing, looking, policy, shapes
from outlay.app.savings.listing import SHOWN, SORTS, Sought
from outlay.expression.errors import QueryError
from outlay.savings.recommendation import Recommendation

_Number = Annotated[int, Path(ge=1, description="The recommendation's number")]
_Note = Annotated[
    dict[str, Any] | None,
    Body(openapi_examples={"note": {"value": {"note": "in the next release"}}}),
]


def _body(name: str, **example: Any) -> Any:
    return Body(openapi_examples={name: {"value": example}})


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Savings"], responses=RESPONSES)
    _read(router, workspace)
    _steps(router, workspace)
    _away(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/savings", summary="Recommendations, and what they add up to")
    def recommendations(
        state: Annotated[str, Query(description=", ".join(SHOWN))] = "open",
        owner: Annotated[str, Query(description="A value of the owners' tag; `-`: nobody's")] = "",
        assignee: Annotated[str, Query(description="A person; `-`: nobody")] = "",
        provider: Annotated[str, Query(description="ServiceProviderName")] = "",
        account: Annotated[str, Query(description="SubAccountId")] = "",
        action: Annotated[str, Query(description="Rightsize, Delete, Schedule…")] = "",
        tool: Annotated[str, Query(description="outlay, or a native tool")] = "",
        detector: Annotated[str, Query(description="The id of a detector")] = "",
        effort: Annotated[str, Query(description="VeryLow to VeryHigh")] = "",
        confidence: Annotated[str, Query(description="high, medium or low")] = "",
        minimum: Annotated[str, Query(description="The least net saving a month")] = "0",
        late: Annotated[bool, Query(description="Overdue ones alone")] = False,
        text: Annotated[str, Query(description="With this in it")] = "",
        sort: Annotated[str, Query(description=", ".join(SORTS))] = "net",
        limit: Annotated[int, Query(ge=1, le=10_000, description="The most rows")] = 100,
    ) -> Response:
        """`totals` are over all that is sought, by currency: `all` is every finding at its own
        word, `best` the best of alternatives, `net` what the bill would fall by. Who sees a part
        of the ledger sees the recommendations whose charges all lie in it."""
        least = listing.least(minimum)
        sought = Sought(
            state, owner, assignee, provider, account, action, tool, detector, effort, confidence,
            least, late, text, sort,
        )  # fmt: skip
        return json_response(shapes.listed_json(listing.recommendations(workspace, sought), limit))

    @router.get("/savings/policy", summary="The savings policy that counts")
    def kept_policy() -> Response:
        """Version 0 is there without being saved."""
        return json_response(shapes.policy_json(policy.kept_policy(workspace)))

    @router.post("/savings/look", summary="Look for savings now")
    def look() -> Response:
        """As is done after each delivery: detectors and native tools, merged and netted."""
        return json_response(shapes.look_json(looking.look(workspace)))

    @router.post("/savings/bulk", summary="One step of many recommendations")
    def bulk(
        body: Annotated[
            dict[str, Any], _body("assign", numbers=[1, 2], step="assign", person="ana@example.com")
        ],
    ) -> Response:
        """All or nothing: `refused` says by number which cannot take the step, and why. `step` is
        assign (with `person`), accept, implement, snooze (with `until`), dismiss (with `note`, and
        `until` or for good), reopen or comment."""
        found = acting.bulk(
            workspace,
            _numbers(body),
            _text(body, "step"),
            _text(body),
            person=_text(body, "person"),
            until=_day(body),
        )
        return json_response(
            {
                "done": [shapes.recommendation_json(one) for one in found.done],
                "refused": {str(key): why for key, why in (found.refused or {}).items()},
            }
        )

    @router.get("/savings/{number}", summary="A recommendation with everything about it")
    def recommendation(number: _Number) -> Response:
        """What each tool says with its evidence, why it counts for what it does (`effects`), the
        others of its resource, and what was done."""
        return json_response(shapes.shown_json(listing.recommendation(workspace, number)))


def _steps(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/savings/{number}/assign", summary="Give a recommendation to somebody")
    def assign(
        number: _Number, body: Annotated[dict[str, Any], _body("to", person="ana@example.com")]
    ) -> Response:
        """`person` looks after it; empty: nobody."""
        return _told(acting.assign(workspace, number, _text(body, "person"), _text(body)))

    @router.post("/savings/{number}/accept", summary="Say that it will be done")
    def accept(number: _Number, body: _Note = None) -> Response:
        """Its baseline on the bill is frozen. `finding` chooses whose estimate, from 0."""
        chosen = (body or {}).get("finding")
        if chosen is not None and (isinstance(chosen, bool) or not isinstance(chosen, int)):
            raise QueryError("finding is a number, from 0", field="finding", text=str(chosen))
        return _told(acting.accept(workspace, number, _text(body), finding=chosen))

    @router.post("/savings/{number}/implement", summary="Say that it is done")
    def implement(number: _Number, body: _Note = None) -> Response:
        """From now on the bill has to show it."""
        return _told(acting.implement(workspace, number, _text(body)))

    @router.post("/savings/{number}/reopen", summary="Open a recommendation again")
    def reopen(number: _Number, body: _Note = None) -> Response:
        """One that was snoozed, dismissed, expired, accepted or said to be implemented."""
        return _told(acting.reopen(workspace, number, _text(body)))

    @router.post("/savings/{number}/comment", summary="Comment on a recommendation")
    def comment(
        number: _Number, body: Annotated[dict[str, Any], _body("note", note="Needs a restart.")]
    ) -> Response:
        """`note` is what others see."""
        return _told(acting.comment(workspace, number, _text(body)))


def _away(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/savings/{number}/snooze", summary="Put a recommendation out of sight")
    def snooze(
        number: _Number, body: Annotated[dict[str, Any], _body("until", until="2027-01-31")]
    ) -> Response:
        """`until` is the day on which it comes back."""
        until = _day(body)
        if until is None:
            raise QueryError("until is missing: a day to come, such as 2027-01-31", field="until")
        return _told(acting.snooze(workspace, number, until, _text(body)))

    @router.post("/savings/{number}/dismiss", summary="Say that it will not be done")
    def dismiss(
        number: _Number,
        body: Annotated[dict[str, Any], _body("reason", reason="It is a cold standby.")],
    ) -> Response:
        """`reason` says why; `until` a day on which it comes back (without it: never)."""
        return _told(acting.dismiss(workspace, number, _text(body, "reason"), _day(body)))


def _told(one: Recommendation) -> Response:
    return json_response(shapes.recommendation_json(one))


def _text(body: dict[str, Any] | None, name: str = "note") -> str:
    found = (body or {}).get(name, "")
    if not isinstance(found, str):
        raise QueryError(f"{name} is text", field=name)
    return found


def _day(body: dict[str, Any]) -> date | None:
    found = body.get("until")
    if found in (None, ""):
        return None
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError):
        raise QueryError(
            f"{found!r} is no day; one is written 2027-01-31", field="until", text=str(found)
        ) from None


def _numbers(body: dict[str, Any]) -> list[int]:
    found = body.get("numbers")
    if not isinstance(found, list) or not all(
        isinstance(one, int) and not isinstance(one, bool) for one in found
    ):
        raise QueryError("numbers is a list of recommendations' numbers", field="numbers")
    return found
