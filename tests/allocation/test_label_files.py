"""Labels as files: made once, shared by threads and processes, collected when nobody asks."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from outlay.allocation import sql as rules_sql
from outlay.allocation.labels import LabelKey, Labels, labels_folder
from outlay.allocation.rules import Ruleset
from outlay.app import Workspace
from outlay.lake.facts import slice_facts
from outlay.query import CostQuery, run
from tests.allocation.labelling import labels, ruleset, tagged, taken
from tests.cli.bills import write_bill
from tests.query.fixtures import SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def files(lake: SmallLake) -> set[str]:
    folder = labels_folder(lake)
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The tags whose rules are evaluated meanwhile."""
    evaluated: list[str] = []
    plain = rules_sql.Evaluation.sql

    def spied(self: Any, relation: str, **options: Any) -> str:
        evaluated.append(self.spec.title)
        return plain(self, relation, **options)

    with monkeypatch.context() as patched:
        patched.setattr(rules_sql.Evaluation, "sql", spied)
        yield evaluated


def test_labels_are_made_once_and_for_many_slices_together(
    lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in range(1, 7):
        lake.add(f"2026-{month:02}", tagged("a", "b", day=f"2026-{month:02}-03"))
    rules = ruleset({"v": {"title": "v", "rules": [{"value": {"from": "tags.t"}}]}})
    with counted(monkeypatch) as evaluated:
        run(lake, CostQuery(by=("v",)), rules=rules)
        assert evaluated == ["v"]
        run(lake, CostQuery(by=("v",), grain="month"), rules=rules)
        assert evaluated == ["v"]
    assert len(files(lake)) == 6


def test_a_label_file_has_a_row_a_context(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("a", "b", None))
    rules = ruleset({"v": [{"when": "tags.t = 'b'", "value": "x"}]})
    (facts,) = slice_facts(lake, lake.pin())
    table = pq.read_table(Labels(lake, rules).path(LabelKey("v", facts, None)))
    contexts = pq.read_table(facts.paths["contexts"])
    assert table["ContextId"].to_pylist() == contexts["ContextId"].to_pylist()
    values = dict(zip(contexts["ResourceId"].to_pylist(), table["Value"].to_pylist(), strict=True))
    numbers = dict(zip(contexts["ResourceId"].to_pylist(), table["Rule"].to_pylist(), strict=True))
    assert values == {"r000": "Unallocated", "r001": "x", "r002": "Unallocated"}
    assert numbers == {"r000": 0, "r001": 1, "r002": 0}


def test_what_decides_a_label_decides_its_file(lake: SmallLake) -> None:
    """A rule's name, a title and an owner change nothing; a rule, a dictionary, a parent and a
    tag that is built on do."""
    names = {"names": {"entries": {"a": "A"}}}

    def rules(**more: Any) -> Ruleset:
        tags = {
            "base": {"rules": [{"value": {"from": "tags.t"}}], "values": more.pop("values", {})},
            "v": {"rules": [{"value": {"from": "base", "transform": [{"lookup": "names"}]}}]},
            "w": {"rules": [{"value": {"from": "base", "transform": ["parent"]}}]},
        }
        tags["v"] |= more.pop("v", {})
        return ruleset(tags, more.pop("dictionaries", names))

    first = rules()
    titled = rules(v={"title": "Shown", "values": {"A": {"owner": "ana"}}})
    assert [titled.digest(t) for t in ("base", "v", "w")] == [
        first.digest(t) for t in ("base", "v", "w")
    ]
    assert rules(v={"default": "none"}).digest("v") != first.digest("v")
    other = rules(dictionaries={"names": {"entries": {"a": "B"}}})
    assert other.digest("v") != first.digest("v")
    assert other.digest("w") == first.digest("w")
    parents = rules(values={"a": {"parent": "p"}})
    assert parents.digest("w") != first.digest("w")
    assert parents.digest("v") == first.digest("v")


def test_many_threads_ask_at_once(lake: SmallLake) -> None:
    for month in range(1, 5):
        lake.add(f"2026-{month:02}", tagged("a", "b", day=f"2026-{month:02}-03"))
    rules = ruleset(
        {"v": taken({"lookup": "names"}), "w": [{"value": {"from": "v"}}]},
        {"names": {"entries": {"a": "A", "b": "B"}}},
    )

    def ask(_: int) -> list[tuple[Any, Any]]:
        result = run(lake, CostQuery(by=("w",)), rules=rules)
        return sorted((row["w"], row["EffectiveCost"]) for row in result.rows())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert [value for value, _ in answers[0]] == ["A", "B"]
    assert len(files(lake)) == 8


def test_processes_that_make_one_file(tmp_path: Path) -> None:
    """Each writes a file of its own and puts it in place whole; none is left behind."""
    workspace = Workspace.init(tmp_path / "acme")
    workspace.load([str(write_bill(tmp_path / "bill.csv"))])
    spec = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
    workspace.put_resource("VirtualTag", "team", spec, author="test")
    workspace.close()
    script = textwrap.dedent(
        """
        import sys
        from outlay.app import Workspace
        from outlay.query import CostQuery
        workspace = Workspace.open(sys.argv[1])
        print(sorted(str(row["team"]) for row in workspace.query(CostQuery(by=("team",))).rows()))
        """
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "acme")],
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    answers = {process.communicate(timeout=120)[0].strip() for process in running}
    assert answers == {"['data', 'platform']"}
    kept = [p for p in (tmp_path / "acme" / "lake" / "cache" / "labels").rglob("*") if p.is_file()]
    assert len(kept) == 1
    assert not kept[0].name.startswith(".")


