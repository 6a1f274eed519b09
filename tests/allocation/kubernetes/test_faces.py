"""The proof on the page, in the API and on the command line: one set of numbers."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace, kubernetes
from outlay.cli import main
from outlay.query import CostQuery, QueryError
from outlay.query.kubernetes import ClusterProof, ClusterQuery
from tests.allocation.kubernetes.shop import shop
from tests.web.conftest import serving
from tests.web.page import parse


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


@pytest.fixture(scope="module")
def proof(workspace: Workspace) -> ClusterProof:
    return kubernetes.prove(workspace, "prod", ClusterQuery())


def test_every_kind_of_resource_adds_up(proof: ClusterProof) -> None:
    assert {o.origin: (o.charged, o.allocated, o.resources) for o in proof.origins} == {
        "node": (35, 35, 3), "volume": (3, 3, 1),
        "load balancer": (Decimal("3.60"), Decimal("3.60"), 1),
        "control plane": (Decimal("2.40"), Decimal("2.40"), 1),
    }  # fmt: skip
    assert proof.proven and proof.charged("USD") == proof.allocated("USD") == 44
    states = ("Workload", "Overhead", "Idle", "Control plane", "Unattributed", "Shared idle")
    assert sum(proof.state(state, "USD") for state in states) == 44
    assert proof.state("Control plane", "USD") == Decimal("2.40")
    assert sum(holder.amount for holder in proof.holders) == 44


def test_the_numbers_are_the_rules(proof: ClusterProof) -> None:
    # Of node a1: 8 core-hours' worth a hour at 0.031611, 13 GiB at 0.004237; 12 were charged.
    cores, gib = Decimal("0.031611"), Decimal("0.004237")
    room = 8 * cores + 13 * gib
    dns = 12 * (cores + gib) / room
    (system,) = (h for h in proof.holders if h.namespace == "kube-system")
    assert system.overhead and abs(system.amount - dns) < Decimal("1e-15")
    assert (system.cpu_used, system.memory_used) == (Decimal("0.5"), Decimal("0.25"))
    (ml,) = (h for h in proof.holders if h.namespace == "ml")
    assert ml.amount == 20 and Decimal(15) < ml.gpu < 20
    (idle,) = (h for h in proof.holders if h.namespace == "__idle__")
    # Four of eight cores, and a node that nothing ran on.
    assert abs(idle.amount - (12 * 4 * cores / room + 3)) < Decimal("1e-15")


def test_what_one_side_alone_knows_is_told(proof: ClusterProof) -> None:
    assert {(m.side, m.kind, m.name) for m in proof.missing} == {
        ("usage", "node", "node-nobill"), ("bill", "node", "i-0lost"),
    }  # fmt: skip
    assert "no bill of this range has a charge of i-0nobill" in {m.reason for m in proof.missing}


def test_the_page_shows_the_proof_and_leads_to_the_charges(
    client: TestClient, proof: ClusterProof
) -> None:
    page = parse(client.get("/kubernetes").text)
    assert page.one(data_allocated="*").text == page.one(data_charge="*").text == "44.00"
    assert page.one("span", data_proven="*").attrs["data-proven"] == "yes"
    links = page.one(id="table").one("tbody").all("a")
    names = [node.text for node in links]
    assert names[0] == "ml" and {"shop", "data", "Idle"} <= set(names)
    # A link leads to charges that add up to what the row says.
    link = next(n for n in links if n.text == "shop").attrs["href"]
    answer = client.get("/api/v1/query?" + urlsplit(link).query).json()
    shop = next(h for h in proof.holders if h.namespace == "shop")
    assert Decimal(answer["total"]["EffectiveCost"]) == shop.amount
    assert "node-nobill" in page.one("section", id="missing").text
    ranged = client.get("/kubernetes?range=2026-11-01..2026-12-01")
    assert ranged.status_code == 200 and "Nothing was charged" in ranged.text
    wrong = client.get("/kubernetes?cluster=staging")
    assert wrong.status_code == 400 and "no cluster" in wrong.text


def test_the_api_and_the_table_say_the_same(client: TestClient, proof: ClusterProof) -> None:
    assert client.get("/api/v1/kubernetes/prod").json() == proof.to_json()
    (line,) = client.get("/api/v1/kubernetes").json()
    assert (line["name"], line["allocated"], line["charged"]) == (
        "prod", {"USD": "44.00"}, {"USD": "44.00"},
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/kubernetes/prod.csv").text)))
    assert sum(Decimal(row["Total"]) for row in rows) == 44
    assert client.get("/api/v1/kubernetes/staging").status_code == 400
    assert client.get("/api/v1/kubernetes?measure=Nothing").status_code == 400


def test_the_command_shows_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(workspace.path), "kubernetes", "show", "prod"]) == 0
    out = capsys.readouterr().out
    assert "allocated 44.00 of 44.00 USD" in out and "node-nobill" in out
    assert main(["-w", str(workspace.path), "kubernetes", "list"]) == 0
    assert "prod" in capsys.readouterr().out
    assert main(["-w", str(workspace.path), "kubernetes", "show", "staging"]) != 0


def test_settings_are_kept_by_the_page_and_count_at_once(workspace: Workspace) -> None:
    client = serving(workspace)
    said = {
        "cluster": "prod", "enabled": "yes", "idle": "share", "control_plane": "share",
        "overhead": "kube-*, data", "ratio_cpu": "1", "ratio_memory": "0", "ratio_gpu": "0",
    }  # fmt: skip
    headers = {"Origin": "http://localhost"}
    done = client.post("/kubernetes", data=said, headers=headers, follow_redirects=False)
    assert done.status_code == 303, done.text
    found = kubernetes.prove(workspace, "prod", ClusterQuery())
    assert found.proven and found.allocated("USD") == 44
    assert found.state("Shared idle", "USD") == 6  # half of node a1's 12
    assert found.state("Control plane", "USD") == 0
    assert {h.namespace for h in found.holders if h.overhead} == {"kube-system", "data"}
    wrong = client.post("/kubernetes", data=said | {"ratio_cpu": "much"}, headers=headers)
    assert wrong.status_code == 400 and "ratio" in wrong.text
    assert workspace.resources.get("Cluster", "prod").version == 1
    workspace.resources.delete("Cluster", "prod", author="ann")


def test_a_cluster_with_another_name_in_usage_is_configured_too(workspace: Workspace) -> None:
    made = kubernetes.configure(workspace, "Prod_EU", {"idle": "share"}, author="ann")
    assert made.usage == ("Prod_EU",)
    assert workspace.resources.get("Cluster", "prod-eu").spec == made
    workspace.resources.delete("Cluster", "prod-eu", author="ann")


def test_what_cannot_be_asked_is_refused_with_what_can() -> None:
    with pytest.raises(QueryError, match="no cost"):
        ClusterQuery.of({"measure": "EffectivCost"})
    with pytest.raises(QueryError, match="not a part"):
        ClusterQuery.of({"colour": "red"})
    asked = ClusterQuery.of({"from": "2026-10-01", "to": "2026-11-01", "measure": "BilledCost"})
    assert ClusterQuery.of(asked.to_params()) == asked


def test_without_any_cluster_the_page_says_what_to_do(tmp_path: Path) -> None:
    empty = Workspace.init(tmp_path / "empty")
    page = parse(serving(empty).get("/kubernetes").text)
    assert "No cluster yet" in page.text
    empty.close()


def test_the_page_of_a_charge_says_whom_it_was_shared_out_to(
    workspace: Workspace, client: TestClient
) -> None:
    (gpu,) = workspace.charges(
        CostQuery(where="x_Pod = 'train-1' AND x_AllocatedPart = 'GPU'")
    ).charges
    origin = gpu.origin
    path = f"/charges/{origin.source}/{origin.billing_period}/{origin.file_index}/{origin.line}"
    page = parse(client.get(path).text)
    rows = page.one("section", id="shared").one("table").rows()
    assert {row[1] for row in rows} == {"GPU", "CPU", "Memory"}
    assert {row[0] for row in rows} == {"prod/ml/train/train-1/train"}
