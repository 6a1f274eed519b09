"""Archives come into the lake member by member, within limits, and never by a member's own name."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from outlay.lake import LakeError, archives
from outlay.lake.archives import archive_kind, members

FREE = 1 << 30
FILES = {"manifest.json": b"{}", "pods.csv": b"a,b\n1,2\n", "part/more.csv": b"a,b\n3,4\n"}


def tarred(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unpacked(path: Path, free: int = FREE) -> dict[str, bytes]:
    return {name: b"".join(chunks) for name, chunks in members(path, path.name, free)}


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz", "a.zip"])
def test_members_come_whole_and_in_order(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith("zip"):
        zipped(path, FILES)
    else:
        tarred(path, FILES, "w" if name.endswith(".tar") else "w:gz")
    assert archive_kind(path) == ("zip" if name.endswith("zip") else "tar")
    assert unpacked(path) == FILES
    assert list(unpacked(path)) == list(FILES)


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\x1f\x8b", b"\x1f\x8b\x08" + b"x" * 90, b"PK"]
)
def test_what_is_no_archive_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bill.csv.gz"
    path.write_bytes(content)
    assert archive_kind(path) is None


@pytest.mark.parametrize("write", [tarred, zipped])
def test_hidden_members_are_left_out(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / "a", {"a.csv": b"x", ".b.csv": b"x", "__MACOSX/c.csv": b"x"})
    assert list(unpacked(path)) == ["a.csv"]


@pytest.mark.parametrize("write", [tarred, zipped])
@pytest.mark.parametrize("name", ["../evil.csv", "/etc/passwd", "a/../../b.csv", "C:/evil.csv"])
def test_a_name_that_points_out_of_the_archive_is_refused(  # type: ignore[no-untyped-def]
    write, name: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.archive", {"good.csv": b"x", name: b"x"})
    with pytest.raises(LakeError, match="points out of the archive"):
        unpacked(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("pods.csv")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(LakeError, match="a link or a device"):
        unpacked(path)


@pytest.mark.parametrize("write", [tarred, zipped])
def test_a_bomb_is_refused_while_it_is_read(  # type: ignore[no-untyped-def]
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "bomb.archive", {"zeros.csv": b"0" * (8 << 20)})
    assert path.stat().st_size < 20_000
    assert len(unpacked(path)["zeros.csv"]) == 8 << 20, "small archives may be packed well"
    monkeypatch.setattr(archives, "_ALWAYS_ALLOWED", 1 << 20)
    with pytest.raises(LakeError, match="over 200 times its size"):
        unpacked(path)


@pytest.mark.parametrize("write", [tarred, zipped])
def test_what_does_not_fit_on_the_disk_is_refused(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / "large.archive", {"a.csv": b"x" * 2000, "b.csv": b"x" * 2000})
    with pytest.raises(LakeError, match=r"large\.archive unpacks to more than the 3000 bytes"):
        unpacked(path, free=3000)


@pytest.mark.parametrize("write", [tarred, zipped])
def test_too_many_members_are_refused(  # type: ignore[no-untyped-def]
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 3)
    path = write(tmp_path / "many.archive", {f"{at}.csv": b"x" for at in range(4)})
    with pytest.raises(LakeError, match="holds more than 3 files"):
        unpacked(path)


@pytest.mark.parametrize("write", [tarred, zipped])
def test_an_archive_that_is_cut_short_says_so(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    import random

    noise = random.Random(1).randbytes(1 << 16)
    path = write(tmp_path / "cut.archive", {"a.csv": noise, "b.csv": noise})
    path.write_bytes(path.read_bytes()[:70_000])
    with pytest.raises(LakeError, match="cut short or damaged"):
        unpacked(path)
