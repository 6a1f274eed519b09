"""The form of a report: what a person fills in, and the spec that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastapi import Request

from outlay.reports.conditions import ALLOWED as CONDITIONS
from outlay.reports.model import CHANNEL, FORMS, ReportSpec, StatementOf
from outlay.reports.schedule import ALLOWED as SCHEDULES
from outlay.resources.names import valid_name

if TYPE_CHECKING:
    from outlay.app import Workspace

KINDS = ("view", "dashboard", "statements", "home")
ZONES = (
    "UTC", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Helsinki", "Europe/Istanbul",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai",
    "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
"""Offered beside the field; any name of the IANA list may be written."""

FORM_TITLES = {
    "html": "HTML (the mail itself)", "pdf": "PDF", "xlsx": "XLSX", "csv": "CSV",
    "parquet": "Parquet",
}  # fmt: skip
MONTHS = {"last": "the last month that is over", "last-closed": "the last closed month",
          "current": "this month"}  # fmt: skip
_DEFAULT_SCHEDULE = "weekly on Monday at 08:00"


@dataclass(frozen=True)
class Given:
    """What stands in the fields. `kind` and `target` say what is told; a statement's target is its
    plan."""

    title: str = ""
    kind: str = "view"
    target: str = ""
    value: str = ""
    month: str = "last"
    formats: tuple[str, ...] = ("html", "pdf")
    schedule: str = _DEFAULT_SCHEDULE
    timezone: str = "UTC"
    channels: tuple[str, ...] = ()
    recipients: str = ""
    only_if: str = ""
    run_as: str = ""
    description: str = ""
    enabled: bool = True
    owner: str = ""

    def spec(self) -> dict[str, Any]:
        """The spec that the fields say, to be checked like any other."""
        content: dict[str, Any] = {self.kind: self.target}
        if self.kind == "statements":
            content = {
                "statements": {"plan": self.target, "value": self.value, "month": self.month}
            }
        return {
            "title": self.title,
            "description": self.description,
            "content": content,
            "formats": list(self.formats),
            "schedule": self.schedule,
            "timezone": self.timezone,
            "channels": list(self.channels),
            "recipients": self.recipients.replace(",", " ").replace(";", " ").split(),
            "only_if": self.only_if,
            "run_as": self.run_as,
            "owner": self.owner,
            "enabled": self.enabled,
        }


@dataclass(frozen=True)
class Choices:
    """What can be chosen: kind → (name, title)."""

    contents: Mapping[str, Sequence[tuple[str, str]]]
    channels: Sequence[tuple[str, str]]
    roles: Sequence[str]
    forms: Mapping[str, str] = field(default_factory=lambda: FORM_TITLES)
    zones: Sequence[str] = ZONES
    schedules: Sequence[str] = SCHEDULES
    conditions: Sequence[str] = CONDITIONS
    months: Mapping[str, str] = field(default_factory=lambda: MONTHS)


def choices(workspace: Workspace) -> Choices:
    """Views, dashboards, plans and homes that a report may tell; channels and roles."""
    from outlay.access.roles import listed
    from outlay.app.dashboards.keeping import boards
    from outlay.app.dashboards.shipped import shipped
    from outlay.app.home.personas import PERSONAS
    from outlay.app.statements import plans

    own = [(board.name, board.title) for board in boards(workspace)]
    known = {name for name, _ in own}
    ready = [(n, spec.title or n) for n, spec in shipped(workspace).items() if n not in known]
    return Choices(
        contents={
            "view": [
                (view.name, str(getattr(view.spec, "title", "") or view.name))
                for view in workspace.views()
            ],
            "dashboard": own + ready,
            "statements": [(plan.name, plan.title) for plan in plans(workspace)],
            "home": [(p.name, p.title) for p in PERSONAS.values()],
        },
        channels=[
            (one.name, str(getattr(one.spec, "title", "") or one.name))
            for one in workspace.resources.list(CHANNEL.name)
        ],
        roles=[role.name for role in listed(workspace.resources)],
    )


def asked(request: Request, offered: Choices) -> Given:
    """The fields of a new report: what the page that leads here names."""
    params = request.query_params
    kind = next((k for k in KINDS if params.get(k)), "view")
    target = params.get(kind, "")
    titles = dict(offered.contents.get(kind, ()))
    title = titles.get(target, target)
    if params.get("value"):
        title = f"{title}: {params['value']}"
    every = tuple(name for name, _ in offered.channels)
    return Given(
        title=title,
        kind=kind,
        target=target,
        value=params.get("value", ""),
        month=params.get("month", "") or "last",
        channels=every if len(every) == 1 else (),
        schedule="monthly on day 3 at 08:00" if kind == "statements" else _DEFAULT_SCHEDULE,
    )


def of_spec(spec: ReportSpec, name: str) -> Given:
    """The fields of a report that is there."""
    content = spec.content
    told: StatementOf | None = content.statements
    return Given(
        title=spec.title or name,
        kind=content.kind,
        target=told.plan if told else content.target,
        value=told.value if told else "",
        month=told.month if told else "last",
        formats=spec.formats,
        schedule=spec.schedule,
        timezone=spec.timezone,
        channels=spec.channels,
        recipients=", ".join(spec.recipients),
        only_if=spec.only_if,
        run_as=spec.run_as,
        description=spec.description,
        enabled=spec.enabled,
        owner=spec.owner,
    )


async def posted(request: Request, before: Given | None = None) -> Given:
    """What was filled in; what the form does not ask stays as it was."""
    body = (await request.body()).decode("utf-8", "replace")
    many = parse_qs(body, keep_blank_values=True)

    def one(name: str, default: str = "") -> str:
        return many.get(name, [default])[-1].strip()

    kept = before or Given()
    kind, _, target = one("content").partition("/")
    return Given(
        title=one("title"),
        kind=kind if kind in KINDS else "view",
        target=target,
        value=one("value"),
        month=one("month", "last") or "last",
        formats=tuple(form for form in FORMS if form in many.get("formats", [])),
        schedule=one("schedule"),
        timezone=one("timezone", "UTC") or "UTC",
        channels=tuple(many.get("channels", [])),
        recipients=one("recipients"),
        only_if=one("only_if"),
        run_as=one("run_as"),
        description=kept.description,
        enabled=kept.enabled,
        owner=kept.owner,
    )


def free_name(workspace: Workspace, title: str) -> str:
    """A name from the title that no report has."""
    base = valid_name(title, "report")[:56].strip("-")
    known, number, name = set(workspace.resources.names("Report")), 1, base
    while name in known:
        number += 1
        name = f"{base}-{number}"
    return name
