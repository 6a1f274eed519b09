"""One account by Snowflake's connector: log in, ask, and get every value as exact text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from outlay.sources.contract import RetryableTransportError, SourceError, TransportError
from outlay.sources.reach import check_url

_NOT_THERE = 2003  # the object does not exist, or the role may not see it
_SECONDS = 120


@dataclass(frozen=True)
class Place:
    """An account and, where it is not Snowflake's own address, the host that answers for it."""

    account: str
    host: str | None = None
    port: int | None = None

    @property
    def name(self) -> str:
        """Its name or locator: `PROD` of `ACME-PROD`, `xy12345` of `xy12345.eu-west-1`."""
        bare = self.account.split(".")[0]
        return bare.partition("-")[2] or bare

    def other(self, account: str) -> "Place":
        """Another account at the same host."""
        return Place(account, self.host, self.port)


def place_of(location: str) -> Place:
    """`snowflake://ACCOUNT`, with `?host=HOST` for a private link or a tunnel.

    Raises SourceError when it names no account or holds what belongs into the options.
    """
    parts = urlsplit(location)
    query = parse_qs(parts.query)
    if not parts.netloc or "@" in parts.netloc or parts.path.strip("/") or set(query) - {"host"}:
        raise SourceError(
            "the location names no Snowflake account; expected snowflake://ORGANIZATION-ACCOUNT "
            "(or snowflake://LOCATOR.REGION), user, role and secrets in the options"
        )
    host, _, port = query.get("host", [""])[0].partition(":")
    if port and not port.isdigit():
        raise SourceError(f"{port!r} is no port; expected ?host=HOST or ?host=HOST:PORT")
    return Place(parts.netloc, host or None, int(port) if port else None)


class MissingViewError(TransportError):
    """A view does not exist, or the role may not read it."""


class Account:
    """A session with an account, in UTC. Use as a context manager.

    `login` are the connector's arguments for user and secret; they are never shown. Raises
    TransportError when it cannot log in.
    """

    def __init__(self, place: Place, login: Mapping[str, Any]) -> None:
        import snowflake.connector as driver

        driver.paramstyle = "qmark"
        self._errors = driver.errors
        address: dict[str, Any] = {}
        if place.host:
            check_url(f"https://{place.host}", f"the host of {place.account}")
            # A loopback address is a tunnel of one's own: what comes behind it is encrypted.
            loopback = place.host in ("127.0.0.1", "localhost")
            address = {"host": place.host, "protocol": "http" if loopback else "https"}
            address |= {"port": place.port} if place.port else {}
        try:
            self._connection = driver.connect(
                account=place.account,
                paramstyle="qmark",
                login_timeout=_SECONDS,
                network_timeout=_SECONDS,
                # Days are those of the session's time zone: without this they would move.
                session_parameters={"TIMEZONE": "UTC", "CLIENT_TELEMETRY_ENABLED": False},
                **address,
                **login,
            )
        except self._errors.Error as error:
            raise TransportError(
                f"cannot log in to {place.account}: {_words(error)}. Check account, user, role and "
                "the secret (options user, role, private_key or token)."
            ) from None
        self._place = place

    def __enter__(self) -> "Account":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def columns(self, view: str) -> list[str]:
        """The columns that a view has. Raises MissingViewError when it cannot be read."""
        return [name for name, *_ in self._run(view, f"SELECT * FROM {view} LIMIT 0").description]

    def rows(
        self, what: str, sql: str, parameters: tuple[object, ...] = ()
    ) -> Iterator[dict[str, str | None]]:
        """The rows of a SELECT, columns in lower case, values as exact text.

        `what` is the view, for messages. Raises MissingViewError, TransportError.
        """
        cursor = self._run(what, sql, parameters)
        names = [name.lower() for name, *_ in cursor.description]
        try:
            for row in cursor:
                yield {name: exact(value) for name, value in zip(names, row, strict=True)}
        except self._errors.Error as error:
            raise self._failed(what, error) from None

    def _run(self, what: str, sql: str, parameters: tuple[object, ...] = ()) -> Any:
        cursor = self._connection.cursor()
        try:
            return cursor.execute(sql, parameters or None)
        except self._errors.Error as error:
            raise self._failed(what, error) from None

    def _failed(self, what: str, error: Any) -> TransportError:
        said = f"{self._place.account} cannot read {what}: {_words(error)}"
        if getattr(error, "errno", None) == _NOT_THERE:
            return MissingViewError(
                f"{said}. The role needs the database roles of the SNOWFLAKE database that "
                "docs/sources/snowflake.md names."
            )
        if isinstance(error, self._errors.OperationalError):
            return RetryableTransportError(f"{said}. Try again later.")
        return TransportError(f"{said}.")


def exact(value: object) -> str | None:
    """A value as text that loses nothing: numbers in full, times in ISO 8601 and UTC."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _words(error: Exception) -> str:
    """The connector's words in one line, at most 300 characters."""
    return " ".join(str(error).split())[:300]
