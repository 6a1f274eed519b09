"""What must hold between routes, contacts and the channels of mail that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outlay.alerts.model import ALERT_ROUTE, CONTACT, AlertRouteSpec, ContactSpec
from outlay.reports.model import CHANNEL, ChannelSpec
from outlay.resources import ResourceError
from outlay.resources.store import Prospect


def check_mail(prospect: Prospect) -> None:
    """Refuse a change after which `mail` would name no channel of mail, or one that does not
    permit the addresses of a contact. ResourceError says which and what to do."""
    channels = prospect.specs(CHANNEL.name)
    for title, name, addresses in _mails(prospect):
        found = channels.get(name)
        if not isinstance(found, ChannelSpec):
            continue  # that it must be there is asked for every reference
        if found.type != "mail":
            raise ResourceError(
                f"{title} sends mail by the channel {name!r}, which is of type {found.type}. Name "
                "a channel of type mail."
            )
        refused = [one for one in addresses if not found.permits(one)]
        if refused:
            raise ResourceError(
                f"{title} names {refused[0]!r}, which the channel {name!r} does not permit. Its "
                "`allow` says which addresses may get mail by it."
            )


def _mails(prospect: Prospect) -> Iterator[tuple[str, str, Sequence[str]]]:
    for name, spec in prospect.specs(ALERT_ROUTE.name).items():
        assert isinstance(spec, AlertRouteSpec)
        for aim in (spec.to, *(one.to for one in spec.escalate)):
            if aim.mail:
                yield f"the alert route {name!r}", aim.mail, ()
    for name, spec in prospect.specs(CONTACT.name).items():
        assert isinstance(spec, ContactSpec)
        if spec.mail:
            yield f"the contact {name!r}", spec.mail, spec.addresses
