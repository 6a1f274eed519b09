"""A real Prometheus is asked hour by hour; what was asked is kept, and goes on after a kill."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.money import BillingPeriod
from outlay.sources.contract import TransportError
from outlay.sources.http import Api
from outlay.sources.kubernetes import KubernetesOptions
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.kubernetes.server import cluster, needs_prometheus, prometheus
from tests.sources.kubernetes.usage import Usage, write_gz

NOW = datetime(2026, 10, 6, 2, 10, tzinfo=UTC)
OCTOBER = BillingPeriod(2026, 10)
KIND = source("kubernetes")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), cluster()) as url:
        yield url


def options(**more: object) -> KubernetesOptions:
    return KubernetesOptions.model_validate(
        {"api": "prometheus", "cluster": "prod", "since": date(2026, 10, 5), **more}
    )


def collect(address: str, into: Path, now: datetime = NOW, **more: object) -> None:
    KIND.collect(address, options(**more), into, periods=None, now=now, progress=None)


def load(spool: Path, lake: Path) -> Usage:
    usage = Usage(lake)
    outcomes = usage.lake.load("prod", KIND, FileTransport(str(spool)), options())
    assert [outcome.status for outcome in outcomes] == ["loaded"], outcomes
    return usage


@pytest.fixture(scope="module")
def usage(address: str, tmp_path_factory: pytest.TempPathFactory) -> Usage:
    folder = tmp_path_factory.mktemp("usage")
    collect(address, folder / "spool")
    return load(folder / "spool", folder / "lake")


pytestmark = needs_prometheus
DAY = "UsagePeriodStart < DATE '2026-10-06'"


def test_hours_end_with_the_last_one_that_is_over(usage: Usage) -> None:
    assert usage.ask("min(UsagePeriodStart), max(UsagePeriodEnd)") == [
        (datetime(2026, 10, 5), datetime(2026, 10, 6, 2))
    ]
    assert usage.ask("DISTINCT UsagePeriodEnd - UsagePeriodStart = INTERVAL 1 HOUR") == [(True,)]


def test_requests_are_core_hours_of_the_minutes_that_a_pod_lived(usage: Usage) -> None:
    found = dict(
        usage.ask("x_Pod, sum(Quantity)", f"Metric = 'cpu_request' AND {DAY}", "GROUP BY 1")
    )
    assert found["web-7d9-abc"] == Decimal(12)  # half a core, 24 hours
    assert found["train-0"] == Decimal(48)
    # Three cores, ten minutes and the five that Prometheus looks back: no whole hour.
    assert Decimal("0.5") <= found["nightly-1"] <= Decimal("0.8")
    assert "old-1" not in found, "a pod that has ended reserves nothing"


def test_a_counter_is_its_growth(usage: Usage) -> None:
    found = usage.ask(
        "x_Container, Quantity", "Metric = 'cpu_usage' AND hour(UsagePeriodStart) = 9"
    )
    # 15 CPU seconds a minute are a quarter of a core; the sum of the pod is not added to it.
    assert [(name, round(quantity, 3)) for name, quantity in found] == [("web", Decimal("0.25"))]
    (sent,) = usage.ask("Quantity", "Metric = 'network_transmit' AND hour(UsagePeriodStart) = 9")
    assert round(sent[0], 4) == round(Decimal(60) / 1024, 4)


def test_a_row_says_whose_it_is(usage: Usage) -> None:
    row = (
        "ResourceId, ResourceType, x_Cluster, x_Node, x_Namespace, x_ControllerKind, x_Controller,"
        " x_Container, Tags"
    )
    one = "Metric = 'cpu_request' AND x_Pod = "
    (web,) = usage.ask(f"DISTINCT {row}", f"{one} 'web-7d9-abc'")
    assert web[:5] == ("i-0n1", "Node", "prod", "node-1", "shop")
    assert web[5:8] == ("deployment", "web", "web")
    assert web[8] == {"app": "web", "team": "checkout", "namespace:owner": "retail"}
    (job,) = usage.ask("DISTINCT x_ControllerKind, x_Controller", f"{one} 'nightly-1'")
    assert job == ("cronjob", "nightly")


def test_gpus_are_held_and_busy(usage: Usage) -> None:
    found = usage.ask("Metric, x_Namespace, x_Pod, sum(Quantity)",
                      f"Metric LIKE 'gpu%' AND {DAY}", "GROUP BY 1, 2, 3 ORDER BY 1")  # fmt: skip
    assert found == [
        ("gpu_request", "ml", "train-0", Decimal(24)),
        ("gpu_usage", "ml", "train-0", Decimal(6)),
    ]


def test_volumes_are_found_by_the_id_that_is_billed(usage: Usage) -> None:
    found = usage.ask(
        "Metric, ResourceId, ResourceType, sum(Quantity), sum(EstimatedCost)",
        f"Metric LIKE 'volume%' AND {DAY}", "GROUP BY 1, 2, 3 ORDER BY 1",
    )  # fmt: skip
    assert found == [
        ("volume_capacity", "vol-0abc", "Persistent Volume", Decimal(240), Decimal("0.024")),
        ("volume_request", "vol-0abc", "Persistent Volume", Decimal(240), None),
        ("volume_usage", "vol-0abc", "Persistent Volume", Decimal(24), None),
    ]


def test_what_is_paid_for_has_the_estimate_once(usage: Usage) -> None:
    found = usage.ask(
        "Metric, ResourceId, sum(Quantity), sum(EstimatedCost)",
        f"EstimatedCost IS NOT NULL AND {DAY}", "GROUP BY 1, 2 ORDER BY 1, 2",
    )  # fmt: skip
    assert found == [
        ("load_balancer", "lb-1.example.com", Decimal(24), Decimal("0.6")),
        ("node_cpu_capacity", "i-0n1", Decimal(96), Decimal("2.88")),
        ("node_cpu_capacity", "i-0n2", Decimal(192), Decimal("5.76")),
        ("node_gpu_capacity", "i-0n2", Decimal(24), Decimal("22.8")),
        ("node_memory_capacity", "i-0n1", Decimal(384), Decimal("1.536")),
        ("node_memory_capacity", "i-0n2", Decimal(384), Decimal("1.536")),
        ("volume_capacity", "vol-0abc", Decimal(240), Decimal("0.024")),
    ]


def asked_days(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The days that the server is asked for from now on, in order."""
    days: list[str] = []
    get = Api.get

    def counting(self: Api, path: str, parameters: dict[str, object] | None = None) -> bytes:
        if parameters and "time" in parameters:
            moment = datetime.fromtimestamp(int(str(parameters["time"])) - 1, UTC)
            days.append(f"{moment:%m-%d}")
        return get(self, path, parameters)

    monkeypatch.setattr(Api, "get", counting)
    return days


