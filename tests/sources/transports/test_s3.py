"""The S3 transport against a real S3 server process on loopback."""

import http.server
import io
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from outlay.sources.contract import FileRef, RetryableTransportError, TransportError
from outlay.sources.transports import open_transport

SECRET = "verysecretkeyverysecretkey"  # noqa: S105 - no real one


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def post(url: str, body: bytes = b"") -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain"}, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def set_credentials(monkeypatch: pytest.MonkeyPatch, key: str, secret: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    set_credentials(monkeypatch, "AKIAEXAMPLE", SECRET)
    post(f"{endpoint}/moto-api/reset")
    client = boto3.client("s3")
    client.create_bucket(Bucket="bills")
    return client


def put(s3: Any, key: str, body: bytes = b"bill") -> None:
    s3.put_object(Bucket="bills", Key=key, Body=body)


def paths(location: str, prefix: str = "") -> list[str]:
    return [ref.path for ref in open_transport(location).list(prefix)]


def test_a_prefix_is_a_folder(s3: Any) -> None:
    for key in ("cur/a/1.csv", "cur/b.csv", "cur2/other.csv", "cur/_SUCCESS", "cur/a/", "top.csv"):
        put(s3, key)
    assert paths("s3://bills/cur") == paths("s3://bills/cur/") == ["a/1.csv", "b.csv"]
    assert paths("s3://bills/cur", "a/") == ["a/1.csv"]
    assert paths("s3://bills") == ["cur/a/1.csv", "cur/b.csv", "cur2/other.csv", "top.csv"]
    assert paths("s3://bills/nothing-here") == []


def test_one_object_is_a_location(s3: Any, tmp_path: Path) -> None:
    put(s3, "cur/bill.csv", b"12345")
    put(s3, "cur/bill.csv.old", b"1")
    transport = open_transport("s3://bills/cur/bill.csv")
    (ref,) = transport.list()
    assert (ref.path, ref.size) == ("bill.csv", 5)
    transport.fetch(ref, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"12345"
    assert transport.list("x") == []


@pytest.mark.slow
def test_more_than_a_page_of_keys(s3: Any) -> None:
    for number in range(1001):
        put(s3, f"many/{number:04d} é+&.csv", b"")
    listed = paths("s3://bills/many")
    assert len(listed) == 1001
    assert listed[-1] == "1000 é+&.csv"


def test_the_version_is_the_etag(s3: Any) -> None:
    put(s3, "bill.csv", b"one")
    first = open_transport("s3://bills").list()[0].version
    put(s3, "bill.csv", b"two")
    assert open_transport("s3://bills").list()[0].version != first


def test_a_parquet_footer_is_read_by_ranges(s3: Any) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"cost": list(range(200_000))}), buffer, compression="none")
    put(s3, "bill.parquet", buffer.getvalue())
    with open_transport("s3://bills").open("bill.parquet") as reader:
        assert pq.ParquetFile(reader).metadata.num_rows == 200_000
    with open_transport("s3://bills").open("bill.parquet") as reader:
        assert reader.read() == buffer.getvalue()
        assert reader.seek(-4, io.SEEK_END) == len(buffer.getvalue()) - 4
        assert reader.read() == b"PAR1"
        with pytest.raises(ValueError):
            reader.seek(-1)


def test_an_object_that_changed_since_the_listing_is_not_taken(s3: Any, tmp_path: Path) -> None:
    put(s3, "bill.csv", b"first")
    transport = open_transport("s3://bills")
    (ref,) = transport.list()
    reader = transport.open("bill.csv")
    put(s3, "bill.csv", b"other")
    with pytest.raises(RetryableTransportError, match=r"s3://bills/bill\.csv changed"):
        transport.fetch(ref, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(RetryableTransportError, match="changed"):
        reader.read()


def test_an_object_that_is_gone(s3: Any, tmp_path: Path) -> None:
    transport = open_transport("s3://bills/cur/")
    with pytest.raises(RetryableTransportError, match="is gone since it was listed"):
        transport.fetch(FileRef("gone.csv", 3, '"x"'), tmp_path / "copy")
    with pytest.raises(RetryableTransportError, match="is gone since it was listed"):
        transport.open("gone.csv")


def test_no_such_bucket(s3: Any) -> None:
    with pytest.raises(TransportError, match="bucket 'nobody-has-this' does not exist"):
        paths("s3://nobody-has-this/cur")


def test_a_bucket_that_may_not_be_read(
    s3: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(s3, "bill.csv")
    transport = open_transport("s3://bills")
    (ref,) = transport.list()
    iam = boto3.client("iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    set_credentials(monkeypatch, key["AccessKeyId"], key["SecretAccessKey"])
    post(f"{endpoint}/moto-api/reset-auth", b"0")
    try:
        stranger = open_transport("s3://bills")
        with pytest.raises(TransportError, match=r"access to s3://bills/ is denied") as caught:
            stranger.list()
        assert "s3:ListBucket" in str(caught.value)
        assert key["SecretAccessKey"] not in str(caught.value)
        with pytest.raises(TransportError, match="is denied"):
            stranger.fetch(ref, tmp_path / "copy")
        set_credentials(monkeypatch, "AKIANOSUCHKEY", SECRET)
        with pytest.raises(TransportError, match=r"credentials used for .* are not valid"):
            paths("s3://bills")
    finally:
        post(f"{endpoint}/moto-api/reset-auth", b"inf")


def test_no_credentials(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(TransportError, match="no usable AWS credentials for s3://bills/"):
        paths("s3://bills")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(TransportError, match=r"profile \(nobody\) could not be found"):
        paths("s3://bills")


@pytest.mark.parametrize("location", ["s3://", "s3:///cur", "s3://key:topsecret@bills/cur"])
def test_a_location_that_is_no_bucket_is_refused_without_repeating_secrets(location: str) -> None:
    with pytest.raises(TransportError, match="s3://bucket/prefix") as caught:
        open_transport(location)
    assert "topsecret" not in str(caught.value)


class Flaky(http.server.BaseHTTPRequestHandler):
    """Sends 10 bytes of a 25-byte object a time, then drops the connection; or answers 503."""

    body = b"abcdefghijklmnopqrstuvwxy"
    ranges: list[str | None] = []
    busy = False
    silent_after = 99

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        if self.busy:
            self.send_error(503)
            return
        start = int(asked[6:].split("-")[0]) if asked else 0
        part = self.body[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", '"v1"')
        self.end_headers()
        self.wfile.write(part[:10] if len(self.ranges) <= self.silent_after else b"")
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def flaky(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Flaky]]:
    handler = type("Handler", (Flaky,), {"ranges": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield handler
    server.shutdown()
    server.server_close()


def test_a_broken_download_goes_on_where_it_ended(flaky: type[Flaky], tmp_path: Path) -> None:
    open_transport("s3://bills/").fetch(FileRef("bill.csv", 25, '"v1"'), tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == Flaky.body
    assert flaky.ranges == [None, "bytes=10-", "bytes=20-"]


def test_a_download_that_stays_short_is_refused(flaky: type[Flaky], tmp_path: Path) -> None:
    flaky.silent_after = 1
    with pytest.raises(RetryableTransportError, match="25 bytes listed, 10 received"):
        open_transport("s3://bills/").fetch(FileRef("bill.csv", 25, '"v1"'), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_throttled_request_may_be_retried_later(
    flaky: type[Flaky], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.sources.transports.s3._REQUEST_ATTEMPTS", 2)
    flaky.busy = True
    with pytest.raises(RetryableTransportError, match="try again later"):
        paths("s3://bills/")
    assert len(flaky.ranges) == 2
