"""The az:// and gs:// transports against real emulator processes on loopback."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.sources.contract import FileRef, RetryableTransportError, TransportError
from outlay.sources.transports import open_transport
from tests.shared import ROOT

AZURITE = ROOT / ".azurite" / "node_modules" / ".bin" / "azurite-blob"
# Azurite's own account and key, as its documentation gives them to everybody.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass
class Store:
    """An emulated store with a container or bucket named `bills`."""

    scheme: str
    root: str
    put: Callable[[str, bytes], None]

    def paths(self, below: str = "", prefix: str = "") -> list[str]:
        return [ref.path for ref in open_transport(self.root + below).list(prefix)]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(300):
        assert process is None or process.poll() is None, "the emulator ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the emulator did not start within 30 s")


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Azurite; its connection string."""
    if not AZURITE.exists():
        pytest.skip("Azurite is not installed: scripts/install-azurite.sh")
    port = free_port()
    folder = tmp_path_factory.mktemp("azurite")
    flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    place = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command = [str(AZURITE), *place, *flags]
    process = subprocess.Popen(command, env={**os.environ, "AZURITE_ACCOUNTS": ""})
    wait_for(port, process)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    yield (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
        f"BlobEndpoint={endpoint};"
    )
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def gcs_emulator() -> Iterator[str]:
    """A running storage emulator; its address."""
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="bills")
    server.start()
    wait_for(port)
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def az(azurite: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    from azure.storage.blob import BlobServiceClient

    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite)
    service = BlobServiceClient.from_connection_string(azurite)
    container = service.get_container_client("bills")
    if container.exists():
        for blob in container.list_blobs():
            container.delete_blob(blob.name)
    else:
        container.create_container()

    def put(key: str, body: bytes) -> None:
        container.upload_blob(key, body, overwrite=True)

    return Store("az", f"az://{ACCOUNT}/bills", put)


@pytest.fixture
def gs(gcs_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_emulator)
    bucket = storage.Client(project="p", credentials=AnonymousCredentials()).bucket("bills")
    for blob in list(bucket.list_blobs()):
        blob.delete()

    def put(key: str, body: bytes) -> None:
        bucket.blob(key).upload_from_string(body)

    return Store("gs", "gs://bills", put)


