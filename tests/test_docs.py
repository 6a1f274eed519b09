"""The documentation is complete and true: what can be typed is described, and the reverse."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from tests.shared import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def text(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text("utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made on the web."""
    found = set()
    for line in prose(page).splitlines():
        if line.startswith("#"):
            title = line.lstrip("#").strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", title).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in _LINK.findall(prose(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        place, _, anchor = target.partition("#")
        path = (page.parent / place).resolve() if place else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    links = _LINK.findall(text("docs/index.md"))
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links}
    lost = [page.name for page in sorted(DOCS.rglob("*.md")) if page not in linked]
    assert [name for name in lost if name != "index.md"] == []


# --- what can be typed is described ---


def commands(group: Any = None, path: str = "outlay") -> Iterator[tuple[str, Any]]:
    """Every command of the command line with its whole name."""
    if group is None:
        from outlay.cli.main import app

        group = typer.main.get_command(app)
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_every_command_is_described() -> None:
    page = text("docs/cli.md")
    names = [name for name, _ in commands()]
    assert len(names) > 10
    assert [name for name in names if not re.search(rf"^#+ .*{name}\b", page, re.MULTILINE)] == []


def test_every_source_kind_and_option_is_described() -> None:
    from outlay.sources.registry import SOURCES

    page = text("docs/sources.md")
    missing = []
    for kind, source in SOURCES.items():
        section = re.search(rf"^### `{kind}`\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL)
        if section is None:
            missing.append(kind)
            continue
        missing += [
            f"{kind}.{o}" for o in source.Options.model_fields if f"`{o}`" not in section[1]
        ]
    assert missing == []


def test_every_resource_kind_and_its_fields_are_described() -> None:
    from outlay.app.kinds import SourceSpec, register_all
    from outlay.resources import registry

    register_all()
    page = text("docs/resources.md")
    assert [kind.name for kind in registry if f"kind: {kind.name}\n" not in page] == []
    fields = text("docs/sources.md")
    assert [f for f in SourceSpec.model_fields if f"| `{f}` |" not in fields] == []


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The dotted name of every setting."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_setting_is_described() -> None:
    from outlay.app.settings import Settings

    page = text("docs/workspace.md")
    names = list(settings(Settings))
    assert "engine.memory_limit" in names
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_the_settings_example_is_valid_and_whole() -> None:
    import yaml

    from outlay.app.settings import Settings

    blocks = [body for kind, body in _FENCE.findall(text("docs/workspace.md")) if kind == "yaml"]
    assert len(blocks) == 1
    Settings.model_validate(yaml.safe_load(blocks[0]))


def test_every_environment_variable_is_described() -> None:
    used = set()
    for path in sorted((ROOT / "src" / "outlay").rglob("*.py")):
        used |= set(re.findall(r"[\"'](OUTLAY_[A-Z_]+)[\"']", path.read_text("utf-8")))
    # Of the tests alone: where a load is to be cut off.
    used = {name for name in used if "FAULT" not in name}
    assert used
    page = text("docs/workspace.md")
    assert [name for name in sorted(used) if f"`{name}`" not in page] == []


def test_every_part_of_a_question_is_described() -> None:
    from outlay.expression.parser import SEARCHES, TRANSFORMS
    from outlay.query import MEASURES
    from outlay.query.model import COMPARISONS, GRAINS, CostQuery
    from outlay.query.ranges import NAMED

    page = text("docs/questions.md")
    words = {*MEASURES, *NAMED, *GRAINS, *CostQuery.model_fields}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
    assert [word for word in (*SEARCHES, *TRANSFORMS) if f"`{word}(" not in page] == []
    assert [word for word in COMPARISONS if word not in page] == []


def test_the_yaml_of_resources_is_valid() -> None:
    import yaml

    from outlay.app.kinds import register_all
    from outlay.resources import registry

    register_all()
    blocks = [body for kind, body in _FENCE.findall(text("docs/resources.md")) if kind == "yaml"]
    documents = [doc for body in blocks for doc in yaml.safe_load_all(body)]
    assert {doc["kind"] for doc in documents} == {kind.name for kind in registry}
    for document in documents:
        registry.get(document["kind"]).parse(document["spec"])


# --- what is described can be typed ---


def command_lines() -> list[tuple[str, str]]:
    """Every `outlay …` line of a shell block, with its page."""
    found = []
    for page in PAGES:
        if page.name == "cli.md":
            continue  # written from the commands themselves
        for kind, body in _FENCE.findall(page.read_text("utf-8")):
            if kind != "sh":
                continue
            for line in body.splitlines():
                line = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line.strip())
                if line.startswith("outlay "):
                    found.append((page.name, line))
    return found


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_a_documented_command_line_is_understood(page: str, line: str) -> None:
    """Parsed by the command line itself, which refuses unknown commands and options."""
    from outlay.cli.main import app

    words = shlex.split(line, comments=True)[1:]
    command: Any = typer.main.get_command(app)
    context = command.make_context("outlay", list(words), resilient_parsing=False)
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(
            context, context._protected_args + context.args
        )
        context = command.make_context(name, list(rest), parent=context)
    assert command is not None, page


def test_documented_questions_are_questions() -> None:
    """The words after `outlay query` in the pages, and the conditions of docs/questions.md."""
    from outlay.expression import parse
    from outlay.query import CostQuery

    questions = [line for _, line in command_lines() if line.startswith("outlay query")]
    assert len(questions) > 10
    for line in questions:
        words = shlex.split(line)[2:]
        if "--format" in words:
            at = words.index("--format")
            words = words[:at] + words[at + 2 :]
        CostQuery.from_cli(words)
    conditions = [body for kind, body in _FENCE.findall(text("docs/questions.md")) if kind == "sql"]
    assert conditions
    for condition in conditions:
        parse(condition)


def test_no_page_names_a_person_machine_or_secret() -> None:
    for page in PAGES:
        body = page.read_text("utf-8")
        assert not re.search(r"(?<!\w)/((root|work)/|home/[a-z]\w*/)|AKIA[0-9A-Z]{16}", body), (
            page.name
        )


def test_the_licence_is_whole() -> None:
    licence = text("LICENSE")
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence
