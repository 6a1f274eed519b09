"""A large slice, whose descriptions are worked out once per combination, equals a small one's."""

import random
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.lake import factor, prepare
from outlay.sources.registry import source
from tests.lake.bill import Bill, Folder, billed, row, write_bill
from tests.lake.conftest import Bench
from tests.shared import SHARED, needs_shared

D = Decimal


def _rows(count: int) -> list[list[str]]:
    chance = random.Random(1)
    return [
        row(
            f"2026-08-{chance.randint(1, 31):02d}",
            f"{chance.randint(-(10**6), 10**9)}E-8",
            account=chance.choice(["a1", "a2", "it's", ""]),
            service=chance.choice(["Compute", "Store, cold", "Ünïcode"]),
            resource=f"r{chance.randint(1, 900)}",
            type=chance.choice(["Usage", "Usage", "Fee", "Tax"]),
            currency=chance.choice(["USD", "EUR"]),
            team=chance.choice(["", "web", "data"]),
        )
        for _ in range(count)
    ]


def _both_ways(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, load: object
) -> tuple[list[Path], list[Path]]:
    """Charges of the same bill, mapped row by row and by combinations."""
    used: list[bool] = []
    honest = factor.factor

    def watched(*args: object, **named: object) -> object:
        found = honest(*args, **named)  # type: ignore[arg-type]
        used.append(found is not None)
        return found

    monkeypatch.setattr(prepare, "factor", watched)
    load("plain")  # type: ignore[operator]
    assert used == []
    monkeypatch.setattr(prepare, "FACTORED_ROWS", 1)
    monkeypatch.setattr(factor, "_ROWS_PER_KIND", 0.01)
    load("factored")  # type: ignore[operator]
    assert any(used)
    slices = bench.lake.pin().slices
    return (
        [s.charges_path for s in slices if s.source == "plain"],
        [s.charges_path for s in slices if s.source == "factored"],
    )


def _assert_equal(bench: Bench, plain: list[Path], factored: list[Path]) -> None:
    # The key is a hash of enumerations in one and of text in the other: only its use is the same.
    skip = "EXCLUDE (x_SourceName, x_ContextKey)"
    assert len(plain) == len(factored) > 0
    for left, right in zip(plain, factored, strict=True):
        for a, b in ((left, right), (right, left)):
            differing = bench.ask(
                f"SELECT count(*) FROM (SELECT * {skip} FROM {{a}} "
                f"EXCEPT ALL SELECT * {skip} FROM {{b}})",
                a=a,
                b=b,
            )
            assert differing == [(0,)]
        types = [bench.ask("DESCRIBE SELECT * FROM {t}", t=path) for path in (left, right)]
        assert types[0] == types[1]
        contexts = [
            bench.ask("SELECT count(DISTINCT x_ContextKey) FROM {t}", t=path)
            for path in (left, right)
        ]
        assert contexts[0] == contexts[1]
    assert bench.lake.verify() == []


def test_a_bill_with_extra_rows_and_odd_texts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bill(bench.bills / "2026-08/a.csv", _rows(3_000))

    def load(name: str) -> None:
        assert [o.status for o in bench.load(name=name)] == ["loaded"]

    _assert_equal(bench, *_both_ways(bench, monkeypatch, load))
    totals = billed(bench.lake)
    assert all(isinstance(amount, Decimal) for amount in totals.values())


def test_loose_periods_with_rejects_and_folds(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = [
        row("2026-09-01", "1", type="Negation", service="September"),
        row("2026-09-02", "-1", type="Negation", service="September"),
        row("2026-09-03", "5", service="September"),
        row("sometime", "7"),
    ]
    write_bill(bench.bills / "a.csv", [*_rows(500), *extra])

    def load(name: str) -> None:
        outcomes = bench.load(name=name, max_rejected=D(1))
        assert [o.status for o in outcomes] == ["loaded", "loaded"]

    _assert_equal(bench, *_both_ways(bench, monkeypatch, load))


def test_too_many_combinations_are_mapped_row_by_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "FACTORED_ROWS", 1)
    monkeypatch.setattr(factor, "_MOST_KINDS", 3)
    write_bill(bench.bills / "2026-08/a.csv", _rows(200))
    assert bench.one(Bill()).status == "loaded"
    assert bench.lake.verify() == []


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "folder"),
    [
        ("aws-cur", "aws/synthetic/cur2"),
        ("aws-cur", "aws/synthetic/cur-legacy"),
        ("aws-cur", "aws/nise-aws"),
        ("aws-focus", "aws/focus12-s3-fixture"),
    ],
)
def test_real_layouts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str, folder: str
) -> None:
    assert SHARED is not None
    location = SHARED / "data" / folder
    if not location.exists():
        pytest.skip(f"{folder} is not in the shared data")
    chosen, transport = source(kind), Folder(location)
    feeds = chosen.recognise(transport, transport.list())

    def load(name: str) -> None:
        outcomes = bench.lake.load(
            name, chosen, transport, chosen.Options(), root=feeds[0].root, max_rejected=D(1)
        )
        assert {o.status for o in outcomes} == {"loaded"}, outcomes

    _assert_equal(bench, *_both_ways(bench, monkeypatch, load))
