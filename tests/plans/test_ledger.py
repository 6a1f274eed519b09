"""Plans over real bills: baselines, actual cost, variance, its bridge, the year's outlook."""

from collections import OrderedDict
from datetime import date
from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.planning import (
    plan_actuals,
    plan_baseline,
    plan_bridge,
    plan_drivers,
    plan_outlook,
    plans,
)
from outlay.app.planning.plan_forecast import TOGETHER
from outlay.money import BillingPeriod, total
from outlay.planning.plans.edits import CellEdit, NewLine
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import Document, Path
from outlay.planning.plans.outlook import Known, estimated
from tests.plans import documents
from tests.plans.company import BEDROCK, COMPLETE_UNTIL, EC2, FIRST, S3, SPEC, SUPPORT, days

D = Decimal
OCTOBER, NOVEMBER, DECEMBER = (BillingPeriod(2024, month) for month in (10, 11, 12))
JANUARY, FEBRUARY, MARCH = (BillingPeriod(2025, month) for month in (1, 2, 3))
CUT = date(2024, 10, 1)


def line_of(document: Document, *path: str | None) -> str:
    wanted: Path = path
    return next(line.id for line in document.live if line.path == wanted)


def budget(own: Workspace, method: str = "flat", **more: object) -> Document:
    plans.new_plan(own, "fy25", SPEC)
    return plan_baseline.make_baseline(own, "fy25", method=method, cut=CUT, **more).document  # type: ignore[arg-type]


def test_a_flat_baseline_is_the_mean_of_three_months_to_the_cent(own: Workspace) -> None:
    document = budget(own)
    # July to September 2024: 92 days.
    cells = {line.path: line.baseline[0] for line in document.live}
    assert cells == {
        ("data", S3): D("102.12"),  # 92 × 3.33 ÷ 3
        ("shop", EC2): D("306.67"),  # 920 ÷ 3 = 306.666…
        ("shop", S3): D("10.22"),  # 92 × 0.333333333333 ÷ 3 = 10.2222…
        (None, SUPPORT): D("29.00"),
    }
    assert document.total == D("448.01") * 12
    assert {origin for line in document.live for origin in line.origins} == {"flat"}
    stamp = document.baseline
    assert stamp is not None
    assert (stamp.complete_until, stamp.method) == (CUT, "flat")
    assert stamp.snapshot == str(own.pin().snapshot_id)


def test_a_baseline_that_cannot_be_made_leaves_no_draft(own: Workspace) -> None:
    plans.new_plan(own, "fy25", SPEC)
    for more, words in (
        ({"cut": date(2023, 10, 1)}, "needs a complete month before 2023-10-01"),
        ({"revision": 7}, "there is no revision 7 yet"),
    ):
        with pytest.raises(PlanError, match=words):
            plan_baseline.make_baseline(own, "fy25", method="flat", **more)
        assert plans.get_plan(own, "fy25").versions == ()
    made = plan_baseline.make_baseline(own, "fy25", method="flat")
    assert [step.action for step in made.document.steps] == ["started", "baseline"]


def test_last_year_has_the_days_that_its_months_had(own: Workspace) -> None:
    """February 2024 had 29 days; the fiscal year does not start in January."""
    document = budget(own, "last-year")
    cells = document.cells(line_of(document, "shop", EC2))
    by_month = dict(zip(map(str, document.months), (c.baseline for c in cells), strict=True))
    assert by_month["2025-02"] == D("290.00")
    assert (by_month["2024-10"], by_month["2024-11"]) == (D("310.00"), D("300.00"))
    assert document.frame.label == "FY2025"


def test_growth_is_on_top_of_last_year(own: Workspace) -> None:
    document = budget(own, "growth", growth=D("12.5"))
    cell = document.cell(line_of(document, "shop", EC2), FEBRUARY)
    assert cell.baseline == D("326.25")
    with pytest.raises(PlanError, match="growth, in per cent"):
        plan_baseline.make_baseline(own, "fy25", method="flat", growth=D(1))


