"""The prepaid bridge: effective cost to billed cost, to the last digit, whatever the bill does."""

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import BillingPeriod, total
from outlay.query import CostQuery, run
from outlay.statements.bridge import Bridge, CostSum, bridge
from outlay.statements.costs import cost_sums
from outlay.statements.resources import PREPAID_BALANCE, PrepaidBalanceSpec
from tests.query.fixtures import SmallLake

SP, RI = "savingsplan/1", "reservation/2"
JANUARY, FEBRUARY, MARCH = (BillingPeriod(2026, month) for month in (1, 2, 3))


def cost(
    billed: str,
    effective: str,
    *,
    period: str = "2026-01",
    commitment: str | None = SP,
    category: str = "Usage",
    frequency: str | None = "Usage-Based",
    status: str | None = "Used",
    source: str = "aws",
    currency: str = "USD",
    charge_class: str | None = None,
) -> CostSum:
    return CostSum(
        source, BillingPeriod.parse(period), currency, commitment, category, frequency, status,
        charge_class, Decimal(billed), Decimal(effective),
    )  # fmt: skip


def upfront(billed: str, **more: str) -> CostSum:
    return cost(billed, "0", category="Purchase", frequency="One-Time", status=None, **more)


def balance(amount: str, *, period: str = "2026-01", commitment: str = SP) -> PrepaidBalanceSpec:
    spec = PREPAID_BALANCE.parse(
        {
            "source": "aws", "currency": "USD", "billing_period": period, "amount": amount,
            "commitment": commitment,
        }
    )  # fmt: skip
    assert isinstance(spec, PrepaidBalanceSpec)
    return spec


def holds(found: Bridge) -> None:
    """Both lines of the bridge, and that each month begins where the last one ended."""
    last: dict[tuple[str, str], Decimal] = {}
    for one in found.months:
        assert one.difference == 0
        assert total((one.effective, one.closing, one.opening.copy_negate())) == one.billed
        moved = total((one.bought, one.used_up.copy_negate(), one.other))
        assert total((one.opening, moved)) == one.closing
        key = (one.source, one.currency)
        assert last.get(key, one.opening) == one.opening
        last[key] = one.closing


def test_an_upfront_plan_is_used_up_month_by_month() -> None:
    # 120 paid in January; 10 of it used a month, 8 covered and 2 unused; 50 on demand beside.
    sums = [upfront("120")]
    for month in ("2026-01", "2026-02"):
        sums += [
            cost("0", "8", period=month), cost("0", "2", period=month, status="Unused"),
            cost("50", "50", period=month, commitment=None, status=None),
        ]  # fmt: skip
    january, february = bridge(sums).months
    assert (january.opening, january.bought, january.used_up, january.closing) == (0, 120, 10, 110)
    assert (january.effective, january.billed) == (60, 170)
    assert (february.opening, february.bought, february.used_up) == (110, 0, 10)
    assert february.closing == 100
    assert february.moves == {"amortisation": -8, "unused": -2}
    holds(bridge(sums))


def test_a_recurring_fee_leaves_nothing_behind() -> None:
    fee = cost("10", "0", category="Purchase", frequency="Recurring", status=None)
    (month,) = bridge([fee, cost("0", "7"), cost("0", "3", status="Unused")]).months
    assert month.moves == {"recurring": 10, "amortisation": -7, "unused": -3}
    assert (month.opening, month.closing) == (0, 0)


def test_each_commitment_has_a_balance_of_its_own() -> None:
    sums = [upfront("120"), upfront("60", commitment=RI), cost("0", "5", commitment=RI)]
    (month,) = bridge(sums).months
    assert {one.commitment: one.closing for one in month.balances} == {SP: 120, RI: 55}


def test_a_refund_corrects_and_other_timing_is_shown_apart() -> None:
    refund = cost("-20", "0", category="Purchase", frequency="One-Time", charge_class="Correction")
    credit = cost("-3", "-1", category="Credit", commitment=None, status=None)
    (month,) = bridge([upfront("120"), refund, credit]).months
    assert month.moves == {"upfront": 120, "correction": -20, "other": -2}
    assert (month.bought, month.used_up, month.other, month.closing) == (100, 0, -2, 98)
    assert month.unassigned == -2


def test_what_names_no_commitment_stays_visible() -> None:
    paid = cost("100", "0", commitment=None, category="Purchase", status=None)
    used = cost("0", "30", commitment=None, status=None)
    (month,) = bridge([paid, used]).months
    assert month.moves == {"prepayment": 100, "drawdown": -30}
    assert month.unassigned == 70


def test_a_balance_from_before_the_ledger_is_stated() -> None:
    sums = [cost("0", "8"), cost("0", "8", period="2026-02")]
    found = bridge(sums)
    (gap,) = found.gaps
    assert (gap.commitment, gap.short, gap.first, gap.period) == (SP, 16, JANUARY, JANUARY)
    found = bridge(sums, [balance("40")])
    assert (found.gaps, found.conflicts) == ((), ())
    assert [one.closing for one in found.months] == [32, 24]
    # Stated for a later month, it holds there: what moved before is added back.
    later = bridge(sums, [balance("32", period="2026-02")])
    assert later.months[0].opening == 40
    assert later.of(FEBRUARY)[0].opening == 32
    holds(later)


