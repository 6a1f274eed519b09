"""Asking an API over a real connection: what is tried again, how long, and what is never said."""

import email.utils
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outlay.sources.contract import RetryableTransportError, TransportError
from outlay.sources.http import Api, RefusedError
from tests.sources.server import Answer, in_turn, serving

SECRET = "sk-admin-9f8e7d6c5b4a"
OK = Answer(b'{"data": []}')


class Sleeper:
    """Notes how long was waited, and waits not at all."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)


def api(url: str, sleep: Sleeper | None = None, **options: object) -> Api:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Api(url, headers, hint="Check the key.", sleep=sleep or Sleeper(), **options)  # type: ignore[arg-type]


def test_parameters_and_headers_reach_the_server() -> None:
    with serving(in_turn(OK)) as server, api(f"{server.url}/v1/") as asking:
        assert asking.get("/costs", {"group_by": ["a", "b"], "limit": 7}) == OK.body
    (asked,) = server.asked
    assert asked.path == "/v1/costs"
    assert asked.parameters == {"group_by": ["a", "b"], "limit": ["7"]}
    assert asked.headers["authorization"] == f"Bearer {SECRET}"


def test_a_question_may_be_posted() -> None:
    with serving(in_turn(Answer(status=503), OK)) as server, api(server.url) as asking:
        assert asking.post("query", {"sql": "select 1"}) == OK.body
    assert [one.method for one in server.asked] == ["POST", "POST"]
    assert server.asked[1].body == b'{"sql": "select 1"}'


def test_a_storm_of_429_is_survived_by_waiting_ever_longer() -> None:
    sleep = Sleeper()
    storm = [Answer(b'{"error": {"message": "slow down"}}', 429)] * 6
    with serving(in_turn(*storm, OK)) as server, api(server.url, sleep) as asking:
        assert asking.get("costs") == OK.body
    assert sleep.waited == [1, 2, 4, 8, 16, 32]
    assert len(server.asked) == 7


def test_the_server_says_how_long_in_seconds() -> None:
    sleep = Sleeper()
    answers = (
        Answer(status=429, headers={"Retry-After": "17"}),
        Answer(status=429, headers={"Retry-After": "0.5"}),
        Answer(status=429, headers={"Retry-After": "86400"}),  # at most two minutes a time
        OK,
    )
    with serving(in_turn(*answers)) as server, api(server.url, sleep) as asking:
        asking.get("costs")
    assert sleep.waited == [17, 0.5, 120]


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_the_server_says_until_when(zone: str) -> None:
    sleep = Sleeper()
    moment = datetime.now(UTC) + timedelta(seconds=42)
    text = email.utils.format_datetime(moment, usegmt=True).replace("GMT", zone)
    answers = (Answer(status=503, headers={"Retry-After": text}), OK)
    with serving(in_turn(*answers)) as server, api(server.url, sleep) as asking:
        asking.get("costs")
    assert 35 < sleep.waited[0] <= 42


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "0", "-5", "Wed, 99 Foo 2026"])
def test_a_wait_that_says_nothing_is_our_own(text: str) -> None:
    sleep = Sleeper()
    answers = (Answer(status=429, headers={"Retry-After": text}),) * 2
    with serving(in_turn(*answers, OK)) as server, api(server.url, sleep) as asking:
        asking.get("costs")
    assert sleep.waited == [1, 2]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again_and_then_given_up(status: int) -> None:
    sleep = Sleeper()
    answer = Answer(b"<html><h1>Bad   gateway</h1></html>", status)
    with (
        serving(in_turn(answer)) as server,
        api(server.url, sleep, attempts=4) as asking,
        pytest.raises(RetryableTransportError) as failure,
    ):
        asking.get("costs")
    assert len(server.asked) == 4
    assert failure.value.retryable
    assert f"{status} <html><h1>Bad gateway" in str(failure.value)
    assert "GET http://127.0.0.1" in str(failure.value)


def test_a_connection_that_breaks_inside_the_answer_is_tried_again() -> None:
    body = b'{"data": [' + b"1," * 5000 + b"1]}"
    answers = (Answer(body, cut=700), Answer(body, cut=0), Answer(body))
    with serving(in_turn(*answers)) as server, api(server.url) as asking:
        assert asking.get("costs") == body
    assert len(server.asked) == 3


def test_a_server_that_is_not_there_is_tried_again_and_named() -> None:
    with serving(in_turn(OK)) as server:
        url = server.url
    sleep = Sleeper()
    with api(url, sleep, attempts=3) as asking, pytest.raises(RetryableTransportError) as failure:
        asking.get("costs", {"api_key": SECRET})
    assert sleep.waited == [1, 2]
    assert url in str(failure.value)
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_not_tried_again_and_hints_without_the_secret(status: int) -> None:
    said = f'{{"error": {{"message": "Incorrect API key provided: {SECRET}."}}}}'.encode()
    with (
        serving(in_turn(Answer(said, status))) as server,
        api(server.url) as asking,
        pytest.raises(RefusedError) as failure,
    ):
        asking.get("costs", {"token": SECRET})
    assert len(server.asked) == 1
    assert failure.value.status == status
    text = str(failure.value)
    assert "Incorrect API key provided: [hidden]" in text
    assert "Check the key." in text
    assert SECRET not in text
    assert SECRET not in repr(failure.value)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("status", [400, 404, 410])
def test_other_refusals_say_what_the_server_says(status: int) -> None:
    with (
        serving(in_turn(Answer(b'{"error": "no such report"}', status))) as server,
        api(server.url) as asking,
        pytest.raises(RefusedError, match="no such report") as failure,
    ):
        asking.get("costs")
    assert failure.value.status == status
    assert not failure.value.retryable


def test_a_redirect_is_refused_so_that_no_key_goes_elsewhere() -> None:
    with serving(in_turn(OK)) as elsewhere:
        moved = Answer(status=302, headers={"Location": f"{elsewhere.url}/costs"})
        with (
            serving(in_turn(moved)) as server,
            api(server.url) as asking,
            pytest.raises(RefusedError, match="302"),
        ):
            asking.get("costs")
        assert elsewhere.asked == []


def test_netrc_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login intruder password hunter2hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(in_turn(OK)) as server, api(server.url) as asking:
        asking.get("costs")
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"


def test_credentials_in_the_address_are_neither_sent_nor_shown() -> None:
    with serving(in_turn(Answer(status=404))) as server:
        url = server.url.replace("//", f"//user:{SECRET}@")
        with api(url) as asking, pytest.raises(TransportError) as failure:
            asking.get("costs")
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(failure.value)
    assert "user" not in str(failure.value)


def test_a_proxy_is_used_when_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(in_turn(OK)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with api("http://api.vendor.example/v1") as asking:
            assert asking.get("costs") == OK.body
    (asked,) = proxy.asked
    assert asked.path == "/v1/costs"
    assert asked.headers["host"] == "api.vendor.example"


def test_a_secret_that_no_header_can_carry_is_an_error_without_it() -> None:
    for bad in (f"{SECRET}…", f"{SECRET}\nX: y"):
        with (
            serving(in_turn(OK)) as server,
            Api(server.url, {"x-api-key": bad}, hint="", sleep=Sleeper()) as asking,
            pytest.raises(TransportError, match="secret") as failure,
        ):
            asking.get("costs")
        assert SECRET not in str(failure.value)


def test_an_address_that_is_none_is_an_error_that_is_not_tried_again() -> None:
    sleep = Sleeper()
    with api("http://[half", sleep) as asking, pytest.raises(TransportError) as failure:
        asking.get("costs")
    assert sleep.waited == []
    assert not failure.value.retryable


def test_waiting_is_told() -> None:
    told: list[tuple[str, int, int | None]] = []
    answers = (Answer(status=429, headers={"Retry-After": "3"}), OK)
    with (
        serving(in_turn(*answers)) as server,
        api(server.url, progress=lambda *what: told.append(what)) as asking,
    ):
        asking.get("costs")
    ((text, done, of),) = told
    assert text.startswith("waiting 3 s (GET http://127.0.0.1")
    assert (done, of) == (1, 8)
    assert SECRET not in text


def test_real_waiting_takes_its_time() -> None:
    answers = (Answer(status=429, headers={"Retry-After": "0.3"}), OK)
    with serving(in_turn(*answers)) as server, Api(server.url, {}, hint="") as asking:
        begun = time.monotonic()
        asking.get("costs")
        assert 0.25 < time.monotonic() - begun < 5
