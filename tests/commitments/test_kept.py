"""Commitments are reckoned again when the ledger, a rule or the day is another."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.commitments import ledger, overview
from outlay.app.commitments import terms as recorded
from tests.commitments.company import NOW, lines
from tests.web.company import load


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the ledger, in order."""
    made: list[str] = []
    look, read = ledger.look, recorded._read

    def looked(*given: object, **named: object) -> object:
        made.append("look")
        return look(*given, **named)  # type: ignore[arg-type]

    def reading(workspace: Workspace) -> object:
        made.append("terms")
        return read(workspace)

    monkeypatch.setattr(ledger, "look", looked)
    monkeypatch.setattr(recorded, "_read", reading)
    return made


def _all(workspace: Workspace, now: datetime = NOW) -> tuple[object, ...]:
    return (
        overview.overview(workspace, now=now),
        overview.ending(workspace, now=now),
        overview.benefits(workspace, now=now),
    )


def test_what_a_page_asks_is_looked_at_once(own: Workspace, looks: list[str]) -> None:
    first = _all(own)
    assert sorted(looks) == ["look", "terms"]
    assert _all(own) == first
    assert sorted(looks) == ["look", "terms"]


def test_after_a_delivery_the_figures_are_new(own: Workspace, tmp_path: Path) -> None:
    (one,) = overview.overview(own).currencies
    less = [{**each, "EffectiveCost": "2.00"} if each["EffectiveCost"] == "3.00" else each
            for each in lines()]  # fmt: skip
    load(own, tmp_path / "bills", "acme", less)
    (other,) = overview.overview(own).currencies
    # Of 30 days each: of 3.00 a day both what data used and what nobody did are 2.00 now.
    assert one.whole.cost - other.whole.cost == Decimal(60)


def test_after_a_rule_has_changed_others_benefit(own: Workspace) -> None:
    (before,) = overview.benefits(own)
    assert "data" in before.beneficiaries
    renamed = {"default": "Unallocated",
               "rules": [{"when": "tags.team = 'data'", "value": "analytics"}]}  # fmt: skip
    own.resources.put("VirtualTag", "team", renamed, author="test")
    (after,) = overview.benefits(own)
    assert "data" not in after.beneficiaries and "analytics" in after.beneficiaries
    assert after.cost == before.cost


def test_another_day_is_looked_at_anew(own: Workspace, looks: list[str]) -> None:
    _all(own)
    _all(own, NOW + timedelta(days=1))
    assert looks.count("look") == 2 and looks.count("terms") == 2


def test_what_is_known_is_kept_from_people_of_a_scope(own: Workspace) -> None:
    _all(own)
    with acting(Principal("ana", Level.EDITOR, scope="team = 'data'")):
        for ask in (overview.overview, overview.ending, overview.benefits, recorded.recorded):
            with pytest.raises(AccessDeniedError):
                ask(own)
