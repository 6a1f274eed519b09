"""Slices that a condition on source or billing period leaves out are not read, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.expression import parse
from outlay.money import BillingPeriod
from outlay.query import CostQuery, planner
from outlay.query.pruning import may_hold
from tests.web.company import company


@dataclass
class FakeSlice:
    """What pruning looks at."""

    source: str = "acme"
    billing_period: BillingPeriod = BillingPeriod(2026, 9)  # noqa: RUF009


@pytest.mark.parametrize(
    ("where", "read"),
    [
        ("x_BillingPeriod = '2026-09-01'", True),
        ("x_BillingPeriod = DATE '2026-08-01'", False),
        ("'2026-08-01' = x_BillingPeriod", False),
        ("x_SourceName = 'acme' AND x_BillingPeriod = '2026-09-01'", True),
        ("x_SourceName = 'other' AND ServiceName = 'S3'", False),
        ("x_SourceName IN ('other', 'acme')", True),
        ("x_SourceName IN ('other', 'third')", False),
        ("x_SourceName NOT IN ('acme')", True),
        ("x_SourceName <> 'acme'", True),
        ("x_BillingPeriod < '2026-08-01'", True),
        ("x_BillingPeriod = '2026-08-01' OR ServiceName = 'S3'", True),
        ("NOT x_BillingPeriod = '2026-08-01'", True),
        ("ServiceName = 'S3'", True),
    ],
)
def test_a_slice_is_left_out_only_where_the_condition_says_so(where: str, read: bool) -> None:
    assert may_hold(parse(where), FakeSlice()) is read  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = company(tmp_path_factory.mktemp("pruning")).workspace
    yield found
    found.close()


def test_the_answer_is_the_same_from_fewer_files(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    query = CostQuery(by=("ServiceName", "ChargeCategory"), where="x_BillingPeriod = '2026-08-01'")
    pruned = workspace.query(query)
    assert pruned.total is not None and pruned.total["EffectiveCost"] == Decimal("120.50")
    monkeypatch.setattr(planner, "may_hold", lambda *_: True)
    whole = workspace.query(query)
    assert list(pruned.rows()) == list(whole.rows())
    assert sum(pruned.tables.values()) < sum(whole.tables.values())
