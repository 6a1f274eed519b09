"""KPIs are reckoned again when what they stand on is another: recommendations too."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.kpis import kpis
from outlay.app.savings.acting import store
from tests.budgets.company import NOW as TODAY
from tests.budgets.company import OCTOBER, company, lines
from tests.budgets.conftest import MOMENT
from tests.kpis.test_kpis import FOUND, recommendation
from tests.web.company import load

D = Decimal


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept-kpis")
    workspace = company(folder)
    with store(workspace).changing() as books:
        books.add(recommendation("i-1", "shop", "Delete", "60"))
    workspace.close()
    return folder / "workspace"


@pytest.fixture
def own(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(Workspace, "today", lambda _: TODAY)
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


def _open(workspace: Workspace) -> Decimal | None:
    return kpis.kpis(workspace, now=MOMENT).kpi("potential").parts[0].value


def test_unchanged_they_are_reckoned_once(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kpis.kpis(own, now=MOMENT)

    def never(*_: object) -> kpis.Kpis:
        raise AssertionError("they were reckoned again")

    monkeypatch.setattr(kpis, "_kpis", never)
    assert kpis.kpis(own, now=MOMENT + timedelta(hours=1)) is first
    with pytest.raises(AssertionError, match="again"):
        kpis.kpis(own, now=MOMENT + timedelta(days=1))


def test_a_recommendation_that_is_found_counts_at_once(own: Workspace) -> None:
    assert _open(own) == D(60)
    with store(own).changing() as books:
        books.add(recommendation("dw", "data", "Rightsize", "30"))
    assert _open(own) == D(90)


def test_a_recommendation_that_is_decided_counts_no_more(own: Workspace) -> None:
    assert _open(own) == D(60)
    with store(own).changing() as books:
        (one,) = books.listed()
        books.put(replace(one, state="dismissed"))
        books.step(one.id, FOUND, "ana", "dismiss")
    found = kpis.kpis(own, now=MOMENT)
    assert found.kpi("potential").parts[0].value == D(0)
    assert found.kpi("acceptance").parts[1].value == D(1)


def test_a_delivery_changes_what_they_are_of(own: Workspace, tmp_path: Path) -> None:
    cost = kpis.kpis(own, now=MOMENT).kpi("potential").parts[1].value
    assert cost == D("540.00")
    dearer = lines(OCTOBER, TODAY, shop=D("11.00"))
    load(own, tmp_path / "bills", "october", dearer)
    # Twenty days of October cost one more each.
    assert kpis.kpis(own, now=MOMENT).kpi("potential").parts[1].value == D("560.00")


def test_people_of_a_scope_are_refused_what_is_known(own: Workspace) -> None:
    _open(own)
    with (
        acting(Principal("ana", Level.EDITOR, scope="team = 'shop'")),
        pytest.raises(AccessDeniedError),
    ):
        kpis.kpis(own, now=MOMENT)
