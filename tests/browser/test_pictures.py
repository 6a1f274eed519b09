"""The pictures of the documentation are drawn here, from the sample company.

`make screenshots` runs this with OUTLAY_PICTURES=docs/images, which keeps them; with
OUTLAY_PICTURES_ALL=1 every page is drawn in light, dark and narrow as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from outlay.app import Workspace
from outlay.app.demo import build
from tests.browser.conftest import Served
from tests.browser.pictures import (
    MOST_BYTES,
    ROOT,
    a_charge,
    draw,
    everything,
    pictures,
    shown_in_the_docs,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = build(tmp_path_factory.mktemp("pictures") / "kestrel")
    yield workspace
    workspace.close()


def test_the_pictures_of_the_documentation(
    company: Workspace, browser: Browser, tmp_path: Path
) -> None:
    out = Path(os.environ.get("OUTLAY_PICTURES") or tmp_path)
    out.mkdir(parents=True, exist_ok=True)
    charge = a_charge(company)
    shots = pictures(charge)
    if os.environ.get("OUTLAY_PICTURES_ALL") == "1":
        shots += everything(charge, company)
    wrong = []
    with Served(company) as served:
        for shot in shots:
            page = draw(browser, served.base, shot, out)
            size = (out / f"{shot.name}.png").stat().st_size
            if shot in pictures(charge):
                # A report that was never sent has an empty log; the page of parts shows all states.
                empty = "" if shot.name == "report" else ", [data-state=empty]"
                states = page.locator(f"[data-state=failed]{empty}")
                if shot.name != "design" and states.count():
                    wrong.append(f"{shot.name}: shows no figures")
                if not 10_000 < size < MOST_BYTES:
                    wrong.append(f"{shot.name}: {size} bytes")
            page.context.close()
    assert wrong == []


def test_the_documentation_shows_each_of_them_and_no_other() -> None:
    drawn = {shot.name for shot in pictures("/")}
    assert shown_in_the_docs() == drawn
    kept = {path.stem for path in (ROOT / "docs" / "images").glob("*.png")}
    assert kept == drawn
