"""Everything as code: what files would change (`plan`), doing it (`apply`), today's state as
files (`pull`).

A plan knows the version of everything that it changes. Applied later, it is refused as a whole
when one of those was changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from outlay.access import whole_only
from outlay.app.configuring import stored_spec
from outlay.app.errors import WorkspaceError
from outlay.app.served import served
from outlay.resources import (
    Document,
    FieldChange,
    Resource,
    ResourceConflictError,
    ResourceError,
    Write,
    check_name,
    parse_resources,
    read_resources,
    spec_diff,
    write_resources,
)

if TYPE_CHECKING:
    from outlay.app.effects import Effects
    from outlay.app.workspace import Workspace

Action = Literal["create", "change", "delete"]
SUFFIXES = (".yaml", ".yml")
_SETTINGS = "outlay.yaml"
_SOURCE, _VOCABULARY = "Source", "Vocabulary"


@dataclass(frozen=True)
class Step:
    """One resource that is created, changed or deleted.

    `version` is the version that it has now (0: none); `spec` what it shall have (None: it goes),
    `place` the file and line that say so, `notes` what will come of it besides.
    """

    action: Action
    kind: str
    name: str
    version: int
    spec: BaseModel | None
    changes: tuple[FieldChange, ...]
    place: str = ""
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`VirtualTag/team`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Plan:
    """What would change, in the order of kinds and names; `unchanged` documents are as they are.

    `effects` are what it does to money; None where they were not asked for.
    """

    steps: tuple[Step, ...]
    unchanged: int
    effects: Effects | None = None

    def counts(self) -> dict[Action, int]:
        """How many are created, changed and deleted."""
        found: dict[Action, int] = {"create": 0, "change": 0, "delete": 0}
        for step in self.steps:
            found[step.action] += 1
        return found

    def writes(self) -> list[Write]:
        """The steps as the store takes them, each with the version that was seen."""
        return [Write(s.kind, s.name, s.spec, s.version) for s in self.steps]


@dataclass(frozen=True)
class Applied:
    """A plan that was done, with what was written."""

    plan: Plan
    written: tuple[Resource, ...]


@dataclass(frozen=True)
class Pulled:
    """The files that were written, those that stood already as they are, those that were removed
    and those that hold something that is configured no more."""

    written: tuple[Path, ...]
    same: tuple[Path, ...]
    removed: tuple[Path, ...]
    stale: tuple[Path, ...]


# --- reading ------------------------------------------------------------------------------


def read_files(workspace: Workspace, paths: Sequence[Path]) -> list[Document]:
    """The resources of YAML files, folders (searched whole) among `paths`, in the form in which
    they are kept. ResourceError lists every problem of every file."""
    from outlay.app.beside import expand

    files = _files(paths)
    registry = workspace.resources.registry
    found: list[Document] = []
    problems: list[str] = []
    for file in files:
        try:
            found += read_resources(file, registry, expand)
        except ResourceError as error:
            problems.append(str(error))
    return _one_of_each(_stored(workspace, found), problems)


def read_text(workspace: Workspace, text: str) -> list[Document]:
    """The resources of a text; a spec in it can name no file."""
    found = parse_resources(text, "<text>", workspace.resources.registry)
    return _one_of_each(_stored(workspace, found), [])


def read_documents(workspace: Workspace, documents: Sequence[Mapping[str, Any]]) -> list[Document]:
    """The resources of documents as data, in the order given; `file` is `documents`, `line` the
    place in the list from 1 on."""
    registry = workspace.resources.registry
    found: list[Document] = []
    problems: list[str] = []
    for number, document in enumerate(documents, 1):
        try:
            unknown = sorted(document.keys() ^ {"kind", "name", "spec"})
            if unknown:
                wrong = "unknown" if unknown[0] in document else "missing"
                raise ResourceError(
                    f"the field {unknown[0]!r} is {wrong}; a resource has kind, name and spec"
                )
            kind = registry.get(str(document["kind"]))
            name = check_name(str(document["name"]), kind.title.lower())
            if not isinstance(document["spec"], Mapping):
                raise ResourceError("spec must be an object")
            spec = kind.parse(document["spec"])
            found.append(Document(kind.name, name, spec, "documents", number))
        except ResourceError as error:
            problems.append(f"document {number}: {error}")
    return _one_of_each(_stored(workspace, found), problems)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p
                for p in path.rglob("*")
                if p.suffix in SUFFIXES
                and p.name != _SETTINGS
                and p.is_file()
                and not any(part.startswith(".") for part in p.relative_to(path).parts)
            )
            if not inside:
                raise WorkspaceError(
                    f"{path} has no file that ends in .yaml or .yml. `outlay pull {path}` writes "
                    "what is configured there.",
                    wrong_use=True,
                )
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
        else:
            raise WorkspaceError(f"{path} is no file and no folder", wrong_use=True)
    return list(found)


@served("POST /plan")
def _stored(workspace: Workspace, documents: Sequence[Document]) -> list[Document]:
    found = []
    for document in documents:
        spec = stored_spec(workspace, document.kind, document.spec)
        assert isinstance(spec, BaseModel)
        found.append(replace(document, spec=spec))
    return found


def _one_of_each(documents: list[Document], problems: list[str]) -> list[Document]:
    first: dict[tuple[str, str], Document] = {}
    for document in documents:
        earlier = first.setdefault((document.kind, document.name), document)
        if earlier is not document:
            problems.append(
                f"{_place(document)}: {document.kind} {document.name!r} stands in "
                f"{_place(earlier)} too"
            )
    if problems:
        raise ResourceError("\n".join(problems))
    return documents


def _place(document: Document) -> str:
    return f"{document.file}:{document.line}"


# --- plan and apply -----------------------------------------------------------------------


def make_plan(
    workspace: Workspace,
    documents: Sequence[Document],
    *,
    prune: bool = False,
    prune_kinds: Sequence[str] = (),
    effects: bool = True,
) -> Plan:
    """What the documents would change.

    With `prune`, what is configured and not among the documents would be deleted, of the kinds
    that occur in them and of `prune_kinds` (which alone means the same for these). Raises what
    applying it would raise; ResourceError for a kind that is none.
    """
    whole_only("what is configured")
    store = workspace.resources
    steps: list[Step] = []
    unchanged = 0
    for document in documents:
        current = store.find(document.kind, document.name)
        step = _step(document, current)
        if step is None:
            unchanged += 1
        else:
            steps.append(step)
    pruned = {store.registry.get(kind).name for kind in prune_kinds}
    if prune:
        pruned |= {document.kind for document in documents}
    kept = {(document.kind, document.name) for document in documents}
    for kind in sorted(pruned):
        steps += [
            _removal(resource) for resource in store.list(kind) if (kind, resource.name) not in kept
        ]
    steps.sort(key=lambda step: (step.kind, step.name))
    plan = Plan(tuple(steps), unchanged)
    store.check(plan.writes())
    if not effects or not steps:
        return plan
    from outlay.app.effects import effects_of

    return replace(plan, effects=effects_of(workspace, plan.writes()))


def apply_plan(workspace: Workspace, plan: Plan, *, author: str, note: str = "") -> Applied:
    """Do all of a plan in one transaction, or nothing of it.

    ResourceConflictError when something of it was changed since it was made; otherwise what
    `Workspace.put_resource` and `delete_resource` raise.
    """
    written = workspace.resources.apply(plan.writes(), author=author, note=note)
    return Applied(plan, tuple(resource for resource in written if resource is not None))


def expect(plan: Plan, versions: Mapping[str, int]) -> None:
    """Refuse (ResourceConflictError) a plan whose steps differ from those that were reviewed, told
    by `VirtualTag/team` → the version that was seen."""
    found = {step.key: step.version for step in plan.steps}
    for key in sorted(found.keys() | versions.keys()):
        if found.get(key) != versions.get(key):
            seen, now = versions.get(key), found.get(key)
            raise ResourceConflictError(
                f"{key}: the plan that was seen "
                + ("had no step for it" if seen is None else f"stood on version {seen or 'none'}")
                + ", now it "
                + ("needs no change" if now is None else f"is at version {now or 'none'}")
                + ". Plan again and look at it before you apply."
            )


def _step(document: Document, current: Resource | None) -> Step | None:
    after = document.spec.model_dump(mode="json")
    before = {} if current is None else current.spec.model_dump(mode="json")
    if current is not None and before == after:
        return None
    if current is None:
        given = document.spec.model_dump(mode="json", exclude_defaults=True)
        changes = list(_given(given))
    else:
        changes = spec_diff(before, after)
    return Step(
        "create" if current is None else "change",
        document.kind,
        document.name,
        0 if current is None else current.version,
        document.spec,
        tuple(changes),
        _place(document),
        _notes(document.kind, created=current is None),
    )


def _given(spec: dict[str, Any]) -> Iterator[FieldChange]:
    """What a new resource states, the items of a list each on its own."""
    for field, value in spec.items():
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            for place, item in enumerate(value, 1):
                yield FieldChange(f"{field}.{place}", None, item)
        else:
            yield FieldChange(field, None, value)


def _removal(resource: Resource) -> Step:
    notes: tuple[str, ...] = ()
    if resource.kind == _SOURCE:
        notes = (f"its data stays; `outlay source remove {resource.name}` takes that out too",)
    elif resource.kind == _VOCABULARY:
        notes = _notes(resource.kind, created=False)
    return Step("delete", resource.kind, resource.name, resource.version, None, (), "", notes)


def _notes(kind: str, *, created: bool) -> tuple[str, ...]:
    if kind == _SOURCE:
        loaded = "rows will be loaded at the next sync"
        return (loaded,) if created else ("what changes in its rows shows after the next sync",)
    if kind == _VOCABULARY:
        return ("history is named anew at the next sync",)
    return ()


# --- pull ---------------------------------------------------------------------------------


@served("GET /snapshots")
def pulled(workspace: Workspace, kinds: Sequence[str] = ()) -> dict[Path, str]:
    """Today's state as files: relative path → text. Planned again they change nothing."""
    store = workspace.resources
    wanted = [store.registry.get(kind) for kind in kinds] or list(store.registry)
    return {
        Path(folder_of(kind.title)) / f"{resource.name}.yaml": write_resources(
            [resource.document()]
        )
        for kind in wanted
        for resource in store.list(kind.name)
    }


