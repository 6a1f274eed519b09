"""Months of the usage views, landed as JSON lines; a killed run goes on where it stopped."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from outlay.money import BillingPeriod
from outlay.sources.collecting import Spool, wanted_periods
from outlay.sources.contract import Progress, SourceError
from outlay.sources.documents import encode
from outlay.sources.secrets import read_secret
from outlay.sources.snowflake.connector import Account, MissingViewError, Place, place_of
from outlay.sources.snowflake.views import ATTRIBUTION, BILL, BY_NAME, QUERIES, RATES, View

if TYPE_CHECKING:
    from outlay.sources.snowflake.source import SnowflakeOptions

PAGE_ROWS = 50_000
_MONTHS_BACK = 13
# The view is late by up to three days, and a month's days change until it is closed, in the
# first days of the next: after this time it is final.
_SETTLE = timedelta(days=10)
_LONGEST_QUERY = timedelta(days=7)

_ORGANIZATION = tuple(v for v in BY_NAME.values() if v.schema == "ORGANIZATION_USAGE")
# Roles come with the queries: QUERY_HISTORY itself, with its texts, is not collected.
_DETAILS = tuple(
    view for view in BY_NAME.values() if view.schema == "ACCOUNT_USAGE" and view.name != QUERIES
)


def collect(
    location: str,
    options: "SnowflakeOptions",
    into: Path,
    *,
    periods: Collection[BillingPeriod] | None,
    now: datetime,
    progress: Progress | None,
) -> None:
    """Collect the months asked for, or those that may have changed since they were collected.

    Raises SourceError when an option is missing, TransportError when the account does not answer.
    """
    place = place_of(location)
    login = _login(options)
    accounts = () if options.detail == "none" else (place.account, *options.accounts)
    first = BillingPeriod.parse(options.since) if options.since else _back(now)
    spool = Spool(into)
    asked = None if periods is None else frozenset(periods)
    with Account(place, login) as bill:
        months = _months(bill, min(asked) if asked else first)
        todo = [
            period
            for period in wanted_periods(min(months, default=first), now, spool.collected(), asked)
            if period in months
        ]
        for done, period in enumerate(todo):
            if progress:
                progress(f"collecting {period}", done, len(todo))
            _Month(spool, place, accounts, login, period, progress).run(bill, now)


def _login(options: "SnowflakeOptions") -> dict[str, Any]:
    """The connector's arguments for user and secret."""
    if not options.user or bool(options.private_key) == bool(options.token):
        raise SourceError(
            "Snowflake is asked as a user with a secret: the option user is needed, and either "
            "private_key or token, which name where the secret is kept (env:NAME, file:PATH, "
            "keyring:SERVICE/USER)"
        )
    login: dict[str, Any] = {"user": options.user}
    login |= {"role": options.role} if options.role else {}
    login |= {"warehouse": options.warehouse} if options.warehouse else {}
    if options.token:
        token = read_secret(options.token, "the Snowflake access token")
        return login | {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": token}
    assert options.private_key is not None
    text = read_secret(options.private_key, "the Snowflake private key")
    phrase = None
    if options.private_key_passphrase:
        phrase = read_secret(
            options.private_key_passphrase, "the passphrase of the Snowflake private key"
        ).encode()
    try:
        key = load_pem_private_key(text.encode(), phrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The reason may repeat parts of the key.
        raise SourceError(
            f"the Snowflake private key at {options.private_key} cannot be read: expected a PEM "
            "key (-----BEGIN PRIVATE KEY-----), and its passphrase in private_key_passphrase "
            "where it is encrypted"
        ) from None
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return login | {"private_key": plain}


def _back(now: datetime) -> BillingPeriod:
    """The month 13 months before that of `now`."""
    index = now.year * 12 + now.month - 1 - _MONTHS_BACK
    return BillingPeriod(index // 12, index % 12 + 1)


def _months(bill: Account, first: BillingPeriod) -> set[BillingPeriod]:
    """The months that the bill has."""
    view = BY_NAME[BILL].full_name
    rows = bill.rows(
        view,
        f"SELECT DISTINCT YEAR(USAGE_DATE) AS Y, MONTH(USAGE_DATE) AS M FROM {view} "
        f"WHERE USAGE_DATE >= '{first.start}'",
    )
    return {BillingPeriod(int(row["y"] or 0), int(row["m"] or 0)) for row in rows}


class _Month:
    """One month's collection: the organization's views, then each account's."""

    def __init__(
        self,
        spool: Spool,
        place: Place,
        accounts: Sequence[str],
        login: dict[str, Any],
        period: BillingPeriod,
        progress: Progress | None,
    ) -> None:
        self._place, self._accounts, self._login = place, accounts, login
        self._period, self._progress = period, progress
        key = {"account": place.account, "accounts": list(accounts)}
        self._collection = spool.begin(period, key)
        self._missing: list[str] = []

    def run(self, bill: Account, now: datetime) -> None:
        """Land all views of the month and let them appear."""
        for view in _ORGANIZATION:
            self._view(bill, view, view.name)
        for account in self._accounts:
            if account == self._place.account:
                self._details(bill, self._place)
            else:
                place = self._place.other(account)
                with Account(place, self._login) as other:
                    self._details(other, place)
        end = datetime.combine(self._period.end, datetime.min.time())
        self._collection.finish(now, final=now >= end + _SETTLE, facts={"missing": self._missing})

    def _details(self, account: Account, place: Place) -> None:
        for view in _DETAILS:
            self._view(account, view, f"{view.name}.{place.name}", place.name)

    def _view(self, account: Account, view: View, stream: str, name: str | None = None) -> None:
        """Land one view's rows of the month; one that cannot be read is remembered, the bill
        itself is an error."""
        try:
            there = {column.lower() for column in account.columns(view.full_name)}
            if view.name == ATTRIBUTION:
                self._queries(account, view, stream, name, there)
            else:
                self._whole(account, view, stream, name, there)
        except MissingViewError as error:
            if view.name == BILL:
                raise
            self._missing.append(str(error))

    def _whole(
        self, account: Account, view: View, stream: str, name: str | None, there: set[str]
    ) -> None:
        if self._collection.cursor(stream) == "done":
            return
        columns = [column for column in view.columns if column in there]
        sql = (
            f"SELECT {', '.join(column.upper() for column in columns)} FROM {view.full_name} "
            f"WHERE {self._within(view)} ORDER BY {view.time.upper()}"
        )
        # Its rows have no key by which to go on: the view's month is one page, or nothing.
        content = b"".join(_pages(account.rows(view.full_name, sql), name))
        if content:
            self._collection.land(stream, content, "done", ending=".jsonl")
            self._tell(stream)

    def _queries(
        self, account: Account, view: View, stream: str, name: str | None, there: set[str]
    ) -> None:
        """Queries page by page, by their id: a killed run goes on behind the last one."""
        columns = [f"A.{c.upper()}" for c in view.columns if c in there]
        history = BY_NAME[QUERIES]
        join = ""
        try:
            account.columns(history.full_name)
            columns += ["Q.ROLE_NAME", "Q.WAREHOUSE_SIZE"]
            join = (
                f"LEFT JOIN {history.full_name} AS Q ON Q.QUERY_ID = A.QUERY_ID "
                f"AND Q.START_TIME >= {self._moment(-_LONGEST_QUERY)} "
                f"AND Q.START_TIME < {self._moment(end=True)} "
            )
        except MissingViewError as error:
            self._missing.append(str(error))
        sql = (
            f"SELECT {', '.join(columns)} FROM {view.full_name} AS A {join}"
            f"WHERE A.START_TIME >= {self._moment(-_LONGEST_QUERY)} "
            f"AND A.START_TIME < {self._moment(end=True)} AND A.END_TIME > {self._moment()} "
            f"AND A.QUERY_ID > ? ORDER BY A.QUERY_ID LIMIT {PAGE_ROWS}"
        )
        while True:
            after = self._collection.cursor(stream) or ""
            rows = list(account.rows(view.full_name, sql, (after,)))
            if rows:
                page = b"".join(_pages(iter(rows), name))
                self._collection.land(stream, page, rows[-1]["query_id"], ending=".jsonl")
                self._tell(stream)
            if len(rows) < PAGE_ROWS:
                return

    def _within(self, view: View) -> str:
        """SQL condition: the row is of the month. A rate holds until the next one: the sheet is
        read from two months before, so that the first days of a month have theirs."""
        column = view.time.upper()
        if column == "START_TIME":
            return f"{column} >= {self._moment()} AND {column} < {self._moment(end=True)}"
        first = self._period.start
        if view.name == RATES:
            first = self._period.previous().previous().start
        return f"{column} >= '{first}' AND {column} < '{self._period.end}'"

    def _moment(self, shift: timedelta = timedelta(), *, end: bool = False) -> str:
        """SQL of the month's first moment (or that of the next) in the session's zone, UTC."""
        day = self._period.end if end else self._period.start
        moment = datetime.combine(day, datetime.min.time()) + shift
        return f"TO_TIMESTAMP_LTZ('{moment:%Y-%m-%d %H:%M:%S}')"

    def _tell(self, stream: str) -> None:
        if self._progress:
            pages = self._collection.pages(stream)
            self._progress(f"collecting {self._period}: {stream}", pages, None)


def _pages(rows: Iterable[dict[str, str | None]], account: str | None) -> Iterator[bytes]:
    """JSON lines of the rows, some thousands at a time; with the account where one is given."""
    own = {"account_name": account} if account else {}
    reading = iter(rows)
    while chunk := list(islice(reading, PAGE_ROWS)):
        yield "".join(f"{encode({**row, **own})}\n" for row in chunk).encode()
