"""Channels: one module for each way out. What fails says whether it may succeed later."""

from __future__ import annotations

import logging
from collections.abc import Callable

from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.errors import DeliveryError, PermanentError, TemporaryError
from outlay.reports.model import ChannelSpec
from outlay.sources.contract import SourceError

__all__ = ["Delivered", "Parcel", "Ways", "send"]

log = logging.getLogger("outlay.reports")

Sender = Callable[[ChannelSpec, Parcel, Ways], Delivered]


def send(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Send one parcel by a channel.

    Raises TemporaryError where another attempt may succeed, PermanentError where it will not; the
    messages name no secret.
    """
    if not channel.enabled:
        raise PermanentError("the channel is turned off.")
    try:
        return _sender(channel.type)(channel, parcel, ways)
    except DeliveryError:
        raise
    except SourceError as error:  # a secret that is not where it should be
        raise PermanentError(f"{str(error).rstrip('.')}.") from None
    except Exception as error:
        # Only its kind is told and logged: its text may hold an address, which may hold a secret.
        log.error("sending by a channel of type %s failed: %s", channel.type, type(error).__name__)
        raise TemporaryError(f"the channel failed unexpectedly ({type(error).__name__}).") from None


def _sender(kind: str) -> Sender:
    from outlay.reports.channels import apprised, chat, mail, pagerduty, places, webhook

    return {
        "mail": mail.send,
        "slack": chat.send_slack,
        "teams": chat.send_teams,
        "pagerduty": pagerduty.send,
        "webhook": webhook.send,
        "s3": places.send_s3,
        "file": places.send_folder,
        "apprise-url": apprised.send,
    }[kind]