def test_months_that_the_ledger_does_not_have_are_told_and_not_nought(own: Workspace) -> None:
    plans.new_plan(own, "fy24", SPEC | {"starts": "2024-08"})
    made = plan_baseline.make_baseline(own, "fy24", method="last-year", cut=date(2024, 8, 1))
    cells = made.document.cells(line_of(made.document, "shop", EC2))
    assert [cell.baseline for cell in cells[:3]] == [None, None, D("310.00")]
    assert "the ledger begins in 2023-10" in made.document.live[0].reason
    assert made.document.baseline is not None
    assert made.document.baseline.warnings == (
        "the ledger does not have all of 2023-08 to 2023-09",
    )


def test_a_forecast_baseline_adds_up_and_knows_its_months(own: Workspace) -> None:
    plans.new_plan(own, "fy25", SPEC)
    document = plan_baseline.make_baseline(own, "fy25", method="forecast").document
    cells = document.cells(line_of(document, "shop", EC2))
    assert [cell.origin for cell in cells] == ["actual"] * 4 + ["mixed"] + ["forecast"] * 7
    # 31 and 30 days at 10.00, 31 at 11.00, 31 at 13.20
    assert [cell.baseline for cell in cells[:4]] == [D("310.00"), D("300.00"), D("341.00"),
                                                     D("409.20")]  # fmt: skip
    for at, month in enumerate(document.sums()):
        assert month.total == total(document.cells(line.id)[at].total for line in document.live)
    support = document.cells(line_of(document, None, SUPPORT))
    assert {cell.total for cell in support} == {D("29.00")}, "a monthly fee is not smeared"


def test_too_little_history_gives_lines_without_amounts_that_say_why(own: Workspace) -> None:
    plans.new_plan(own, "fy25", SPEC)
    for _ in range(2):
        made = plan_baseline.make_baseline(own, "fy25", method="forecast", cut=date(2023, 10, 5))
        assert {line.path for line in made.document.live} == {
            ("shop", EC2), ("shop", S3), ("data", S3), (None, SUPPORT),
        }  # fmt: skip
        for line in made.document.live:
            assert line.baseline == (None,) * 12
            assert "too little history" in line.reason


