"""The form of the savings policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.app.savings.policy import Policy, kept_policy, save_policy
from outlay.money import money_text
from outlay.resources import ResourceError
from outlay.savings.model import EFFORTS
from outlay.web.render import Site
from outlay.web.savings import view
from outlay.web.savings.view import SAVINGS
from outlay.web.views import form

POLICY = f"{SAVINGS}/policy"


def add(routes: APIRouter, site: Site) -> None:
    """The routes of the policy."""
    workspace = site.workspace

    @routes.get(POLICY, response_class=HTMLResponse)
    def policy(request: Request) -> Response:
        """How savings are looked for and followed."""
        found = kept_policy(workspace)
        return _page(site, request, found, _fields(found))

    @routes.post(POLICY)
    async def save(request: Request) -> Response:
        """Keep the policy."""
        given = await form(request)

        def act() -> Response:
            found = kept_policy(workspace)
            try:
                save_policy(workspace, _spec(found, given), _seen(given))
            except ResourceError as error:
                return _page(site, request, found, {**_fields(found), **given}, str(error))
            return RedirectResponse(f"{POLICY}?saved=1", 303)

        return await run_in_threadpool(act)


def _page(
    site: Site, request: Request, found: Policy, given: Mapping[str, str], problem: str = ""
) -> Response:
    return site.page(
        request,
        "savings/policy.html",
        400 if problem else 200,
        active="savings",
        title="Savings policy",
        problem=problem,
        policy=found,
        given=given,
        tags=sorted(site.workspace.rules().tags),
        efforts=[(one, view.EFFORT_WORDS[one]) for one in EFFORTS],
        saved="saved" in request.query_params,
    )


def _fields(found: Policy) -> dict[str, str]:
    spec = found.spec
    return {
        "owner_tag": spec.owner_tag,
        "environment_tag": spec.environment_tag,
        "minimum_saving": money_text(spec.minimum_saving),
        "alert_minimum": money_text(spec.alert_minimum),
        "decide_days": str(spec.decide_days),
        "expire_days": str(spec.expire_days),
        **{f"sla_{effort}": str(days) for effort, days in spec.sla_days.items()},
        "version": str(found.version),
    }


def _spec(found: Policy, given: Mapping[str, str]) -> dict[str, Any]:
    """The spec that the fields say; how detectors look stays as it is."""
    plain = ("owner_tag", "environment_tag", "minimum_saving", "alert_minimum", "decide_days",
             "expire_days")  # fmt: skip
    kept = found.spec.model_dump(mode="json")
    said: dict[str, Any] = {name: given[name].strip() for name in plain if name in given}
    said["sla_days"] = {
        effort: given[f"sla_{effort}"].strip() for effort in EFFORTS if given.get(f"sla_{effort}")
    }
    return {**kept, **said}


def _seen(given: Mapping[str, str]) -> int | None:
    text = given.get("version", "")
    return int(text) if text.isdigit() else None
