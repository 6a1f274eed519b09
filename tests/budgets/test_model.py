"""What a budget may say, and what it is told when it may not."""

from decimal import Decimal

import pytest

from outlay.planning.budgets.model import BUDGET, DEFAULT_THRESHOLDS
from outlay.resources import ResourceError
from tests.budgets.specs import spec


def test_the_example_is_a_budget() -> None:
    found = BUDGET.parse(BUDGET.example_document()["spec"])
    assert found.amount == Decimal("12000")  # type: ignore[attr-defined]


def test_short_forms_are_read() -> None:
    found = spec(owner="ana", rollover="both", shape="straight", scope="team='a'", currency="usd",
                 **{"from": "2026-01-01"})  # fmt: skip
    assert found.owner is not None and (found.owner.value, found.owner.tag) == ("ana", "")
    assert (found.rollover.carry, found.shape.by) == ("both", "straight")
    assert (found.scope, found.currency) == ("team = 'a'", "USD")
    assert found.thresholds == DEFAULT_THRESHOLDS


def test_a_written_spec_is_read_back_the_same() -> None:
    said = spec(
        title="Checkout", amounts={"2026-11": "1200.50"}, growth={"percent": "2.5", "each": "year"},
        rollover={"carry": "unused", "cap": "300"}, owner={"tag": "team", "value": "checkout"},
        thresholds=[{"of": "forecast", "amount": "1500"}], parent="all",
        **{"from": "2026-01-01", "until": "2027-01-01"},
    )  # fmt: skip
    written = said.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert written["from"] == "2026-01-01" and written["amounts"] == {"2026-11": "1200.50"}
    assert BUDGET.parse(written) == said


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"amount": None}, "needs an amount, or amounts by period"),
        ({"amount": "-1"}, "amount: input should be greater than or equal to 0"),
        ({"amount": "10.005"}, r"10\.005 has more decimals than USD has \(2\)"),
        ({"amount": "10." + "0" * 40 + "1"}, r"more decimals than USD has \(2\)"),
        ({"currency": "JPY", "amount": "10.5"}, r"more decimals than JPY has \(0\)"),
        ({"currency": "DOLLAR"}, "is no currency. Allowed: a code of ISO 4217"),
        ({"scope": "team ="}, "scope"),
        ({"from": "2026-01-15"}, "from 2026-01-15 is not the first day of a month; the nearest are "
                                 "2026-01-01 and 2026-02-01"),
        ({"period": "quarter", "from": "2026-02-01"}, "not the first day of a quarter"),
        ({"from": "2026-02-01", "until": "2026-02-01"}, "until is exclusive"),
        ({"period": "custom"}, "a custom period needs from"),
        ({"period": "custom", "from": "2026-01-01", "until": "2026-02-01", "rollover": "unused"},
         "rollover needs periods that recur"),
        ({"rollover": "unused"}, "rollover needs from"),
        ({"rollover": {"cap": "5"}}, "a cap needs carry"),
        ({"growth": {"percent": "2"}}, "growth needs from"),
        ({"amounts": {"2026-Q1": "5"}}, "amounts: '2026-Q1' is no month"),
        ({"amounts": {"2025-12": "5"}, "from": "2026-01-01"}, "2025-12 is outside"),
        ({"thresholds": [{"of": "actual"}]}, "a percent or an amount, one of the two"),
        ({"thresholds": [{"percent": "80"}, {"percent": "80.0", "severity": "critical"}]},
         "actual/80% is there twice"),
        ({"thresholds": [{"percent": "0"}]}, "greater than 0"),
        ({"shape": "weights"}, "weights belong to"),
        ({"period": "year", "shape": {"by": "weights", "weights": ["1", "2"]}},
         r"one per month \(12\); 2 are given"),
        ({"wrong": "x"}, "Allowed fields"),
    ],
)  # fmt: skip
def test_what_is_not_right_says_so(fields, why) -> None:
    with pytest.raises(ResourceError, match=why):
        spec(**fields)
