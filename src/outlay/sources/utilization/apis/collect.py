"""What is asked of a monitoring tool, and when: whole days alone, each once, the last ones again.

A day is asked when it is over. The last days are read again, since late values come in and tools
restate; what is read again replaces what was there. A resource that the bill has for the first
time is asked for the days before too, as far as the source looks back. An answer that breaks off
leaves every page as it was; the next sync goes on behind the last question that was answered.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST, Spool
from outlay.sources.contract import BilledResource, Progress, SourceError, TransportError
from outlay.sources.utilization.apis.days import ENDING, Gathered, asked, page
from outlay.sources.utilization.apis.model import (
    Monitor,
    NotAllowedError,
    NotThereError,
    Question,
)

if TYPE_CHECKING:
    from outlay.sources.utilization.options import UtilizationOptions

_DAY = timedelta(days=1)
_LATE = timedelta(hours=1)
"""How long after its end a day is asked first: collectors of the tools write with a delay."""
_AGAIN = timedelta(hours=12)
"""How long after it was read one of the last days is read again: syncs come more often, and
CloudWatch takes money for each metric that is asked."""
_MOST_DAYS = 31
"""Days of one question: the tools bound the values of an answer."""
_ROUND, _STATE = ".round", "round.json"
_NEW: Mapping[str, type] = {"done": int, "found": int, "gone": list, "refused": list,
                            "notes": list}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A day that is there: its page, what it was asked, and when it was read last (UTC)."""

    page: Path
    asked: frozenset[str]
    read: datetime
    same: bool
    """Whether it was asked what would be asked today: the same metrics, statistics and periods."""


@dataclass(frozen=True)
class Span:
    """Keys that are asked for the same days, the end exclusive."""

    keys: tuple[str, ...]
    start: date
    end: date


@dataclass(frozen=True)
class Answer:
    """How many measurements a round gave; keys that the tool has forgotten, and those that may not
    be asked, with the reasons."""

    found: int
    gone: frozenset[str]
    refused: frozenset[str]
    notes: tuple[str, ...]


def collect(
    monitor: Monitor,
    options: UtilizationOptions,
    into: Path,
    *,
    key: Mapping[str, Any],
    periods: Collection[BillingPeriod] | None,
    now: datetime,
    progress: Progress | None,
) -> None:
    """Ask `monitor` for what is missing and land it (see `Source.collect`); `key` says what is
    asked beside days and resources. SourceError where nothing can be asked and nothing is there."""
    clock = now.replace(tzinfo=None, microsecond=0)
    spool = Spool(into)
    kept = _kept(spool, key)
    days = _days(options, monitor.kept_days, clock, periods)
    spans = _spans(monitor.keys, days, kept, clock, options.reread, forced=periods is not None)
    if not spans:
        if not monitor.keys and not kept:
            raise SourceError(
                f"there is nothing to ask {monitor.title} about: no resource of the bill's last "
                "days is one that it measures. Load the bill first"
                + ("".join(f"; {note}" for note in monitor.notes))
            )
        return
    answer = _ask(monitor, options, spans, into / _ROUND, key, progress)
    notes = [*monitor.notes, *answer.notes]
    if not answer.found and (not kept or answer.refused >= set(monitor.keys)):
        shutil.rmtree(into / _ROUND, ignore_errors=True)
        raise TransportError(
            f"{monitor.title} answers, but has no measurement of what was asked in "
            f"{days[0]} to {days[-1]}. Check the accounts, regions and labels of the source"
            + ("".join(f"; {note}" for note in notes))
        )
    _land(spool, spans, kept, into / _ROUND, key, clock, frozenset(monitor.keys), answer, notes)
    shutil.rmtree(into / _ROUND, ignore_errors=True)


def resources_of(resources: Sequence[BilledResource]) -> list[BilledResource]:
    """One row a resource: a bill has some of its lines without region or service."""
    found: dict[str, BilledResource] = {}
    for one in sorted(resources):
        before = found.get(one.id)
        if before is None:
            found[one.id] = one
            continue
        found[one.id] = BilledResource(
            one.id, *(getattr(one, name) or getattr(before, name)
                      for name in ("provider", "account", "region", "service"))
        )  # fmt: skip
    return list(found.values())


def _days(
    options: UtilizationOptions,
    kept_days: int,
    clock: datetime,
    periods: Collection[BillingPeriod] | None,
) -> list[date]:
    """The days that may be asked: over, within the look back (or a named month), and not so old
    that the tool has forgotten them."""
    until = (clock - _LATE).date()
    first = until - timedelta(days=options.days)
    if periods:
        first = min(one.start for one in periods)
    day = max(first, until - timedelta(days=kept_days - 1))
    found = []
    while day < until:
        if not periods or any(one.start <= day < one.end for one in periods):
            found.append(day)
        day += _DAY
    return found


def _kept(spool: Spool, key: Mapping[str, Any]) -> dict[date, Kept]:
    """The days that are there."""
    found: dict[date, Kept] = {}
    digest = _digest(key)
    for period in spool.collected():
        folder = spool.folder / str(period)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            for day, one in manifest["days"].items():
                place = folder / str(one["page"])
                if place.is_file():
                    read = datetime.fromisoformat(one["read"])
                    same = one["question"] == digest
                    found[date.fromisoformat(day)] = Kept(place, asked(place), read, same)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # what cannot be read is asked again
    return found


