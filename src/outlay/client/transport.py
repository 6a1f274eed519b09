"""One connection to a server: the token, retries, problems as errors, bodies as data."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from outlay.client.errors import UnreachableError, problem_error
from outlay.client.typing import typed

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    import requests

PREFIX = "/api/v1"
_AGAIN = frozenset({429, 502, 503})
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
ARROW = "application/vnd.apache.arrow.stream"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CONNECT_SECONDS = 10.0
_PIECE_BYTES = 1 << 20
_LONGEST_WAIT_SECONDS = 60.0

Params = Mapping[str, Any]


class Transport:
    """Requests to one server. Safe to use from one thread at a time; close it when done.

    `url` is the server's address (``https://outlay.example.com``), `token` an API token, sent as
    ``Authorization: Bearer``. Idempotent requests (GET, PUT, DELETE) are sent again up to
    `retries` times after 429, 502, 503 and broken connections, waiting as `Retry-After` says.
    """

    def __init__(
        self, url: str, token: str = "", *, timeout: float = 600.0, retries: int = 3
    ) -> None:
        self.url = _address(url)
        self.timeout = timeout
        self.retries = retries
        self._token = token
        self._session: requests.Session | None = None

    def close(self) -> None:
        """Release the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def json(self, method: str, path: str, params: Params | None = None, **more: Any) -> Any:
        """The JSON body of an answer; None where there is none (204)."""
        return self._json(self.send(method, path, params, **more))

    def _json(self, response: requests.Response) -> Any:
        if response.status_code == 204 or not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise self._no_outlay(response) from None

    def shaped(
        self, shape: str, method: str, path: str, params: Params | None = None, **more: Any
    ) -> Any:
        """The JSON body in its shape: numbers are Decimals, moments and days are theirs."""
        return typed(shape, self.json(method, path, params, **more))

    def pages(
        self, shape: str, path: str, params: Params | None = None, *, items: str = ""
    ) -> Iterator[Any]:
        """The items of a list, page by page; `items` is where they stand in a body."""
        address, given = path, params
        while address:
            response = self.send("GET", address, given)
            found = typed(shape, self._json(response))
            yield from found[items] if items else found
            following = response.links.get("next", {}).get("url", "")
            address, given = (f"{self._root()}{following}" if following else ""), None

    def table(self, path: str, params: Params | None = None) -> pa.Table:
        """A whole answer as an Arrow table, decimals exact."""
        import pyarrow as pa

        with self.send("GET", path, params, headers={"Accept": ARROW}, stream=True) as response:
            response.raw.decode_content = True
            return pa.ipc.open_stream(response.raw).read_all()

    @staticmethod
    def either(body: Mapping[str, Any] | str, media: str) -> dict[str, Any]:
        """How a body is sent that may be JSON data or text of a media type."""
        if isinstance(body, str):
            return {"data": body, "headers": {"Content-Type": media}}
        return {"body": body}

    def content(
        self, method: str, path: str, params: Params | None = None, **more: Any
    ) -> tuple[bytes, str]:
        """The body of an answer as it is, and its media type."""
        response = self.send(method, path, params, **more)
        media = response.headers.get("content-type", "").partition(";")[0]
        return response.content, media

    def download(self, path: str, params: Params | None, target: Path) -> None:
        """Write the body of a GET into a file, piece by piece."""
        with self.send("GET", path, params, stream=True) as response, target.open("wb") as file:
            for piece in response.iter_content(_PIECE_BYTES):
                file.write(piece)

    def send(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: Any = None,
        data: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """One request below ``/api/v1``; `path` has its parts already quoted.

        `body` is sent as JSON, `data` as it is. Raises ProblemError for an answer of 400 and more,
        UnreachableError where nothing answers.
        """
        import requests

        again = method in _IDEMPOTENT if idempotent is None else idempotent
        url = path if "://" in path else f"{self.url}{PREFIX}{path}"
        tries = self.retries if again else 0
        while True:
            try:
                response = self._opened().request(
                    method,
                    url,
                    params=_sent(params or {}),
                    json=body,
                    data=data.encode() if isinstance(data, str) else data,
                    headers=dict(headers or {}),
                    timeout=(_CONNECT_SECONDS, self.timeout),
                    allow_redirects=False,
                    stream=stream,
                )
            except requests.RequestException as error:
                if tries <= 0 or isinstance(error, requests.exceptions.SSLError):
                    raise UnreachableError(
                        f"{self.url} does not answer: {_reason(error)}. Is the server running, "
                        "and is this its address?"
                    ) from None
                wait = _backoff(self.retries - tries, None)
            else:
                if response.status_code < 400:
                    return self._checked(response)
                if response.status_code not in _AGAIN or tries <= 0:
                    raise self._problem(response)
                wait = _backoff(self.retries - tries, response.headers.get("Retry-After"))
            tries -= 1
            time.sleep(wait)

    def _root(self) -> str:
        """Scheme and host: links of the server begin below them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _opened(self) -> requests.Session:
        if self._session is None:
            import requests

            session = requests.Session()
            # Proxies of the environment are for other machines.
            session.trust_env = urlsplit(self.url).hostname not in _LOOPBACK
            session.headers["Accept-Encoding"] = "gzip"
            # As `auth`, since requests would let a .netrc replace the header.
            session.auth = self._authorised
            self._session = session
        return self._session

    def _authorised(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _checked(self, response: requests.Response) -> requests.Response:
        if 300 <= response.status_code < 400 and response.status_code != 304:
            raise self._no_outlay(response)
        return response

    def _problem(self, response: requests.Response) -> Exception:
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or "status" not in body:
            return self._no_outlay(response)
        return problem_error(response.status_code, body)

    def _no_outlay(self, response: requests.Response) -> UnreachableError:
        error = UnreachableError(
            f"what answers at {self.url} is no Outlay server (HTTP {response.status_code}, "
            f"{response.headers.get('content-type') or 'no content type'}). Check the address."
        )
        error.retryable = response.status_code >= 500
        return error


def given_headers(found: Mapping[str, Any]) -> dict[str, str]:
    """The headers that have a value."""
    return {name: str(value) for name, value in found.items() if value is not None}


def part(value: object) -> str:
    """A part of a path, quoted."""
    return quote(str(value), safe="")


def _address(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnreachableError(
            f"{url!r} is no address of a server. Write it as https://outlay.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(PREFIX)}"


def _sent(params: Params) -> list[tuple[str, str]]:
    """Parameters as text: None is left out, true and false are words, lists repeat."""
    found: list[tuple[str, str]] = []
    for name, value in params.items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        for one in values:
            if one is not None:
                found.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return found


def _backoff(attempt: int, retry_after: str | None) -> float:
    """Seconds to wait: as the server says, else 0.5, 1, 2 … with a jitter."""
    if retry_after and retry_after.isdecimal():
        return min(float(retry_after), _LONGEST_WAIT_SECONDS)
    return float(0.5 * 2**attempt * (1 + random.random() / 4))


def _reason(error: Exception) -> str:
    """The innermost reason, in words."""
    found: BaseException = error
    while found.__cause__ or found.__context__:
        found = found.__cause__ or found.__context__  # type: ignore[assignment]
    text = getattr(found, "strerror", None) or str(found)
    return str(text).rstrip(".")
