"""What pages, commands and assistants say of a recommendation; what regressed is looked at anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from outlay.app import Workspace
from outlay.app.realised.keeping import store as frozen
from outlay.app.savings import acting as steps
from outlay.app.savings.acting import store
from outlay.app.savings.listing import recommendation, recommendations
from outlay.app.savings.looking import look
from outlay.app.savings.shapes import shown_json
from outlay.app.savings.telling import discounted
from outlay.cli.main import app
from outlay.client.shapes import savings as shapes
from outlay.mcp.registry import Context
from outlay.mcp.tools import savings as assistant
from outlay.savings.merging import merged
from outlay.savings.model import Finding, Headroom
from outlay.savings.recommendation import Discount
from tests.realised.company import FINDINGS
from tests.savings_app.conftest import NOW, Tools, again, of
from tests.web.conftest import serving
from tests.web.page import parse

MEASURED = replace(
    FINDINGS["i-1"], headroom=(Headroom("cpu", "p99", Decimal("30.50"), Decimal(61)),)
)
LINE = "cpu, p99: 30.5 % is used now, 61 % afterwards"
MISSING = "The tool does not tell what is left of it afterwards: look before it is done."


def said(workspace: Workspace, number: int) -> tuple[str, str, str]:
    """A recommendation on its page, on the command line, and to an assistant."""
    shown = parse(serving(workspace).get(f"/savings/{number}").text).text
    told = CliRunner().invoke(app, ["-w", str(workspace.path), "savings", "show", str(number)])
    assert told.exit_code == 0, told.output
    asked = assistant.SavingInput(saving=number)
    answer = assistant.explain_saving.run(Context(workspace), asked)
    return " ".join(shown.split()), " ".join(told.output.split()), answer.text


@pytest.mark.parametrize(("found", "sentence"), [(MEASURED, LINE), (FINDINGS["i-1"], MISSING)])
def test_every_right_sizing_says_what_is_left(
    acme: Workspace, tools: Tools, found: Finding, sentence: str
) -> None:
    tools.own = [found]
    look(acme, NOW)
    page, command, answer = said(acme, of(acme, "i-1").id)
    assert sentence in command and sentence in answer
    if found is MEASURED:
        assert "cpu p99 30.5 61" in page
    else:
        assert sentence in page


def test_what_makes_nothing_smaller_says_nothing_of_it(acme: Workspace, tools: Tools) -> None:
    tools.own = [FINDINGS["vol-1"]]
    look(acme, NOW)
    assert not any(MISSING in text for text in said(acme, of(acme, "vol-1").id))


def test_the_discount_is_said_everywhere(acme: Workspace, tools: Tools) -> None:
    tools.own = [FINDINGS["vol-1"]]
    look(acme, NOW)
    lines = ("EdpDiscount of billing account 9",)
    with store(acme).changing() as books:
        one = books.put(
            replace(of(acme, "vol-1"), discount=Discount(Decimal(300), Decimal("12.5"), lines))
        )
    sentence = discounted(one)
    assert sentence.startswith(
        "Costs and savings are after private discounts of 4.1667 %: the bill"
    )
    assert all(sentence in text for text in said(acme, one.id))
    whole = shown_json(recommendation(acme, one.id, NOW))
    TypeAdapter(shapes.SavingWhole).validate_python(whole)
    assert whole["discount"]["off"] == "12.50"


def test_what_regressed_is_worth_what_tools_say_now(looked: Workspace, tools: Tools) -> None:
    number = of(looked, "i-8").id
    for step in (steps.accept, steps.implement, steps.regress):
        step(looked, number, now=NOW)
    # Half of it is back: 36 a month are to be saved, not the 72 that were accepted.
    tools.own = [replace(FINDINGS["i-8"], monthly_saving=Decimal(36), monthly_cost=Decimal(36))]
    again(looked, NOW + timedelta(days=1))
    one = store(looked).one(number)
    assert (one.state, str(one.finding.monthly_saving), one.chosen) == ("regressed", "36", None)
    (sums,) = recommendations(looked, now=NOW).totals
    assert str(sums.net) == "36"
    steps.accept(looked, number, now=NOW + timedelta(days=1))
    assert [str(each.promised) for each in frozen(looked).baselines(number)] == ["72", "36"]


def test_the_amount_nearest_to_the_bill_counts() -> None:
    def tool(name: str, saving: str, listed: str | None) -> Finding:
        return replace(
            FINDINGS["i-1"], tool=name, monthly_saving=Decimal(saving), native_id=name,
            monthly_saving_list=None if listed is None else Decimal(listed),
        )  # fmt: skip

    at_list, alone = tool("trusted-advisor", "60", "60"), tool("hub-api", "90", None)
    both, own = tool("hub-export", "80", "100"), tool("outlay", "95", None)
    ((*order,),) = merged([at_list, alone, both, own]).values()
    assert [one.tool for one in order] == ["outlay", "hub-export", "hub-api", "trusted-advisor"]
