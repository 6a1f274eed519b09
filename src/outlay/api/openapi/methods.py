"""The methods of the typed client, made from openapi.json: `python -m outlay.api.openapi.methods`.

A test holds them so: an operation without its method fails.
"""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outlay.api.openapi.document import KNOWN, PREFIX, operations
from outlay.api.openapi.operations import Operation

_FOLDER = Path(__file__).parents[2] / "client" / "methods"
_ARROW = "application/vnd.apache.arrow.stream"
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_AREAS = {
    "questions": ("Questions", "Drivers", "Find"),
    "ledger": ("Ledger", "Health", "Export"),
    "usage": ("Usage", "Metrics", "Unit costs"),
    "allocation": ("Virtual tags", "Allocation"),
    "finance": ("Statements", "Invoices", "Month close"),
    "configured": ("Views", "Resources", "Vocabulary", "Use cases"),
    "people": ("Access", "Homes", "Glossary"),
    "boards": ("Dashboards", "Annotations", "Reports"),
    "operate": ("Anomalies", "Alerts"),
    "planning": ("Budgets", "Plans"),
    "optimize": (
        *("Savings", "Detectors", "Native recommendations", "Tickets", "Realised savings"),
        *("Commitments", "Contracts", "KPIs"),
    ),
}
_SKIPPED = frozenset({"call"})
"""Written by hand: it is of the transport."""
_LINE = 96
QUESTION = frozenset(
    {"m", "by", "grain", "range", "from", "to", "where", "compare", "limit", "sort"}
    | {"currency", "rates", "as_of", "splits", "rules_as_of"}
)
"""The parameters of a question."""


@dataclass(frozen=True)
class _Parameter:
    name: str
    python: str
    kind: str
    place: str
    needed: bool


def sources(found: Mapping[str, Any]) -> dict[str, str]:
    """The text of each module by its name, from openapi.json."""
    by_area: dict[str, list[tuple[str, dict[str, Any], Operation]]] = {a: [] for a in _AREAS}
    for key, described in operations(found):
        known = KNOWN[key]
        if known.name in _SKIPPED:
            continue
        area = next(a for a, tags in _AREAS.items() if described["tags"][0] in tags)
        by_area[area].append((key, described, known))
    return {area: _module(area, listed) for area, listed in by_area.items()}


def _module(area: str, listed: list[tuple[str, dict[str, Any], Operation]]) -> str:
    bodies = [method for key, one, known in listed for method in _methods(key, one, known)]
    text = "\n".join(bodies)
    shapes = sorted(
        {
            name
            for _, _, known in listed
            for name in re.findall(r"[A-Z]\w+", known.shape)
            if name != "None"
        }
        | ({"Charge"} if "-> Iterator[Charge]" in text else set())
    )
    typing = ["Any"] if "Any" in text else []
    collections = [n for n in ("Iterator", "Mapping", "Sequence") if re.search(rf"\b{n}\b", text)]
    arrow = "pa.Table" in text
    head = [
        f'"""Operations of the API: {area}. Written by `python -m outlay.api.openapi.methods`."""',
        "",
        "from __future__ import annotations",
        "",
        *([f"from collections.abc import {', '.join(collections)}"] if collections else []),
        f"from typing import {', '.join(['TYPE_CHECKING', *typing] if arrow else typing)}"
        if arrow or typing
        else "",
        "",
        "from typing import Unpack" if "Unpack[" in text else "",
        f"from outlay.client.shapes import {', '.join(shapes)}" if shapes else "",
        "from outlay.client.question import Question, question_params" if "Unpack[" in text else "",
        "from outlay.client.transport import Transport, given_headers, part",
        *(["", "if TYPE_CHECKING:", "    import pyarrow as pa"] if arrow else []),
        "",
        "",
        f"class {area.capitalize()}(Transport):",
        f'    """Methods of the client: {area}."""',
        "",
    ]
    return "\n".join(head) + "\n" + text


def _methods(key: str, described: Mapping[str, Any], known: Operation) -> Iterator[str]:
    method, _, path = key.partition(" ")
    parameters = [_parameter(one) for one in described.get("parameters", [])]
    body = described.get("requestBody", {})
    paged = any(one.name == "cursor" for one in parameters)
    asked = [one for one in parameters if one.name not in ("format", "cursor") or not known.shape]
    yield _method(known.name, method, path, asked, body, known, described)
    if paged:
        yield _iterator(method, path, asked, known, described)
    if _ARROW in known.media and method == "GET":
        kept = [one for one in asked if one.name not in ("rows", "cursor", "offset")]
        yield _table(path, kept, known, described)


def _parameter(one: Mapping[str, Any]) -> _Parameter:
    schema = one.get("schema", {})
    options = [schema, *schema.get("anyOf", [])]
    kinds = [found["type"] for found in options if "type" in found and found["type"] != "null"]
    kind = kinds[0] if kinds else "string"
    python = "Sequence[str]" if kind == "array" else _TYPES.get(kind, "str")
    name = re.sub(r"\W", "_", one["name"])
    return _Parameter(
        one["name"],
        f"{name}_" if keyword.iskeyword(name) or name in ("range", "format", "all", "id") else name,
        python,
        one["in"],
        bool(one.get("required")),
    )


def _signature(asked: list[_Parameter], extra: list[str]) -> str:
    first = [f"{p.python}: {p.kind}" for p in asked if p.place == "path"]
    whole = _asks(asked)
    if whole:
        asked = [p for p in asked if p.name not in QUESTION]
    named = [
        f"{p.python}: {p.kind}" + ("" if p.needed else " | None = None")
        for p in sorted((p for p in asked if p.place != "path"), key=lambda p: not p.needed)
    ]
    rest = ["**question: Unpack[Question]"] if whole else []
    return ", ".join(["self", *first, *extra, *(["*", *named] if named else []), *rest])


