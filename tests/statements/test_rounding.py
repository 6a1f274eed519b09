"""Lines in whole units: a statement's sum to it, a split's to nought over the month."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from outlay.money import total
from outlay.money.cents import apportioned, to_unit
from outlay.statements.documents import Line
from outlay.statements.rounding import rounded_lines

AMOUNT = st.integers(-9_999_999, 9_999_999).map(lambda n: Decimal(n).scaleb(-5))


def line(line_id: str, exact: str | Decimal) -> Line:
    shared = line_id.startswith("split")
    amount = Decimal(exact)
    splits = "applied" if shared else "direct"
    return Line(
        line_id, "shared" if shared else "direct", line_id, Decimal(0), amount, splits=splits
    )


def units(lines: dict[str, list[Line]]) -> dict[str, dict[str, Decimal]]:
    exact = {value: total(one.exact for one in of) for value, of in lines.items()}
    return rounded_lines(lines, apportioned(exact, 2), 2)


def test_what_is_taken_is_given_to_the_cent() -> None:
    """Three takers of 10.00 get 3.333…: rounded each on its own, a cent would be missing."""
    third = "3.333333333"
    lines = {
        "a": [line("direct", "1.002"), line("split", third)],
        "b": [line("direct", "1.002"), line("split", third)],
        "c": [line("direct", "1.002"), line("split", "3.333333334")],
        "platform": [line("direct", "10"), line("split", "-10")],
    }
    found = units(lines)
    assert {value: str(of["split"]) for value, of in found.items()} == {
        "a": "3.33",
        "b": "3.33",
        "c": "3.34",
        "platform": "-10.00",
    }
    # 13.006 is 13.01: parts 4.34, 4.33 and 4.34, of which the direct lines take what is left.
    assert {value: str(of["direct"]) for value, of in found.items()} == {
        "a": "1.01",
        "b": "1.00",
        "c": "1.00",
        "platform": "10.00",
    }


def test_a_value_with_nothing_of_its_own_keeps_its_part() -> None:
    lines = {
        "a": [line("split", "0.335")],
        "b": [line("direct", "1"), line("split", "0.665")],
        "platform": [line("direct", "1"), line("split", "-1")],
    }
    found = units(lines)
    assert found["a"] == {"split": Decimal("0.34")}
    assert total(of["split"] for of in found.values()) == 0
    assert total(found["b"].values()) == Decimal("1.66")


@st.composite
def months(draw: st.DrawFn) -> dict[str, list[Line]]:
    """Values with direct lines, and splits that each move money among them."""
    values = draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=6, unique=True))
    lines: dict[str, list[Line]] = {value: [] for value in values}
    for value in values:
        for number in range(draw(st.integers(0, 3))):
            lines[value].append(line(f"direct/{number}", draw(AMOUNT)))
    for number in range(draw(st.integers(0, 3))):
        given_ = [draw(AMOUNT) for _ in values[1:]]
        moved = [total(given_).copy_negate(), *given_]
        for value, amount in zip(values, moved, strict=True):
            lines[value].append(line(f"split/{number}", amount))
    return lines


@given(months())
def test_statements_and_splits_add_up(lines: dict[str, list[Line]]) -> None:
    exact = {value: total(one.exact for one in of) for value, of in lines.items()}
    parts = apportioned(exact, 2)
    found = rounded_lines(lines, parts, 2)
    assert {value: total(of.values()) for value, of in found.items()} == parts
    assert {v: set(of) for v, of in found.items()} == {
        value: {one.id for one in of} for value, of in lines.items()
    }
    assert all(to_unit(a, 2) == a for of in found.values() for a in of.values())
    absorbs = any(one.splits == "direct" for of in lines.values() for one in of)
    if absorbs:
        for number in range(3):
            group = f"split/{number}"
            assert total(of[group] for of in found.values() if group in of) == 0
