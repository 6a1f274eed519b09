"""Everything else that Apprise knows: Telegram, Matrix, ntfy, PagerDuty, Discord and a hundred
more, by its own addresses.

Apprise answers yes or no and writes the reason into its log; a no is taken as one for now, and
what it logs is told without the address, which holds secrets.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.channels.post import checked
from outlay.reports.errors import PermanentError, TemporaryError
from outlay.reports.model import ChannelSpec
from outlay.reports.render import mail
from outlay.sources.secrets import read_secret

_TYPES = {"info": "INFO", "warning": "WARNING", "critical": "FAILURE"}
_SHORTEST_SECRET = 4


def send(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Send title, text and files to one address."""
    import apprise

    url = read_secret(channel.url, "the address for Apprise")
    service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if service is None:
        raise PermanentError(
            "Apprise does not know this kind of address; see docs/reports.md for the forms."
        )
    name = str(getattr(service, "service_name", "") or "the service")
    _check_host(service, ways, name)
    html = service.notify_format == apprise.NotifyFormat.HTML
    body = mail.body(parcel.document).alone() if html else mail.text(parcel.document)
    with _files(parcel) as paths, _log() as lines:
        done = service.notify(
            body=body,
            title=parcel.subject,
            notify_type=apprise.NotifyType[_TYPES[parcel.document.severity]],
            body_format=apprise.NotifyFormat.HTML if html else apprise.NotifyFormat.TEXT,
            attach=apprise.AppriseAttachment(paths) if paths else None,
        )
    if not done:
        reason = _without(url, "; ".join(lines)) or "no reason given"
        raise TemporaryError(f"{name} did not take it: {reason[:300]}")
    return Delivered(f"{name} took it")


def _check_host(service: Any, ways: Ways, name: str) -> None:
    """Services at a host of one's own must not be in the server's own network, unless allowed."""
    host = str(getattr(service, "host", "") or "")
    if re.fullmatch(r"[A-Za-z0-9.:-]+", host) and (
        "." in host or ":" in host or host == "localhost"
    ):
        port = int(getattr(service, "port", 0) or 443)
        checked(host, port, reach=ways.reach, shown=name)


@contextmanager
def _files(parcel: Parcel) -> Iterator[list[Any]]:
    with tempfile.TemporaryDirectory(prefix="outlay-") as folder:
        paths: list[Any] = []
        for file in parcel.files:
            path = Path(folder) / Path(file.name).name
            path.write_bytes(file.content)
            paths.append(str(path))
        yield paths


@contextmanager
def _log() -> Iterator[list[str]]:
    """What Apprise warns of meanwhile; it does not go on to the server's own log."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, kept = logging.getLogger("apprise"), Kept(logging.WARNING)
    before = logger.propagate
    logger.addHandler(kept)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(kept)
        logger.propagate = before


def _without(url: str, text: str) -> str:
    """A text without any part of an address that may be secret."""
    parts = urlsplit(url)
    pieces = {url, parts.netloc, parts.username, parts.password, parts.query, parts.hostname}
    pieces |= set(re.split(r"[/?&=:@]", url))
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            text = text.replace(piece, "…").replace(unquote(piece), "…")
    return " ".join(text.split())
