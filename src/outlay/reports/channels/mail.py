"""Mail by SMTP, with the standard library.

Apprise can send mail, but not one body with a plain alternative, pictures by content id and files
besides, and it tells a refused address from a server that is away only in its log.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.errors import PermanentError, TemporaryError
from outlay.reports.model import ChannelSpec
from outlay.reports.render import mail
from outlay.sources.secrets import read_secret

KEY_HEADER = "X-Outlay-Delivery"
_TIMEOUT = 30
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_HTML = "text/html; charset=utf-8"


def send(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Send to the parcel's recipients, else the channel's."""
    recipients = parcel.recipients or channel.to
    if not recipients:
        raise PermanentError("nobody is to get it: the channel has no `to`, the report names none.")
    message = message_of(channel, parcel, recipients)
    password = read_secret(channel.password, "the mail password") if channel.password else ""
    try:
        with _connected(channel) as server:
            if channel.user:
                server.login(channel.user, password)
            sender = parseaddr(channel.sender)[1]
            refused = server.send_message(message, sender, list(recipients))
    except smtplib.SMTPRecipientsRefused as error:
        raise _all_refused(error, channel) from None
    except smtplib.SMTPAuthenticationError as error:
        raise PermanentError(
            f"{channel.server} refuses the login of {channel.user} ({error.smtp_code}). Check user "
            "and password of the channel."
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _response(error.smtp_code, error.smtp_error, channel) from None
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentError(
            f"{channel.server} does not offer what the channel asks for: {error}"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise PermanentError(
            f"the certificate of {channel.server} is not trusted: {error.verify_message}."
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise _away(channel, error) from None
    return _partly(refused, recipients, channel)


def message_of(channel: ChannelSpec, parcel: Parcel, recipients: tuple[str, ...]) -> EmailMessage:
    """The mail as it goes over the wire; the same delivery always has the same Message-ID."""
    files = [file for file in parcel.files if file.media != _HTML]
    body = mail.body(parcel.document, parcel.key, tuple(file.name for file in files))
    message = EmailMessage()
    message["Subject"] = parcel.subject
    message["From"] = channel.sender
    message["To"] = ", ".join(recipients)
    if channel.reply_to:
        message["Reply-To"] = channel.reply_to
    message["Date"] = format_datetime(datetime.now(UTC))
    domain = parseaddr(channel.sender)[1].rpartition("@")[2] or "outlay.invalid"
    message["Message-ID"] = f"<{parcel.key}@{domain}>"
    message[KEY_HEADER] = parcel.key
    message["Auto-Submitted"] = "auto-generated"
    if parcel.document.severity == "critical":
        message["Importance"] = "high"
    message.set_content(body.text)
    message.add_alternative(body.html, subtype="html")
    html = message.get_body(("html",))
    assert html is not None
    for name, picture in body.pictures.items():
        html.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline")
    for file in files:
        main, _, sub = file.media.partition(";")[0].partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _connected(channel: ChannelSpec) -> smtplib.SMTP:
    port = channel.port or _PORTS[channel.security]
    trusted = ssl.create_default_context()
    if channel.security == "tls":
        return smtplib.SMTP_SSL(channel.server, port, timeout=_TIMEOUT, context=trusted)
    server = smtplib.SMTP(channel.server, port, timeout=_TIMEOUT)
    if channel.security == "starttls":
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _partly(
    refused: dict[str, tuple[int, bytes]], recipients: tuple[str, ...], channel: ChannelSpec
) -> Delivered:
    """Those who were refused for now get it later; those refused for good are named."""
    later = tuple(name for name, (code, _) in refused.items() if code < 500)
    told = "; ".join(f"{name} was refused: {_words(*why)}" for name, why in refused.items())
    if later:
        raise TemporaryError(told, left=later)
    number = len(recipients) - len(refused)
    sent = f"{number} {'recipient' if number == 1 else 'recipients'} by {channel.server}"
    return Delivered(f"{sent}; {told}" if told else sent)


def _all_refused(error: smtplib.SMTPRecipientsRefused, channel: ChannelSpec) -> Exception:
    told = "; ".join(f"{name}: {_words(*why)}" for name, why in error.recipients.items())
    later = tuple(name for name, (code, _) in error.recipients.items() if code < 500)
    if later:
        return TemporaryError(f"{channel.server} takes no recipient now: {told}", left=later)
    return PermanentError(f"{channel.server} takes none of the recipients: {told}")


def _response(code: int, reason: bytes | str, channel: ChannelSpec) -> Exception:
    told = f"{channel.server} answers {_words(code, reason)}"
    return TemporaryError(told) if code < 500 else PermanentError(told)


def _away(channel: ChannelSpec, error: Exception) -> Exception:
    if isinstance(error, socket.gaierror):
        return TemporaryError(f"the host {channel.server!r} is not known now.")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return TemporaryError(f"{channel.server} cannot be reached: {reason}.")


def _words(code: int, reason: bytes | str) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f"{code} {' '.join(text.split())}"[:300]
