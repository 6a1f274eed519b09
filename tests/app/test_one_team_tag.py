"""One set of virtual tags over the bills of a whole company, by team, month by month, exactly.

The tag is docs/allocation/examples/team.yaml. What is expected is what the sample's own books
state; where they state no teams (Google Cloud, Snowflake's queries), the raw rows are summed here.
"""

import csv
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from outlay.app import Workspace, platforms
from outlay.cli.main import main
from outlay.money import total
from outlay.query import CostQuery
from outlay.query.platforms import PlatformQuery
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

RULES = Path(__file__).parents[2] / "docs" / "allocation" / "examples" / "team.yaml"
MONTHS = ("2026-08", "2026-09", "2026-10")
GCP = "gcp_billing_export_resource_v1_01ABCD_234567_89EFGH.jsonl"
EURO = Decimal("0.92")
# One format a provider: the sample has most bills two or three times.
BILLS: dict[str, tuple[str, ...]] = {
    "aws": ("aws", "synthetic", "cur2"),
    "azure": ("azure", "synthetic"),
    "gcp": ("gcp", "synthetic", GCP),
    "oci": ("oci", "synthetic", "cost-reports"),
    "snowflake": ("snowflake", "synthetic"),
    "databricks": ("databricks", "synthetic"),
    "openai": ("openai", "synthetic"),
    "anthropic": ("anthropic", "synthetic"),
}
OPTIONS = {"azure": {"exports": "ea-actual,ea-amortized"}}
Sums = dict[str, Decimal]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace.init(tmp_path_factory.mktemp("team") / "ws", name="Acme")

    def load(name: str) -> None:
        place = str(shared_data(*BILLS[name]))
        (done,) = workspace.load([place], source=name, options=OPTIONS.get(name))
        assert done.outcome == "loaded", (name, done.error, done.outcomes)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(load, BILLS))
    documents = list(yaml.safe_load_all(RULES.read_text()))
    for one in sorted(documents, key=lambda one: one["kind"]):
        workspace.resources.put(one["kind"], one["name"], one["spec"], author="test")
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def found(company: Workspace) -> dict[tuple[str, str], Sums]:
    """(source, month) → team → effective cost, from one question."""
    result = company.query(CostQuery(by=("x_SourceName", "x_BillingPeriod", "team")))
    sums: dict[tuple[str, str], Sums] = {}
    for row in result.rows():
        key = (str(row["x_SourceName"]), str(row["x_BillingPeriod"])[:7])
        amount = row["EffectiveCost"]
        assert isinstance(amount, Decimal)
        if amount:
            teams = sums.setdefault(key, {})
            team = str(row["team"])
            teams[team] = total((teams.get(team, Decimal(0)), amount))
    return sums


def expected(provider: str, month: str) -> dict[str, Any]:
    assert SHARED is not None
    stated = json.loads((SHARED / "data" / "expected.json").read_text())[provider]
    return dict(stated[month.replace("-", "") if provider == "gcp" else month])


def teams(amounts: dict[str, str], names: dict[str, str] | None = None, rate: str = "1") -> Sums:
    """Stated amounts by team; nothing and what is not in `names` are Unallocated."""
    sums: Sums = {}
    for key, text in amounts.items():
        team = (names or {key: key}).get(key) or "Unallocated"
        sums[team] = total((sums.get(team, Decimal(0)), Decimal(text) * Decimal(rate)))
    return {name: amount for name, amount in sums.items() if amount}


