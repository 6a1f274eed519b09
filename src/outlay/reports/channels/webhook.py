"""A webhook: the document as JSON, signed, to any address.

The header `X-Outlay-Signature: t=SECONDS,v1=HEX` has the HMAC-SHA-256 of `SECONDS.BODY` under the
channel's secret. The receiver works it out again, compares, and refuses what is older than a few
minutes. `Idempotency-Key` is the same at every attempt of one delivery.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlsplit

import orjson

from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.channels.post import post
from outlay.reports.errors import PermanentError
from outlay.reports.model import ChannelSpec
from outlay.reports.render.plain import to_json
from outlay.sources.secrets import read_secret

SIGNATURE = "X-Outlay-Signature"
_MOST_BYTES = 20 << 20


def send(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Post the document; with `files`, the report's files in base 64 too."""
    kept = not channel.url.startswith(("https://", "http://"))
    url = read_secret(channel.url, "the webhook's address") if kept else channel.url
    body = orjson.dumps(payload(parcel, files=channel.files))
    if len(body) > _MOST_BYTES:
        raise PermanentError(
            f"the message has {len(body) >> 20} MiB; webhooks take {_MOST_BYTES >> 20} at most. "
            "Leave the files out, or send by s3."
        )
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": parcel.key,
        "X-Outlay-Delivery": parcel.key,
    }
    if channel.secret:
        secret = read_secret(channel.secret, "the webhook's signing secret")
        headers[SIGNATURE] = signature(secret, body, int(time.time()))
    shown = "the webhook" if kept else f"the webhook at {urlsplit(url).hostname}"
    status = post(url, body, headers, reach=ways.reach, shown=shown, secret=kept)
    return Delivered(f"{shown} answers {status}")


def payload(parcel: Parcel, *, files: bool) -> dict[str, Any]:
    """What is posted."""
    found: dict[str, Any] = {
        "id": parcel.key,
        "type": "report" if parcel.report else "notice",
        "report": parcel.report,
        "test": parcel.test,
        "due_at": parcel.due_at.isoformat(timespec="seconds") + "Z",
        "subject": parcel.subject,
        "document": to_json(parcel.document),
    }
    if files:
        found["files"] = [
            {
                "name": file.name,
                "media_type": file.media,
                "content": base64.b64encode(file.content).decode(),
            }
            for file in parcel.files
        ]
    return found


def signature(secret: str, body: bytes, seconds: int) -> str:
    """The value of the signature's header."""
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
