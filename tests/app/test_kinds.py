"""The registry, walked: every kind of resource is complete, whoever registered it."""

import re
from pathlib import Path

import pytest

from outlay.app.kinds import register_all
from outlay.resources import Kind, ResourceStore, parse_resources, registry, sqlite_url

register_all()
KINDS = list(registry)
DOCS = Path(__file__).parents[2] / "docs" / "resources.md"


def test_the_kinds_of_this_version() -> None:
    assert {kind.name for kind in KINDS} >= {"Source", "View"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_has_name_title_and_description(kind: Kind) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", kind.name)
    assert kind.title and not kind.title.endswith(".")
    assert len(kind.description) > 40 and kind.description.endswith(".")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_s_example_is_valid_and_can_be_stored(kind: Kind, tmp_path: Path) -> None:
    documents = parse_resources(kind.example, "example")
    assert documents and documents[0].kind == kind.name
    store = ResourceStore.open(sqlite_url(tmp_path / "a.db"))
    for document in documents:
        put = store.put(document.kind, document.name, document.spec, author="test")
        assert store.get(document.kind, document.name) == put
    store.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_refuses_unknown_fields(kind: Kind) -> None:
    assert kind.spec.model_config.get("extra") == "forbid"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_documented_with_every_field_and_its_example(kind: Kind) -> None:
    text = DOCS.read_text(encoding="utf-8")
    section = text.split(f"## {kind.name}\n", 1)
    assert len(section) == 2, f"docs/resources.md lacks the section {kind.name}"
    body = section[1].split("\n## ", 1)[0]
    for field in kind.spec.model_fields:
        assert f"`{field}`" in body
    assert kind.example.strip() in body
