"""People, sessions, tokens and delays on both databases, also by several at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from outlay.access import Level, events
from outlay.access.errors import LoginFailedError, ThrottledError
from outlay.access.events import Wanted, utc_now
from outlay.access.invitations import InvitationOverError, Invitations
from outlay.access.login import Caller, Door
from outlay.access.people import LastAdministratorError
from outlay.app.access import audit
from outlay.app.checks import guard
from outlay.app.kinds import register_all
from outlay.resources import ResourceStore
from tests.access.conftest import PASSWORD
from tests.resources.conftest import database_url, postgres_server  # noqa: F401

HERE = Caller("10.0.0.1", "Firefox")


class Kept:
    """What the audit log needs of a workspace."""

    def __init__(self, store: ResourceStore) -> None:
        self.resources = store


@pytest.fixture
def shared(database_url: str, cheap_hashing: None) -> Iterator[Door]:  # noqa: F811
    register_all()
    store = ResourceStore.open(database_url, guard=guard)
    door = Door(store)
    door.people.add("root", "admin", password=PASSWORD)
    door.people.add("vera", "viewer", password=PASSWORD)
    yield door
    store.close()


def test_the_way_in_and_out_again(shared: Door) -> None:
    key = shared.log_in("vera", PASSWORD, HERE)
    assert shared.by_session(key, "").name == "vera"
    again = shared.log_in("vera", PASSWORD, Caller("10.0.0.1", "Firefox", key))
    assert shared.by_session(key, "") is None
    (session,) = shared.sessions.all(shared.people.get("vera"))
    shared.sessions.end_one(session.id)
    assert shared.by_session(again, "") is None
    secret, token = shared.tokens.create(
        "ci", owner=shared.people.get("vera"), level=Level.VIEWER,
        expires_at=utc_now() + timedelta(days=1),
    )  # fmt: skip
    assert shared.by_token(secret, "").level is Level.VIEWER
    shared.tokens.revoke(token.id)
    assert shared.by_token(secret, "") is None
    shared.store.put("Role", "boss", {"level": "admin"}, author="root")
    shared.people.give_role("vera", "boss")
    shared.people.disable("root")
    for change in (shared.people.disable, shared.people.remove):
        with pytest.raises(LastAdministratorError):
            change("vera")
    page = audit.page(Kept(shared.store), audit.Asked(), 3)  # type: ignore[arg-type]
    assert [entry.action for entry in page.entries] == ["disable person", "give role", "create"]
    rest = audit.page(Kept(shared.store), audit.Asked(before=page.more), 500)  # type: ignore[arg-type]
    assert len(rest.entries) + 3 == len(events.listed(shared.store.engine, Wanted(), 500)) + 1


def test_a_burst_of_guesses_is_counted_one_by_one(shared: Door) -> None:
    heard: list[type] = []

    def guess() -> None:
        try:
            shared.log_in("vera", "not the password", HERE)
        except (LoginFailedError, ThrottledError) as error:
            heard.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 12 and heard.count(LoginFailedError) == 5


def test_two_administrators_cannot_both_go_at_once(shared: Door) -> None:
    shared.people.add("ana", "admin", password=PASSWORD)
    refused: list[str] = []

    def leave(name: str) -> None:
        try:
            shared.people.disable(name)
        except LastAdministratorError:
            refused.append(name)

    threads = [threading.Thread(target=leave, args=(name,)) for name in ("root", "ana")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.people.administrators() == refused and len(refused) == 1


def test_an_invitation_is_taken_up_once_also_by_two_at_once(shared: Door) -> None:
    invitations = Invitations(shared.people)
    shared.people.add("otto", "viewer")
    key, _ = invitations.invite(shared.people.get("otto"))
    over: list[int] = []

    def take(number: int) -> None:
        try:
            invitations.take_up(key, f"{PASSWORD} {number}", "")
        except InvitationOverError:
            over.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(over) == 3