def test_two_balances_that_disagree_are_told() -> None:
    sums = [cost("0", "8"), cost("0", "8", period="2026-02")]
    found = bridge(sums, [balance("40"), balance("30", period="2026-02")])
    assert found.months[0].opening == 40
    assert len(found.conflicts) == 1
    assert "2026-02 is -2 off" in found.conflicts[0]
    assert bridge(sums, [balance("40"), balance("32", period="2026-02")]).conflicts == ()


def test_currencies_and_sources_are_never_added() -> None:
    sums = [upfront("120"), upfront("7", currency="EUR"), upfront("9", source="azure")]
    found = bridge(sums)
    assert [(m.source, m.currency, m.closing) for m in found.months] == [
        ("aws", "EUR", 7), ("aws", "USD", 120), ("azure", "USD", 9),
    ]  # fmt: skip


amounts = st.decimals(-(10**9), 10**9, places=12).map(str)
costs = st.builds(
    cost, amounts, amounts,
    period=st.sampled_from(["2026-01", "2026-02", "2026-04"]),
    commitment=st.sampled_from([SP, RI, None]),
    category=st.sampled_from(["Usage", "Purchase", "Credit", "Tax", "Adjustment"]),
    frequency=st.sampled_from(["One-Time", "Recurring", "Usage-Based", None]),
    status=st.sampled_from(["Used", "Unused", None]),
    source=st.sampled_from(["aws", "azure"]),
    currency=st.sampled_from(["USD", "EUR"]),
    charge_class=st.sampled_from([None, "Correction"]),
)  # fmt: skip
stated = st.builds(
    balance, amounts,
    period=st.sampled_from(["2026-01", "2026-03", "2026-04"]),
    commitment=st.sampled_from([SP, ""]),
)  # fmt: skip


@given(st.lists(costs, max_size=20), st.lists(stated, max_size=3))
def test_the_bridge_holds_for_any_bill(
    sums: list[CostSum], known: list[PrepaidBalanceSpec]
) -> None:
    found = bridge(sums, known)
    holds(found)
    assert total(one.billed for one in found.months) == total(one.billed for one in sums)
    assert total(one.effective for one in found.months) == total(one.effective for one in sums)
    if found.conflicts:
        return
    for spec in known:
        same = total(
            one.amount
            for one in known
            if (one.period, one.commitment) == (spec.period, spec.commitment)
        )
        for month in found.of(spec.period):
            if (month.source, month.currency) == (spec.source, spec.currency):
                here = [o for o in month.balances if (o.commitment or "") == spec.commitment]
                assert total(one.opening for one in here) == same


_BY = ("x_BillingPeriod", "BillingCurrency")
charges = st.fixed_dictionaries(
    {
        "BilledCost": amounts,
        "EffectiveCost": amounts,
        "ChargeCategory": st.sampled_from(["Usage", "Purchase", "Credit"]),
        "ChargeFrequency": st.sampled_from(["One-Time", "Recurring", "Usage-Based"]),
        "CommitmentDiscountId": st.sampled_from([None, SP]),
        "CommitmentDiscountStatus": st.sampled_from([None, "Used", "Unused"]),
        "BillingCurrency": st.sampled_from(["USD", "EUR"]),
        "ContractApplied": st.sampled_from(
            [
                None,
                '{"Elements":[{"ContractId":"C","ContractCommitmentId":"C/1"}]}',
                '{"Elements":[{"ContractCommitmentId":"C/1"},{"ContractCommitmentId":"C/2"}]}',
                '{"Elements":[]}',
            ]
        ),
    }
)


@settings(max_examples=15, deadline=None)
@given(st.lists(charges, min_size=1, max_size=8), st.lists(charges, min_size=1, max_size=8))
def test_the_bridge_of_random_bills_is_billed_less_effective(first: list, second: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        lake.add("2026-01", first)
        lake.add("2026-02", second)
        found = bridge(cost_sums(lake, lake.pin()))
        holds(found)
        asked = run(lake, CostQuery(measures=("BilledCost", "EffectiveCost"), by=_BY))
        for row in asked.rows():
            period = BillingPeriod.parse(str(row["x_BillingPeriod"])[:7])
            (month,) = [o for o in found.of(period) if o.currency == row["BillingCurrency"]]
            assert (month.billed, month.effective) == (row["BilledCost"], row["EffectiveCost"])
            moved = total((month.closing, month.opening.copy_negate()))
            assert moved == total((month.billed, month.effective.copy_negate()))


def test_the_one_contract_commitment_of_a_charge_is_its_own(tmp_path: Path) -> None:
    lake = SmallLake(tmp_path)
    one = '{"Elements":[{"ContractId":"C","ContractCommitmentId":"C/credits"}]}'
    two = '{"Elements":[{"ContractCommitmentId":"C/1"},{"ContractCommitmentId":"C/2"}]}'
    lake.add(
        "2026-03",
        [
            {"BilledCost": "0", "EffectiveCost": "30", "ContractApplied": one},
            {"BilledCost": "0", "EffectiveCost": "5", "ContractApplied": two},
            {"BilledCost": "9", "EffectiveCost": "9", "ContractApplied": one},
        ],
    )
    (month,) = bridge(cost_sums(lake, lake.pin())).of(MARCH)
    assert {b.commitment: dict(b.moves) for b in month.balances if b.moved} == {
        "C/credits": {"amortisation": -30},
        None: {"drawdown": -5},
    }
    assert (month.billed, month.effective, month.unassigned) == (9, 44, -5)