@pytest.fixture(params=["az", "gs"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def test_a_prefix_is_a_folder(store: Store) -> None:
    for key in ("cur/a/1.csv", "cur/b.csv", "cur2/other.csv", "cur/_SUCCESS", "top.csv"):
        store.put(key, b"bill")
    assert store.paths("/cur") == store.paths("/cur/") == ["a/1.csv", "b.csv"]
    assert store.paths("/cur", "a/") == ["a/1.csv"]
    assert store.paths() == ["cur/a/1.csv", "cur/b.csv", "cur2/other.csv", "top.csv"]
    assert store.paths("/nothing-here") == []


def test_one_object_is_a_location(store: Store, tmp_path: Path) -> None:
    store.put("cur/bill.csv", b"12345")
    store.put("cur/bill.csv.old", b"1")
    transport = open_transport(f"{store.root}/cur/bill.csv")
    (ref,) = transport.list()
    assert (ref.path, ref.size) == ("bill.csv", 5)
    transport.fetch(ref, tmp_path / "bill")
    assert (tmp_path / "bill").read_bytes() == b"12345"
    with transport.open("bill.csv") as stream:
        assert stream.read() == b"12345"
    assert transport.list("other") == []


def test_the_version_changes_with_the_content(store: Store) -> None:
    store.put("a.csv", b"one")
    (before,) = open_transport(store.root).list()
    (again,) = open_transport(store.root).list()
    store.put("a.csv", b"two")
    (after,) = open_transport(store.root).list()
    assert before == again
    assert (before.size, after.size) == (3, 3)
    assert before.version != after.version


def test_parquet_is_read_by_ranges(store: Store, tmp_path: Path) -> None:
    table = pa.table({"n": list(range(200_000)), "text": ["x" * 20] * 200_000})
    pq.write_table(table, tmp_path / "t.parquet", compression="none")
    store.put("t.parquet", (tmp_path / "t.parquet").read_bytes())
    transport = open_transport(store.root)
    with transport.open("t.parquet") as stream:
        assert pq.ParquetFile(stream).metadata.num_rows == 200_000
        stream.seek(-4, os.SEEK_END)
        assert stream.read() == b"PAR1"
        assert stream.read() == b""


def test_a_large_object_comes_whole(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.sources.transports.objects._CHUNK", 100_000)
    body = os.urandom(1_000_001)
    store.put("big.bin", body)
    transport = open_transport(store.root)
    (ref,) = transport.list()
    transport.fetch(ref, tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == body


def test_an_empty_object_is_no_error(store: Store, tmp_path: Path) -> None:
    store.put("empty.csv", b"")
    transport = open_transport(store.root)
    (ref,) = transport.list()
    transport.fetch(ref, tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


def test_what_changed_since_the_listing_is_not_taken(az: Store, tmp_path: Path) -> None:
    az.put("a.csv", b"one")
    transport = open_transport(az.root)
    (ref,) = transport.list()
    az.put("a.csv", b"two")
    with pytest.raises(RetryableTransportError, match="changed or ended early"):
        transport.fetch(ref, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_is_gone_since_the_listing_says_so(store: Store, tmp_path: Path) -> None:
    transport = open_transport(store.root)
    with pytest.raises(RetryableTransportError, match="gone since|changed or ended"):
        transport.fetch(FileRef("gone.csv", 3, "1"), tmp_path / "gone")
    with pytest.raises(TransportError, match="gone since"):
        transport.open("gone.csv")
    assert not (tmp_path / "gone").exists()


class Broken:
    """A client whose every second answer ends early."""

    def __init__(self, real: Callable[..., bytes]) -> None:
        self.real = real
        self.calls = 0

    def __call__(self, key: str, start: int, end: int, version: str) -> bytes:
        self.calls += 1
        data = self.real(key, start, end, version)
        return data[: len(data) // 2] if self.calls % 2 else data


def test_a_connection_that_breaks_is_gone_on_with(store: Store, tmp_path: Path) -> None:
    body = os.urandom(1000)
    store.put("a.bin", body)
    transport: Any = open_transport(store.root)
    (ref,) = transport.list()
    transport._range = broken = Broken(transport._range)
    transport.fetch(ref, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == body
    assert broken.calls == 2


def test_one_that_never_goes_on_is_given_up(store: Store, tmp_path: Path) -> None:
    store.put("a.bin", b"12345")
    transport: Any = open_transport(store.root)
    (ref,) = transport.list()
    transport._range = lambda *_: b""
    with pytest.raises(RetryableTransportError, match="5 bytes listed, 0 received"):
        transport.fetch(ref, tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("az://", "names no container; write az://account/container/prefix"),
        ("az://account", "names no container"),
        ("az://me:sekret@account/bills", "takes no credentials"),
        ("az://account/bills?sv=sekret", "takes no credentials"),
        ("gs://", "names no bucket; write gs://bucket/prefix"),
        ("gs://me:sekret@bucket/x", "takes no credentials"),
    ],
)
def test_a_wrong_location_is_refused_without_repeating_secrets(location: str, said: str) -> None:
    with pytest.raises(TransportError, match=said) as caught:
        open_transport(location)
    assert "sekret" not in str(caught.value)


def test_a_container_that_is_not_there_is_named(az: Store) -> None:
    with pytest.raises(TransportError, match="no such container"):
        open_transport(f"az://{ACCOUNT}/nothing").list()


def test_a_bucket_that_is_not_there_is_named(gs: Store) -> None:
    with pytest.raises(TransportError, match="bucket 'nothing' does not exist"):
        open_transport("gs://nothing").list()


def test_a_wrong_key_is_told_without_showing_it(
    az: Store, azurite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "d3Jvbmc" + KEY[7:]
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite.replace(KEY, wrong))
    with pytest.raises(TransportError, match="credentials|denied") as caught:
        open_transport(az.root).list()
    assert wrong not in str(caught.value)


def test_another_account_than_the_connection_strings_is_refused(az: Store) -> None:
    with pytest.raises(TransportError, match=f"is of the account {ACCOUNT}, the location names x"):
        open_transport("az://x/bills").list()


def test_a_server_that_does_not_answer_may_be_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("google.cloud.storage.retry.DEFAULT_RETRY._timeout", 0.1)
    with pytest.raises(RetryableTransportError):
        open_transport("gs://bills").list()


def test_a_missing_sdk_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, package: str | None = None) -> Any:
        if name.startswith(("azure", "google")):
            raise ModuleNotFoundError(name=name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(TransportError, match=r"pip install 'outlay\[azure\]'"):
        open_transport("az://account/bills").list()
    with pytest.raises(TransportError, match=r"pip install 'outlay\[gcp\]'"):
        open_transport("gs://bills").list()
