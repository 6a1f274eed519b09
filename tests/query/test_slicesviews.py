"""Many slices as one relation: the same rows, from one scan."""

from datetime import date

import pytest

from outlay.allocation.labels import Labels
from outlay.allocation.model import TagRule, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.lake.facts import slice_facts
from outlay.query.rawsql import slice_view
from outlay.query.slicesviews import slices_view
from outlay.query.sqlviews import SqlTags
from tests.query.fixtures import SmallLake

COMPUTE = TagRule(when="ServiceName = 'Compute'", value="own")
CHANGED = COMPUTE.model_copy(update={"until": date(2026, 1, 15)})


@pytest.mark.parametrize(
    ("rules", "scans"),
    [((), {"daily": 1, "contexts": 1}), ((COMPUTE,), {"daily": 1, "contexts": 1}),
     ((CHANGED,), {"daily": 2, "contexts": 2})],
    ids=["no tag", "a tag", "a rule that changes within January"],
)  # fmt: skip
def test_the_rows_of_all_slices_are_those_of_each(
    rich_lake: SmallLake, rules: tuple[TagRule, ...], scans: dict[str, int]
) -> None:
    """Slices of other columns, sources and months: a column that one lacks is null there."""
    facts = slice_facts(rich_lake, rich_lake.pin())
    ruleset = Ruleset(tags={"kind": VirtualTagSpec(default="none", rules=rules)} if rules else {})
    tags = SqlTags(Labels(rich_lake, ruleset), ("kind",) if rules else (), False)
    for view, scanned in scans.items():
        merged = slices_view(view, facts, tags)  # type: ignore[arg-type]
        single = [slice_view(view, one, tags) for one in facts]
        assert (len(single), len(merged)) == (3, scanned)
        each, all_ = (_rows(rich_lake, parts) for parts in (single, merged))
        assert each == all_
        assert {"x_SourceName", "x_BillingPeriod"} <= set(each[0])
        assert ("kind" in each[0]) == bool(rules)
        assert len(each[1]) > 20


def _rows(lake: SmallLake, parts: list[str]) -> tuple[list[str], list[str]]:
    sql = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    with lake.connect() as connection:
        names = sorted(row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall())
        listed = ", ".join(f'"{name}"' for name in names)
        rows = connection.execute(f"SELECT {listed} FROM ({sql})").fetchall()
    return names, sorted(map(repr, rows))
