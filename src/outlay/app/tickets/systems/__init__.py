"""Ticket systems: each says how a ticket is found, opened, read, moved and commented there."""

from __future__ import annotations

from collections.abc import Callable

from outlay.app.tickets.model import TicketSystemSpec
from outlay.app.tickets.systems.contract import TicketApi
from outlay.sources.reach import Reach


def connect(spec: TicketSystemSpec, *, reach: Reach, shown: str) -> TicketApi:
    """The API of a system, signed in. SourceError where its secret is not there."""
    from outlay.app.tickets.systems import github, jira, servicenow, webhook

    made: dict[str, Callable[..., TicketApi]] = {
        "jira": jira.Jira,
        "github": github.GitHub,
        "servicenow": servicenow.ServiceNow,
        "webhook": webhook.Webhook,
    }
    return made[spec.type](spec, reach=reach, shown=shown)
