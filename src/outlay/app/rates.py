"""Exchange rates of a workspace: the bank's, those that bills state, and fixed tables."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator, model_validator

from outlay.app.errors import WorkspaceError
from outlay.app.served import served
from outlay.focus.currencies import is_currency
from outlay.money import BillingPeriod, PeriodError
from outlay.money.rates import (
    DatedRate,
    EcbRates,
    Rate,
    RateError,
    Rates,
    TableRates,
    ecb_rates,
)
from outlay.resources import Kind, Spec, registry
from outlay.resources.files import read_resources

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

ECB = "ecb"
ECB_URL = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
_FILE = Path("rates") / "eurofxref-hist.zip"
_LARGEST = 50 << 20
_LONGEST_LIST = 800


class ExchangeRatesSpec(Spec):
    """A fixed table of rates.

    `pairs`: ``EUR/USD`` → month (``2026-10``) or day (``2026-10-05``) → how many USD one EUR is.
    A month's rate holds for its days; a day's from that day until the next one that is given.
    """

    title: str = ""
    pairs: dict[str, dict[str, Decimal]] = Field(min_length=1)

    @field_validator("pairs", mode="before")
    @classmethod
    def _texts(cls, pairs: Any) -> Any:
        """YAML reads 2026-10-05 as a date and a number with a point as one; keep their digits."""
        if not isinstance(pairs, Mapping):
            return pairs
        return {
            str(pair): {str(key): str(value) for key, value in rates.items()}
            if isinstance(rates, Mapping)
            else rates
            for pair, rates in pairs.items()
        }

    @model_validator(mode="after")
    def _readable(self) -> ExchangeRatesSpec:
        self.table("")
        return self

    def table(self, publisher: str) -> TableRates:
        """The rates as they are used; ValueError says which entry is none."""
        try:
            return TableRates(
                {_pair(pair): _dated(pair, rates) for pair, rates in self.pairs.items()}, publisher
            )
        except RateError as error:
            raise ValueError(str(error)) from None


EXCHANGE_RATES = registry.register(
    Kind(
        name="ExchangeRates",
        spec=ExchangeRatesSpec,
        title="Exchange rates",
        description=(
            "A fixed table of exchange rates by month or day, such as finance's month rates, that "
            "questions may convert by."
        ),
        example="""\
kind: ExchangeRates
name: finance
spec:
  title: Finance's month rates
  pairs:
    EUR/USD: {2026-09: 1.1712, 2026-10: 1.1650}
    NOK/USD: {2026-10-01: 0.0991}
