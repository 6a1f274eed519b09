"""The file transport reads what is there, leaves markers out, and says what is wrong."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outlay.sources.contract import FileRef, RetryableTransportError, TransportError
from outlay.sources.transports import open_transport


def write(path: Path, text: str = "bill") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def paths(location: Path | str, prefix: str = "") -> list[str]:
    return [ref.path for ref in open_transport(str(location)).list(prefix)]


def test_a_folder_is_listed_recursively_and_sorted(tmp_path: Path) -> None:
    for name in ("b.csv", "a/2.csv", "a/1.csv", "a/deep/er/0.csv"):
        write(tmp_path / name)
    assert paths(tmp_path) == ["a/1.csv", "a/2.csv", "a/deep/er/0.csv", "b.csv"]
    assert paths(tmp_path, "a/d") == ["a/deep/er/0.csv"]


def test_markers_and_hidden_names_are_left_out(tmp_path: Path) -> None:
    for name in (
        "bill.csv",
        "_SUCCESS",
        ".bill.csv.crc",
        "_temporary/0.csv",
        ".git/x",
        ".DS_Store",
    ):
        write(tmp_path / name)
    assert paths(tmp_path) == ["bill.csv"]


def test_a_single_file_is_listed_under_its_own_name_even_if_hidden(tmp_path: Path) -> None:
    write(tmp_path / "_bill.csv", "12345")
    (ref,) = open_transport(str(tmp_path / "_bill.csv")).list()
    assert (ref.path, ref.size) == ("_bill.csv", 5)
    assert paths(tmp_path / "_bill.csv", "other") == []


def test_an_empty_folder_is_an_empty_list(tmp_path: Path) -> None:
    assert paths(tmp_path) == []


def test_tilde_and_file_urls_name_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "bills" / "my bill.csv")
    assert paths("~/bills") == ["my bill.csv"]
    assert paths((tmp_path / "bills").as_uri()) == ["my bill.csv"]
    assert paths((tmp_path / "bills" / "my bill.csv").as_uri()) == ["my bill.csv"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path / "store" / "bill.csv")
    (tmp_path / "bills").mkdir()
    (tmp_path / "bills" / "month").symlink_to(tmp_path / "store")
    (tmp_path / "bills" / "one.csv").symlink_to(tmp_path / "store" / "bill.csv")
    (tmp_path / "store" / "loop").symlink_to(tmp_path / "bills")
    assert paths(tmp_path / "bills") == ["month/bill.csv", "one.csv"]


def test_a_broken_link_is_an_error_and_no_silent_gap(tmp_path: Path) -> None:
    (tmp_path / "part-2.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(TransportError, match=r"part-2\.csv does not exist; it is a link to .*gone"):
        paths(tmp_path)


def test_the_version_changes_with_the_content(tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv")
    before = open_transport(str(tmp_path)).list()
    os.utime(bill, ns=(1, 1_700_000_000_000_000_000))
    after = open_transport(str(tmp_path)).list()
    assert before[0].version != after[0].version == "1700000000000000000"


def test_a_missing_location_names_itself(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match=r"no/where does not exist; check the spelling"):
        paths(tmp_path / "no" / "where")
    bill = write(tmp_path / "bill.csv")
    with pytest.raises(TransportError, match="a part of its path is a file"):
        paths(bill / "more")


@contextmanager
def somebody_else() -> Iterator[None]:
    """Root may read anything: become another user for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("locked", ["", "inner"])
def test_an_unreadable_folder_is_an_error(tmp_path: Path, locked: str) -> None:
    write(tmp_path / "inner" / "bill.csv")
    folder = tmp_path / locked
    folder.chmod(0)
    try:
        with somebody_else(), pytest.raises(TransportError, match="may not be read by this user"):
            paths(tmp_path)
    finally:
        folder.chmod(0o755)


def test_open_is_seekable(tmp_path: Path) -> None:
    write(tmp_path / "bill.csv", "0123456789")
    with open_transport(str(tmp_path)).open("bill.csv") as reader:
        reader.seek(-3, os.SEEK_END)
        assert reader.read() == b"789"


@pytest.mark.parametrize("path", ["../bill.csv", "a/../../bill.csv", "/etc/passwd", ""])
def test_nothing_outside_the_location_is_read(tmp_path: Path, path: str) -> None:
    write(tmp_path / "bill.csv")
    (tmp_path / "in" / "a").mkdir(parents=True)
    with pytest.raises(TransportError, match="only listed files can be read"):
        open_transport(str(tmp_path / "in")).open(path)


def test_fetch_copies_the_listed_file(tmp_path: Path) -> None:
    write(tmp_path / "in" / "bill.csv", "x" * 100_000)
    transport = open_transport(str(tmp_path / "in"))
    transport.fetch(transport.list()[0], tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "x" * 100_000


def test_a_file_that_changed_since_the_listing_is_not_taken(tmp_path: Path) -> None:
    bill = write(tmp_path / "in" / "bill.csv", "first")
    transport = open_transport(str(tmp_path / "in"))
    (ref,) = transport.list()
    bill.write_text("second run")
    with pytest.raises(RetryableTransportError, match=r"changed while it was read .*5 bytes"):
        transport.fetch(ref, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    transport = open_transport(str(tmp_path))
    with pytest.raises(TransportError, match="does not exist"):
        transport.fetch(FileRef("gone.csv", 1, "1"), tmp_path / "copy")
    with pytest.raises(TransportError, match="does not exist"):
        transport.open("gone.csv")


@pytest.mark.parametrize("location", ["ftp://host/x", "sftp://host/x", "HTTPS://host/x"])
def test_an_unknown_scheme_lists_the_allowed_ones(location: str) -> None:
    with pytest.raises(TransportError, match=r"allowed are a path .*az://, file://, gs://, s3://"):
        open_transport(location)


def test_an_empty_location_is_an_error() -> None:
    with pytest.raises(TransportError, match="the location is empty"):
        open_transport("  ")
