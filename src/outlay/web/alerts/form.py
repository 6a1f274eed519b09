"""The form of a route of alerts: what a person fills in, and the spec that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlay.alerts.model import DIGESTS, AlertRouteSpec, Escalation
from outlay.alerts.signal import KINDS, SEVERITIES
from outlay.money import money_text
from outlay.reports.model import CHANNEL, ChannelSpec
from outlay.web.reports.form import ZONES

if TYPE_CHECKING:
    from outlay.app import Workspace

Posted = Mapping[str, Sequence[str]]
LEVELS = 3
"""How many escalations the form has room for."""


@dataclass(frozen=True)
class Choices:
    """What can be chosen: channels and channels of mail as (name, title), tags and roles."""

    channels: Sequence[tuple[str, str]]
    mails: Sequence[tuple[str, str]]
    tags: Sequence[str]
    roles: Sequence[str]
    kinds: Sequence[str] = KINDS
    severities: Sequence[str] = SEVERITIES
    zones: Sequence[str] = ZONES
    digests: Sequence[str] = DIGESTS


def choices(workspace: Workspace) -> Choices:
    """What the workspace has to choose from."""
    from outlay.access.roles import listed

    found = [
        (one.name, one.spec.title or one.name, one.spec.type)
        for one in workspace.resources.list(CHANNEL.name)
        if isinstance(one.spec, ChannelSpec)
    ]
    return Choices(
        channels=[(name, title) for name, title, _ in found],
        mails=[(name, title) for name, title, kind in found if kind == "mail"],
        tags=workspace.resources.names("VirtualTag"),
        roles=[role.name for role in listed(workspace.resources)],
    )


def given_of(spec: AlertRouteSpec) -> dict[str, Any]:
    """A route as the fields have it."""
    quiet = spec.quiet
    given: dict[str, Any] = {
        "title": spec.title,
        "description": spec.description,
        "order": str(spec.order),
        "enabled": spec.enabled,
        "stop": spec.stop,
        "signals": spec.signals,
        "min_severity": spec.min_severity,
        "min_amount": ", ".join(
            f"{code} {money_text(least)}" for code, least in spec.min_amount.items()
        ),
        "tag": spec.tag,
        "values": ", ".join(spec.values),
        "subjects": ", ".join(spec.subjects),
        "owner": spec.to.owner,
        "channels": spec.to.channels,
        "fallback": spec.to.fallback,
        "people": ", ".join(spec.to.people),
        "roles": spec.to.roles,
        "mail": spec.to.mail,
        "at_once": spec.at_once,
        "digest": spec.digest,
        "timezone": spec.timezone,
        "nights": quiet.nights if quiet else "",
        "weekends": quiet.weekends if quiet else False,
        "holidays": quiet.holidays if quiet else "",
        "unless": quiet.unless if quiet else "critical",
        "repeat_hours": str(spec.repeat_hours or ""),
        "repeat_most": str(spec.repeat_most),
    }
    return given | {"levels": [_level(spec.escalate, n) for n in range(LEVELS)]}


def _level(levels: Sequence[Escalation], number: int) -> dict[str, str]:
    if number >= len(levels):
        return {"hours": "", "channels": "", "people": "", "roles": ""}
    found = levels[number]
    return {
        "hours": str(found.after_hours),
        "channels": ", ".join(found.to.channels),
        "people": ", ".join(found.to.people),
        "roles": ", ".join(found.to.roles),
    }


def given_in(posted: Posted, before: AlertRouteSpec | None) -> dict[str, Any]:
    """What was filled in, as the fields have it."""

    def one(name: str) -> str:
        return next(iter(posted.get(name, ())), "").strip()

    names = ("title", "order", "min_severity", "min_amount", "tag", "values", "subjects", "people",
             "mail", "at_once", "digest", "timezone", "nights", "holidays", "unless",
             "repeat_hours", "repeat_most")  # fmt: skip
    return {
        **{name: one(name) for name in names},
        "description": before.description if before else "",
        **{name: bool(one(name)) for name in ("enabled", "stop", "owner", "weekends")},
        **{name: tuple(posted.get(name, ())) for name in
           ("signals", "channels", "fallback", "roles")},
        "levels": [
            {field: one(f"level{n}_{field}") for field in ("hours", "channels", "people", "roles")}
            for n in range(LEVELS)
        ],
    }  # fmt: skip


def spec_of(given: Mapping[str, Any], before: AlertRouteSpec | None) -> dict[str, Any]:
    """The spec that the fields say, to be checked like any other; what they have no room for is
    kept from before. ValueError for amounts that cannot be read and escalations without hours."""
    quiet = {
        "nights": given["nights"],
        "weekends": given["weekends"],
        "holidays": given["holidays"],
        "unless": given["unless"] or "critical",
    }
    spec: dict[str, Any] = {
        "title": given["title"],
        "description": given["description"],
        "enabled": given["enabled"],
        "stop": given["stop"],
        "order": given["order"] or 100,
        "signals": list(given["signals"]),
        "min_severity": given["min_severity"] or "info",
        "min_amount": _amounts(given["min_amount"]),
        "tag": given["tag"],
        "values": _listed(given["values"]),
        "subjects": _listed(given["subjects"]),
        "to": {
            "owner": given["owner"],
            "channels": list(given["channels"]),
            "fallback": list(given["fallback"]),
            "people": _listed(given["people"]),
            "roles": list(given["roles"]),
            "mail": given["mail"],
        },
        "at_once": given["at_once"] or "info",
        "digest": given["digest"],
        "timezone": given["timezone"] or "UTC",
        "repeat_most": given["repeat_most"] or 3,
        "escalate": _levels(given, before),
    }
    if given["repeat_hours"]:
        spec["repeat_hours"] = given["repeat_hours"]
    if quiet["nights"] or quiet["weekends"] or quiet["holidays"]:
        spec["quiet"] = quiet
    return spec


def _levels(given: Mapping[str, Any], before: AlertRouteSpec | None) -> list[dict[str, Any]]:
    known = before.escalate if before else ()
    found = []
    for number, level in enumerate(given["levels"]):
        if not level["hours"]:
            if level["channels"] or level["people"] or level["roles"]:
                raise ValueError(
                    f"escalation {number + 1} has no hours. Say after how many, or leave all of it "
                    "empty."
                )
            continue
        to = known[number].to.model_dump() if number < len(known) else {}
        named = {name: _listed(level[name]) for name in ("channels", "people", "roles")}
        to |= named
        if (named["people"] or named["roles"]) and not to.get("mail"):
            to["mail"] = given["mail"]
        found.append({"after_hours": level["hours"], "to": to})
    return [*found, *(one.model_dump() for one in known[LEVELS:])]


def _listed(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]


def _amounts(text: str) -> dict[str, str]:
    """Read ``EUR 500, USD 650.50``."""
    found = {}
    for part in _listed(text):
        code, _, amount = part.partition(" ")
        if not amount.strip():
            raise ValueError(
                f"{part!r} is no amount with its currency. Write EUR 500, and several by commas."
            )
        found[code.upper()] = amount.strip()
    return found