def folder_of(title: str) -> str:
    """The folder of a kind: `virtual-tags`, `dictionaries`."""
    word = title.lower().replace(" ", "-")
    if word.endswith("s"):
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def pull_files(
    workspace: Workspace, out: Path, kinds: Sequence[str] = (), *, prune: bool = False
) -> Pulled:
    """Write what is configured below a folder, one file a resource.

    A file that stands where a resource of a pulled kind would, but holds none that there is, is
    told as stale; `prune` removes it. WorkspaceError when the folder refuses.
    """
    whole_only("what is configured")
    texts = pulled(workspace, kinds)
    written, same, removed = [], [], []
    try:
        for relative, text in texts.items():
            path = out / relative
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                same.append(path)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.part")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
            written.append(path)
        stale = [
            path for path in _beside(workspace, out, kinds) if path.relative_to(out) not in texts
        ]
        if prune:
            for path in stale:
                path.unlink()
            removed, stale = stale, []
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{out} cannot be written: {error}") from None
    return Pulled(tuple(written), tuple(same), tuple(removed), tuple(stale))


def _beside(workspace: Workspace, out: Path, kinds: Sequence[str]) -> list[Path]:
    """The YAML files in the folders of the kinds."""
    registry = workspace.resources.registry
    wanted = [registry.get(kind) for kind in kinds] or list(registry)
    return sorted(path for kind in wanted for path in (out / folder_of(kind.title)).glob("*.yaml"))


# --- as data ------------------------------------------------------------------------------


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON data; `versions` are what `apply` may be held to."""
    return {
        "counts": {**plan.counts(), "unchanged": plan.unchanged},
        "steps": [step_json(step) for step in plan.steps],
        "versions": {step.key: step.version for step in plan.steps},
        "effects": None if plan.effects is None else plan.effects.to_json(),
    }


def step_json(step: Step) -> dict[str, Any]:
    """A step as JSON data."""
    return {
        "action": step.action,
        "kind": step.kind,
        "name": step.name,
        "version": step.version,
        "place": step.place or None,
        "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in step.changes],
        "notes": list(step.notes),
    }