def test_a_collection_that_was_killed_goes_on_at_its_day(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = asked_days(monkeypatch)

    def kill(what: str, done: int, of: int | None) -> None:
        if what == "asking for 2026-10-06":
            raise KeyboardInterrupt

    spool = tmp_path / "spool"
    with pytest.raises(KeyboardInterrupt):
        KIND.collect(address, options(), spool, periods=None, now=NOW, progress=kill)
    assert set(days) == {"10-05"}
    assert not (spool / "2026-10").exists(), "nothing of a month is there before all of it is"
    days.clear()
    collect(address, spool)
    assert set(days) == {"10-06"}
    assert load(spool, tmp_path / "lake").ask("count(DISTINCT UsagePeriodStart)") == [(26,)]


def test_a_day_that_is_over_is_asked_once_and_today_again(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    collect(address, spool)
    days = asked_days(monkeypatch)
    collect(address, spool, now=datetime(2026, 10, 6, 3, 10, tzinfo=UTC))
    assert set(days) == {"10-06"}
    usage = load(spool, tmp_path / "lake")
    assert usage.ask("count(DISTINCT UsagePeriodStart)") == [(27,)]
    assert usage.ask("count(*)", "Metric = 'node_cpu_capacity'") == [(54,)]


def test_a_server_without_the_metrics_is_an_error_and_not_an_empty_month(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(TransportError, match="has none of the metrics of Kubernetes"):
        collect(
            address, tmp_path, now=datetime(2027, 3, 2, tzinfo=UTC), since=date(2027, 3, 1)
        )  # fmt: skip
    assert not list(tmp_path.glob("*/manifest.json"))


def test_a_question_that_fails_says_which_and_why(address: str, tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="404"):
        collect(f"{address}/elsewhere", tmp_path)


def test_a_value_that_is_no_number_is_folded_by_name(tmp_path: Path) -> None:
    head = {"outlay_page": "prometheus", "start": "2026-10-05T00:00:00Z"}
    answer = {
        "kind": "sample", "name": "cpu_request", "unit": 1,
        "result": [{"metric": {"pod": "web"}, "values": [[1791158400, "NaN"], [1791162000, "2"]]}],
    }  # fmt: skip
    lines = "".join(json.dumps(line) + "\n" for line in (head, answer))
    (tmp_path / "bill").mkdir()
    write_gz(tmp_path / "bill" / "day.jsonl.gz", lines)
    usage = Usage(tmp_path / "lake")
    (outcome,) = usage.loaded(tmp_path / "bill")
    assert outcome.record is not None
    assert outcome.record.proof.rows_folded["a sample without a value (NaN)"] == 1
    assert usage.quantities() == {"cpu_request": Decimal(2)}


def test_what_is_landed_is_what_was_answered(address: str, tmp_path: Path) -> None:
    collect(address, tmp_path)
    page = tmp_path / "2026-10" / "2026-10-05-00001.jsonl.gz"
    lines = [json.loads(line) for line in gzip.decompress(page.read_bytes()).splitlines()]
    assert lines[0]["outlay_page"] == "prometheus"
    (requests,) = [line for line in lines if line.get("name") == "cpu_request"]
    assert "sum_over_time" in requests["promql"]
    assert all(len(series["values"]) <= 24 for series in requests["result"])
