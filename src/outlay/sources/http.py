"""Asking an HTTPS API: retried with back-off, patient with rate limits, silent about secrets."""

import email.utils
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from outlay.sources.contract import Progress, RetryableTransportError, TransportError
from outlay.sources.reach import adapter, current

Parameters = Mapping[str, Any]

_ATTEMPTS = 8
_TIMEOUT = (10, 120)  # seconds to connect, seconds between bytes
_LONGEST_WAIT = 120.0
_TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_HIDDEN = "[hidden]"
_SECRET_LENGTH = 8  # from here on a header's word may be a secret
_OPEN = {"accept", "content-type", "user-agent", "anthropic-version", "anthropic-beta"}


class RefusedError(TransportError):
    """The API answered, and its answer will not change by itself; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _LaterError(RetryableTransportError):
    """Worth another attempt; `wait` in seconds when the server named it."""

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


class Api:
    """One API: base address and headers. `headers` may hold secrets; they are never shown.

    `hint` says in a refusal (401, 403) what to check. `sleep` waits (tests give their own).
    It goes as far as `outlay.sources.reach.current` allows where it is made. Use as a context
    manager, or close it.
    """

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        *,
        hint: str,
        progress: Progress | None = None,
        sleep: Callable[[float], None] = time.sleep,
        attempts: int = _ATTEMPTS,
    ) -> None:
        self.base = base.rstrip("/")
        self._hint = hint
        self._progress = progress
        self._sleep = sleep
        self._attempts = attempts
        self._session = requests.Session()
        guarded = adapter(current())
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, guarded)
        self._session.headers.update({"Accept": "application/json", **headers})
        self._secrets = _secrets(headers)
        # A proxy is used when the environment names one; credentials in ~/.netrc are not.
        self._session.auth = _as_given

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, parameters: Parameters | None = None) -> bytes:
        """The body of GET `path` below the base.

        Tries again on a broken connection, 429 and 5xx, waiting as long as the server says (at
        most two minutes a time) or ever longer. Raises RetryableTransportError when it gives up,
        RefusedError for a refusal, InnerAddressError for an address that is not public and not
        allowed, TransportError for what else will not change by itself.
        """
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: object, parameters: Parameters | None = None) -> bytes:
        """The body of the answer to POST with a JSON body; retried as `get`: for questions only."""
        return self._ask("POST", path, parameters, body)

    def _ask(self, method: str, path: str, parameters: Parameters | None, body: object) -> bytes:
        url = path if "://" in path else f"{self.base}/{path.lstrip('/')}"
        retrying = Retrying(
            retry=retry_if_exception_type(_LaterError),
            wait=_wait,
            stop=stop_after_attempt(self._attempts),
            sleep=self._sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        return retrying(self._once, method, url, parameters, body)

    def _once(self, method: str, url: str, parameters: Parameters | None, body: object) -> bytes:
        where = self._hidden(f"{method} {_shown(url)}")
        try:
            answer = self._session.request(
                method, url, params=parameters, json=body, timeout=_TIMEOUT, allow_redirects=False
            )
        except _BROKEN as error:
            # requests repeats the address, which may carry a key as a parameter.
            raise _LaterError(f"{where}: {type(error).__name__}, no whole answer", None) from None
        except UnicodeError:
            raise TransportError(
                f"{where}: a header has characters that HTTP cannot carry; check the secret: it "
                "is likely to have been copied with something around it"
            ) from None
        except (requests.RequestException, ValueError) as error:
            raise TransportError(
                f"{where}: {type(error).__name__}; check the location and the secret"
            ) from None
        if answer.ok and not answer.is_redirect:
            return answer.content
        reason = f"{where}: {answer.status_code} {self._hidden(_reason(answer))}"
        if answer.status_code in _TRANSIENT:
            raise _LaterError(reason, _named_wait(answer.headers))
        if answer.status_code in {401, 403}:
            raise RefusedError(f"{reason}. {self._hint}", answer.status_code)
        raise RefusedError(
            f"{reason}. Check the location and the options of the source.", answer.status_code
        )

    def _hidden(self, text: str) -> str:
        """A text of the server, which may repeat what it was sent, without our secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def _tell(self, state: RetryCallState) -> None:
        if self._progress and state.outcome is not None and state.next_action is not None:
            error = state.outcome.exception()
            wait = state.next_action.sleep
            self._progress(f"waiting {wait:.0f} s ({error})", state.attempt_number, self._attempts)


# A connection that broke before or inside an answer, or never came about.
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


def _secrets(headers: Mapping[str, str]) -> list[str]:
    """The words of header values that may be secret, longest first."""
    found = {
        word
        for name, value in headers.items()
        if name.lower() not in _OPEN
        for word in str(value).split()
    }
    return sorted((word for word in found if len(word) >= _SECRET_LENGTH), key=len, reverse=True)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _wait(state: RetryCallState) -> float:
    """What the server asked for, else 1, 2, 4 … seconds, at most two minutes.

    A server that asks for no wait at all, again and again, is not asked eight times in a moment.
    """
    error = state.outcome.exception() if state.outcome else None
    named = error.wait if isinstance(error, _LaterError) else None
    if named is not None and named > 0:
        return min(named, _LONGEST_WAIT)
    return min(2.0 ** (state.attempt_number - 1), _LONGEST_WAIT)


def _named_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the answer asks to wait: Retry-After in seconds or as a date, RFC 9110."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return int(Decimal(text) * 1000) / 1000
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date with the zone -0000 comes without one.
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - datetime.now(UTC)).total_seconds()


def _shown(url: str) -> str:
    """The address without user, parameters and fragment: any of them may hold a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _reason(answer: requests.Response) -> str:
    """What the server says, in one line of at most 300 characters."""
    text = answer.text
    try:
        data = answer.json()
        error = data.get("error", data) if isinstance(data, dict) else data
        text = error.get("message", text) if isinstance(error, dict) else str(error)
    except ValueError:
        pass
    return " ".join(str(text or answer.reason).split())[:300]
