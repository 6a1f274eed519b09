"""Platforms: who a bill was for, and the proof that it adds up, on bills written where they are
tested. Numbers are those of docs/allocation/platforms.md."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.allocation.model import TagRule, Taken, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.lake import Lake
from outlay.money import total
from outlay.query import QueryError
from outlay.query.platforms import PlatformProof, PlatformQuery, prove, there
from outlay.query.platforms.sharing import shared_out
from outlay.query.usage import SupersededBy
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.ai_gateway.logs import request
from tests.sources.openai import answers
from tests.sources.snowflake import exports
from tests.web.company import csv_text, line

D = Decimal
DAY = date(2026, 10, 5)


def load(lake: Lake, name: str, folder: Path) -> None:
    transport = FileTransport(str(folder))
    (feed,) = detect(transport)
    kind = source(feed.kind)
    outcomes = lake.load(name, kind, transport, kind.Options(), root=feed.root)
    assert {outcome.status for outcome in outcomes} == {"loaded"}, outcomes


# --- sharing --------------------------------------------------------------------------------

amounts = st.decimals("-1000000", "1000000", places=21, allow_nan=False)
weights = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.decimals(0, 10**9, places=6), max_size=6
)


@given(amounts, weights)
def test_parts_add_up_to_the_amount_to_the_last_digit(
    amount: Decimal, given_weights: dict[str, Decimal]
) -> None:
    parts = shared_out(amount, given_weights)
    if any(given_weights.values()):
        assert total(parts.values()) == amount
        assert set(parts) <= {name for name, weight in given_weights.items() if weight}
        assert shared_out(amount, dict(reversed(given_weights.items()))) == parts
    else:
        assert parts == {}


def test_a_weight_below_nothing_counts_as_nothing() -> None:
    assert shared_out(D("1.00"), {"a": D(3), "b": D(-9)}) == {"a": D("1.00")}


# --- Snowflake: a warehouse's hour of 4 credits at 2.50: Ana 1.5, Bo 0.5, 2 used by nobody ---


@pytest.fixture
def warehouse(tmp_path: Path) -> Lake:
    lake = Lake.open(tmp_path / "lake", threads=1)
    folder = exports.write(
        tmp_path / "snowflake",
        {
            "usage_in_currency_daily": [
                exports.bill("10.00", "4"),
                exports.bill("3.00", "1", **exports.STORAGE),
            ],
            "warehouse_metering_history": [exports.hour("4", "2")],
            "query_attribution_history": [
                exports.query(1, "1.5", "ANA", '{"team": "shop"}'),
                exports.query(2, "0.5", "BO", '{"team": "data"}'),
            ],
            "query_history": [exports.history(1, "ANALYST"), exports.history(2, "LOADER")],
        },
    )
    load(lake, "snow", folder)
    return lake


def ask(lake: Lake, name: str, **parts: Any) -> PlatformProof:
    rules = parts.pop("rules", None)
    ties = parts.pop("ties", None)
    return prove(lake, PlatformQuery.of(name, parts), rules=rules, ties=ties)


def given_to(proof: PlatformProof) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    return {one.value: (one.direct, one.by_usage, one.idle) for one in proof.consumers}


def parts_of(proof: PlatformProof) -> tuple[Decimal, ...]:
    (all_,) = proof.totals
    assert total(all_.parts.values()) == all_.charge
    return tuple(all_.parts.values())


def test_a_warehouse_is_given_to_its_users_and_idle_is_kept(warehouse: Lake) -> None:
    proof = ask(warehouse, "snowflake")
    assert proof.by == "x_User"
    assert given_to(proof) == {
        "ANA": (D("3.75"), D(0), D(0)),
        "BO": (D("1.25"), D(0), D(0)),
    }
    assert parts_of(proof) == (D("5.00"), D(0), D("5.00"), D("3.00"))
    assert [(u.reason, u.amount) for u in proof.unattributed] == [
        ("Storage without x_User", D("3.00"))
    ]
    (tie,) = proof.ties
    assert (tie.stated, tie.charged, tie.proven) == (D("13.00"), D("13.00"), True)
    assert proof.proven and proof.proven_scopes == proof.all_scopes == 2
    wh = next(s for s in proof.scopes if s.values["ResourceName"] == "WH_1")
    assert dict(wh.quantities) == {
        "direct": D(2), "by_usage": D(0), "idle": D(2), "unattributed": D(0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("by", "first", "second"),
    [("x_User", "ANA", "BO"), ("x_Role", "ANALYST", "LOADER"), ("tags.team", "shop", "data")],
)
def test_idle_is_shared_by_attributed_credits(
    warehouse: Lake, by: str, first: str, second: str
) -> None:
    proof = ask(warehouse, "snowflake", by=by, idle="share")
    assert given_to(proof) == {
        first: (D("3.75"), D(0), D("3.75")),
        second: (D("1.25"), D(0), D("1.25")),
    }
    (all_,) = proof.totals
    assert all_.parts["idle"] == all_.shared == D("5.00")


def test_idle_that_a_rule_gives_to_a_team_is_its_own_until_it_is_shared(warehouse: Lake) -> None:
    rules = Ruleset(
        tags={
            "team": VirtualTagSpec(
                rules=(
                    TagRule(when="tags.team IS NOT NULL", value=Taken(from_="tags.team")),
                    TagRule(when="ResourceName = 'WH_1'", value="platform"),
                )
            )
        }
    ).check()
    kept = given_to(ask(warehouse, "snowflake", by="team", rules=rules))
    assert kept["platform"] == (D(0), D(0), D("5.00"))
    shared = given_to(ask(warehouse, "snowflake", by="team", rules=rules, idle="share"))
    assert shared["shop"] == (D("3.75"), D(0), D("3.75"))
    assert "platform" not in shared


def test_a_part_of_a_month_is_not_compared_with_the_bill_of_all_of_it(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path / "lake", threads=1)
    rows = [exports.bill("10.00", "4"), exports.bill("1.00", "1", USAGE_DATE="2026-10-07")]
    load(lake, "snow", exports.write(tmp_path / "bill", {"usage_in_currency_daily": rows}))
    (whole,) = ask(lake, "snowflake").ties
    assert (whole.stated, whole.charged, whole.proven) == (D("11.00"), D("11.00"), True)
    (part,) = ask(lake, "snowflake", range="2026-10-01..2026-10-06").ties
    assert (part.stated, part.charged, part.proven) == (D("11.00"), D("10.00"), None)


def test_a_bill_that_is_not_divided_by_use_says_that_it_tells_no_idle(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path / "lake", threads=1)
    charge = line("5.00", "2026-10-05") | {
        "ProviderName": "Snowflake",
        "PublisherName": "Snowflake",
    }
    (tmp_path / "bill").mkdir()
    (tmp_path / "bill" / "focus.csv").write_text(csv_text([charge]))
    load(lake, "focus", tmp_path / "bill")
    proof = ask(lake, "snowflake", by="ServiceName")
    assert parts_of(proof) == (D("5.00"), D(0), D(0), D(0))
    assert proof.notes == (
        "these bills of Snowflake are not divided by use: they do not tell what was idle",
    )


# --- AI: 10.00 of input tokens, 1,000 counted by OpenAI, of which the gateway saw 800 --------


@pytest.fixture
def models(tmp_path: Path) -> Lake:
    lake = Lake.open(tmp_path / "lake", threads=1)
    folder = tmp_path / "openai"
    folder.mkdir()
    costs = answers.bucket(
        DAY,
        answers.cost("10.00", "gpt-4o-2024-08-06, input", api_key_id="key_gateway"),
        answers.cost("4.00", "gpt-4o-2024-08-06, input", api_key_id="key_search"),
        answers.cost("-1.00", None, project_id=None),
    )
    usage = answers.bucket(
        DAY,
        answers.completions(input_tokens=1000, output_tokens=0, api_key_id="key_gateway"),
        answers.completions(
            input_tokens=400, output_tokens=0, api_key_id="key_search", user_id="user_eve"
        ),
    )
    (folder / "costs.json").write_text(answers.text(answers.page([costs])))
    (folder / "completions.json").write_text(answers.text(answers.page([usage])))
    load(lake, "openai", folder)
    log = tmp_path / "gateway"
    log.mkdir()
    calls = [
        request(1, prompt_tokens=300, completion_tokens=0, end_user="acme"),
        request(2, prompt_tokens=500, completion_tokens=0, end_user="globex"),
    ]
    (log / "spend.jsonl").write_text("".join(json.dumps(one) + "\n" for one in calls))
    load(lake, "gateway", log)
    return lake


TIES = {"gateway": SupersededBy("openai", ("x_Model",), "x_ApiKey = 'key_gateway'")}


def test_a_bill_is_divided_by_the_tokens_that_a_gateway_saw(models: Lake) -> None:
    proof = ask(models, "ai", by="x_EndUser", ties=TIES)
    # 300 and 500 of 1,000 tokens; 200 that the gateway did not see stay unattributed.
    assert given_to(proof) == {
        "globex": (D(0), D("5.00"), D(0)),
        "acme": (D(0), D("3.00"), D(0)),
    }
    assert parts_of(proof) == (D(0), D("8.00"), D(0), D("5.00"))
    assert proof.proven


def test_without_the_condition_the_other_key_is_divided_too(models: Lake) -> None:
    proof = ask(models, "ai", by="x_EndUser", ties={"gateway": SupersededBy("openai")})
    # Of 14.00, 800 of the 1,400 tokens of the model were seen.
    assert given_to(proof)["acme"][1] == D("3.00")
    assert given_to(proof)["globex"][1] == D("5.00")
    assert parts_of(proof)[1] == D("8.00")


def test_a_virtual_tag_takes_what_the_bill_knows_and_usage_for_the_rest(models: Lake) -> None:
    rules = Ruleset(
        tags={
            "customer": VirtualTagSpec(
                rules=(
                    TagRule(when="x_ApiKey = 'key_search'", value="internal"),
                    TagRule(when="x_EndUser IS NOT NULL", value=Taken(from_="x_EndUser")),
                )
            ),
            "segment": VirtualTagSpec(
                rules=(
                    TagRule(when="customer = 'acme'", value="gold", until=date(2026, 10, 1)),
                    TagRule(when="customer = 'acme'", value="silver"),
                    TagRule(when="customer = 'internal'", value="own"),
                )
            ),
        }
    ).check()
    proof = ask(models, "ai", by="customer", ties=TIES, rules=rules)
    assert given_to(proof) == {
        "internal": (D("4.00"), D(0), D(0)),
        "globex": (D(0), D("5.00"), D(0)),
        "acme": (D(0), D("3.00"), D(0)),
    }
    # 2.00 that the gateway did not see, and the credit of 1.00.
    assert parts_of(proof)[3] == D("1.00")
    # A tag on a tag, with a date, over usage as over charges.
    built = ask(models, "ai", by="segment", ties=TIES, rules=rules)
    assert given_to(built) == {"own": (D("4.00"), D(0), D(0)), "silver": (D(0), D("3.00"), D(0))}


def test_the_vendors_own_usage_knows_the_user_of_a_key(models: Lake) -> None:
    proof = ask(models, "ai", by="x_User", ties=TIES)
    # The gateway knows who called with its key, OpenAI's usage who with the other.
    assert given_to(proof) == {
        "ada@kestrel.example": (D(0), D("8.00"), D(0)),
        "user_eve": (D(0), D("4.00"), D(0)),
    }


def test_the_bill_alone(models: Lake) -> None:
    proof = ask(models, "ai", by="x_ApiKey", usage="no")
    assert given_to(proof) == {
        "key_gateway": (D("10.00"), D(0), D(0)),
        "key_search": (D("4.00"), D(0), D(0)),
    }
    assert [(u.reason, u.amount) for u in proof.unattributed] == [
        ("Credit without x_ApiKey", D("-1.00"))
    ]
    with pytest.raises(QueryError, match="x_EndUser"):
        ask(models, "ai", by="x_EndUser", usage="no")


def test_a_gateway_that_is_tied_to_no_bill_divides_nothing_and_is_named(models: Lake) -> None:
    proof = ask(models, "ai", by="x_ApiKey")
    assert [note.split()[0] for note in proof.notes] == ["gateway"]
    assert parts_of(proof)[1] == D(0)


def test_csv_has_every_scope_and_adds_up(models: Lake) -> None:
    proof = ask(models, "ai", by="x_EndUser", ties=TIES, by_day="yes")
    header, *rows = [line.split(",") for line in proof.to_csv().splitlines()]
    assert total(D(row[header.index("charge")]) for row in rows) == D("13.00")
    parts = ("direct", "by_usage", "idle", "unattributed")
    assert total(D(row[header.index(p)]) for row in rows for p in parts) == D("13.00")
    assert {row[header.index("day")] for row in rows} == {str(DAY)}
    assert proof.to_json()["totals"][0]["allocated"] == "13.00"


# --- what cannot be asked -------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    yield Lake.open(tmp_path_factory.mktemp("empty") / "lake", threads=1)


def test_an_empty_lake_has_no_platform_and_no_scope(empty: Lake) -> None:
    assert there(empty) == {}
    assert ask(empty, "databricks").scopes == ()


@pytest.mark.parametrize(
    ("name", "parts", "field"),
    [
        ("snowflak", {}, "platform"),
        ("snowflake", {"idle": "lose"}, "idle"),
        ("snowflake", {"measure": "LineCount"}, "measure"),
        ("snowflake", {"by_day": "perhaps"}, "by_day"),
        ("snowflake", {"byy": "x_User"}, "byy"),
        ("snowflake", {"by": "1"}, "by"),
    ],
)
def test_what_cannot_be_asked_says_where(name: str, parts: dict[str, str], field: str) -> None:
    with pytest.raises(QueryError) as error:
        PlatformQuery.of(name, parts)
    assert error.value.field == field


def test_the_address_of_a_question_reads_back() -> None:
    parts = {"by": "tags.team", "idle": "share", "from": "2026-10-01", "to": "2026-11-01",
             "by_day": "yes", "usage": "no", "measure": "ListCost"}  # fmt: skip
    query = PlatformQuery.of("snowflake", parts)
    assert query.to_params() == parts
    assert PlatformQuery.of("snowflake", query.to_params()) == query
