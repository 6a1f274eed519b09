"""A reader with a scope sees a home of their own part, and no word of the rest."""

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.home import CARDS, PERSONAS, homes
from outlay.app.home.shapes import home_json
from tests.home.conftest import Ask, cards
from tests.home.firm import NOW

EVE = Principal("eve", Level.VIEWER, scope="team = 'checkout'", via="session")
DAN = Principal("dan", Level.VIEWER, scope="team = 'data'", via="session")


def test_figures_are_of_the_scope_alone(ask: Ask) -> None:
    everything = cards(ask("executive", period="2026-10"))["spend"].figures[0].value
    with acting(EVE):
        own = cards(ask("executive", period="2026-10"))
    with acting(DAN):
        other = cards(ask("executive", period="2026-10"))
    assert str(everything) == "192.345000000000000000000"
    assert own["spend"].figures[0].value == 130
    assert other["spend"].figures[0].value == 40
    assert [line.title for line in own["owners"].lines] == ["checkout"]
    assert own["allocated"].steps == ()
    # What was kept for one reader is not shown to another.
    with acting(EVE):
        assert cards(ask("executive", period="2026-10"))["spend"].figures[0].value == 130


def test_cards_of_the_whole_ledger_are_left_out_without_a_word(ask: Ask) -> None:
    whole = {name for name, kind in CARDS.items() if kind.whole}
    assert {"close", "booked", "bills", "reconciled", "units"} <= whole
    for persona in PERSONAS:
        with acting(EVE):
            home = ask(persona, period="2026-10")
            said = str(home_json(home))
        assert not {card.name for card in home.cards} & whole
        for secret in ("data", "192.345", "bucket", "12.345", "22.345"):
            assert secret not in said, (persona, secret)


def test_only_own_teams_can_be_chosen(workspace: Workspace) -> None:
    kept = homes(workspace)
    assert set(kept.values(kept.ask("engineer", period="2026-10", now=NOW))) == {
        "checkout",
        "data",
    }
    with acting(EVE):
        asked = kept.ask("engineer", period="2026-10", now=NOW)
        assert kept.values(asked) == ("checkout",)


def test_another_team_is_nothing_to_a_reader(ask: Ask) -> None:
    with acting(EVE):
        found = cards(ask("engineer", period="2026-10", of="data"))
    assert found["spend"].figures[0].value == 0
    assert found["resources"].lines == ()
