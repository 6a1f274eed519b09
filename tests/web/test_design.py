"""The design system: every part is shown, every key leads somewhere, every page stays small."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources

import pytest
from starlette.testclient import TestClient

from outlay.web.render import NAVIGATION
from tests.web.conftest import Get
from tests.web.page import Node, parse

STATIC = resources.files("outlay.web").joinpath("static")
LIMIT_BYTES = 300_000

# Classes of the shared style sheet that only say where something is, or that scripts set.
PLACES = {
    "chart-host", "chart-tip", "dims", "error-text", "grid-2", "inset", "no-print", "num",
    "plain", "scroll-box", "scroll-x", "stack", "tight", "wide-only",
}  # fmt: skip


def test_every_shared_part_is_shown_on_the_page_of_parts(get: Get) -> None:
    sheet = STATIC.joinpath("css/parts.css").read_text("utf-8")
    declared = set(
        re.findall(r"\.([a-z][a-z0-9-]*)", re.sub(r"/\*.*?\*/|\{[^}]*\}", " ", sheet, flags=re.S))
    )
    shown: set[str] = set()
    for node in get("/design").all():
        shown.update(node.attrs.get("class", "").split())
    assert sorted(declared - shown - PLACES) == []


def test_every_colour_of_the_tokens_is_shown(get: Get) -> None:
    sheet = STATIC.joinpath("css/tokens.css").read_text("utf-8")
    declared = {
        name
        for name, value in re.findall(r"--([a-z0-9-]+):\s*([^;]+);", sheet)
        if value.startswith("light-dark(#")
    }
    shown = {node.text for node in get("/design").all("code")}
    assert declared
    assert sorted(declared - shown) == []


def test_no_colour_is_named_outside_the_tokens() -> None:
    found = {}
    for sheet in STATIC.joinpath("css").iterdir():
        if sheet.name == "tokens.css":
            continue
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)
        named = re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|rgba?\([^)]*\)|hsla?\([^)]*\)", text)
        if named:
            found[sheet.name] = named
    assert found == {}


def test_each_page_of_the_rail_has_a_letter_of_its_own_and_answers(client: TestClient) -> None:
    letters = Counter(letter for *_, letter in NAVIGATION)
    assert [letter for letter, times in letters.items() if times > 1 or len(letter) != 1] == []
    for _, href, title, _ in NAVIGATION:
        response = client.get(href)
        assert response.status_code == 200, href
        current = parse(response.text).one("nav", id="pages").all("a", aria_current="page")
        assert [node.text for node in current] == [title], href


def test_the_keyboard_map_names_every_key_that_a_page_answers_to(get: Get) -> None:
    told = {key.text.lower() for key in get("/help").one("main").all("kbd")}
    script = STATIC.joinpath("js/keyboard.js").read_text("utf-8")
    handled = set(re.findall(r'key === "([^"]+)"', script)) | {"x", "f", "/"}
    written = {"Escape": "esc", "ArrowDown": "↓", "ArrowUp": "↑"}
    assert sorted({written.get(key, key.lower()) for key in handled} - told) == []
    for _, _, _, letter in NAVIGATION:
        assert letter in told


@pytest.mark.parametrize("href", [href for _, href, _, _ in NAVIGATION] + ["/design", "/help"])
def test_a_page_with_all_that_it_loads_is_small(client: TestClient, href: str) -> None:
    """Compressed, below 300 kB; and nothing from another host."""
    gzip = {"accept-encoding": "gzip"}
    response = client.get(href, headers=gzip)
    assert response.status_code == 200
    page = parse(response.text)
    paths = [href, *(node.attrs["src"] for node in page.all("script")), *_sheets(page)]
    assert [path for path in paths if not path.startswith("/") or path.startswith("//")] == []
    sizes = {}
    for path in paths:
        with client.stream("GET", path, headers=gzip) as stream:
            sizes[path] = len(b"".join(stream.iter_raw()))
    assert sum(sizes.values()) < LIMIT_BYTES, sizes


def _sheets(page: Node) -> list[str]:
    return [node.attrs["href"] for node in page.all("link")]
