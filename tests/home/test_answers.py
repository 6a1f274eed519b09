"""The three answers of each persona, to the last digit, against plain questions."""

from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.home import PERSONAS, Card
from outlay.query import CostQuery
from tests.home.conftest import Ask, cards
from tests.home.firm import EC2, NOW, S3

D = Decimal
OCTOBER = "2026-10-01..2026-11-01"


def plain(workspace: Workspace, **parts: object) -> Decimal:
    """The sum of a plain question."""
    query = CostQuery.model_validate({"range": OCTOBER} | parts)
    total = workspace.query(query, NOW).total
    assert total is not None
    value = total[query.measures[0]]
    assert isinstance(value, Decimal)
    return value


def figure(card: Card, label: str) -> object:
    """A figure of a card by its label."""
    return next(one.value for one in card.figures if one.label == label)


def rows(card: Card) -> list[tuple[str, object, object]]:
    """Title, amount and change of a card's rows."""
    return [
        (line.title, line.figure.value if line.figure else None,
         line.figure.change if line.figure else None)
        for line in card.lines
    ]  # fmt: skip


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_home_answers_each_of_its_three_questions(ask: Ask, persona: str) -> None:
    home = ask(
        persona,
        period="2026-10",
        of={"engineer": "checkout", "product-owner": "shop"}.get(persona, ""),
    )  # noqa: E501
    assert len(home.questions) == 3
    assert home.waiting == ()
    for question, answers in home.questions:
        assert answers, question.text
    for card in cards(home).values():
        assert card.sentence.endswith("."), card
        assert card.link.startswith("/"), card


def test_executive_how_much_which_way_and_why(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("executive", period="2026-10"))
    spend = found["spend"]
    (cost,) = spend.figures
    assert cost.value == D("192.345") == plain(workspace)
    assert cost.previous == D("125") and cost.change == D("67.345")
    assert cost.change_ratio == D("0.538760")
    assert spend.sentence.startswith("Spend is 54 % above September 2026; ")
    assert rows(found["trend"]) == [
        ("Oct 2026", D("192.345"), D("67.345")), ("Sep 2026", D("125"), None),
    ]  # fmt: skip


def test_executive_what_it_buys(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("executive", period="2026-10"))
    (line,) = found["units"].lines
    assert line.figure is not None
    shop = plain(workspace, where="product = 'shop'")
    assert shop == D("130")  # 60 + 40 + 30
    assert line.figure.value == (shop / 120).quantize(D("0.000000000001"))
    assert line.figure.previous == D("1.1")  # (80 + 30) / 100
    assert found["units"].sentence == (
        "Cost per order is 1.083 USD, 1.5 % below September 2026: cost rose 18.2 % and orders "
        "rose 20.0 %."
    )
    (margin,) = found["margin"].lines
    assert margin.figure is not None and margin.figure.value == D("1370")
    assert found["margin"].sentence == (
        "The margin of cost per order is 1,370.00 USD, 91.3 % of revenue after 89.0 % in "
        "September 2026."
    )


def test_executive_who_owns_it(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("executive", period="2026-10"))
    owners = found["owners"]
    for title, value, _ in rows(owners):
        assert value == plain(workspace, where=f"team = '{title}'")
    assert [(title, change) for title, _, change in rows(owners)] == [
        ("checkout", D("20")), ("data", D("15")), ("Unallocated", D("32.345")),
    ]  # fmt: skip
    assert owners.sentence == (
        "checkout has 68 % of 192.35 USD. What moved most is checkout: +20.00 USD."
    )
    allocated = found["allocated"]
    assert figure(allocated, "With a team") == D("0.883829")  # 170 / 192.345
    assert figure(allocated, "Unallocated") == D("22.345")
    assert [(s.text, s.amount, s.currency) for s in allocated.steps] == [
        ("22.35 USD of October 2026 has no team: add a rule that catches it.", D("22.345"), "USD")
    ]
    assert allocated.steps[0].link.startswith("/coverage?tag=team")


def test_practitioner(ask: Ask) -> None:
    found = cards(ask("practitioner", period="2026-10"))
    assert found["bills"].sentence == "The one source is here and reconciles."
    assert figure(found["bills"], "Rejected rows") == 0
    # The invoice asks for 200.00; its charges are billed 192.345 with the purchase, without what
    # the plan covered: 60 + 40 + 40 + 40 + 12.345.
    reconciled = found["reconciled"]
    assert figure(reconciled, "Unexplained") == D("7.655")
    assert reconciled.sentence == "The one invoice of October 2026 does not agree with its charges."
    assert reconciled.steps[0].urgent and reconciled.steps[0].amount == D("7.655")
    assert rows(found["movers"]) == [
        (EC2, D("140"), D("40")), (S3, D("40"), D("15")), ("AWS Support", D("12.345"), D("12.345")),
    ]  # fmt: skip
    assert found["movers"].sentence == "3 services rose by 67.35 USD."
    assert figure(found["allocated"], "Unallocated") == D("22.345")
    assert found["unused"].steps[0].amount == D("10")


def test_engineer(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("engineer", of="checkout", period="2026-10"))
    assert (
        found["spend"].figures[0].value == D("130") == plain(workspace, where="team = 'checkout'")
    )
    assert found["spend"].figures[0].change == D("20")
    assert rows(found["movers"]) == [(EC2, D("130"), D("20"))]
    assert rows(found["resources"]) == [("i-1", D("100"), D("20")), ("i-2", D("30"), D("0"))]
    assert found["untagged"].sentence == "Every charge of checkout carries a team tag of its own."
    assert found["unused"].sentence.startswith("Nothing of checkout was paid for")


