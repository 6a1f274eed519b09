"""Purchase plans from a ledger: classes, the bill's rates, hours, assumptions, the detector."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.commitments import planning
from outlay.app.commitments.model import PURCHASE_PLAN, PurchasePlanSpec
from outlay.expression import canonical
from outlay.expression.errors import QueryError
from outlay.query import CostQuery
from outlay.resources import ResourceNotFoundError
from outlay.savings.detectors.everywhere.commitment_purchase import PURCHASE
from outlay.savings.model import Finding
from tests.commitments.company import hourly
from tests.savings.facts import TableFacts, each_day

D = Decimal
SPEC = {"lookback": 28, "months": 12}


def test_what_runs_on_demand_is_planned_for(kept: Workspace) -> None:
    found = planning.planned(kept, SPEC)
    (plan,) = found.plans
    assert (plan.demand.provider, plan.demand.payer, plan.demand.currency) == (
        "AWS", "111111111111", "USD",
    )  # fmt: skip
    # 12 a day is 0.50 an hour on demand. The cheapest offer is an EC2 Instance Savings Plan: 37 %
    # off, 0.315 an hour.
    (one,) = plan.positions
    assert (one.offer.program, one.level) == ("aws-instance-savings-plan", D("0.315"))
    days = D(365)
    # The plan and the reservation are held on: their ends are not told.
    assert plan.main.now.cost == days * (12 + 31)
    assert plan.main.planned.cost == days * (31 + 24 * D("0.315"))
    assert plan.main.saved == days * 24 * D("0.185")
    assert [note.partition(" ")[0] for note in found.notes] == ["The", "Rates", "Commitments"]
    (sums,) = found.sums
    assert (sums.now, sums.saved) == (plan.main.now.cost, plan.main.saved)


def test_the_bills_own_rate_goes_before_public_ones(kept: Workspace) -> None:
    # The compute plan of the bill gives 25 % off on m6i (public: 27 %): one year, no upfront.
    found = planning.planned(kept, {**SPEC, "programs": ["aws-compute-savings-plan"]})
    (one,) = found.plans[0].positions
    assert set(one.offer.discounts.values()) == {D("0.250000")}
    assert set(one.offer.sources.values()) == {"the bill (plan)"}
    assert one.level == D("0.375")
    # Three years are not on the bill.
    longer = planning.planned(kept, {**SPEC, "programs": "aws-compute-savings-plan", "years": 3})
    assert set(longer.plans[0].positions[0].offer.discounts.values()) == {D("0.5")}


def test_a_scope_narrows_the_usage(kept: Workspace) -> None:
    assert planning.planned(kept, {**SPEC, "scope": "ServiceName = 'Nothing'"}).plans == ()
    nothing = planning.planned(kept, {**SPEC, "scope": "SubAccountName = 'Data'"})
    assert nothing.plans[0].positions == ()  # all of Data's is covered


def test_where_selects_the_on_demand_usage(kept: Workspace) -> None:
    (plan,) = planning.planned(kept, SPEC).plans
    (m6i,) = [one for one in plan.demand.classes if one.family == "m6i"]
    question = CostQuery(range="2026-10-01..2026-11-01", where=m6i.where)
    assert kept.query(question).totals[0]["EffectiveCost"] == 31 * 12
    assert canonical(m6i.where)
    assert (m6i.unit, m6i.unit_price) == ("m6i.large", D(1))


def test_hours_see_what_days_do_not(tmp_path: Path) -> None:
    workspace = hourly(tmp_path)
    asked = {"lookback": 14, "programs": ["aws-instance-savings-plan"]}
    found = planning.planned(workspace, asked)
    assert found.hourly
    (plan,) = found.plans
    assert (plan.demand.slot_hours, plan.demand.slots) == (1, 14 * 24)
    # By the hour one machine always runs, and a second in half of the hours: at 37 % off that does
    # not pay. By the day the mean is 1.5, which would be bought whole.
    assert plan.positions[0].level == D("0.63")
    assert not any("daily" in note for note in found.notes)
    workspace.close()


def test_kept_plans(own: Workspace) -> None:
    with pytest.raises(ResourceNotFoundError):
        planning.planned_by(own, "compute")
    own.resources.put(PURCHASE_PLAN.name, "compute", {**SPEC, "tranche": 50}, author="test")
    (plan,) = planning.planned_by(own, "compute").plans
    assert [one.share for one in plan.calendar] == [D("0.5"), D("0.5")]
    assert [one.name for one in planning.plans(own)] == ["compute"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"years": [2]}, "years"),
        ({"programs": ["nothing"]}, "aws-compute-savings-plan"),
        ({"scope": "ServiceName ="}, "scope"),
        ({"mix": [{"years": 1, "share": 50}]}, "not to 100"),
        ({"scenarios": [{"name": "a", "weight": 0}]}, "above 0"),
        ({"scenarios": [{"name": "a"}, {"name": "a"}]}, "there twice"),
        ({"lookback": 3}, "lookback"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_assumptions_that_do_not_hold_together(
    kept: Workspace, wrong: dict[str, object], says: str
) -> None:
    with pytest.raises(QueryError, match=says):
        planning.planned(kept, wrong)


def test_a_migration_names_something() -> None:
    with pytest.raises(ValidationError, match="a service, a family or a region"):
        PurchasePlanSpec.model_validate(
            {"scenarios": [{"name": "a", "migrations": [{"day": "2026-12-01"}]}]}
        )


def test_the_example_is_valid() -> None:
    from outlay.resources import parse_resources

    (one,) = parse_resources(PURCHASE_PLAN.example, "example")
    assert isinstance(PURCHASE_PLAN.parse(one.spec), PurchasePlanSpec)


def test_who_sees_a_part_plans_nothing(kept: Workspace) -> None:
    part = Principal("sam", Level.EDITOR, scope="team = 'data'")
    with acting(part), pytest.raises(AccessDeniedError):
        planning.planned(kept, SPEC)


# --- the detector, on facts without a lake ---

M6I = {
    "ServiceProviderName": "AWS", "BillingAccountId": "111", "BillingCurrency": "USD",
    "ServiceName": "Amazon Elastic Compute Cloud", "RegionId": "us-east-1",
    "SkuMeter": "BoxUsage:m6i.large", "PricingUnit": "Hrs", "PricingCategory": "Standard",
    "ChargeCategory": "Usage", "EffectiveCost": D(24), "PricingQuantity": D(24),
}  # fmt: skip


def findings(rows: list[dict[str, object]], **values: object) -> list[Finding]:
    """What the detector finds."""
    chosen = PURCHASE.settings(values)  # type: ignore[arg-type]
    found = list(PURCHASE.find(TableFacts(rows), chosen))
    assert all(isinstance(one, Finding) for one in found)
    return [one for one in found if isinstance(one, Finding)]


def test_the_detector_finds_usage_to_commit_to() -> None:
    (one,) = findings(each_day(M6I, 91), coverage_percent=D(100))
    # 1.00 an hour at 37 % off: 0.37 × 24 × 30 a month.
    assert (one.monthly_saving, one.monthly_cost) == (D("266.40"), D("720.00"))
    assert (one.action, one.group, one.account) == ("PurchaseSavingsPlans", "purchase", "111")
    assert one.scope == "Compute commitments of 111"
    assert "0.63 USD an hour" in one.recommended
    assert canonical(one.where)


def test_the_detector_leaves_room() -> None:
    (one,) = findings(each_day(M6I, 91))
    assert one.monthly_saving == D("213.12")  # 80 % of 266.40
    three = findings(each_day(M6I, 91), years=D(3), coverage_percent=D(100))
    assert three[0].monthly_saving == D("410.40")  # 57 % of 720


def test_the_detector_wants_a_month_of_days() -> None:
    assert findings(each_day(M6I, 29)) == []
    assert len(findings(each_day(M6I, 30))) == 1


def test_what_is_covered_or_spot_or_other_is_not_found() -> None:
    covered = M6I | {"CommitmentDiscountId": "sp", "PricingCategory": "Committed"}
    spot = M6I | {"PricingCategory": "Dynamic", "SkuMeter": "SpotUsage:m6i.large"}
    disk = M6I | {"SkuMeter": "EBS:VolumeUsage.gp3", "PricingUnit": "GB-Mo"}
    assert findings([row for one in (covered, spot, disk) for row in each_day(one, 91)]) == []


def test_usage_that_comes_and_goes_does_not_pay() -> None:
    # One day in two: a plan of 37 % off costs 0.63 and saves 0.50.
    rows = each_day(M6I, 91)[::2]
    assert findings(rows) == []


def test_databases_are_a_portfolio_of_their_own() -> None:
    db = M6I | {
        "ServiceName": "Amazon Relational Database Service",
        "SkuMeter": "InstanceUsage:db.r6g.large",
    }
    found = findings([*each_day(M6I, 91), *each_day(db, 91)], coverage_percent=D(100))
    assert {(one.action, one.scope) for one in found} == {
        ("PurchaseSavingsPlans", "Compute commitments of 111"),
        (
            "PurchaseReservedInstances",
            "Amazon Relational Database Service commitments of 111",
        ),
    }
    assert not {one.where for one in found} & {""}


def test_a_payment_that_there_is_not_is_told() -> None:
    with pytest.raises(ValueError, match="payment is one of"):
        findings(each_day(M6I, 91), payment="later")