def _spans(
    keys: Sequence[str],
    days: Sequence[date],
    kept: Mapping[date, Kept],
    clock: datetime,
    reread: int,
    *,
    forced: bool,
) -> list[Span]:
    """What is to be asked: each key from the first day that it lacks."""
    if not days:
        return []
    lately = days[-1] - timedelta(days=reread - 1)

    def lacks(key: str, day: date) -> bool:
        there = kept.get(day)
        if forced or there is None or not there.same or key not in there.asked:
            return True
        return day >= lately and there.read + _AGAIN <= clock

    starts: dict[date, list[str]] = defaultdict(list)
    for key in keys:
        first = next((day for day in days if lacks(key, day)), None)
        if first is not None:
            starts[first].append(key)
    return [
        Span(tuple(own), *bounds)
        for first, own in sorted(starts.items())
        for bounds in _parts(first, days[-1] + _DAY)
    ]


def _parts(first: date, end: date) -> Iterator[tuple[date, date]]:
    while first < end:
        after = min(first + timedelta(days=_MOST_DAYS), end)
        yield first, after
        first = after


def _ask(
    monitor: Monitor,
    options: UtilizationOptions,
    spans: Sequence[Span],
    folder: Path,
    key: Mapping[str, Any],
    progress: Progress | None,
) -> Answer:
    """Ask everything, question by question, into lines of each day below `folder`. Goes on behind
    the last question of a round that broke off."""
    steps = options.steps_of_a_day
    questions = [
        (one, span)
        for span in spans
        for one in monitor.questions(span.keys, steps * (span.end - span.start).days)
    ]
    state = _begun(folder, [dict(key), [[*one.keys, f"{s.start}", f"{s.end}"]
                                        for one, s in questions]])  # fmt: skip
    for number, (one, span) in enumerate(questions):
        if number < state["done"]:
            continue
        if progress:
            progress(f"asking {one.what}", number, len(questions))
        try:
            gathered = _answered(one, span)
        except NotThereError:
            gathered = Gathered()
            state["gone"] += one.keys
        except NotAllowedError as error:
            gathered = Gathered()
            state["refused"] += one.keys
            state["notes"] = sorted({*state["notes"], f"{one.what}: {error}"})
        day = span.start
        while day < span.end:
            lines = "".join(f"{line}\n" for _, line in gathered.lines(f"{day}"))
            if lines:
                place = folder / f"{day}" / f"{number:06d}.jsonl"
                place.parent.mkdir(exist_ok=True)
                place.write_text(lines, encoding="utf-8")
            day += _DAY
        state |= {"done": number + 1, "found": state["found"] + gathered.count}
        _write_state(folder, state)
    return Answer(
        int(state["found"]), frozenset(state["gone"]), frozenset(state["refused"]),
        tuple(state["notes"]),
    )  # fmt: skip


def _answered(question: Question, span: Span) -> Gathered:
    gathered = Gathered()
    start, end = (datetime(day.year, day.month, day.day) for day in (span.start, span.end))
    first, last = start.isoformat(sep=" "), end.isoformat(sep=" ")
    for key, record in question.ask(start, end):
        # Hours at the edges that belong to a day which was not asked are a part of that day alone.
        if str(record.get("PeriodStart")) >= first and str(record.get("PeriodEnd")) <= last:
            gathered.add(key, record)
    return gathered


def _begun(folder: Path, what: object) -> dict[str, Any]:
    """The state of the round that asks this: one that broke off, else a new one."""
    digest = _digest(what)
    try:
        state: dict[str, Any] = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if state["round"] == digest and set(_NEW) <= set(state):
            return state
    except (OSError, ValueError, KeyError, TypeError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    state = {"round": digest, **{name: [] if made is list else 0 for name, made in _NEW.items()}}
    _write_state(folder, state)
    return state


def _write_state(folder: Path, state: Mapping[str, Any]) -> None:
    temporary = folder / f".{_STATE}.new"
    temporary.write_text(json.dumps(state), encoding="utf-8")
    temporary.replace(folder / _STATE)


def _land(
    spool: Spool,
    spans: Sequence[Span],
    kept: Mapping[date, Kept],
    folder: Path,
    key: Mapping[str, Any],
    clock: datetime,
    current: frozenset[str],
    answer: Answer,
    notes: Sequence[str],
) -> None:
    """Make the pages of each month that was asked anew; a month appears whole."""
    again: dict[date, set[str]] = defaultdict(set)
    for span in spans:
        day = span.start
        while day < span.end:
            again[day].update(set(span.keys) - answer.refused)
            day += _DAY
    digest = _digest(key)
    for period in sorted({BillingPeriod.of(day) for day in again}):
        collection = spool.begin(period, {"round": f"{clock}", **key})
        days: dict[str, Any] = {}
        for day in sorted(day for day in {*again, *kept} if period.start <= day < period.end):
            before = kept.get(day)
            if day not in again:
                assert before is not None
                content, read, question = before.page.read_bytes(), before.read, before.same
            else:
                content = page(f"{day}", before.page if before else None, again[day],
                               _fresh(folder / f"{day}"), answer.gone)  # fmt: skip
                # What was not asked again is as old as it was; what is on the bill no more stays.
                whole = before is None or before.asked & current <= again[day] | answer.refused
                read = clock if whole or before is None else before.read
                question = whole or before is None or before.same
            collection.land(f"{day}", content, None, ENDING)
            days[f"{day}"] = {
                "page": f"{day}-00001{ENDING}", "read": read.isoformat(),
                "question": digest if question else "",
            }  # fmt: skip
        collection.finish(clock, final=False, facts={"days": days, "notes": sorted(notes)})


def _fresh(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield str(json.loads(line)["key"]), line


def _digest(what: object) -> str:
    text = json.dumps(what, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
