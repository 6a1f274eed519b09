"""Whether a change regressed performance: by days before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.utilization.after import after, regressed
from outlay.savings.headroom import Reading, judge
from tests.utilization.conftest import load, make, table

CHANGED = date(2026, 10, 10)
NOW = datetime(2026, 10, 20, 6, tzinfo=UTC)


def readings(metric: str, statistic: str, first: date, *values: int) -> list[Reading]:
    return [
        Reading(metric, statistic, first + timedelta(days=n), Decimal(value))
        for n, value in enumerate(values)
    ]


def since(metric: str, statistic: str, *values: int) -> list[Reading]:
    return readings(metric, statistic, CHANGED + timedelta(days=1), *values)


def before(metric: str, statistic: str, *values: int) -> list[Reading]:
    return readings(metric, statistic, CHANGED - timedelta(days=len(values)), *values)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        # Three days at the limit are a regression, two are not.
        ([], since("cpu", "p99", 90, 95, 91, 20), "processors were at 90 % or more on 3 of 4 days"),
        ([], since("cpu", "p99", 90, 95, 89, 20), ""),
        # p99 counts where both are measured: a second at 100 % is no shortage.
        ([], since("cpu", "p99", 50, 50, 50) + since("cpu", "maximum", 100, 100, 100), ""),
        ([], since("cpu", "maximum", 100, 100, 100), ""),
        ([], since("memory", "maximum", 96, 97, 98), "memory was at 90 %"),
        # It was as short before.
        (before("cpu", "p99", 95, 95, 95, 95), since("cpu", "p99", 95, 95, 95, 20), ""),
        (before("cpu", "p99", 20, 20, 20, 95), since("cpu", "p99", 95, 95, 95, 20),
         "before it on 25 % of days"),
        ([], since("performance_errors", "sum", 1, 4, 2), "refused requests on 3 of 3 days"),
        ([], since("performance_errors", "sum", 1, 0, 2), ""),
        (before("performance_errors", "sum", 1, 1, 1),
         since("performance_errors", "sum", 1, 4, 2), ""),
    ],
)  # fmt: skip
def test_judging(old: list[Reading], new: list[Reading], words: str) -> None:
    found = judge(old, new)
    assert found.regressed == bool(words)
    assert words in found.reason


@pytest.mark.parametrize(
    ("new", "known"),
    [([], False), (since("cpu", "p99", 1, 1), False), (since("cpu", "p99", 1, 1, 1), True),
     (since("network_in", "sum", 1, 1, 1), False)],
)  # fmt: skip
def test_what_is_not_measured_is_not_known(new: list[Reading], known: bool) -> None:
    found = judge([], new)
    assert (found.known, found.reason) == (known, "")


# --- over a workspace ---


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("after")
    made = make(folder, measured="")
    lines = [f"i-1,cpu,p99,2026-10-{day:02d},30" for day in range(1, 10)]
    lines += [f"i-1,cpu,p99,2026-10-{day:02d},97" for day in range(11, 15)]
    lines += [f"i-2,cpu,p99,2026-10-{day:02d},40" for day in range(11, 15)]
    (folder / "cpu.csv").write_text(table(*lines))
    load(made, folder / "cpu.csv", "cloudwatch")
    yield made
    made.close()


def changed(resource: str, action: str = "Rightsize", done: bool = True, account: str = "") -> Any:
    """A recommendation as far as it is looked at."""
    at = datetime(2026, 10, 10, 9) if done else None
    return SimpleNamespace(
        implemented_at=at, resource=resource, account=account,
        finding=SimpleNamespace(
            action=action, current="db.r6g.xlarge", recommended="db.r6g.large"
        ),
    )  # fmt: skip


def test_a_change_that_regressed(workspace: Workspace) -> None:
    sentence = regressed(workspace, changed("i-1"), NOW)
    assert sentence == (
        "Performance regressed: its processors were at 90 % or more on 4 of 4 days since the "
        "change (highest 97 %), before it on 0 % of days."
    )


@pytest.mark.parametrize(
    ("recommendation", "known"),
    [
        (changed("i-2"), True),
        (changed("i-3"), False),  # not measured
        (changed("i-1", action="Delete"), False),
        (changed("i-1", done=False), False),
        (changed(""), False),
    ],
)
def test_others(workspace: Workspace, recommendation: Any, known: bool) -> None:
    found = after(workspace, recommendation, NOW)
    assert (found.known, found.regressed) == (known, False)
    assert regressed(workspace, recommendation, NOW) == ""


def test_a_namesake_of_another_account_is_another(workspace: Workspace, tmp_path: Path) -> None:
    rows = table(*(f"orders,cpu,p99,2026-10-{day:02d},97" for day in range(11, 15)))
    lines = rows.strip().splitlines()
    text = "\n".join([f"{lines[0]},SubAccountId", *(f"{one},222" for one in lines[1:])])
    (tmp_path / "orders.csv").write_text(text + "\n")
    load(workspace, tmp_path / "orders.csv", "orders")
    assert regressed(workspace, changed("arn:aws:rds:eu:222:db:orders", account="222"), NOW)
    assert not regressed(workspace, changed("arn:aws:rds:eu:333:db:orders", account="333"), NOW)


def test_free_memory_of_a_database_is_judged_by_its_size(
    workspace: Workspace, tmp_path: Path
) -> None:
    """1 GiB free of 32 and 0.5 of 16 are 97 % used; 8 of 32 are 75 %."""
    half = 2**29
    lines = [f"db-a,memory_available,minimum,2026-10-{day:02d},{2**33}" for day in range(6, 10)]
    lines += [f"db-a,memory_available,minimum,2026-10-{day:02d},{half}" for day in range(11, 15)]
    lines += [f"db-b,memory_available,minimum,2026-10-{day:02d},{2**33}" for day in range(11, 15)]
    (tmp_path / "memory.csv").write_text(table(*lines))
    load(workspace, tmp_path / "memory.csv", "memory")
    assert "its memory was at 90 % or more on 4 of 4 days" in regressed(
        workspace, changed("db-a"), NOW
    )
    assert regressed(workspace, changed("db-b"), NOW) == ""  # 8 of 16 GiB


def test_too_early_to_tell(workspace: Workspace) -> None:
    for day in (9, 10, 11, 13):
        moment = datetime(2026, 10, day, tzinfo=UTC)
        assert regressed(workspace, changed("i-1"), moment) == ""
    assert regressed(workspace, changed("i-1"), datetime(2026, 10, 14, tzinfo=UTC))
