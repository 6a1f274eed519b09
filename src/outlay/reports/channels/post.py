"""One HTTP POST to an address that a person gave, and what its answer means.

The name is resolved once and looked at by the rule of `outlay.sources.reach`, and the connection
goes to what was looked at. Redirects are not followed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from outlay.reports.errors import PermanentError, TemporaryError
from outlay.sources.reach import InnerAddressError, Reach, UnknownHostError, addresses

_CONNECT, _READ = 10.0, 60.0
_GONE = {404, 410}
_LATER = {408, 409, 423, 425, 429}
_LONGEST_REASON = 200


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reach: Reach,
    shown: str,
    secret: bool = True,
) -> int:
    """Send the body and give the status of success (200 to 299).

    `shown` names the receiver in messages. Where the address is `secret`, what the receiver answers
    is not told either: many repeat the address. TemporaryError
    where it may succeed later (the network, 5xx, 429 with its Retry-After), PermanentError for
    every other answer, and for an address that `reach` does not allow.
    """
    import urllib3

    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if parts.scheme not in ("http", "https") or not host:
        raise PermanentError(f"{_begun(shown)} has no https:// address.")
    port = parts.port or (443 if secure else 80)
    address = checked(host, port, reach=reach, shown=shown)
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=_CONNECT, read=_READ),
        "retries": False,
    }
    pool: urllib3.HTTPConnectionPool
    if secure:
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            server_hostname=host,
            assert_hostname=host,
            ca_certs=_trusted(),
            **options,
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port, **options)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = parts.netloc.rpartition("@")[2]
    try:
        with pool:
            answer = pool.urlopen(
                "POST",
                target,
                body=body,
                headers={"Host": named, "User-Agent": "outlay", **headers},
                redirect=False,
                preload_content=True,
            )
    except urllib3.exceptions.SSLError:
        raise PermanentError(
            f"The certificate of {shown} is not trusted or its TLS is broken."
        ) from None
    except urllib3.exceptions.HTTPError as error:
        raise TemporaryError(f"{_begun(shown)} cannot be reached: {_kind(error)}.") from None
    told = b"" if secret else answer.data
    return _judged(answer.status, answer.headers.get("Retry-After"), told, shown)


def _trusted() -> str:
    """Which authorities are trusted: those that the environment names, else the usual ones."""
    import certifi

    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return named or str(certifi.where())


def checked(host: str, port: int, *, reach: Reach, shown: str) -> str:
    """An address of the host that may be asked; see `post`."""
    try:
        return addresses(host, port, reach=reach, shown=shown)[0]
    except UnknownHostError as error:
        raise TemporaryError(str(error)) from None
    except InnerAddressError as error:
        raise PermanentError(str(error)) from None


def _judged(status: int, retry_after: str | None, data: bytes, shown: str) -> int:
    if 200 <= status < 300:
        return status
    told = f"{_begun(shown)} answers {status}{_reason(data)}."
    if status in _GONE:
        raise PermanentError(f"{told} It is gone: make a new one and change the channel.")
    if status >= 500 or status in _LATER:
        wait = int(retry_after) if retry_after and retry_after.isdigit() else None
        raise TemporaryError(told, wait)
    if 300 <= status < 400:
        raise PermanentError(f"{told} Redirects are not followed: give the final address.")
    raise PermanentError(told)


def _begun(shown: str) -> str:
    """The receiver at the beginning of a sentence."""
    return f"{shown[:1].upper()}{shown[1:]}"


def _reason(data: bytes) -> str:
    text = " ".join(data[:1000].decode("utf-8", "replace").split())
    plain = text and not text.startswith("<")
    return f" ({text[:_LONGEST_REASON]})" if plain else ""


def _kind(error: Exception) -> str:
    name = type(error).__name__.removesuffix("Error")
    return {
        "NewConnection": "no connection",
        "ConnectTimeout": "no answer in time",
        "ReadTimeout": "no answer in time",
        "Protocol": "the connection broke",
    }.get(name, name)