def test_engineer_without_a_team_sees_what_nobody_tagged(ask: Ask) -> None:
    found = cards(ask("engineer", period="2026-10"))
    assert figure(found["untagged"], "Without a team tag") == D("22.345")
    assert found["unused"].lines[0].figure is not None
    assert found["unused"].lines[0].figure.value == D("10")
    assert "mine" not in found


def test_finance(ask: Ask) -> None:
    found = cards(ask("finance"))
    booked = found["booked"]
    assert figure(booked, "Statements") == D("192.35") and booked.figures[0].change == D("67.35")
    assert [(title, value) for title, value, _ in rows(booked)][:1] == [("shop", D("130.00"))]
    # Prepaid: the plan's fee of 40 was used up by 30 and 10.
    assert figure(found["prepaid"], "Prepaid at the end") == D("0")
    assert figure(found["prepaid"], "Billed") == D("192.345")
    close = found["close"]
    assert "invoices" in close.sentence and close.tone == "blocking"
    assert all(step.urgent for step in close.steps) and close.steps
    accounts = found["accounts"]
    assert accounts.figures[0].value == D("192.345") and accounts.figures[0].change == D("67.345")


def test_procurement(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("procurement"))
    assert rows(found["vendors"]) == [("Amazon Web Services, Inc.", D("192.345"), D("67.345"))]
    assert found["vendors"].figures[0].value == plain(workspace, measures=("BilledCost",))
    commitments = found["commitments"]
    assert figure(commitments, "Used") == D("0.750000")  # 30 / 40
    assert (
        figure(commitments, "Unused")
        == D("10")
        == plain(workspace, where="CommitmentDiscountStatus = 'Unused'")
    )
    assert commitments.sentence == (
        "75.0 % of what was committed to in October 2026 was used; 10.00 USD was not. In "
        "September 2026 it was 85.7 %."
    )
    assert commitments.steps[0].text == "Savings Plan utilisation 75 %: 10.00 USD unused."
    credits = found["credits"]
    assert credits.sentence == "The sum of credits is zero; it was -15.00 USD in September 2026."
    assert credits.steps[0].amount == D("15") and "Startup credit" in credits.steps[0].text


def test_product_owner(ask: Ask, workspace: Workspace) -> None:
    found = cards(ask("product-owner", of="shop"))
    (line,) = found["units"].lines
    assert line.figure is not None and line.figure.value == D("1.083333333333")
    assert found["margin"].sentence.startswith("The margin of shop is 1,370.00 USD, 91.3 %")
    parts = {title: value for title, value, _ in rows(found["unit-drivers"])}
    # 20 more orders at 1.10, then each of 120 cheaper by 2 in all.
    assert parts == {"Volume": D("22"), "Price": D("-2")}
    assert found["spend"].figures[0].value == D("130") == plain(workspace, where="product = 'shop'")


def test_this_month_is_compared_with_the_same_days(ask: Ask, workspace: Workspace) -> None:
    home = ask("practitioner", period="month-to-date")
    assert (home.asked.period.title, home.asked.period.than) == ("1–9 Nov 2026", "1–9 Oct 2026")
    (cost,) = cards(home)["spend"].figures
    assert (cost.value, cost.previous, cost.change) == (D("33"), D("60"), D("-27"))
    spend = cards(home)["spend"]
    assert spend.sentence.startswith("Spend is 45 % below 1 to 9 October 2026")
    assert "against=2026-10-01..2026-10-10" in spend.drivers
    assert "from=2026-11-01&to=2026-11-10" in spend.link
    assert spend.query is not None and spend.query.compare is None
    assert plain(workspace, range=spend.query.range) == cost.value
    assert any("1–9 Oct 2026" in note for note in spend.notes)
    # The books are of the month that is over.
    assert cards(home)["reconciled"].link == "/invoices?period=2026-10"


def test_readers_of_the_present_open_on_this_month(ask: Ask) -> None:
    assert ask("practitioner").asked.period.to_date
    assert ask("executive").asked.period.name == "2026-10"


def test_a_month_without_one_before_says_so(ask: Ask) -> None:
    found = cards(ask("executive", period="2026-09"))
    assert found["spend"].sentence.startswith("Spend is 125.00 USD; there was none in August 2026.")
    assert "trend" in found


def test_a_month_without_charges_says_so(ask: Ask) -> None:
    found = cards(ask("executive", period="2026-01"))
    assert found["spend"].sentence == "Spend is zero, as in December 2025."
    assert found["owners"].sentence == "Nothing was charged in January 2026."
    assert found["allocated"].figures[0].value is None, "no share of nothing"


@pytest.mark.parametrize("persona", PERSONAS)
def test_each_figure_is_the_answer_of_the_question_behind_it(
    ask: Ask, workspace: Workspace, persona: str
) -> None:
    """What a card shows is what its link's question answers, for every card that has one."""
    checked = 0
    for period in ("2026-10", "month-to-date"):
        for card in cards(ask(persona, period=period)).values():
            if card.query is None or not card.figures or card.figures[0].kind != "money":
                continue
            for one in card.figures:
                if one.term not in card.query.measures:
                    continue
                total = workspace.query(card.query.but(limit=None), NOW).total
                assert total is not None and total[one.term] == one.value, (card.name, one)
                checked += 1
    assert checked or persona == "none"
