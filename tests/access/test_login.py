"""Logging in: sessions, tokens, delays. What ends ends at once."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from outlay.access import AccessDeniedError, AccessError, Level, events, keys, passwords
from outlay.access.errors import LoginFailedError, NotFoundError, ThrottledError
from outlay.access.events import utc_now
from outlay.access.login import REFUSED, Caller, Door
from outlay.access.sessions import Limits
from outlay.access.throttle import PER_ACCOUNT, PER_ADDRESS, Attempts, Rate
from outlay.app import Workspace
from outlay.resources.database import writing
from outlay.resources.tables import api_tokens, login_attempts, sessions, users
from tests.access.conftest import PASSWORD

HERE = Caller("10.0.0.1", "Firefox")


def change(door: Door, table, **values) -> None:
    with writing(door.store.engine) as connection:
        connection.execute(update(table).values(**values))


def everything_kept(door: Door) -> str:
    with door.store.engine.connect() as connection:
        tables = ("users", "sessions", "api_tokens", "events", "invitations", "login_attempts")
        return str([connection.exec_driver_sql(f"select * from {name}").all() for name in tables])


def test_a_session_is_a_person_and_only_its_hash_is_kept(door: Door) -> None:
    key = door.log_in("Vera", PASSWORD, HERE)
    found = door.by_session(key, "10.0.0.1")
    assert (found.name, found.display, found.level, found.role) == (
        "vera", "Vera", Level.VIEWER, "viewer",
    )  # fmt: skip
    assert (found.via, found.address, found.scope) == ("session", "10.0.0.1", "")
    kept = everything_kept(door)
    assert key not in kept and PASSWORD not in kept and keys.digest(key) in kept
    assert len(key) >= 43, "256 bits"
    assert door.people.get("vera").last_login_at is not None


@pytest.mark.parametrize("name", ["vera", "nobody-of-that-name"])
def test_nobody_learns_which_part_was_wrong(door: Door, name: str) -> None:
    with pytest.raises(LoginFailedError) as failed:
        door.log_in(name, "not the password", HERE)
    assert str(failed.value) == REFUSED


def test_a_disabled_person_hears_the_same_and_loses_every_session_and_token(door: Door) -> None:
    key = door.log_in("vera", PASSWORD, HERE)
    token, _ = door.tokens.create("ci", owner=door.people.get("vera"), level=Level.VIEWER)
    door.people.disable("vera")
    assert door.by_session(key, "") is None and door.by_token(token, "") is None
    with pytest.raises(LoginFailedError, match=REFUSED):
        door.log_in("vera", PASSWORD, HERE)
    door.people.enable("vera")
    assert door.by_session(key, "") is None, "a session that ended stays ended"
    assert door.by_token(token, "").name == "vera"


def test_an_unknown_name_takes_as_long_as_a_known_one(door: Door, monkeypatch) -> None:
    """Both ask the hasher once, with a whole hash."""
    seen = []
    real = passwords._hasher()

    class Spy:
        def verify(self, kept: str, password: str) -> bool:
            seen.append(kept)
            return real.verify(kept, password)

    passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", lambda: Spy())
    for name in ("vera", "nobody"):
        with pytest.raises(LoginFailedError):
            door.log_in(name, "not the password", HERE)
    assert len(seen) == 2 and all(kept.startswith("$argon2id$") for kept in seen)


def test_a_typed_name_that_is_none_is_not_kept(door: Door) -> None:
    with pytest.raises(LoginFailedError):
        door.log_in("my secret password typed too early", "x", HERE)
    (event,) = events.listed(door.store.engine, events.Wanted(actions=("fail to log in",)))
    assert event.target == "an unknown name" and event.address == "10.0.0.1"
    assert "typed too early" not in everything_kept(door)


def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    workspace: Workspace, door: Door
) -> None:
    short = Door(workspace.resources, Limits(idle=timedelta(hours=1), absolute=timedelta(days=1)))
    key = short.log_in("vera", PASSWORD, HERE)
    change(door, sessions, seen_at=utc_now() - timedelta(minutes=59))
    assert short.by_session(key, "") is not None
    (session,) = short.sessions.all()
    assert utc_now() - session.seen_at < timedelta(minutes=1), "being used keeps it open"
    change(door, sessions, seen_at=utc_now() - timedelta(minutes=61))
    assert short.by_session(key, "") is None and short.sessions.all() == []
    key = short.log_in("vera", PASSWORD, HERE)
    change(door, sessions, seen_at=utc_now(), expires_at=utc_now() - timedelta(seconds=1))
    assert short.by_session(key, "") is None, "used or not"


def test_a_login_gives_a_new_key_and_ends_the_one_the_browser_had(door: Door) -> None:
    """A key that somebody planted in a browser is worth nothing once its owner logs in."""
    planted = door.log_in("vera", PASSWORD, HERE)
    key = door.log_in("vera", PASSWORD, Caller("10.0.0.1", "Firefox", planted))
    assert key != planted
    assert door.by_session(planted, "") is None and door.by_session(key, "") is not None
    key = door.log_in("root@acme.example", PASSWORD, Caller("", "", "not a key at all"))
    assert door.by_session(key, "").name == "root@acme.example"


def test_a_new_password_ends_every_session_and_gives_one(door: Door) -> None:
    first, second = (door.log_in("vera", PASSWORD, HERE) for _ in range(2))
    with pytest.raises(AccessError, match="of now is not right"):
        door.change_password("vera", "wrong wrong wrong", "nine purple umbrellas", HERE)
    with pytest.raises(AccessError, match="at least 12"):
        door.change_password("vera", PASSWORD, "short", HERE)
    assert door.by_session(first, "") is not None
    key = door.change_password("vera", PASSWORD, "nine purple umbrellas", HERE)
    assert door.by_session(first, "") is None and door.by_session(second, "") is None
    assert door.by_session(key, "").name == "vera"
    with pytest.raises(LoginFailedError):
        door.log_in("vera", PASSWORD, HERE)


def test_sessions_are_listed_and_ended_one_by_one(door: Door) -> None:
    keys_ = [door.log_in("vera", PASSWORD, HERE) for _ in range(2)]
    root = door.log_in("root@acme.example", PASSWORD, HERE)
    vera = door.people.get("vera")
    first, second = door.sessions.all(vera)
    assert {first.agent, second.agent} == {"Firefox"} and len(door.sessions.all()) == 3
    door.sessions.end_one(first.id, vera)
    assert sorted(door.by_session(key, "") is None for key in keys_) == [False, True]
    from outlay.access.sessions import session_id

    with pytest.raises(NotFoundError):
        door.sessions.end_one(session_id(root), vera)
    for bad in ("", "%", "zz"):
        with pytest.raises(NotFoundError):
            door.sessions.end_one(bad)
    assert door.by_session(root, "") is not None


def test_logging_out_ends_the_session(door: Door) -> None:
    key = door.log_in("vera", PASSWORD, HERE)
    assert door.log_out(key, HERE) == ""
    assert door.by_session(key, "") is None and door.log_out(key, HERE) == ""


def test_a_password_is_hashed_again_when_the_parameters_changed(door: Door, monkeypatch) -> None:
    from argon2 import PasswordHasher

    dearer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    _, before = door.people.password_hash("vera")
    monkeypatch.setattr(passwords, "_hasher", lambda: dearer)
    key = door.log_in("vera", PASSWORD, HERE)
    _, after = door.people.password_hash("vera")
    assert before != after and "m=128,t=2" in after and door.by_session(key, "") is not None


# --- delays ---------------------------------------------------------------------------------


def test_wrong_passwords_make_the_account_wait_longer_and_longer(door: Door) -> None:
    for _ in range(PER_ACCOUNT.free):
        with pytest.raises(LoginFailedError):
            door.log_in("vera", "not the password", HERE)
    with pytest.raises(ThrottledError) as wait:
        door.log_in("vera", PASSWORD, Caller("10.9.9.9"))
    assert 1 <= wait.value.retry_after <= 2
    assert PER_ACCOUNT.wait(4) is None
    waits = [PER_ACCOUNT.wait(n).total_seconds() for n in range(5, 13)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert PER_ACCOUNT.wait(10**6) == PER_ACCOUNT.longest
    change(door, login_attempts, wait_until=utc_now() - timedelta(seconds=1))
    assert door.log_in("vera", PASSWORD, HERE), "the right password after the wait"
    with pytest.raises(LoginFailedError):
        door.log_in("vera", "not the password", HERE)


def test_guessing_at_many_accounts_makes_the_address_wait(door: Door) -> None:
    for number in range(PER_ADDRESS.free):
        with pytest.raises(LoginFailedError):
            door.log_in(f"guess-{number}", "x", HERE)
    with pytest.raises(ThrottledError):
        door.log_in("vera", PASSWORD, HERE)
    assert door.log_in("vera", PASSWORD, Caller("10.0.0.2")), "others get in meanwhile"


def test_a_good_password_does_not_pay_for_guessing_at_others(door: Door) -> None:
    """Somebody with an account of their own logs in between guesses: the address still waits."""
    with pytest.raises(ThrottledError):
        for number in range(PER_ADDRESS.free + 2):
            with pytest.raises(LoginFailedError):
                door.log_in(f"guess-{number}", "x", HERE)
            door.log_in("vera", PASSWORD, HERE)


def test_addresses_of_one_ipv6_network_count_together(door: Door) -> None:
    attempts = Attempts(door.store.engine)
    for number in range(PER_ADDRESS.free):
        attempts.count(f"guess-{number}", f"2001:db8::{number:x}")
    with pytest.raises(ThrottledError):
        attempts.count("guess", "2001:db8::ffff")
    attempts.count("guess", "2001:db8:0:1::1")


def test_several_processes_count_together(workspace: Workspace, door: Door) -> None:
    other = Workspace.open(workspace.path)
    second = Door(other.resources)
    for one in (door, second, door, second, door):
        with pytest.raises(LoginFailedError):
            one.log_in("vera", "not the password", HERE)
    for one in (door, second):
        with pytest.raises(ThrottledError):
            one.log_in("vera", PASSWORD, HERE)
    other.close()


def test_failures_are_forgotten_after_an_hour(door: Door) -> None:
    for _ in range(PER_ACCOUNT.free):
        with pytest.raises(LoginFailedError):
            door.log_in("vera", "x", HERE)
    long_ago = utc_now() - timedelta(hours=2)
    change(door, login_attempts, last_at=long_ago, wait_until=long_ago)
    with pytest.raises(LoginFailedError):
        door.log_in("vera", "x", HERE)
    with door.store.engine.connect() as connection:
        rows = connection.execute(login_attempts.select()).all()
    assert {row.failures for row in rows} == {1}


def test_a_caller_may_ask_so_often_a_minute() -> None:
    clock = [0.0]
    rate = Rate(60, clock=lambda: clock[0])
    assert [rate.take("a") for _ in range(60)] == [0] * 60
    assert rate.take("a") == 1 and rate.take("b") == 0
    clock[0] = 1.5
    assert rate.take("a") == 0 and rate.take("a") == 1


# --- tokens ---------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_never_more_than_its_owner(
    workspace: Workspace, door: Door
) -> None:
    workspace.put_resource(
        "Role", "shop", {"level": "editor", "scope": "SubAccountName = 'Shop'"}, author="t"
    )
    door.people.give_role("vera", "shop")
    vera = door.people.get("vera")
    with pytest.raises(AccessDeniedError, match="cannot be approver"):
        door.tokens.create("ci", owner=vera, level=Level.APPROVER)
    secret, token = door.tokens.create(
        "ci", owner=vera, level=Level.EDITOR, scope="RegionId='eu' or RegionId='us'"
    )
    assert secret.startswith("outlay_") and len(secret) == 79 and keys.is_token(secret)
    assert token.prefix == secret[:12] and secret not in everything_kept(door)
    asks = door.by_token(secret, "10.2.2.2")
    assert (asks.name, asks.level, asks.via, asks.address) == (
        "vera", Level.EDITOR, "token", "10.2.2.2",
    )  # fmt: skip
    assert asks.scope == "SubAccountName = 'Shop' AND (RegionId = 'eu' OR RegionId = 'us')"
    door.people.give_role("vera", "viewer")
    asks = door.by_token(secret, "")
    assert (asks.level, asks.scope) == (Level.VIEWER, "RegionId = 'eu' OR RegionId = 'us'")
    assert door.tokens.get(token.id).last_used_at is not None


def test_tokens_end_by_date_by_revocation_and_with_their_owner(door: Door) -> None:
    vera = door.people.get("vera")
    tomorrow = utc_now() + timedelta(days=1)
    secret, token = door.tokens.create("a", owner=vera, level=Level.VIEWER, expires_at=tomorrow)
    assert door.by_token(secret, "") is not None and token.state(utc_now()) == "active"
    change(door, api_tokens, expires_at=utc_now() - timedelta(seconds=1))
    assert door.by_token(secret, "") is None
    assert door.tokens.get(token.id).state(utc_now()) == "expired"
    secret, token = door.tokens.create("b", owner=vera, level=Level.VIEWER)
    with pytest.raises(NotFoundError):
        door.tokens.revoke(token.id, door.people.get("root@acme.example"))
    door.tokens.revoke(token.id, vera)
    assert door.by_token(secret, "") is None
    assert door.tokens.get(token.id).state(utc_now()) == "revoked"
    secret, _ = door.tokens.create("c", owner=vera, level=Level.VIEWER)
    door.people.remove("vera")
    assert door.by_token(secret, "") is None and door.tokens.all() == []


@pytest.mark.parametrize("bad", ["", "outlay_", "outlay_" + "0" * 72, "x" * 79, "outlay_\udcff"])
def test_what_has_not_the_form_of_a_token_is_none(door: Door, bad: str) -> None:
    assert not keys.is_token(bad) and door.by_token(bad, "") is None
    assert door.by_token(keys.new_token(), "") is None


def test_a_token_that_cannot_be(door: Door) -> None:
    for change_, why in (
        ({"name": " "}, "needs a name"),
        ({"level": Level.NOBODY}, "needs a level"),
        ({"expires_at": utc_now() - timedelta(days=1)}, "in the future"),
        ({"expires_at": utc_now() + timedelta(days=4000)}, "in the future"),
    ):
        given = {"name": "ci", "level": Level.VIEWER} | change_
        with pytest.raises(AccessError, match=why):
            door.tokens.create(owner=None, **given)


def test_the_role_that_has_gone_lets_nobody_in(door: Door) -> None:
    key = door.log_in("vera", PASSWORD, HERE)
    change(door, users, role="gone")
    assert door.by_session(key, "") is None