def _asks(asked: list[_Parameter]) -> bool:
    """Whether the parameters of a question are among them: they are told once, for all."""
    return {p.name for p in asked} >= QUESTION


def _address(path: str, asked: list[_Parameter]) -> str:
    python = {p.name: p.python for p in asked if p.place == "path"}
    filled = re.sub(r"\{(\w+)\}", lambda m: "{part(" + python[m[1]] + ")}", path)
    return f'f"{filled}"' if "{" in filled else f'"{filled}"'


def _query(asked: list[_Parameter]) -> str:
    whole = _asks(asked)
    pairs = [
        f'"{p.name}": {p.python}'
        for p in asked
        if p.place == "query" and not (whole and p.name in QUESTION)
    ]
    if whole:
        pairs.append("**question_params(question)")
    return "{" + ", ".join(pairs) + "}" if pairs else "None"


def _method(
    name: str,
    method: str,
    path: str,
    asked: list[_Parameter],
    body: Mapping[str, Any],
    known: Operation,
    described: Mapping[str, Any],
) -> str:
    extra, sent = _body(body)
    headers = [f'"{p.name}": {p.python}' for p in asked if p.place == "header"]
    more = [*sent, *([f"headers=given_headers({{{', '.join(headers)}}})"] if headers else [])]
    call = ", ".join([f'"{method}"', _address(path, asked), _query(asked), *more])
    if known.shape:
        result = _annotation(known.shape)
        last = f'found: {result} = self.shaped("{known.shape}", {call})\n        return found'
    elif known.media:
        result, last = "bytes", f"return self.content({call})[0]"
    else:
        result, last = "None", f"self.json({call})"
    return _defined(name, _signature(asked, extra), result, described, last)


def _annotation(shape: str) -> str:
    return shape


def _body(body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The parameter of a body and how it is sent; its media types decide."""
    media = list(body.get("content", {}))
    if not media:
        return [], []
    if media == ["application/json"]:
        optional = "" if body.get("required") else " | None = None"
        return [f"body: Mapping[str, Any]{optional}"], ["body=body"]
    if "application/json" in media:
        return (
            ["body: Mapping[str, Any] | str"],
            ['**self.either(body, "text/csv")'],
        )
    return ["content: bytes | str"], [
        "data=content",
        f'headers={{"Content-Type": "{media[0]}"}}',
    ]


def _iterator(
    method: str, path: str, asked: list[_Parameter], known: Operation, described: Mapping[str, Any]
) -> str:
    items = (
        "charges"
        if known.shape == "ChargePage"
        else "entries"
        if known.shape == "AuditPage"
        else ""
    )
    item = {"ChargePage": "Charge", "AuditPage": "AuditPageEntry"}.get(
        known.shape, known.shape.removeprefix("list[").removesuffix("]")
    )
    name = f"iter_{known.name.removeprefix('list_')}"
    more = f', items="{items}"' if items else ""
    last = f'return self.pages("{known.shape}", {_address(path, asked)}, {_query(asked)}{more})'
    text = {**described, "summary": f"{described['summary']}: all pages, one by one"}
    return _defined(name, _signature(asked, []), f"Iterator[{item}]", text, last)


def _table(
    path: str, asked: list[_Parameter], known: Operation, described: Mapping[str, Any]
) -> str:
    name = f"{known.name.removeprefix('list_').removeprefix('get_')}_table"
    text = {**described, "summary": f"{described['summary']}: as an Arrow table, decimals exact"}
    last = f"return self.table({_address(path, asked)}, {_query(asked)})"
    return _defined(name, _signature(asked, []), "pa.Table", text, last)


def _defined(
    name: str, signature: str, result: str, described: Mapping[str, Any], last: str
) -> str:
    summary = str(described["summary"]).rstrip(".")
    summary += "" if summary.endswith("?") else "."
    text = " ".join(str(described["description"]).split())
    doc = textwrap.indent(
        textwrap.fill(f'"""{summary} {text}', _LINE - 8, break_on_hyphens=False), " " * 8
    )
    quote = "\n        " if len(doc.splitlines()[-1]) > _LINE - 4 else ""
    return f'    def {name}({signature}) -> {result}:\n{doc}{quote}"""\n        {last}\n'


def written(found: Mapping[str, Any]) -> dict[Path, str]:
    """Every file of the client's methods with its text, as the formatter leaves it."""
    import subprocess
    import sys

    texts = {}
    for area, text in sources(found).items():
        for words in (["check", "--fix", "-q", "-"], ["format", "-q", "-"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *words, "--stdin-filename", f"{area}.py"],
                input=text,
                capture_output=True,
                text=True,
                check=False,
                cwd=_FOLDER.parents[3],
            )
            text = done.stdout
        texts[_FOLDER / f"{area}.py"] = text
    return texts


def main() -> None:
    """Write them, from a workspace of nothing."""
    import tempfile

    from fastapi import FastAPI

    from outlay.api import create_router
    from outlay.api.openapi.document import document
    from outlay.app import Workspace

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(folder)
        app = FastAPI(openapi_url=None)
        app.include_router(create_router(workspace), prefix=PREFIX)
        for path, text in written(document(app)).items():
            path.write_text(text, encoding="utf-8")
        workspace.close()


if __name__ == "__main__":
    main()