def test_an_outlook_without_a_forecast_says_so_of_what_no_line_has_too(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans.new_plan(own, "fy24", SPEC | {"starts": "2023-10"})
    plan_baseline.make_baseline(own, "fy24", method="forecast")
    ec2 = line_of(plans.version(own, "fy24").document, "shop", EC2)
    plans.remove_line(own, "fy24", ec2, "elsewhere")
    early = date(2023, 10, 5)
    monkeypatch.setattr(Workspace, "incomplete_from", lambda self, as_of=None: early)
    found = plan_outlook.outlook(own, "fy24")
    row = next(row for row in found.rows if row.path == ("shop", EC2))
    assert (row.line, row.estimate[0]) == ("", D("40.00"))
    assert row.origins == ("none",) * 12
    assert "too little history" in row.reason


def test_the_smallest_lines_that_are_forecast_together_have_no_forecast_of_nought(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.forecasting import forecasting

    monkeypatch.setattr(forecasting, "MOST_SERIES", 2)
    monkeypatch.setattr(forecasting, "_kept", OrderedDict())
    plans.new_plan(own, "fy25", SPEC)
    document = plan_baseline.make_baseline(own, "fy25", method="forecast").document
    small = document.line(line_of(document, "data", BEDROCK))
    assert small.baseline == (D("0.00"),) * 3 + (D("135.00"),) + (None,) * 8
    assert small.reason == TOGETHER
    ec2 = document.line(line_of(document, "shop", EC2))
    assert None not in ec2.baseline and not ec2.reason
    plans.edit_cells(own, "fy25", [CellEdit(small.id, MARCH, D("155.00"))], "by hand")
    row = next(r for r in plan_outlook.outlook(own, "fy25").rows if r.line == small.id)
    assert (row.estimate[5], row.origins[5], row.reason) == (D("155.00"), "plan", TOGETHER)


def test_what_no_line_has_and_was_given_back_is_in_the_outlook() -> None:
    """A credit that nobody planned, in a month of which nothing is forecast."""
    known = Known((D("-5.00"),), (None,), reason="too little history")
    row = estimated(documents.plan(), None, ("shop",), known, ("current",))
    assert (row.estimate, row.origins) == ((D("-5.00"),), ("none",))


def test_a_new_baseline_keeps_lines_and_adjustments_and_ends_those_of_months_that_are_over(
    own: Workspace,
) -> None:
    document = budget(own)
    ec2 = line_of(document, "shop", EC2)
    edits = [CellEdit(ec2, month, D("50.00"), how="add") for month in (NOVEMBER, MARCH)]
    plans.edit_cells(own, "fy25", edits, "campaign")
    again = plan_baseline.make_baseline(own, "fy25", method="flat").document
    assert line_of(again, "shop", EC2) == ec2
    assert again.cell(ec2, NOVEMBER).total == D("300.00"), "what was spent"
    assert again.adjusted(ec2, MARCH) == D("50.00")
    opposite = again.adjustments[-1]
    assert (opposite.takes_back, opposite.amount, opposite.month) == (1, D("-50.00"), NOVEMBER)
    assert "the month is over" in opposite.reason
    assert line_of(again, "data", BEDROCK) not in {line.id for line in document.lines}


def test_actual_cost_is_divided_among_lines_and_what_no_line_has(own: Workspace) -> None:
    budget(own)
    found = plan_actuals.actuals(own, "fy25")
    assert found.states == ("complete",) * 4 + ("current",) + ("future",) * 7
    by_path = {row.path: row for row in found.rows}
    assert by_path["shop", EC2].amounts[:6] == (
        D(310), D(300), D("341.0"), D("409.20"), D("118.80"), D(0),
    )  # fmt: skip
    assert by_path["shop", S3].amounts[0] == D("10.333333333323")
    unplanned = by_path["data", BEDROCK]
    assert (unplanned.line, unplanned.amounts[3]) == ("", D("135.00"))
    asked = own.query(plan_actuals.question(found.frame).but(range="2024-10-01..2025-02-10"))
    assert total(found.total) == asked.totals[0]["EffectiveCost"]


def test_a_line_with_a_condition_takes_its_charges_out_of_their_paths(own: Workspace) -> None:
    budget(own)
    for name, where in (("Storage", f"ServiceName = '{S3}'"), ("Data", "tags.team = 'data'")):
        new = NewLine(("shop", name), name, where=where)
        plans.add_line(own, "fy25", new, "by hand")
    found = plan_actuals.actuals(own, "fy25")
    october = {row.name or row.path: row.amounts[0] for row in found.rows}
    # 31 × (0.333333333333 + 3.33); the second condition has what the first one left: Bedrock
    assert october["Storage"] == D("113.563333333323")
    by_name = {row.name: row.amounts[3] for row in found.rows}
    assert by_name["Data"] == D("135.00")
    asked = own.query(plan_actuals.question(found.frame).but(range="2024-10-01..2025-02-10"))
    assert total(found.total) == asked.totals[0]["EffectiveCost"]


def test_months_before_the_ledger_begins_are_not_known(own: Workspace) -> None:
    first = f"{FIRST:%Y-%m}"
    starts = BillingPeriod.of(FIRST).previous().previous()
    plans.new_plan(own, "early", SPEC | {"starts": str(starts)})
    made = plan_baseline.make_baseline(own, "early", method="flat").document
    said = (
        f"the ledger begins in {first}: what {starts} to {starts.next()} cost is not known and "
        "counts as nought"
    )
    assert made.baseline is not None and said in made.baseline.warnings
    assert said in plan_actuals.variance(own, "early").warnings
    assert said in plan_outlook.outlook(own, "early").notes
    plans.new_plan(own, "later", SPEC | {"starts": first})
    made = plan_baseline.make_baseline(own, "later", method="flat").document
    assert made.baseline is not None and made.baseline.warnings == ()
    assert plan_actuals.variance(own, "later").warnings == ()


def test_variance_is_of_complete_months(own: Workspace) -> None:
    budget(own)
    found = plan_actuals.variance(own, "fy25")
    whole = found.to_date(found.total)
    assert whole.planned == D("448.01") * 4
    spent = plan_actuals.actuals(own, "fy25").total
    assert whole.actual == total(spent[:4])
    assert found.total.actual[4] == spent[4]
    assert found.total.actual[5] is None
    depths = [depth for depth, _ in found.groups()]
    assert depths[0] == 0
    assert total(row.planned[0] for depth, row in found.groups() if depth == 1) == D("448.01")


def test_the_bridge_adds_up_and_tells_price_from_volume(own: Workspace) -> None:
    document = budget(own)
    ec2 = line_of(document, "shop", EC2)
    plans.edit_cells(
        own, "fy25", [CellEdit(ec2, JANUARY, D("40.00"), how="add", effect="price")], "new price"
    )
    found = plan_bridge.bridge(own, "fy25", first=JANUARY, last=JANUARY)
    row = next(row for row in found.rows if row.line == ec2)
    # September: 30 days × 10 h × 1.00. January: 31 × 12 h × 1.10 = 409.20.
    assert (row.planned, row.actual) == (D("346.67"), D("409.20"))
    price = D("37.20") - D("40.00")  # 372 h × 0.10, less what was planned of it
    assert row.effects["price"] == price
    assert row.effects["volume"] == D("409.20") - D("346.67") - price
    assert (row.effects["mix"], row.effects["one-off"]) == (D(0), D(0))
    bedrock = next(row for row in found.rows if row.path == ("data", BEDROCK))
    assert (bedrock.planned, bedrock.effects["volume"]) == (D(0), D("135.00"))
    support = next(row for row in found.rows if row.path == (None, SUPPORT))
    assert (support.planned, support.actual) == (D("29.00"), D("29.00"))
    for one in (*found.rows, found.total, *(row for _, row in found.groups())):
        one.check()
    assert found.reference is not None
    assert (found.reference.start, found.reference.end) == (date(2024, 9, 1), CUT)


def test_the_bridge_of_all_complete_months_is_their_variance(own: Workspace) -> None:
    budget(own)
    found, variance = plan_bridge.bridge(own, "fy25"), plan_actuals.variance(own, "fy25")
    assert (found.first, found.last) == (OCTOBER, JANUARY)
    assert found.total.variance == variance.to_date(variance.total).variance
    with pytest.raises(PlanError, match="for complete months: 2024-10 to 2025-01"):
        plan_bridge.bridge(own, "fy25", first=JANUARY, last=FEBRUARY)


def test_a_driven_line_is_volume_times_unit_cost_and_so_is_its_bridge(own: Workspace) -> None:
    document = budget(own)
    ec2 = line_of(document, "shop", EC2)
    driver = plan_drivers.propose_driver(
        own, "fy25", ("shop", EC2), "orders", only={"shop": ("web",)}, cut=CUT
    )
    assert driver.unit_costs[0] == D("0.100000000000")  # 920 USD ÷ 9,200 orders
    assert driver.volumes[0] == D(3100)
    done = plans.drive_line(own, "fy25", ec2, driver, "grows with orders").document
    assert done.cell(ec2, OCTOBER).baseline == D("310.00")
    done = plans.edit_cells(
        own, "fy25", [CellEdit(ec2, JANUARY, D("3333.333"), "volume")], "a campaign"
    ).document
    cell = done.cell(ec2, JANUARY)
    assert (cell.volume, cell.total) == (D("3333.333"), D("333.33"))
    row = next(
        row for row in plan_bridge.bridge(own, "fy25", first=JANUARY).rows if row.line == ec2
    )
    # 3,720 orders cost 409.20; planned were 3,333.333 at 0.1, rounded from 333.3333.
    assert row.how == "drivers"
    assert row.effects["volume"] == (D(3720) - D("3333.333")) * D("0.1")
    assert row.effects["price"] == D("409.20") - D("372.0") + D("0.0033")
    assert row.effects["volume"] + row.effects["price"] == row.variance


def test_the_outlook_is_actual_forecast_and_adjustments_of_months_to_come(own: Workspace) -> None:
    document = budget(own)
    ec2 = line_of(document, "shop", EC2)
    edits = [CellEdit(ec2, month, D("7.00"), how="add") for month in (NOVEMBER, FEBRUARY, MARCH)]
    plans.edit_cells(own, "fy25", edits, "campaign")
    plans.add_line(
        own, "fy25", NewLine(("shop", "Launch"), "Launch", ((MARCH, D("100.00")),)), "a launch"
    )
    found = plan_outlook.outlook(own, "fy25")
    row = next(row for row in found.rows if row.line == ec2)
    assert row.origins == ("actual",) * 4 + ("mixed",) + ("forecast",) * 7
    assert row.estimate[:4] == (D(310), D(300), D("341.0"), D("409.20"))
    assert row.adjusted == (D(0),) * 5 + (D("7.00"),) + (D(0),) * 6
    launch = next(row for row in found.rows if row.name == "Launch")
    assert (launch.estimate[5], launch.origins[5]) == (D("100.00"), "plan")
    assert launch.reason == "nothing is charged yet: as planned"
    for at in range(12):
        assert found.total.estimate[at] == total(row.estimate[at] for row in found.rows)
    assert found.total.year.planned == plans.version(own, "fy25").document.total
    unplanned = next(row for row in found.rows if row.path == ("data", BEDROCK))
    assert unplanned.line == "" and unplanned.year.planned == 0


def test_a_driven_line_of_what_is_not_charged_yet_costs_what_people_say(own: Workspace) -> None:
    budget(own)
    grown = plans.add_line(own, "fy25", NewLine(("shop", "Launch")), "a launch").document
    launch = grown.lines[-1].id
    driver = plan_drivers.propose_driver(own, "fy25", ("shop", "Launch"), "orders")
    assert set(driver.unit_costs) == {None}, "what was never charged is not known to cost nothing"
    assert driver.basis == "nothing was charged, 2024-11 to 2025-01: say what a unit costs"
    driven = plans.drive_line(own, "fy25", launch, driver, "a launch").document
    cell = driven.cell(launch, MARCH)
    assert (cell.baseline, cell.unit_cost, cell.known) == (None, None, False)
    said = [CellEdit(launch, MARCH, D("0.50"), "unit_cost")]
    cell = plans.edit_cells(own, "fy25", said, "the vendor's offer").document.cell(launch, MARCH)
    assert cell.volume is not None and cell.volume > 0
    assert cell.total == cell.volume * D("0.50")
    row = next(r for r in plan_outlook.outlook(own, "fy25").rows if r.line == launch)
    march = driven.months.index(MARCH)
    assert (row.origins[march], row.estimate[march]) == ("drivers", cell.total)


def test_the_outlook_of_a_driven_line_follows_its_metric(own: Workspace) -> None:
    document = budget(own)
    ec2 = line_of(document, "shop", EC2)
    driver = plan_drivers.propose_driver(
        own, "fy25", ("shop", EC2), "orders", only={"shop": ("web",)}
    )
    plans.drive_line(own, "fy25", ec2, driver, "grows with orders")
    row = next(r for r in plan_outlook.outlook(own, "fy25").rows if r.line == ec2)
    assert row.origins[5:] == ("drivers",) * 7
    assert row.estimate[5] == (driver.product(5) or D(0)).quantize(D("0.01"))


def test_a_metric_without_values_cannot_drive_and_says_so(own: Workspace) -> None:
    budget(own)
    own.metrics.define("visits", {"unit": "visit"}, author="ana")
    with pytest.raises(PlanError, match="'visits' has no value before 2025-02-10"):
        plan_drivers.propose_driver(own, "fy25", ("shop", EC2), "visits")
    lost = date(2025, 2, 3)
    known = [day for day in days(date(2024, 1, 1), COMPLETE_UNTIL) if day != lost]
    values = [{"date": day.isoformat(), "value": 5} for day in known]
    own.metrics.push("visits", values, author="ana")
    with pytest.raises(PlanError, match="'visits' does not know 2025-02-03, hence not what 2025"):
        plan_drivers.propose_driver(own, "fy25", ("shop", EC2), "visits")
    own.metrics.push("visits", [{"date": lost.isoformat(), "value": 5}], author="ana")
    driver = plan_drivers.propose_driver(own, "fy25", ("shop", EC2), "visits")
    assert driver.volumes[4] == 28 * 5