@pytest.mark.parametrize("month", MONTHS)
def test_aws(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("aws", month)
    assert found["aws", month] == teams(stated["amortised_by_team"])
    assert total(found["aws", month].values()) == Decimal(stated["amortised"])


@pytest.mark.parametrize("month", MONTHS)
def test_azure(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("azure", month)
    assert found["azure", month] == teams(stated["amortized_usd_by_team"], rate=str(EURO))
    assert total(found["azure", month].values()) == Decimal(stated["amortized_billing_currency"])


@pytest.mark.parametrize("month", MONTHS)
def test_databricks(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("databricks", month)
    assert found["databricks", month] == teams(stated["list_cost_by_team"])
    assert total(found["databricks", month].values()) == Decimal(stated["list_cost_usd"])


@pytest.mark.parametrize("month", MONTHS)
def test_openai_by_project(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("openai", month)
    names = {"proj_shop": "checkout", "proj_data": "data"}
    assert found["openai", month] == teams(stated["cost_by_project"], names)
    assert total(found["openai", month].values()) == Decimal(stated["cost_usd"])


@pytest.mark.parametrize("month", MONTHS)
def test_anthropic_by_workspace(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("anthropic", month)
    assert found["anthropic", month] == teams(
        stated["cost_by_workspace"], {"wrkspc_01Data": "data"}
    )
    assert total(found["anthropic", month].values()) == Decimal(stated["cost_usd"])


@pytest.mark.parametrize("month", MONTHS)
def test_oracle_by_tag_and_service(found: dict[tuple[str, str], Sums], month: str) -> None:
    stated = expected("oci", month)
    names = {"COMPUTE": "checkout", "BLOCK_STORAGE": "data", "DATABASE": "orders"}
    assert found["oci", month] == teams(stated["cost_by_service"], names)
    assert total(found["oci", month].values()) == Decimal(stated["cost"])


@pytest.mark.parametrize("month", MONTHS)
def test_google_cloud(company: Workspace, month: str) -> None:
    """The books state totals by account; teams are those of the raw rows."""
    raw: dict[tuple[str, str], list[Decimal]] = {}
    with shared_data("gcp", "synthetic", GCP).open() as file:
        for text in file:
            row = json.loads(text, parse_float=Decimal, parse_int=Decimal)
            if row["invoice"]["month"] == month.replace("-", ""):
                labels = {label["key"]: label["value"] for label in row.get("labels") or ()}
                namespace = {"shop": "checkout", "data": "data"}.get(labels.get("k8s-namespace"))
                team = labels.get("team") or namespace or "Unallocated"
                amounts = [row["cost"], *(c["amount"] for c in row.get("credits") or ())]
                raw.setdefault((row["currency"], team), []).extend(map(Decimal, amounts))
    question = CostQuery(
        measures=("BilledCost",), by=("BillingCurrency", "team"),
        where=f"x_SourceName = 'gcp' AND x_BillingPeriod = '{month}-01'",
    )  # fmt: skip
    sums = {
        (str(row["BillingCurrency"]), str(row["team"])): row["BilledCost"]
        for row in company.query(question).rows()
    }
    assert sums == {key: total(amounts) for key, amounts in raw.items()}
    for account, stated in expected("gcp", month).items():
        currency = account.split()[-1]
        mine = total(Decimal(str(a)) for (code, _), a in sums.items() if code == currency)
        assert mine == Decimal(stated["net"])


@pytest.mark.parametrize("month", MONTHS)
def test_snowflake(company: Workspace, found: dict[tuple[str, str], Sums], month: str) -> None:
    """The bill whole; its credits by team as the queries' own rows say, and what is idle."""
    stated = expected("snowflake", month)
    assert total(found["snowflake", month].values()) == Decimal(stated["usage_in_currency"])
    credits: dict[str, list[Decimal]] = {}
    users = {"SVC_BI": "analytics", "ANA": "analytics", "BOB": "search"}
    path = shared_data("snowflake", "synthetic", "account_usage.query_attribution_history.csv")
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["START_TIME"].startswith(month):
                tag = json.loads(row["QUERY_TAG"] or "{}").get("team")
                team = tag or users.get(row["USER_NAME"], "data")
                credits.setdefault(team, []).append(Decimal(row["CREDITS_ATTRIBUTED_COMPUTE"]))
    question = CostQuery(
        measures=("ConsumedQuantity",), by=("x_AllocationState", "team"),
        where=f"ServiceName = 'Virtual Warehouses' AND x_BillingPeriod = '{month}-01'",
    )  # fmt: skip
    sums = {
        (row["x_AllocationState"], str(row["team"])): row["ConsumedQuantity"]
        for row in company.query(question).rows()
    }
    attributed = {team: total(amounts) for team, amounts in credits.items()}
    assert {team: q for (state, team), q in sums.items() if state == "Attributed"} == attributed
    assert total(attributed.values()) == Decimal(stated["attributed"])
    assert sums["Idle", "data"] == Decimal(stated["idle_warehouse_credits"])


@pytest.mark.parametrize(
    ("platform", "key", "measure"),
    [
        ("snowflake", "usage_in_currency", "BilledCost"),
        ("databricks", "list_cost_usd", "ListCost"),
    ],
)
def test_platforms_are_allocated_to_the_last_digit(
    company: Workspace, platform: str, key: str, measure: str
) -> None:
    for month, after in zip(MONTHS, (*MONTHS[1:], "2026-11"), strict=True):
        parts = {"by": "team", "from": f"{month}-01", "to": f"{after}-01", "measure": measure}
        proof = platforms.prove(company, PlatformQuery.of(platform, parts))
        (all_,) = proof.totals
        assert all_.charge == all_.allocated == Decimal(expected(platform, month)[key])
        assert proof.proven and proof.all_scopes
        assert [tie.proven for tie in proof.ties] == [True]


def test_models_are_allocated_to_the_last_digit(company: Workspace) -> None:
    proof = platforms.prove(company, PlatformQuery.of("ai", {"by": "team"}))
    stated = [
        Decimal(expected(vendor, month)["cost_usd"])
        for vendor in ("openai", "anthropic")
        for month in MONTHS
    ]
    (all_,) = proof.totals
    assert all_.charge == all_.allocated == total(stated)
    assert proof.proven and [tie.proven for tie in proof.ties] == [True] * 6


def test_the_command_line_says_the_same(
    company: Workspace,
    found: dict[tuple[str, str], Sums],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["query", "--by", "team", "--where", "x_SourceName = 'aws'", "--grain", "month"]
    code = main([*words, "--format", "json", "-w", str(company.path)])
    assert code == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    said: dict[str, Sums] = {}
    for row in rows:
        amount = Decimal(row["EffectiveCost"])
        if amount:
            said.setdefault(str(row["period"])[:7], {})[row["team"]] = amount
    assert said == {month: found["aws", month] for month in MONTHS}
