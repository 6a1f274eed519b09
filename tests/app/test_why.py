"""Why is this mine: the rule, its version, what it saw, what a split gave, file and line."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

import pytest

from outlay.app import Workspace, why
from outlay.money import total
from outlay.query import CostQuery, QueryError
from tests.app.ruled import ruled

D = Decimal
SEPTEMBER = CostQuery(range="2026-09-01..2026-10-01")
DATA = D("30.333333333333333333333")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = ruled(tmp_path_factory.mktemp("why"))
    yield found
    found.close()


def test_each_rule_says_what_it_saw_and_what_it_gave(workspace: Workspace) -> None:
    answer = why.why(workspace, "team", "storefront", SEPTEMBER)
    tagged, account = answer.why.rules
    assert (tagged.number, tagged.when, tagged.value) == (
        1, "tags.team IS NOT NULL", "from tags.team",
    )  # fmt: skip
    assert dict(tagged.caught.money) == {"USD": D("110.10")}
    (saw,) = tagged.seen
    assert (dict(saw.values), saw.given) == ({"tags.team": "storefront"}, "storefront")
    # Shop's other charges: 0.004 + 7.7 + 12.34 - 25
    assert account.value == "from SubAccountName, looked up in account-teams"
    assert dict(account.caught.money) == {"USD": D("-4.956")}
    assert dict(account.seen[0].values) == {"SubAccountName": "Shop"}
    assert account.resources == {("VirtualTag", "team"): 2, ("Dictionary", "account-teams"): 1}
    assert answer.saved["VirtualTag", "team"].author == "bo"


def test_direct_is_the_rules_and_the_split_gives_the_rest(workspace: Workspace) -> None:
    answer = why.why(workspace, "team", "storefront", SEPTEMBER)
    (group,) = answer.groups
    by_rules = total(rule.caught.money["USD"] for rule in answer.why.rules)
    assert group.direct == by_rules == D("105.144")
    (part,) = group.shared
    assert (part.split, part.pool, part.amount) == ("share-data", DATA, DATA)
    assert group.amount == D("135.477333333333333333333")
    assert answer.saved["Split", "share-data"].version == 1
    assert answer.owners == {"team = storefront": "ana@example.com", "share-data": "bo@example.com"}


def test_the_largest_charge_of_a_rule_is_there_with_file_and_line(workspace: Workspace) -> None:
    answer = why.why(workspace, "team", "storefront", SEPTEMBER)
    (charge,) = answer.charges[1].charges
    assert charge.values["EffectiveCost"] == D("110.10")
    assert charge.values["ResourceId"] == "i-1"
    assert (charge.origin.file, charge.origin.line) == ("acme.csv", 3)
    (slice_,) = answer.groups[0].slices
    assert slice_.files[0].path == "acme.csv"
    assert slice_.amount == D("105.144")


def test_the_condition_of_what_was_seen_finds_its_charges(workspace: Workspace) -> None:
    for value in ("storefront", "data"):
        for rule in why.why(workspace, "team", value, SEPTEMBER).why.rules:
            for seen in rule.seen:
                asked = SEPTEMBER.narrowed(seen.condition).but(splits="direct")
                found = workspace.query(asked).total
                assert found is not None and found["EffectiveCost"] == seen.caught.money["USD"]


def test_a_tag_on_a_tag_names_what_it_builds_on(workspace: Workspace) -> None:
    answer = why.why(workspace, "product", "lake", SEPTEMBER)
    (rule,) = answer.why.rules
    assert rule.number == 1 and answer.why.count == 2
    missing = why.why(workspace, "product", "Unallocated", SEPTEMBER)
    (none,) = missing.why.rules
    assert (none.number, none.seen[0].values) == (0, {})


def test_the_rules_of_then_are_told_with_their_version(workspace: Workspace) -> None:
    first, *_ = workspace.history("VirtualTag", "team")
    then = SEPTEMBER.but(rules_as_of=first.at.isoformat() + "Z")
    answer = why.why(workspace, "team", "Unallocated", then)
    assert answer.why.version == 1
    (none,) = answer.why.rules
    assert dict(none.caught.money) == {"USD": D("-4.956")}


def test_one_resource(workspace: Workspace) -> None:
    one = SEPTEMBER.but(where="ResourceId = 'i-2'")
    (value,) = why.values(workspace, "team", one)
    assert value.value == "storefront"
    answer = why.why(workspace, "team", "storefront", one)
    assert [rule.number for rule in answer.why.rules] == [2]
    assert answer.groups[0].direct == D("0.004")


def test_json_is_plain(workspace: Workspace) -> None:
    found = why.why(workspace, "team", "storefront", SEPTEMBER).to_json()
    assert found["rules"][0]["money"] == {"USD": "110.10"}
    assert found["amounts"][0]["amount"] == "135.477333333333333333333"
    assert found["charges"]["1"]["charges"][0]["file"] == "acme.csv"


def test_csv_has_every_part_and_they_add_up(workspace: Workspace) -> None:
    text = why.why(workspace, "team", "storefront", SEPTEMBER).to_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    amounts = {part: total(D(r["amount"]) for r in rows if r["part"] == part)
               for part in ("rule", "file", "shared")}  # fmt: skip
    assert amounts == {"rule": D("105.144"), "file": D("105.144"), "shared": DATA}
    assert rows[0] == {
        "part": "rule", "name": "rule 1", "version": "2", "detail": "tags.team = storefront",
        "currency": "USD", "amount": "110.10", "lines": "1",
    }  # fmt: skip


def test_a_tag_that_is_none_is_refused_with_those_there_are(workspace: Workspace) -> None:
    with pytest.raises(QueryError) as error:
        why.why(workspace, "tema", "x")
    assert error.value.allowed == ("product", "team")
