"""Every word of the product has a meaning: on hover, as a page, a command and an operation."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from outlay.allocation.kubernetes.consumers import STATES
from outlay.app.glossary import SHORT, SOURCES, find, glossary, markdown, search, slug
from outlay.app.home import CARDS
from outlay.app.kinds import register_all
from outlay.focus.schema import CURRENT
from outlay.query.drivers.effects import EFFECTS
from outlay.query.measures import MEASURES
from outlay.resources import registry
from outlay.statements.close import TITLES
from outlay.statements.invoices import STATES as INVOICE_STATES
from outlay.statements.sections import SECTIONS
from tests.home.conftest import page
from tests.shared import ROOT
from tests.web.page import Node

PAGES = (
    "/", "/home/practitioner?wait=all", "/home/engineer?wait=all", "/home/finance?wait=all",
    "/home/procurement?wait=all", "/home/executive?wait=all", "/home/product-owner?wait=all",
    "/explore?by=ServiceName&compare=previous&from=2026-10-01&to=2026-11-01", "/charges",
    "/drivers?from=2026-10-01&to=2026-11-01", "/coverage", "/tags", "/splits", "/why", "/replay",
    "/units", "/units/cost-per-order", "/metrics", "/metrics/orders", "/statements",
    "/close", "/close/2026-10", "/close/bridge", "/invoices", "/kubernetes", "/platforms", "/usage",
    "/sources", "/sources/aws", "/sources/aws/2026-10", "/restatements", "/views", "/usecases",
    "/vocabulary", "/export", "/dashboards", "/glossary",
)  # fmt: skip


def product_terms() -> Iterator[str]:
    """What the tables of the product call their things."""
    register_all()
    yield from MEASURES
    yield from CURRENT
    yield from (kind.name for kind in registry)
    yield from (section.title for section in SECTIONS.values())
    yield from (f"effect {name}" for name in EFFECTS)
    yield from ("Volume effect", "Mix effect", "Price effect", "Without units effect")
    yield from TITLES.values()
    yield from STATES
    yield from INVOICE_STATES
    yield from (term for kind in CARDS.values() for term in kind.terms)


def test_every_term_of_the_product_has_a_meaning() -> None:
    assert [name for name in product_terms() if find(name) is None] == []


def test_definitions_are_short_and_lead_to_others() -> None:
    for term in glossary().values():
        assert 10 <= len(term.short) <= SHORT, (term.name, len(term.short))
        assert term.short.endswith("."), term.name
        assert term.source in SOURCES
        assert [name for name in term.see if find(name) is None] == [], term.name


def test_a_term_is_found_however_it_is_written() -> None:
    for spelling in ("EffectiveCost", "effective cost", "Effective-Cost", "amortised cost"):
        found = find(spelling)
        assert found is not None and found.name == "EffectiveCost"
    assert find("no such word") is None
    assert slug("EffectiveCost") == "effective-cost"
    assert search("Prepaid")[0].name == "Prepaid"
    assert {"Prepaid", "Prepaid bridge"} <= {term.name for term in search("prepaid")}


@pytest.mark.parametrize("path", PAGES)
def test_every_term_on_every_page_opens_its_meaning(
    client: TestClient,
    path: str,
) -> None:
    found = page(client, path)
    marked = found.all("", data_term="*")
    assert [one.attrs["data-term"] for one in marked if "data-unknown" in one.attrs] == []
    tips = {tip.attrs["id"]: tip for tip in found.all("div", cls="term-tip")}
    for one in marked:
        tip = tips[one.attrs["aria-describedby"]]
        assert one.attrs["popovertarget"] == tip.attrs["id"]
        assert one.text or one.attrs["aria-label"]
        assert tip.one("p").text and tip.one("a").attrs["href"].startswith("/glossary#")


def test_headings_of_the_main_pages_have_their_meaning(client: TestClient) -> None:
    def terms(path: str) -> set[str]:
        return {one.attrs["data-term"] for one in page(client, path).all("button", cls="term")}

    assert {"effective-cost", "service-name", "before", "change"} <= terms(PAGES[7])
    assert {"allocated", "unallocated"} <= terms("/coverage")
    assert {"unit-cost", "margin"} <= terms("/units")
    assert {"invoice", "unexplained"} <= terms("/invoices")
    assert {"effective-cost", "change"} <= terms("/home/executive?wait=all")


def test_the_page_has_every_term_and_finds_them(client: TestClient) -> None:
    def shown(found: Node) -> list[str]:
        return [one.attrs["id"] for one in found.one("dl", cls="glossary").all("div", id="*")]

    assert shown(page(client, "/glossary")) == [term.slug for term in glossary().values()]
    assert shown(page(client, "/glossary?search=amortised+cost"))[0] == "effective-cost"
    assert page(client, "/glossary?search=zzz").one("div", data_state="nothing")


def test_the_page_of_the_documentation_is_the_glossary() -> None:
    """Write it anew with `python -m outlay.app.glossary`."""
    assert (ROOT / "docs" / "glossary.md").read_text("utf-8") == markdown()


def test_the_documentation_has_every_persona_and_question() -> None:
    from outlay.app.home import PERSONAS

    text = (ROOT / "docs" / "personas.md").read_text("utf-8")
    for persona in PERSONAS.values():
        assert f"## {persona.title}" in text
        for question in persona.questions:
            assert question.text in text, (persona.name, question.text)
            for name in question.cards:
                assert re.search(rf"`{name}`", text), (persona.name, name)
