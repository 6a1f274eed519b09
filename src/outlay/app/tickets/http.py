"""Asking a ticket system: JSON in, JSON out, to an address that was looked at.

As `outlay.reports.channels.post`, whose guard against addresses of the own network it uses: the
name is resolved once, and the connection goes to what was checked. Redirects are not followed.
"""

from __future__ import annotations

import email.utils
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from outlay.app.tickets.errors import BusyError, DeniedError, GoneError, RefusedError
from outlay.reports.channels.post import checked
from outlay.reports.errors import PermanentError, TemporaryError
from outlay.sources.reach import Reach

_CONNECT, _READ = 10.0, 30.0
_MOST = 8 << 20
_LATER = {408, 409, 423, 425, 429, 502, 503, 504}
_LONGEST_REASON = 300
_HOUR = 3600
_LIMITED = 60
"""GitHub's secondary limits may not say how long: a minute at least, says its reference."""
_LIMIT = re.compile(r"(?i)rate limit")
_NEXT = re.compile(r"""[;\s]rel\s*=\s*["']?[^"',;]*\bnext\b""")


@dataclass(frozen=True)
class Answer:
    """What was answered: status, JSON (None for none) and headers. 304 says that nothing changed
    since the answer whose ETag was sent."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_next(self) -> bool | None:
        """Whether its Link header names a next page (RFC 8288); None where it has none."""
        link = self.headers.get("Link")
        return None if not link else bool(_NEXT.search(link))


class Client:
    """One ticket system: `base` its address, `headers` what signs in (never shown), `shown` its
    name in messages. `reach` says how far it may go; with
    `quiet` nothing of what it answers is told."""

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        *,
        reach: Reach,
        shown: str,
        quiet: bool = False,
    ) -> None:
        self.base = base.rstrip("/")
        self.shown = shown
        self._quiet = quiet
        self._headers = dict(headers)
        self._reach = reach
        self._secrets = [
            word for value in headers.values() for word in value.split() if len(word) > 8
        ]

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON of GET; errors as `ask`."""
        return self.ask("GET", path, parameters=parameters).data

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        parameters: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """One request. BusyError where it may work later (network, rate limit, 5xx), GoneError for
        404 and 410, DeniedError for 401 and 403, RefusedError for every other refusal."""
        import urllib3

        parts = urlsplit(self.base)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        try:
            address = checked(host, port, reach=self._reach, shown=self.shown)
        except TemporaryError as error:
            raise BusyError(str(error), error.wait) from None
        except PermanentError as error:
            raise RefusedError(str(error)) from None
        sent = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        target = parts.path + path + (f"?{urlencode(parameters)}" if parameters else "")
        pool = self._pool(urllib3, secure, address, host, port)
        try:
            with pool:
                answer = pool.urlopen(
                    method,
                    target,
                    body=sent,
                    headers=self._sent(parts.netloc, sent is not None, headers),
                    redirect=False,
                    preload_content=False,
                )
                content = answer.read(_MOST + 1)
                answer.release_conn()
        except urllib3.exceptions.SSLError:
            raise RefusedError(f"the certificate of {self.shown} is not trusted") from None
        except urllib3.exceptions.HTTPError as error:
            raise BusyError(f"{self.shown} cannot be reached: {type(error).__name__}") from None
        except ValueError:
            # Its words repeat the header, and with it the secret.
            raise RefusedError(
                f"{self.shown} cannot be asked: a header has characters that HTTP cannot carry; "
                "check the secret: it is likely to have been copied with something around it"
            ) from None
        return self._judged(answer.status, answer.headers, content)

    def _pool(self, urllib3: Any, secure: bool, address: str, host: str, port: int) -> Any:
        options: dict[str, Any] = {
            "timeout": urllib3.Timeout(connect=_CONNECT, read=_READ),
            "retries": False,
        }
        if not secure:
            return urllib3.HTTPConnectionPool(address, port, **options)
        import certifi

        trusted = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
        return urllib3.HTTPSConnectionPool(
            address, port, server_hostname=host, assert_hostname=host,
            ca_certs=trusted or certifi.where(), **options,
        )  # fmt: skip

    def _sent(self, netloc: str, has_body: bool, more: Mapping[str, str] | None) -> dict[str, str]:
        found = {
            "Host": netloc.rpartition("@")[2],
            "User-Agent": "outlay",
            "Accept": "application/json",
            **self._headers,
            **(more or {}),
        }
        if has_body:
            found["Content-Type"] = "application/json"
        return found

    def _judged(self, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
        if len(content) > _MOST:
            raise RefusedError(f"{self.shown} answers with more than {_MOST >> 20} MiB")
        data = _json(content)
        if status == 304:
            return Answer(status, None, headers)
        if 200 <= status < 300:
            if content.strip() and data is None:
                raise RefusedError(f"{self.shown} answers no JSON: check its address")
            return Answer(status, data, headers)
        told = f"{self.shown} answers {status}{self._reason(data)}"
        wait = wait_of(status, headers)
        if wait is None and status == 403 and _LIMIT.search(_words(data)):
            wait = _LIMITED
        if status in _LATER or status >= 500 or wait is not None:
            raise BusyError(told, wait)
        if status in (404, 410):
            raise GoneError(told)
        if status in (301, 302, 307, 308):
            raise RefusedError(f"{told}: it was moved, and redirects are not followed")
        if status in (401, 403):
            raise DeniedError(
                f"{told}. Check the user, the token and what it may do.", signed_out=status == 401
            )
        raise RefusedError(told)

    def _reason(self, data: Any) -> str:
        """What the system says, in one line without our secrets."""
        if self._quiet:
            return ""
        found = _words(data)
        for secret in self._secrets:
            found = found.replace(secret, "[hidden]")
        found = " ".join(found.split())[:_LONGEST_REASON]
        return f" ({found})" if found else ""


def wait_of(status: int, headers: Mapping[str, str]) -> int | None:
    """Seconds that a refusal asks to wait: Retry-After, or GitHub's limit that is used up until a
    moment; None where it is no matter of waiting."""
    after = (headers.get("Retry-After", "") or "").strip()
    if after and status in (403, 429, 503):
        seconds = int(after) if after.isdigit() else _until(after)
        if seconds is not None:
            return min(max(seconds, 1), _HOUR)
    reset = headers.get("X-RateLimit-Reset", "") or ""
    used_up = (headers.get("X-RateLimit-Remaining", "") or "") == "0"
    if status in (403, 429) and used_up and reset.isdigit():
        return min(max(int(reset) - int(time.time()), 1), _HOUR)
    return None


def _until(date: str) -> int | None:
    """Seconds until a date of HTTP (RFC 9110); None for what is none."""
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((zoned - datetime.now(UTC)).total_seconds())


def path_part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content.strip() else None
    except ValueError:
        return None


def _words(data: Any) -> str:
    """The message of an error of Jira, GitHub or ServiceNow."""
    if not isinstance(data, dict):
        return ""
    said = [str(one) for one in data.get("errorMessages") or ()]
    errors = data.get("errors")
    if isinstance(errors, dict):
        said += [f"{key}: {value}" for key, value in errors.items()]
    if isinstance(data.get("message"), str):
        said.append(data["message"])
    error = data.get("error")
    if isinstance(error, dict):
        said += [str(error.get(key)) for key in ("message", "detail") if error.get(key)]
    return "; ".join(said)
