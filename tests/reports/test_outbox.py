"""The outbox on SQLite and PostgreSQL: written once, claimed by one, tried again, given up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from outlay.reports.errors import ReportError
from outlay.reports.outbox import LEASE, MOST_ATTEMPTS, PAUSES, Delivery, Entry, Outbox, key_of
from outlay.resources.database import open_database
from tests.resources.conftest import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]

NOW = datetime(2026, 11, 2, 7)


@pytest.fixture
def box(database_url: str) -> Iterator[Outbox]:
    engine = open_database(database_url)
    yield Outbox(engine)
    engine.dispose()


def entry(name: str = "teams", channel: str = "mail", due: datetime = NOW) -> Entry:
    key = key_of("scheduled", name, channel, due.isoformat())
    return Entry(key, "scheduled", name, channel, due, "ana")


def claimed(box: Outbox, now: datetime = NOW, by: str = "me") -> Delivery:
    found = box.claim(by, now)
    assert found is not None
    return found


def test_a_key_is_put_in_once(box: Outbox) -> None:
    assert len(box.put([entry(), entry("other")], NOW)) == 2
    assert box.put([entry()], NOW) == []
    assert [one.report for one in box.listed()] == ["other", "teams"]


def test_a_delivery_is_had_by_one_sender(box: Outbox) -> None:
    box.put([entry()], NOW)
    first = claimed(box)
    assert (first.state, first.attempts, first.claim) == ("sending", 1, "me")
    assert box.claim("you", NOW) is None


@pytest.mark.parametrize("senders", [8])
def test_many_senders_at_once_get_each_delivery_once(box: Outbox, senders: int) -> None:
    box.put([entry(due=NOW + timedelta(minutes=n)) for n in range(20)], NOW)

    def take(name: int) -> list[int]:
        found = []
        while (one := box.claim(f"sender-{name}", NOW)) is not None:
            found.append(one.id)
            assert box.sent(one, NOW)
        return found

    with ThreadPoolExecutor(senders) as pool:
        taken = [ident for ids in pool.map(take, range(senders)) for ident in ids]
    assert sorted(taken) == sorted(one.id for one in box.listed())
    assert len(taken) == 20


def test_many_processes_put_in_what_is_due_once(box: Outbox) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: box.put([entry()], NOW), range(8)))
    assert sum(map(len, made)) == 1


def test_a_sender_that_died_is_followed_when_its_lease_is_over(box: Outbox) -> None:
    box.put([entry()], NOW)
    dead = claimed(box)
    assert box.claim("you", NOW + LEASE - timedelta(seconds=1)) is None
    again = claimed(box, NOW + LEASE, "you")
    assert (again.id, again.key, again.attempts) == (dead.id, dead.key, 2)
    assert not box.sent(dead, NOW + LEASE)  # what it says now counts no more
    assert box.sent(again, NOW + LEASE)


def test_a_claim_that_is_renewed_holds(box: Outbox) -> None:
    box.put([entry()], NOW)
    mine = claimed(box)
    assert box.renew(mine, NOW + timedelta(seconds=100))
    assert box.claim("you", NOW + LEASE) is None


def test_what_fails_for_now_is_tried_again_with_growing_pauses_and_then_given_up(
    box: Outbox,
) -> None:
    box.put([entry()], NOW)
    at, waits = NOW, []
    for _ in range(MOST_ATTEMPTS):
        one = claimed(box, at)
        assert box.later(one, at, "the server is away")
        after = box.get(one.id)
        if after.next_attempt_at is None:
            break
        waits.append(after.next_attempt_at - at)
        assert not box.waits(after.next_attempt_at - timedelta(seconds=1))
        at = after.next_attempt_at
    assert waits == list(PAUSES)
    end = box.listed()[0]
    assert end.state == "failed"
    assert end.message == "given up after 7 attempts: the server is away"
    assert [entry["attempt"] for entry in end.log] == [1, 2, 3, 4, 5, 6, 7]


def test_the_other_side_may_ask_for_a_longer_pause(box: Outbox) -> None:
    box.put([entry()], NOW)
    box.later(claimed(box), NOW, "busy", wait=600)
    assert box.listed()[0].next_attempt_at == NOW + timedelta(seconds=600)


def test_the_log_forgets_what_is_old_and_keeps_the_newest_of_each(box: Outbox) -> None:
    box.put([entry(due=NOW + timedelta(days=n)) for n in range(3)], NOW)
    while (one := box.claim("me", NOW)) is not None:
        box.sent(one, NOW)
    waiting = entry("other")
    box.put([waiting], NOW)
    assert box.forget(NOW) == 0
    assert box.forget(NOW + timedelta(seconds=1)) == 2
    assert {one.report for one in box.listed()} == {"teams", "other"}
    assert box.last_due("teams") == NOW + timedelta(days=2)


def test_a_person_may_have_a_failed_one_tried_again(box: Outbox) -> None:
    (ident,) = box.put([entry()], NOW)
    with pytest.raises(ReportError, match="no delivery"):
        box.retry(ident + 1, NOW)
    box.failed(claimed(box), NOW, "410 gone")
    assert box.retry(ident, NOW).state == "waiting"
    one = claimed(box)
    box.sent(one, NOW)
    with pytest.raises(ReportError, match="is sent"):
        box.retry(ident, NOW)
    assert [entry["outcome"] for entry in box.get(ident).log] == ["failed", "sent"]
