"""Private discounts in lines of their own: off what is promised, off what is seen, and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select, update

from outlay.app import Workspace
from outlay.app.realised import listing as realised
from outlay.app.realised.baselines import recompute
from outlay.app.realised.following import follow
from outlay.app.realised.keeping import store as frozen
from outlay.app.realised.reading import bill
from outlay.app.savings.acting import accept, implement
from outlay.app.savings.listing import recommendation, recommendations
from outlay.app.savings.looking import look
from outlay.app.savings.shapes import shown_json
from outlay.app.savings.telling import discounted
from outlay.resources.tables import saving_baselines as table
from outlay.savings.model import Finding
from outlay.savings.realised.freezing import freeze
from outlay.savings.realised.model import Baseline
from tests.realised.company import AUGUST, NOVEMBER, OCTOBER, charge, days, finding
from tests.realised.company import bill as company_bill
from tests.realised.company import of as charges
from tests.savings_app.conftest import Tools, of
from tests.web.company import Line, load

LOOKED, DONE = datetime(2026, 9, 29, 9), datetime(2026, 9, 30, 18)
RATE = Decimal("0.1")


def given(rows: Sequence[Line]) -> list[Line]:
    """A bill with a line a day that takes a tenth off what no commitment pays."""
    own = {"ChargeFrequency": "Usage-Based", "x_LineItemType": "Usage"}
    found = [{**row, **own} for row in rows]
    for day in sorted({row["ChargePeriodStart"][:10] for row in rows}):
        paid = sum(
            Decimal(row["EffectiveCost"])
            for row in rows
            if row["ChargePeriodStart"][:10] == day and not row["CommitmentDiscountId"]
        )
        line = charge(date.fromisoformat(day), "", "EDP", "1", "0", effective=str(-paid * RATE),
                      category="Adjustment", team="")  # fmt: skip
        # Such a line has no price, no quantity and no resource.
        line |= dict.fromkeys(("PricingQuantity", "PricingUnit", "ConsumedQuantity",
                               "ConsumedUnit", "SkuId", "x_UsageType"), "")  # fmt: skip
        found.append({**line, "ChargeFrequency": "Usage-Based", "x_LineItemType": "EdpDiscount"})
    return found


def at_list(name: str, saving: str, group: str, action: str = "Delete") -> Finding:
    """What a native tool says that takes nothing off list."""
    one = finding("Delete", saving, charges(name), resource=name, group=group,
                  tool="aws-trusted-advisor", native_id=name)  # fmt: skip
    return replace(one, monthly_saving_list=Decimal(saving), action=action)  # type: ignore[arg-type]


@pytest.fixture
def agreed(tmp_path: Path) -> Workspace:
    """The company with an agreement of 10 %."""
    workspace = Workspace.init(tmp_path / "workspace", name="Acme GmbH")
    load(workspace, tmp_path / "bills", "acme", given(company_bill(AUGUST, OCTOBER)))
    return workspace


def test_a_tools_amount_at_list_is_promised_after_the_bills_discount(
    agreed: Workspace, tools: Tools
) -> None:
    own = finding("Upgrade", "22.95", charges("vol-2"), resource="vol-2", group="storage",
                  cost="135")  # fmt: skip
    told = replace(at_list("i-1", "72", "size", "Rightsize"), monthly_saving=Decimal("70"))
    tools.own, tools.native = [own], [at_list("vol-1", "300", "existence"), told]
    look(agreed, LOOKED)
    rows = {one.recommendation.resource: one for one in recommendations(agreed, now=LOOKED).rows}
    # 90 % of what Trusted Advisor says at list. Ours is reckoned on the bill, and what another
    # tool says after discounts is after them: neither is touched.
    assert {name: str(row.net) for name, row in rows.items()} == {
        "vol-1": "270.00", "vol-2": "22.95", "i-1": "70",
    }  # fmt: skip
    one = rows["vol-1"].recommendation
    assert str(one.finding.monthly_saving_list) == "300"
    assert one.finding.reasons == ("private discounts take 10 % off what the tool says",)
    assert one.cost == Decimal(270)
    assert one.discount is not None
    assert (one.discount.before, one.discount.off) == (Decimal(300), Decimal(30))


def test_the_discount_is_explained_by_its_lines(agreed: Workspace, tools: Tools) -> None:
    # Half of what i-6 costs would be a commitment's, which has no discount: it is said of i-1.
    tools.own, tools.native = [], [at_list("i-1", "72", "size", "Rightsize")]
    look(agreed, LOOKED)
    shown = recommendation(agreed, of(agreed, "i-1").id, LOOKED)
    sentence = discounted(shown.row.recommendation)
    assert sentence == (
        "Costs and savings are after private discounts of 10 %: the bill takes 14.40 off the "
        "144.00 USD that its charges cost a month, in lines of their own: EdpDiscount of billing "
        "account 111111111111."
    )
    data = shown_json(shown)
    assert data["discount_why"] == sentence
    assert data["discount"]["lines"] == ["EdpDiscount of billing account 111111111111"]
    assert Decimal(data["discount"]["rate"]) == RATE


def test_a_bill_without_such_lines_takes_nothing_off(acme: Workspace, tools: Tools) -> None:
    tools.own, tools.native = [], [at_list("vol-1", "300", "existence")]
    look(acme, LOOKED)
    one = of(acme, "vol-1")
    assert (str(one.finding.monthly_saving), one.discount, discounted(one)) == ("300", None, "")
    assert one.finding.reasons == ()


def test_what_was_promised_after_discounts_is_what_the_bill_shows(
    agreed: Workspace, tools: Tools, tmp_path: Path
) -> None:
    tools.own = []
    tools.native = [at_list("vol-1", "300", "existence"), at_list("i-1", "72", "size", "Rightsize")]
    look(agreed, LOOKED)
    for name in ("vol-1", "i-1"):
        accept(agreed, of(agreed, name).id, now=LOOKED)
        implement(agreed, of(agreed, name).id, now=DONE)
    promised = [one.promised for one in frozen(agreed).baselines()]
    assert sorted(map(str, promised)) == ["270.00", "64.80"]
    assert all(recompute(agreed, one).same for one in frozen(agreed).baselines())
    load(agreed, tmp_path / "bills", "acme", given(company_bill(AUGUST, NOVEMBER)))
    follow(agreed, datetime(2026, 11, 2, 9))
    # 31 days of October: 31 × 9.00 and 31 × 2.16, of the bill with its discount.
    sums = {
        name: realised.realised_of(agreed, of(agreed, name).id).sums for name in ("vol-1", "i-1")
    }
    assert {name: (one.realised, one.promised) for name, one in sums.items()} == {
        "vol-1": (Decimal(279), Decimal(279)),
        "i-1": (Decimal("66.96"), Decimal("66.96")),
    }


def test_what_was_frozen_before_discounts_is_measured_without_them(
    agreed: Workspace, tools: Tools, tmp_path: Path
) -> None:
    """A baseline of an earlier version was frozen at full cost: so is what is measured on it."""
    tools.own, tools.native = [], [at_list("vol-1", "300", "existence")]
    look(agreed, LOOKED)
    accept(agreed, of(agreed, "vol-1").id, now=LOOKED)
    (now,) = frozen(agreed).baselines()
    with bill(agreed, AUGUST, (now.where,)) as read:
        lines = read.lines(now.where, now.first_day, now.end_day, discounted=False)
    old = freeze(lines, days(now.first_day, now.end_day))
    with agreed.resources.engine.begin() as connection:
        document = connection.execute(select(table.c.document)).scalar_one()
        kept_then = TypeAdapter(Baseline).dump_python(
            replace(now, keys=old.keys, digest=old.digest), mode="json"
        )
        document |= {"keys": kept_then["keys"], "digest": kept_then["digest"]}
        del document["discounted"]
        connection.execute(update(table).values(document=document))
    (kept,) = frozen(agreed).baselines()
    assert (kept.discounted, kept.cost_on(OCTOBER)) == (False, Decimal(10))
    assert recompute(agreed, kept).same
    implement(agreed, of(agreed, "vol-1").id, now=DONE)
    load(agreed, tmp_path / "bills", "acme", given(company_bill(AUGUST, NOVEMBER)))
    follow(agreed, datetime(2026, 11, 2, 9))
    sums = realised.realised_of(agreed, of(agreed, "vol-1").id).sums
    assert sums.realised == Decimal(310)
