"""Nothing tells the people of one team of another: every route, in every form that it has.

The others' team has names and amounts that occur nowhere else (see `tests.access.leaks`). Whoever
sees the whole ledger finds them on these same addresses, so that these tests can fail.
"""

import re
from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient

from outlay.access import Level
from outlay.access.rules import rules
from tests.access.leaks import assert_no_canary, canaries
from tests.access.samples import ADDRESSES, HIDDEN, filled
from tests.access.twoteams import SCOPE, People

GETS = {key.removeprefix("GET "): rule for key, rule in rules().items() if key.startswith("GET ")}
FILTERED = sorted(path for path, rule in GETS.items() if rule.reach == "filtered")
WHOLE = sorted(path for path, rule in GETS.items() if rule.reach == "whole")
FREE = sorted(path for path, rule in GETS.items() if rule.reach == "free")
FIRST = 2
"""How many addresses of a route are asked each time; all others with the slow tests."""
NOBODY_OF_THE_NAME = "koala"  # as long as the one that there is


@pytest.fixture
def carl(people: People) -> TestClient:
    """A viewer of the scope."""
    return people.client(scope=SCOPE)


@pytest.fixture
def ann(people: People) -> TestClient:
    """A viewer of everything."""
    return people.client()


def addresses(path: str) -> tuple[str, ...]:
    """The addresses of a route; fails for one without."""
    if path in ADDRESSES:
        return ADDRESSES[path]
    if GETS[path].reach == "filtered" and "{" in path:
        pytest.fail(f"write addresses for {path} into tests/access/samples.py")
    try:
        return (filled(path),)
    except KeyError as error:
        pytest.fail(f"tests/access/samples.py knows nothing for {error} of {path}")


@pytest.mark.parametrize("path", FILTERED)
def test_what_keeps_to_the_scope_tells_nothing_of_others(path: str, people: People) -> None:
    answered = check_nothing_told(path, people, addresses(path)[:FIRST])
    # It keeps to the scope, so that it has something to say; what is refused is told to be.
    assert 403 not in answered or min(answered) < 400 or path.startswith("/api/v1/res"), answered


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in FILTERED if len(ADDRESSES.get(path, ())) > FIRST]
)
def test_what_keeps_to_the_scope_tells_nothing_in_any_form(path: str, people: People) -> None:
    check_nothing_told(path, people, addresses(path)[FIRST:])


def check_nothing_told(path: str, people: People, asked: Sequence[str]) -> list[int]:
    """Ask as a person of the scope, of the level that the route needs; gives the statuses."""
    carl = people.client(GETS[path].level, SCOPE)
    statuses = []
    for address in asked:
        answer = carl.get(address)
        assert answer.status_code < 500, f"{address}: {answer.text[-500:]}"
        assert_no_canary(answer.content, address)
        statuses.append(answer.status_code)
    return statuses


@pytest.mark.parametrize("path", WHOLE)
def test_what_tells_of_the_whole_ledger_is_refused(path: str, carl: TestClient) -> None:
    for address in addresses(path):
        answer = carl.get(address)
        assert answer.status_code == 403, address
        # The address may be told again: it is what was typed.
        typed = set(re.findall(r"[\w-]*zebra[\w-]*", address, re.IGNORECASE))
        for word in typed:
            assert canaries(answer.content.replace(word.encode(), b"")) == [], address
        if not typed:
            assert_no_canary(answer.content, address)


@pytest.mark.parametrize("path", FREE)
def test_what_is_free_tells_nothing_of_the_ledger(path: str, carl: TestClient) -> None:
    for address in addresses(path):
        answer = carl.get(address)
        assert answer.status_code < 500, address
        assert_no_canary(answer.content, address)


@pytest.mark.parametrize("address", HIDDEN)
def test_others_are_as_if_they_were_not(address: str, carl: TestClient) -> None:
    """What is hidden and what is not there are answered alike: nobody learns which it is."""
    hidden = carl.get(address.format(who="zebra"))
    absent = carl.get(address.format(who=NOBODY_OF_THE_NAME))
    assert hidden.status_code == absent.status_code < 500, hidden.text[-500:]
    told = hidden.text.replace("zebra", NOBODY_OF_THE_NAME)
    assert told.replace("Zebra", "Koala") == absent.text


LOUD = (
    "/explore", "/explore.csv", "/explore/filter", "/charges", "/why", "/statements", "/drivers",
    "/drivers.csv", "/home/{persona}", "/dashboards/{name}/panels/{panel}/content",
    "/dashboards/{name}/panels/{panel}/rows.csv", "/api/v1/query", "/api/v1/query.csv",
    "/api/v1/query.parquet", "/api/v1/explain", "/api/v1/charges", "/api/v1/charges.csv",
    "/api/v1/charges.parquet", "/api/v1/dimensions", "/api/v1/values", "/api/v1/why",
    "/api/v1/drivers", "/api/v1/disputes/{plan}", "/api/v1/statements/{plan}/{month}",
    "/api/v1/dashboards/{name}/answers", "/api/v1/reports/{name}/preview",
    "/api/v1/resources/{kind}", "/api/v1/home/{persona}",
)  # fmt: skip
"""What tells of every team to whoever sees all of them."""


@pytest.mark.parametrize("path", LOUD)
def test_whoever_sees_everything_finds_the_others_there(path: str, ann: TestClient) -> None:
    """The same addresses tell of the hidden team to others: they could have told it to Carl."""
    assert any(canaries(ann.get(address).content) for address in addresses(path)), path


@pytest.mark.slow
def test_whoever_sees_everything_finds_the_hidden_by_name(ann: TestClient) -> None:
    """What is as if it were not for Carl is there for others."""
    absent = []
    for address in HIDDEN:
        found = ann.get(address.format(who="zebra"))
        nobody = ann.get(address.format(who=NOBODY_OF_THE_NAME))
        told = found.text.replace("zebra", NOBODY_OF_THE_NAME).replace("Zebra", "Koala")
        if (found.status_code, told) == (nobody.status_code, nobody.text):
            absent.append(address)
    assert len(absent) < len(HIDDEN) / 4, absent


def test_nobody_gets_in_without_a_token(people: People) -> None:
    nobody = people.client(Level.NOBODY)
    for path, rule in GETS.items():
        if rule.level is Level.NOBODY:
            continue
        answer = nobody.get(addresses(path)[0])
        assert answer.status_code in (303, 401), path
        assert_no_canary(answer.content.replace(addresses(path)[0].encode(), b""), path)