""",
    )
)
"""The kind of fixed tables."""


@dataclass(frozen=True)
class RatesInfo:
    """One thing that questions may convert by: its `name`, title, from and until which day it has
    rates (None: no end), its currencies, and whether it is what the workspace uses."""

    name: str
    title: str
    since: date | None
    until: date | None
    currencies: tuple[str, ...]
    default: bool


def rates_of(workspace: Workspace, name: str | None) -> tuple[Rates, bool]:
    """The rates of a name (None: the workspace's setting), and whether a bill's own go first.

    WorkspaceError lists the names there are.
    """
    chosen = workspace.settings.rates if name is None else name
    if not chosen:
        return bank(workspace), True
    if chosen == ECB:
        return bank(workspace), False
    return table_of(workspace, chosen), False


def table_of(workspace: Workspace, name: str) -> TableRates:
    """A fixed table by its name; WorkspaceError lists the names there are."""
    found = workspace.resources.find(EXCHANGE_RATES.name, name)
    if found is None:
        names = [ECB, *workspace.resources.names(EXCHANGE_RATES.name)]
        near = difflib.get_close_matches(name, names, n=1)
        raise WorkspaceError(
            f"there are no exchange rates {name!r}"
            + (f"; did you mean {near[0]}?" if near else f". Known: {', '.join(names)}.")
            + " `outlay rates list` shows them, `outlay rates import FILE` adds a table.",
            wrong_use=True,
        )
    assert isinstance(found.spec, ExchangeRatesSpec)
    return found.spec.table(found.spec.title or name)


def bank(workspace: Workspace) -> EcbRates:
    """The European Central Bank's rates: the workspace's newer file, else the shipped one."""
    path = workspace.path / _FILE
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return ecb_rates()
    try:
        return _read(path, stamp)
    except RateError as error:
        raise WorkspaceError(f"{error}. Run `outlay rates update`, or remove the file.") from None


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: int) -> EcbRates:
    return EcbRates(path)


@served("GET /rates")
def list_rates(workspace: Workspace) -> list[RatesInfo]:
    """Everything that questions may convert by, and which of it is the default."""
    found = bank(workspace)
    default = workspace.settings.rates
    infos = [
        RatesInfo(
            ECB,
            f"{found.publisher}, daily"
            + ("" if default else "; a bill's own rate goes first where it states one"),
            found.first_day,
            found.last_day,
            tuple(sorted(found.currencies)),
            default in ("", ECB),
        )
    ]
    for resource in workspace.resources.list(EXCHANGE_RATES.name):
        table = table_of(workspace, resource.name)
        every = [rate for rates in table.pairs.values() for rate in rates]
        ends = [rate.until for rate in every]
        last = max((end for end in ends if end is not None), default=None)
        infos.append(
            RatesInfo(
                resource.name,
                table.publisher,
                min(rate.since for rate in every),
                None if None in ends or last is None else last - timedelta(days=1),
                tuple(sorted({code for pair in table.pairs for code in pair})),
                default == resource.name,
            )
        )
    return infos


@served("GET /rates/{source}/{target}")
def show_rates(
    workspace: Workspace, source: str, target: str, start: date, end: date, name: str | None
) -> list[tuple[date, Rate | None]]:
    """The rate of each day from `start` to the day before `end`; None where there is none.

    WorkspaceError for an unknown currency or table, or more days than a list should have.
    """
    for code in (source, target):
        if not is_currency(code):
            raise WorkspaceError(f"{code!r} is no currency code of ISO 4217", wrong_use=True)
    days = (end - start).days
    if not 0 < days <= _LONGEST_LIST:
        raise WorkspaceError(
            f"{days} days cannot be listed; ask for 1 to {_LONGEST_LIST}", wrong_use=True
        )
    rates, _ = rates_of(workspace, name)
    every = [start + timedelta(days=offset) for offset in range(days)]
    return [(day, rates.rate(source, target, day)) for day in every]


def days_asked(workspace: Workspace, start: str, end: str) -> tuple[date, date]:
    """The days of a list: from `start` (default: today) to the day before `end` (default: one
    day), as texts; WorkspaceError for what is no day."""
    try:
        first = date.fromisoformat(start) if start else workspace.today()
        return first, date.fromisoformat(end) if end else first + timedelta(days=1)
    except ValueError:
        raise WorkspaceError(
            f"{start or end!r} is no day; write YYYY-MM-DD", wrong_use=True
        ) from None


def update_bank(workspace: Workspace, place: str = ECB_URL) -> RatesInfo:
    """Take a newer file of the bank's rates from a path or URL; gives what is used from now on.

    WorkspaceError when it cannot be read or is older than what is there; nothing changes then.
    """
    try:
        content = _fetched(place)
    except OSError as error:
        raise WorkspaceError(f"{place} cannot be read: {error.strerror or error}") from None
    return take_bank(workspace, content, place)


@served("PUT /rates/ecb")
def take_bank(workspace: Workspace, content: bytes, place: str) -> RatesInfo:
    """Take the content of a file of the bank's rates; `place` is where it is from.

    WorkspaceError when it is none, or older than what is there; nothing changes then.
    """
    target = workspace.path / _FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    try:
        fresh.write_bytes(content)
        found = EcbRates(fresh)
        before = bank(workspace)
        if found.last_day < before.last_day:
            raise WorkspaceError(
                f"{place} ends on {found.last_day}, before the {before.last_day} of the rates that "
                "are in use; nothing was changed"
            )
        os.replace(fresh, target)
    except RateError as error:
        raise WorkspaceError(f"{place} is no file of the bank's rates: {error}") from None
    except OSError as error:
        raise WorkspaceError(f"{place} cannot be read: {error.strerror or error}") from None
    finally:
        fresh.unlink(missing_ok=True)
    return list_rates(workspace)[0]


def import_tables(workspace: Workspace, path: Path, *, author: str) -> list[str]:
    """Put the tables of a resource file (kind ExchangeRates); gives their names.

    ResourceError when the file has an error or another kind; nothing is put then.
    """
    documents = read_resources(path)
    strangers = sorted({d.kind for d in documents if d.kind != EXCHANGE_RATES.name})
    if strangers:
        raise WorkspaceError(
            f"{path} has {', '.join(strangers)}; only {EXCHANGE_RATES.name} is imported here",
            wrong_use=True,
        )
    for document in documents:
        if document.name == ECB:
            raise WorkspaceError(f"{ECB} is the bank's name; call the table otherwise")
    for document in documents:
        workspace.resources.put(
            EXCHANGE_RATES.name, document.name, document.spec, author=author, note=path.name
        )
    return [document.name for document in documents]


def _fetched(place: str) -> bytes:
    if "://" not in place:
        path = Path(place).expanduser()
        if path.stat().st_size > _LARGEST:
            raise WorkspaceError(f"{place} is larger than {_LARGEST >> 20} MiB")
        return path.read_bytes()
    import requests

    try:
        with requests.get(place, timeout=30, stream=True) as answer:
            answer.raise_for_status()
            content = answer.raw.read(_LARGEST + 1, decode_content=True)
    except requests.RequestException as error:
        raise WorkspaceError(
            f"{place} cannot be fetched: {error}. Download it and run `outlay rates update FILE`."
        ) from None
    if len(content) > _LARGEST:
        raise WorkspaceError(f"{place} is larger than {_LARGEST >> 20} MiB")
    return bytes(content)


def _pair(text: str) -> tuple[str, str]:
    source, slash, target = text.partition("/")
    if not slash or not is_currency(source) or not is_currency(target) or source == target:
        raise ValueError(f"{text!r} is no pair of two currencies, such as EUR/USD")
    return source, target


def _dated(pair: str, rates: Mapping[str, Decimal]) -> list[DatedRate]:
    """The entries of a pair; months end with the month, days with the next entry."""
    if not rates:
        raise ValueError(f"{pair} has no rates")
    months: list[DatedRate] = []
    days: list[tuple[date, Decimal]] = []
    for text, value in rates.items():
        if value <= 0 or not value.is_finite():
            raise ValueError(f"{pair} {text}: {value} is no rate above nought")
        try:
            if len(text) == len("2026-10"):
                period = BillingPeriod.parse(text)
                months.append(DatedRate(period.start, period.end, value))
            else:
                days.append((date.fromisoformat(text), value))
        except (PeriodError, ValueError):
            raise ValueError(
                f"{pair}: {text!r} is neither a month (2026-10) nor a day (2026-10-05)"
            ) from None
    if months and days:
        raise ValueError(f"{pair} has rates by month and by day; give one of the two")
    days.sort()
    dated = [DatedRate(one[0], other[0], one[1]) for one, other in pairwise(days)]
    return months + dated + [DatedRate(day, None, value) for day, value in days[-1:]]
