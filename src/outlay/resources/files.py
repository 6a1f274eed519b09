"""Resource files: YAML with one or more documents of kind, name and spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from outlay.resources.errors import ResourceError
from outlay.resources.kinds import Kind, Registry, problem_text
from outlay.resources.kinds import registry as global_registry
from outlay.resources.names import check_name
from outlay.resources.secrets import refuse_secrets

_KEYS = ("kind", "name", "spec")

Expand = Callable[[str, dict[str, Any], Path], dict[str, Any]]
"""Given a kind, a spec as written and the folder of its file, the spec with what it names beside
the file read in."""


@dataclass(frozen=True)
class Document:
    """A valid resource of a file, with the line where its document begins."""

    kind: str
    name: str
    spec: BaseModel
    file: str
    line: int


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a repeated key is an error and a number with a point stays exact."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the field {key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


def _number(loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    # A binary float would change the digits of an amount before anyone sees it.
    try:
        return Decimal(str(node.value).replace("_", ""))
    except InvalidOperation:
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value!r} is not a number", node.start_mark
        ) from None


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def read_resources(
    path: Path, registry: Registry = global_registry, expand: Expand | None = None
) -> list[Document]:
    """Read a resource file; ResourceError lists every problem with file, document and field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(f"{path} cannot be read as UTF-8 text: {error}") from None
    within = None if expand is None else partial(_expanded, expand, path.parent)
    return parse_resources(text, str(path), registry, within)


def parse_resources(
    text: str,
    file: str = "<text>",
    registry: Registry = global_registry,
    expand: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None,
) -> list[Document]:
    """Parse the text of a resource file; see `read_resources`. Empty documents are skipped.

    `expand` is given a kind and its spec as written, before it is read.
    """
    try:
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise ResourceError(f"{file}{_mark(error)}: not YAML: {_problem(error)}") from None
    found: list[Document] = []
    problems: list[str] = []
    for number, node in enumerate(nodes, start=1):
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
            continue
        try:
            found.append(_document(node, file, number, registry, expand))
        except ResourceError as error:
            problems.append(str(error))
    problems += _repeated(found)
    if problems:
        raise ResourceError("\n".join(problems))
    return found


def write_resources(documents: list[dict[str, Any]]) -> str:
    """The text of a resource file, from `Resource.document()`s."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)


def _expanded(expand: Expand, folder: Path, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return expand(kind, spec, folder)


def _document(
    node: yaml.Node,
    file: str,
    number: int,
    registry: Registry,
    expand: Callable[[str, dict[str, Any]], dict[str, Any]] | None,
) -> Document:
    line = node.start_mark.line + 1
    place = f"{file}, document {number}"
    if not isinstance(node, yaml.MappingNode):
        raise ResourceError(
            f"{place} (line {line}): a resource is a mapping with kind, name and spec"
        )
    loader = _Loader("")
    try:
        data = loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ResourceError(f"{place}{_mark(error)}: {_problem(error)}") from None
    for key in data:
        if key not in _KEYS:
            raise ResourceError(
                f"{place} (line {_line(node, [key])}), field {key}: unknown. "
                "Allowed: kind, name, spec."
            )
    for key in _KEYS:
        if data.get(key) is None:
            raise ResourceError(f"{place} (line {line}): the field {key} is missing")
    try:
        kind = registry.get(str(data["kind"]))
        name = check_name(str(data["name"]), kind.title.lower())
    except ResourceError as error:
        raise ResourceError(f"{place} (line {line}): {error}") from None
    spec = data["spec"]
    if expand is not None and isinstance(spec, dict):
        try:
            spec = expand(kind.name, spec)
        except ResourceError as error:
            raise ResourceError(f"{place} (line {_line(node, ['spec'])}): {error}") from None
    return Document(kind.name, name, _spec(node, spec, kind, place), file, line)


def _spec(node: yaml.MappingNode, spec: Any, kind: Kind, place: str) -> BaseModel:
    if not isinstance(spec, dict):
        raise ResourceError(
            f"{place} (line {_line(node, ['spec'])}), field spec: must be a mapping. "
            f"Allowed fields: {', '.join(kind.spec.model_fields)}."
        )
    try:
        refuse_secrets(spec, kind.name)
        return kind.spec.model_validate(spec)
    except ResourceError as error:
        raise ResourceError(f"{place} (line {_line(node, ['spec'])}): {error}") from None
    except ValidationError as error:
        lines = [
            f"{place} (line {_line(node, ['spec', *problem['loc']])}), "
            f"field spec.{problem_text(problem)}"
            for problem in error.errors()
        ]
        fields = (field.alias or name for name, field in kind.spec.model_fields.items())
        allowed = f"Allowed fields of a {kind.name}: {', '.join(fields)}."
        raise ResourceError("\n".join([*lines, allowed])) from None


def _line(node: yaml.Node, path: list[Any]) -> int:
    """The line of the deepest part of the path that the file has."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            inner = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if inner is None:
                return line
            line, node = inner[0].start_mark.line + 1, inner[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return line
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _repeated(found: list[Document]) -> list[str]:
    first: dict[tuple[str, str], Document] = {}
    problems = []
    for document in found:
        earlier = first.setdefault((document.kind, document.name), document)
        if earlier is not document:
            problems.append(
                f"{document.file} (line {document.line}): {document.kind} {document.name!r} "
                f"stands twice; the first is on line {earlier.line}"
            )
    return problems


def _mark(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error)
