"""The worked example of docs/realised-savings.md, by the ordinary path."""

import re
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.realised import listing
from tests.realised.conftest import NUMBERS
from tests.shared import ROOT

DOCS = (ROOT / "docs" / "realised-savings.md").read_text(encoding="utf-8")


def table(after: str) -> dict[str, Decimal]:
    """The amounts of the table that begins with a heading, by their names."""
    part = DOCS[DOCS.index(f"| {after} |") :].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines()[2:]]
    return {
        re.sub(r"\*", "", row[0]): Decimal(re.sub(r"[*]", "", row[2]).replace("−", "-"))
        for row in rows
    }


def test_the_example_of_an_instance_under_another_id(kept: Workspace) -> None:
    told = table("31 days of October")
    found = listing.realised_of(kept, NUMBERS["i-3"])
    (entry,) = found.entries
    assert found.baseline is not None
    (key,) = found.baseline.keys
    assert (key.quantity, key.cost) == (Decimal(672), Decimal("268.80"))
    assert told == {
        "Would have cost": entry.counterfactual,
        "Usage": entry.effects.usage,
        "Replacement": entry.effects.replacement,
        "Realised": entry.realised,
        "Promised": entry.promised,
        "Missed": entry.missed,
    }


def test_the_example_of_a_reservation(kept: Workspace) -> None:
    told = table("A day")
    day = listing.realised_of(kept, NUMBERS["i-6"]).days[0]
    assert told == {
        "Usage": day.effects.usage,
        "Unused": day.effects.unused,
        "Coverage": day.effects.coverage,
        "Realised": day.realised,
    }
