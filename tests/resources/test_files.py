"""Resource files: several documents, exact numbers, errors that point at the place."""

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.resources import (
    Kind,
    Registry,
    ResourceError,
    Spec,
    parse_resources,
    read_resources,
    write_resources,
)


class RuleSpec(Spec):
    when: str
    value: str


class TagSpec(Spec):
    default: str = "none"
    rules: tuple[RuleSpec, ...] = ()
    amount: Decimal = Decimal(0)


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.register(Kind("Tag", TagSpec, "Tag", "A tag.", "kind: Tag\nname: a\nspec: {}\n"))
    return made


TWO = """\
kind: Tag
name: team
spec:
  default: nobody
  rules:
    - {when: a, value: b}
---
# a comment alone is no resource
---
kind: Tag
name: app
spec: {amount: 0.1234567890123456789012}
"""


def test_documents_become_typed_specs_with_their_lines(registry: Registry) -> None:
    team, app = parse_resources(TWO, "tags.yaml", registry)
    assert (team.name, team.line, app.name, app.line) == ("team", 1, "app", 10)
    assert team.spec == TagSpec(default="nobody", rules=(RuleSpec(when="a", value="b"),))


def test_a_number_with_a_point_keeps_every_digit(registry: Registry) -> None:
    app = parse_resources(TWO, "tags.yaml", registry)[1]
    assert isinstance(app.spec, TagSpec)
    assert app.spec.amount == Decimal("0.1234567890123456789012")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "kind: Tag\nname: a\nspec: {dfault: x}\n",
            "document 1 (line 3), field spec.dfault: extra",
        ),
        (
            "kind: Tag\nname: a\nspec:\n  rules:\n    - {when: a, value: b}\n    - {when: a}\n",
            "document 1 (line 6), field spec.rules.1.value: field required",
        ),
        ("---\nkind: Tag\nname: a\n", "document 1 (line 2): the field spec is missing"),
        ("kind: Tog\nname: a\nspec: {}\n", "document 1 (line 1): there is no kind 'Tog'"),
        ("kind: Tag\nname: A b\nspec: {}\n", "'A b' is not a valid tag name"),
        ("kind: Tag\nname: a\nspec: {}\nextra: 1\n", "(line 4), field extra: unknown"),
        ("kind: Tag\nname: a\nspec: [1]\n", "(line 3), field spec: must be a mapping"),
        ("- 1\n", "document 1 (line 1): a resource is a mapping with kind, name and spec"),
        ("kind: Tag\nname: a\nspec: {default: x, default: y}\n", "'default' stands twice"),
        ("kind: [\n", "f.yaml, line 2"),
        ("kind: Tag\nname: a\nspec: {default: 'https://a:b@c/'}\n", "user and password"),
        (
            "kind: Tag\nname: a\nspec: {}\n---\nkind: Tag\nname: a\nspec: {}\n",
            "f.yaml (line 5): Tag 'a' stands twice; the first is on line 1",
        ),
        ("kind: Tag\nname: a\nspec: !!python/object:os.system {}\n", "could not determine"),
    ],
)
def test_an_error_points_at_file_document_line_and_field(
    registry: Registry, text: str, says: str
) -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resources(text, "f.yaml", registry)
    assert says in str(caught.value)
    assert "f.yaml" in str(caught.value)


def test_all_problems_of_a_file_are_told_at_once(registry: Registry) -> None:
    text = "kind: Tag\nname: a\nspec: {x: 1}\n---\nkind: Tag\nname: b\nspec: {y: 1}\n"
    with pytest.raises(ResourceError) as caught:
        parse_resources(text, "f.yaml", registry)
    assert "document 1" in str(caught.value) and "document 2" in str(caught.value)


def test_what_is_written_reads_the_same(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "tags.yaml"
    documents = [
        {"kind": d.kind, "name": d.name, "spec": d.spec.model_dump(mode="json")}
        for d in parse_resources(TWO, "tags.yaml", registry)
    ]
    file.write_text(write_resources(documents))
    again = read_resources(file, registry)
    assert [d.spec for d in again] == [d.spec for d in parse_resources(TWO, "x", registry)]


def test_a_file_that_cannot_be_read_says_so(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"absent.yaml cannot be read"):
        read_resources(tmp_path / "absent.yaml", registry)
