"""The spool: a period's pages appear whole or not at all, whenever it is killed."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from outlay.money import BillingPeriod
from outlay.sources import collecting
from outlay.sources.collecting import Collected, Spool, wanted_periods

OCTOBER, NOVEMBER = BillingPeriod(2026, 10), BillingPeriod(2026, 11)
NOW = datetime(2026, 11, 28, 12)
KEY = {"api": "https://api.vendor.example", "by": ["project"]}
PAGES = [("costs", b'{"page": 1}'), ("costs", b'{"page": 2}'), ("usage-a", b'{"page": 3}')]


class Killed(BaseException):
    """Stands for the process being gone at once: nothing catches it."""


def collect(folder: Path, pages: list[tuple[str, bytes]] = PAGES, **facts: object) -> list[str]:
    """Collect October: asks for pages that are not there yet, and gives what it asked for."""
    collection = Spool(folder).begin(OCTOBER, KEY)
    asked = []
    for number, (stream, content) in enumerate(pages):
        last = collection.cursor(stream)
        if last is not None and last >= number:
            continue
        asked.append(f"{stream} {number}")
        collection.land(stream, content, number)
    collection.finish(NOW, final=True, facts=facts or None)
    return asked


def there(folder: Path) -> dict[str, bytes]:
    """The pages of October that a reader sees."""
    target = folder / "2026-10"
    return {path.name: path.read_bytes() for path in target.glob("*-0*")} if target.exists() else {}


WHOLE = {
    "costs-00001.json": b'{"page": 1}',
    "costs-00002.json": b'{"page": 2}',
    "usage-a-00001.json": b'{"page": 3}',
}


def test_a_period_appears_with_its_pages_and_its_manifest(tmp_path: Path) -> None:
    collect(tmp_path, notes=["one thing"])
    assert there(tmp_path) == WHOLE
    manifest = json.loads((tmp_path / "2026-10" / "manifest.json").read_text())
    assert manifest == {
        "collected_at": "2026-11-28T12:00:00",
        "final": True,
        "pages": list(WHOLE),
        "notes": ["one thing"],
        **KEY,
    }
    assert Spool(tmp_path).collected() == {OCTOBER: Collected(OCTOBER, NOW, True)}
    assert list((tmp_path / ".partial").iterdir()) == []


def test_nothing_is_seen_of_a_collection_under_way(tmp_path: Path) -> None:
    collection = Spool(tmp_path).begin(OCTOBER, KEY)
    collection.land("costs", b"{}", 1)
    assert there(tmp_path) == {}
    assert Spool(tmp_path).collected() == {}


def test_pages_of_another_question_are_dropped(tmp_path: Path) -> None:
    Spool(tmp_path).begin(OCTOBER, KEY).land("costs", b'{"of": "before"}', 0)
    collection = Spool(tmp_path).begin(OCTOBER, {**KEY, "by": ["user"]})
    assert collection.cursor("costs") is None
    assert collection.pages("costs") == 0
    collection.land("costs", b"{}", 0)
    collection.finish(NOW, final=False)
    assert there(tmp_path) == {"costs-00001.json": b"{}"}


def test_two_periods_are_collected_beside_each_other(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    one, other = spool.begin(OCTOBER, KEY), spool.begin(NOVEMBER, KEY)
    one.land("costs", b"1", 1)
    other.land("costs", b"2", 1)
    one.finish(NOW, final=True)
    assert Spool(tmp_path).begin(NOVEMBER, KEY).cursor("costs") == 1
    other.finish(NOW, final=False)
    assert {c.period: c.final for c in spool.collected().values()} == {
        OCTOBER: True,
        NOVEMBER: False,
    }


def steps_of(folder: Path, monkeypatch: pytest.MonkeyPatch, kill_at: int | None) -> int:
    """Collect October anew and count the steps on the disk; die before step `kill_at`."""
    count = 0

    def step() -> None:
        nonlocal count
        if count == kill_at:
            raise Killed
        count += 1

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step()
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "rename", "unlink"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
        collect(folder)
    return count


OLD = {"costs-00001.json": b'{"page": "old"}'}


@pytest.mark.parametrize("before", [{}, OLD], ids=["the first time", "over an old collection"])
def test_killed_at_every_step_a_reader_sees_the_old_pages_or_the_new(
    before: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fresh(name: str) -> Path:
        folder = tmp_path / name
        if before:
            collection = Spool(folder).begin(OCTOBER, {"an": "older question"})
            collection.land("costs", before["costs-00001.json"], 0)
            collection.finish(NOW, final=False)
        return folder

    steps = steps_of(fresh("whole"), monkeypatch, None)
    assert steps >= 10
    for at in range(steps):
        folder = fresh(str(at))
        with pytest.raises(Killed):
            steps_of(folder, monkeypatch, at)
        # Between the two renames of the exchange neither is under its name for a moment; whoever
        # opens the spool next ends it.
        assert there(folder) in (before, WHOLE, {})
        spool = Spool(folder)
        assert there(folder) in (before, WHOLE), at
        if there(folder) == WHOLE:
            assert spool.collected()[OCTOBER].final
        # And the collection goes on where it stopped: it ends, with every page once.
        collect(folder)
        assert there(folder) == WHOLE, at
        assert list((folder / ".partial").iterdir()) == [], at


def test_killed_between_pages_only_what_is_missing_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = collecting._write
    landed = 0

    def dying(target: Path, content: bytes) -> None:
        nonlocal landed
        landed += target.name.startswith(("costs", "usage"))
        if landed == 3:
            raise Killed
        real(target, content)

    with monkeypatch.context() as patch:
        patch.setattr(collecting, "_write", dying)
        with pytest.raises(Killed):
            collect(tmp_path)
    assert collect(tmp_path) == ["usage-a 2"]
    assert there(tmp_path) == WHOLE


def test_killed_between_a_page_and_its_cursor_the_page_is_asked_again_and_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = collecting._write

    def dying(target: Path, content: bytes) -> None:
        if target.name == "cursor.json" and b"costs-00001" in content:
            raise Killed
        real(target, content)

    with monkeypatch.context() as patch:
        patch.setattr(collecting, "_write", dying)
        with pytest.raises(Killed):
            collect(tmp_path)
    assert collect(tmp_path) == ["costs 0", "costs 1", "usage-a 2"]
    assert there(tmp_path) == WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "\x00\x01"])
def test_a_damaged_cursor_begins_anew(text: str, tmp_path: Path) -> None:
    Spool(tmp_path).begin(OCTOBER, KEY).land("costs", b"x", 0)
    (tmp_path / ".partial" / "2026-10" / "cursor.json").write_text(text)
    collect(tmp_path)
    assert there(tmp_path) == WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]", '{"final": true}', '{"collected_at": "soon"}'])
def test_a_damaged_manifest_is_collected_again(text: str, tmp_path: Path) -> None:
    collect(tmp_path)
    (tmp_path / "2026-10" / "manifest.json").write_text(text)
    assert Spool(tmp_path).collected() == {}
    collect(tmp_path)
    assert OCTOBER in Spool(tmp_path).collected()


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "manifest.json").write_text("{}")
    collect(tmp_path)
    assert set(Spool(tmp_path).collected()) == {OCTOBER}
    assert (tmp_path / "notes" / "manifest.json").read_text() == "{}"


def test_months_are_collected_until_they_are_final() -> None:
    def wanted(final: dict[BillingPeriod, bool]) -> list[str]:
        collected = {period: Collected(period, NOW, done) for period, done in final.items()}
        return [str(one) for one in wanted_periods(BillingPeriod(2026, 9), NOW, collected)]

    assert wanted({}) == ["2026-09", "2026-10", "2026-11"]
    assert wanted({OCTOBER: True}) == ["2026-09", "2026-11"]
    assert wanted({OCTOBER: False, NOVEMBER: False}) == ["2026-09", "2026-10", "2026-11"]


def test_months_that_are_asked_for_are_collected_again() -> None:
    collected = {OCTOBER: Collected(OCTOBER, NOW, True)}
    asked = frozenset({OCTOBER, BillingPeriod(2027, 1)})
    found = list(wanted_periods(BillingPeriod(2026, 1), NOW, collected, asked))
    assert found == [OCTOBER]  # a month to come has nothing yet
