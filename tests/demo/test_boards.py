"""Ready-made dashboards and those of the demo: every panel is answered on the sample company, with
the figures of plain questions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.dashboards import keeping
from outlay.app.dashboards.answers import PanelAnswer, answers
from outlay.app.dashboards.keeping import Board
from outlay.app.dashboards.shipped import FILES, offered, shipped
from outlay.money import total
from outlay.query import CostQuery
from tests.sample_company import short_demo

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 24, 9)
EMPTY: dict[str, set[str]] = {}
"""Dashboard → panels that have nothing to show in three months of the sample company."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Three months of the sample company."""
    workspace = short_demo(tmp_path_factory)
    yield workspace
    workspace.close()


def plain(workspace: Workspace, board: Board, answer: PanelAnswer) -> dict[str | None, Decimal]:
    """The totals of a panel's question by currency, put together from the file by hand."""
    panel, spec = answer.panel, board.spec
    query = panel.query or workspace.view_query(panel.view)
    where = " AND ".join(f"({text})" for text in (query.where, spec.where) if text)
    assert answer.result is not None and answer.result.range is not None
    days = answer.result.range
    asked = CostQuery(
        measures=query.measures[:1],
        range=f"{days.start}..{days.end}",
        where=where,
        currency=spec.currency or query.currency,
    )
    result = workspace.query(asked, now=NOW)
    return {_code(row): Decimal(str(row[query.measures[0]])) for row in result.totals}


def _code(row: object) -> str | None:
    assert isinstance(row, dict)
    code = row.get("BillingCurrency")
    return str(code) if code else None


def checked(workspace: Workspace, board: Board) -> list[str]:
    """Ask every panel and compare; the ids of those that were compared."""
    compared = []
    for answer in answers(workspace, board.spec, NOW):
        assert not answer.error, (board.name, answer.title, answer.error)
        if answer.panel.id in EMPTY.get(board.name, ()):
            assert answer.state == "empty"
            continue
        assert answer.state == "answered", (board.name, answer.title)
        if answer.result is None:
            continue
        measure = answer.result.query.measures[0]
        expected = plain(workspace, board, answer)
        shown: dict[str | None, list[Decimal]] = {code: [] for code in expected}
        for row in [*answer.result.rows(), *answer.result.other]:
            if row[measure] is not None:
                shown[_code(row)].append(Decimal(str(row[measure])))
        assert {code: total(amounts) for code, amounts in shown.items()} == expected
        totals = {_code(row): row[measure] for row in answer.result.totals}
        assert totals == expected, (board.name, answer.title)
        compared.append(answer.panel.id)
    return compared


def test_all_ready_made_ones_are_offered(demo: Workspace) -> None:
    assert tuple(offered(demo)) == FILES
    personas = {persona for spec in shipped(demo).values() for persona in spec.personas}
    providers = {provider for spec in shipped(demo).values() for provider in spec.providers}
    assert (len(personas), len(providers)) == (6, 10)


@pytest.mark.parametrize("name", FILES)
def test_every_panel_of_a_ready_made_one_is_answered_exactly(demo: Workspace, name: str) -> None:
    board = keeping.find(demo, name)
    assert board.shipped
    assert len(checked(demo, board)) >= 4


@pytest.mark.parametrize("name", ["weekly-review", "web-shop"])
def test_every_panel_of_the_demo_s_own_is_answered_exactly(demo: Workspace, name: str) -> None:
    board = keeping.find(demo, name)
    assert not board.shipped
    assert len(checked(demo, board)) >= 4


def test_ready_made_ones_fit_what_the_company_has(demo: Workspace) -> None:
    product = shipped(demo)["product-owner"]
    assert [panel.unit for panel in product.panels if panel.kind == "unit"] == [
        unit.name for unit in demo.units.all()
    ]
    (by_owner,) = (p for p in shipped(demo)["executive"].panels if p.title == "By team")
    assert by_owner.query is not None and by_owner.query.by == ("team",)
    assert shipped(demo)["executive"].currency == demo.currency


def test_a_reader_of_a_part_is_offered_what_that_part_has(demo: Workspace) -> None:
    from outlay.access import Level, Principal, acting

    with acting(Principal("ada", Level.VIEWER, scope="ServiceProviderName = 'OpenAI'")):
        found = offered(demo)
        assert "openai" in found and "ai-models" in found
        assert not {"aws", "azure", "snowflake", "kubernetes"} & set(found)
        (spend,) = (
            one for one in answers(demo, found["openai"], NOW) if one.panel.id == "last-month"
        )
    whole = demo.query(
        CostQuery(where="ServiceProviderName = 'OpenAI'", range="last-month"), now=NOW
    )
    assert spend.result is not None
    assert spend.result.total["EffectiveCost"] == whole.total["EffectiveCost"]  # type: ignore[index]


def test_the_story_is_annotated(demo: Workspace) -> None:
    from outlay.app.annotations.marks import listed

    told = {one.name: one.spec for one in listed(demo)}
    assert set(told) == {"gpu-weekend"}, "the others are before these three months"
    assert (told["gpu-weekend"].category, told["gpu-weekend"].where) == (
        "incident", "SubAccountName = 'ml-research'",
    )  # fmt: skip
