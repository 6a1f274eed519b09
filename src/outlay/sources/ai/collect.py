"""Asking a paged API month by month, each month whole or not at all."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outlay.money import BillingPeriod
from outlay.sources.ai.pages import Page, as_page
from outlay.sources.collecting import Collection as Collected
from outlay.sources.collecting import Spool, wanted_periods
from outlay.sources.contract import Progress, SourceError, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api, RefusedError

MONTHS = 12
"""How far back a first collection goes when no month is named."""


@dataclass(frozen=True)
class Question:
    """One endpoint for one month: `stream` names its pages, `path` is below the API's base.

    `of` checks that a page is an answer to it. With `optional`, an endpoint that the API does not
    have (404) is left out with a note; without, it is an error. `api` asks it (default: the
    paging's). `instead` is asked where the API does not have it or the key may not ask it (403).
    """

    stream: str
    path: str
    parameters: Mapping[str, Any]
    of: Callable[[Page], bool]
    optional: bool = False
    api: Api | None = None
    instead: "Question | None" = None


@dataclass(frozen=True)
class Schedule:
    """Which months are asked for, and when one is final.

    `since` is the first month (None: `MONTHS` back), `settle_days` how long after its end a month
    may still change. `now` is UTC without zone.
    """

    now: datetime
    settle_days: int
    since: BillingPeriod | None = None
    asked: Collection[BillingPeriod] | None = None

    def periods(self, spool: Spool) -> list[BillingPeriod]:
        """The months to collect, oldest first."""
        first = self.since or _months_before(BillingPeriod(self.now.year, self.now.month), MONTHS)
        asked = None if self.asked is None else frozenset(self.asked)
        if asked:
            first = min(first, *asked)
        return list(wanted_periods(first, self.now, spool.collected(), asked))

    def final(self, period: BillingPeriod) -> bool:
        """Whether the vendor changes the month no more."""
        return self.now.date() >= period.end + timedelta(days=self.settle_days)


@dataclass
class Paging:
    """Asks questions page by page into a period's collection."""

    api: Api
    progress: Progress | None = None
    notes: list[str] = field(default_factory=list)

    def ask(self, collection: Collected, question: Question) -> None:
        """All pages of a question from where it stopped. Raises TransportError."""
        cursor = collection.cursor(question.stream) or {}
        seen: set[str] = set()
        while not cursor.get("done"):
            parameters = dict(question.parameters)
            if cursor.get("page"):
                parameters["page"] = cursor["page"]
            self._tell(collection, question)
            try:
                body = (question.api or self.api).get(question.path, parameters)
            except RefusedError as error:
                if question.instead and error.status in (403, 404) and not cursor:
                    self.notes.append(
                        f"{question.path} is refused ({error.status}): the older "
                        f"{question.instead.path} was asked instead"
                    )
                    self.ask(collection, question.instead)
                    return
                if error.status == 404 and question.optional and not cursor:
                    self.notes.append(f"{question.path} is not there (404): left out")
                    return
                raise
            page = _checked(body, question)
            if page.more and (page.next_page is None or page.next_page in seen):
                raise TransportError(
                    f"{question.path} says that more follows, and "
                    + ("names no next page" if page.next_page is None else "names one twice")
                    + ": its answer has no end. Try again later, or tell the API's owner."
                )
            seen.add(page.next_page or "")
            cursor = {"page": page.next_page} if page.more else {"done": True}
            collection.land(question.stream, body, cursor)

    def _tell(self, collection: Collected, question: Question) -> None:
        if self.progress:
            done = collection.pages(question.stream)
            self.progress(f"{collection.period}: {question.stream}", done, None)


def collect_months(
    into: Path,
    schedule: Schedule,
    key: Mapping[str, Any],
    paging: Paging,
    questions: Callable[[BillingPeriod], Sequence[Question]],
) -> None:
    """Collect each wanted month: every question, page by page, then the month appears.

    `key` is what is asked besides the month; pages that answered another question are dropped.
    """
    spool = Spool(into)
    for period in schedule.periods(spool):
        day = schedule.now.date().isoformat()
        collection = spool.begin(period, {**key, "asked_on": day})
        paging.notes.clear()
        for question in questions(period):
            paging.ask(collection, question)
        final = schedule.final(period)
        collection.finish(schedule.now, final=final, facts={"notes": list(paging.notes)})


def _checked(body: bytes, question: Question) -> Page:
    """The page of an answer; TransportError when it is another thing (a proxy's, a portal's)."""
    try:
        page = as_page(decode(body, f"the answer of {question.path}"))
    except SourceError as error:
        raise TransportError(f"{error}. Check that the location is the API's address.") from None
    if page is None or not question.of(page):
        raise TransportError(
            f"{question.path} answered something else than asked for. Check that the location "
            "is the API's address and its version is supported."
        )
    return page


def _months_before(period: BillingPeriod, months: int) -> BillingPeriod:
    index = period.year * 12 + period.month - 1 - months
    return BillingPeriod(index // 12, index % 12 + 1)


def unix(day: Any) -> int:
    """Seconds since 1970 at the beginning of a day in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
