"""A variance taken apart adds up, whatever was planned and whatever came; charges are divided
without loss."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import total
from outlay.planning.plans import edits
from outlay.planning.plans.bridge import PART_OF, by_drivers, by_effects, folded, unplanned
from outlay.planning.plans.divide import divide
from outlay.planning.plans.edits import CellEdit
from outlay.planning.plans.model import EFFECTS, Line, Path
from outlay.query.drivers import EFFECTS as CHARGE_EFFECTS
from tests.plans.documents import MONTHS, by, cents, driver, line, plan

D = Decimal
exact = st.decimals(-(10**9), 10**9, allow_nan=False, places=21)
moves = st.lists(st.tuples(st.sampled_from(MONTHS[:4]), cents, st.sampled_from(EFFECTS)),
                 max_size=4)  # fmt: skip
PATHS: tuple[Path, ...] = (("a", "x"), ("a", "y"), ("b", None))


def test_every_effect_of_a_comparison_has_its_part() -> None:
    assert set(PART_OF) == set(CHARGE_EFFECTS)
    parts = folded({"price": D(1), "currency": D(2), "new": D(4), "shared": D(8), "tax": D(16)})
    assert dict(zip(EFFECTS, parts, strict=True)) == {
        "price": D(3), "volume": D(4), "mix": D(8), "one-off": D(16),
    }  # fmt: skip


@given(exact, st.lists(exact, min_size=4, max_size=4), moves)
@settings(max_examples=60, deadline=None)
def test_effects_add_up_to_the_variance(
    before: Decimal, parts: list[Decimal], said: list[tuple]
) -> None:
    document = plan()
    for month, amount, effect in said:
        cell = CellEdit("l1", month, amount, how="add", effect=effect)
        document = edits.edit_cells(document, [cell], by())
    actual = total([before, *parts])
    row = by_effects(document, document.line("l1"), (0, 1, 2, 3), (before, *parts), actual)
    assert total([row.planned, *row.effects.values()]) == actual
    for effect, part in zip(EFFECTS, parts, strict=True):
        said_so = total([D(0), *(a for _, a, e in said if e == effect)])
        if effect != "volume":
            assert row.effects[effect] == total((part, said_so.copy_negate()))
    whole = unplanned(("a", "b"), (before, *parts), actual)
    assert total(whole.effects.values()) == actual


@given(st.lists(st.none() | exact, min_size=4, max_size=4),
       st.lists(exact, min_size=4, max_size=4), moves)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_volume_and_price_of_a_driven_line_add_up(
    counted: list[Decimal | None], actual: list[Decimal], said: list[tuple]
) -> None:
    document = edits.drive_line(plan(), "l1", driver("7.25", "0.333333333333"), by())
    for month, amount, effect in said:
        cell = CellEdit("l1", month, amount, how="add", effect=effect)
        document = edits.edit_cells(document, [cell], by())
    row = by_drivers(document, document.line("l1"), (0, 1, 2, 3), counted, actual)
    assert total([row.planned, *row.effects.values()]) == total(actual)


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sets(st.sampled_from("pqr")), exact),
                max_size=12))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_charge_has_one_line(charges: list[tuple[Path, set[str], Decimal]]) -> None:
    """Conditions may overlap; a charge is of the first line whose condition holds."""

    def ask(where: str) -> dict[Path, tuple[Decimal | None, ...]]:
        found: dict[Path, tuple[Decimal | None, ...]] = {}
        for path, marks, amount in charges:
            # ``(q) AND ((p) OR (r))``: names of marks, joined as the plan joins conditions.
            first, _, rest = where.partition(" AND ")
            wanted = [set(part.strip("() ").split()) for part in (first, rest) if part]
            anyone = [{w for w in part if w != "OR"} for part in wanted]
            held = all({m.strip("()") for m in part} & marks for part in anyone)
            if held:
                (known,) = found.get(path, (D(0),))
                found[path] = (total((known or D(0), amount)),)
        return found

    lines: list[Line] = [line(n, "c", mark, where=mark) for n, mark in enumerate("pqr", 1)]
    lines.append(line(4, "a", "x"))
    divided = divide(lines, ask, size=1)
    mine = {name: D(0) for name in ("l1", "l2", "l3", "l4", "rest")}
    for path, marks, amount in charges:
        first = next((n for n, mark in enumerate("pqr", 1) if mark in marks), 0)
        name = f"l{first}" if first else "l4" if path == ("a", "x") else "rest"
        mine[name] = total((mine[name], amount))
    for name in ("l1", "l2", "l3", "l4"):
        assert divided.lines[name] == (mine[name],)
    assert total([D(0), *(cells[0] or D(0) for cells in divided.rest.values())]) == mine["rest"]
