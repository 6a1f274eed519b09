"""The page Vocabulary."""

from pathlib import Path

from outlay.app import Workspace, vocabulary
from tests.web.company import Company
from tests.web.conftest import Get, serving


def test_coverage_and_what_has_no_name(get: Get) -> None:
    page = get("/vocabulary")
    assert page.one("h1").text == "Vocabulary"
    rows = page.one("section", id="coverage").rows()
    assert [row[0] for row in rows] == ["AWS"]
    assert all(cell.endswith("%") or cell == "–" for cell in rows[0][2:])
    assert page.one("section", id="unmapped")


def test_it_is_reached_from_sources(get: Get) -> None:
    assert get("/sources").one("a", href="/vocabulary").text == "Vocabulary"


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "none")
    answer = serving(workspace).get("/vocabulary")
    assert answer.status_code == 200
    assert "Nothing to name yet" in answer.text
    workspace.close()


def test_a_name_of_ones_own_makes_slices_outdated(acme: Company, get: Get) -> None:
    spec = {"rules": [{"service": "Nothing of ours", "category": "Web"}]}
    vocabulary.save(acme.workspace, "ours", spec, author="ann")
    try:
        page = get("/vocabulary")
        assert "named by another version" in page.text
        assert "+ 1 of yours" in page.text
    finally:
        vocabulary.remove(acme.workspace, "ours", author="ann")
    assert "named by another version" not in get("/vocabulary").text