def test_labels_that_nobody_asks_for_are_collected(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "acme")
    workspace.load([str(write_bill(tmp_path / "bill.csv"))])
    folder = labels_folder(workspace.lake)

    def ask(value: str) -> None:
        spec = {"rules": [{"value": value}]}
        workspace.put_resource("VirtualTag", "team", spec, author="test")
        assert [r["team"] for r in workspace.query(CostQuery(by=("team",))).rows()] == [value]

    def age(path: Path, days: int) -> None:
        then = time.time() - days * 24 * 60 * 60
        os.utime(path, (then, then))

    ask("old")
    (old,) = folder.rglob("*.parquet")
    ask("new")
    (new,) = set(folder.rglob("*.parquet")) - {old}
    unfinished = new.with_name(".half.parquet.1234")
    unfinished.write_bytes(b"half")
    for path, days in ((old, 31), (new, 31), (unfinished, 2)):
        age(path, days)
    ask("new")  # What is asked for is touched.
    report = workspace.lake.maintain(now=datetime.now(UTC))
    assert not old.exists()
    assert not old.parent.exists() or time.time() - old.parent.stat().st_mtime < 24 * 60 * 60
    assert not unfinished.exists()
    assert new.exists()
    assert report.files_removed == 2
    # Gone files are made again; a month later nothing is left of what nobody asked for.
    ask("old")
    workspace.lake.maintain(now=datetime.now(UTC) + timedelta(days=31))
    assert not list(folder.rglob("*.parquet"))
    ask("new")
    workspace.close()


# --- size and time --------------------------------------------------------------------------


def test_a_dictionary_of_ten_thousand_entries(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("k0", "k9999", "k10000", None))
    lake.add("2026-02", tagged("k5000", day="2026-02-03"))
    entries = {f"k{n}": f"v{n}" for n in range(10_000)}
    rules = ruleset({"v": taken({"lookup": "big"})}, {"big": {"entries": entries}})
    january = labels(lake, rules, "v", range="2026-01-01..2026-02-01")
    assert january == ["v0", "v9999", "Unallocated", "Unallocated"]
    assert labels(lake, rules, "v", range="2026-02-01..2026-03-01") == ["v5000"]


def test_regular_expressions_take_time_linear_in_the_text(lake: SmallLake) -> None:
    """A backtracking engine would need more than a lifetime for these."""
    evil = "a" * 5000 + "!"
    lake.add("2026-01", tagged(evil, "aaa"))
    for pattern in ("^(a+)+$", "^(a|a)*$", "(a*)*b|^a+$", "^(a|aa)+$"):
        rules = ruleset({"v": [{"when": f"matches(tags.t, '{pattern}')", "value": "yes"}]})
        started = time.monotonic()
        assert labels(lake, rules, "v") == ["Unallocated", "yes"]
        assert time.monotonic() - started < 10
    capture = taken({"capture": "^((a+)+)$"})
    assert labels(lake, ruleset({"v": capture}), "v") == ["Unallocated", "aaa"]


def test_quoting(lake: SmallLake) -> None:
    """Quotes, backslashes, percent signs and statements are texts and stay texts."""
    odd = ["'; DROP TABLE x; --", 'say "hi"', "100%", "a_b", "back\\slash", "new\nline", "ü€😀"]
    lake.add("2026-01", tagged(*odd))
    for at, text in enumerate(odd):
        constant = text.replace("'", "''")
        rules = ruleset(
            {"v": [{"when": f"tags.t = '{constant}'", "value": text}]},
        )
        expected = ["Unallocated"] * len(odd)
        expected[at] = text
        assert labels(lake, rules, "v") == expected
    looked = ruleset(
        {"v": taken({"lookup": "odd"})}, {"odd": {"entries": {text: text[::-1] for text in odd}}}
    )
    assert labels(lake, looked, "v") == [text[::-1] for text in odd]
    key = {"v": [{"value": {"from": 'tags."say ""hi"""'}}]}
    lake.add("2026-02", tagged("found", key='say "hi"', day="2026-02-01"))
    assert labels(lake, ruleset(key), "v", range="2026-02-01..2026-03-01") == ["found"]


def test_a_label_is_there_once_a_context(lake: SmallLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a look-up to find two values, money would be counted twice: nothing is written then."""
    lake.add("2026-01", tagged("a", "b"))
    rules = ruleset({"v": taken({"lookup": "names"})}, {"names": {"entries": {"a": "A"}}})

    def twice(self: rules_sql.Evaluation, table: str, entries: Any, *, ignore_case: bool) -> None:
        self.connection.execute(
            f"CREATE TEMP TABLE \"{table}\" AS SELECT * FROM (VALUES ('a', '1'), ('a', '2')) "
            "AS t(key, value)"
        ).fetchall()

    monkeypatch.setattr(rules_sql.Evaluation, "_make_table", twice)
    with pytest.raises(AssertionError, match="3 labels of 2 contexts"):
        run(lake, CostQuery(by=("v",)), rules=rules)
    assert files(lake) == set()


def test_case_folding_of_keys_is_the_engines(lake: SmallLake) -> None:
    """Two keys that the engine takes for one in lower case are looked up as one."""
    lake.add("2026-01", tagged("İ", "i", "I"))
    rules = ruleset(
        {"v": taken({"lookup": "names"})},
        {"names": {"ignore_case": True, "entries": {"İ": "dotted"}}},
    )
    assert labels(lake, rules, "v") == ["dotted", "dotted", "dotted"]
    with duckdb.connect() as connection:
        assert connection.execute("SELECT lower('İ')").fetchall() == [("i",)]
