"""A bill in a bucket, by the command line, against a real S3 server on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.bills import SEPTEMBER, SEPTEMBER_TOTAL, csv_text, row
from tests.cli.conftest import Run

pytestmark = pytest.mark.s3


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    server_module = pytest.importorskip("moto.server", reason="moto is missing")
    boto3 = pytest.importorskip("boto3", reason="boto3 is missing")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    client = boto3.client("s3")
    client.create_bucket(Bucket="acme-bills")
    yield client
    server.stop()


def test_load_and_sync_from_a_bucket(folder: Path, run: Run, bucket: object) -> None:
    put = bucket.put_object  # type: ignore[attr-defined]
    put(Bucket="acme-bills", Key="focus/bill.csv", Body=csv_text(SEPTEMBER).encode())
    ran = run("load", "s3://acme-bills/focus", "--source", "acme")
    assert ran.code == 0, ran.err
    assert run("query", "--json").json["total"] == {"EffectiveCost": SEPTEMBER_TOTAL}
    status = run("source", "show", "acme", "--json").json
    assert status["location"] == "s3://acme-bills/focus"
    assert run("sync", "acme", "--json").json[0]["outcome"] == "unchanged"
    put(Bucket="acme-bills", Key="focus/bill.csv", Body=csv_text([row("7")]).encode())
    assert run("sync", "acme", "--json").json[0]["outcome"] == "loaded"
    assert run("query", "--json").json["total"] == {"EffectiveCost": "7.00"}


def test_a_bucket_that_is_not_there_is_told(folder: Path, run: Run, bucket: object) -> None:
    ran = run("load", "s3://no-such-bucket/focus")
    assert ran.code == 1
    assert "no-such-bucket" in ran.err and "defect" not in ran.err
