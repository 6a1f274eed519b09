"""Kinds of resources: everything a person can configure is one, and all go by one registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from outlay.resources.errors import ResourceError
from outlay.resources.secrets import refuse_secrets


class Spec(BaseModel):
    """Base of every spec: unknown fields are refused, values do not change after creation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    `name` is PascalCase as in files (`kind: Source`); `spec` the pydantic model, which must
    refuse unknown fields; `example` a whole YAML document that is valid; `description` one or two
    sentences for the page, the API and the docs. `level` is who may change it: editor, approver
    or admin. `personal` says that people who see a part of the ledger may read and keep such
    resources too (a view, a dashboard), since they change nobody else's figures.
    """

    name: str
    spec: type[BaseModel]
    title: str
    description: str
    example: str
    level: Literal["editor", "approver", "admin"] = "editor"
    personal: bool = False

    def parse(self, spec: BaseModel | Mapping[str, Any]) -> BaseModel:
        """The typed spec; ResourceError names each wrong field. Refuses secrets in any field."""
        if not isinstance(spec, BaseModel):
            refuse_secrets(spec, self.name)
        try:
            typed = self.spec.model_validate(
                spec.model_dump() if isinstance(spec, BaseModel) else dict(spec)
            )
        except ValidationError as error:
            lines = "; ".join(problem_text(p) for p in error.errors())
            # Only who wrote a field that there is not is helped by the names of all of them.
            unknown = any(p["type"] == "extra_forbidden" for p in error.errors())
            fields = ", ".join(f.alias or name for name, f in self.spec.model_fields.items())
            allowed = f"Allowed fields: {fields}. " if unknown else ""
            raise ResourceError(
                f"the {self.name} is not valid: {lines}. {allowed}"
                f"See `outlay get {self.name.lower()} --help`."
            ) from None
        refuse_secrets(typed.model_dump(mode="json"), self.name)
        return typed

    def json_schema(self) -> dict[str, Any]:
        """The JSON schema of a spec, as it may be written."""
        schema: dict[str, Any] = self.spec.model_json_schema(mode="validation")
        return schema

    def example_document(self) -> dict[str, Any]:
        """The example as data: kind, name, spec."""
        document: dict[str, Any] = yaml.safe_load(self.example)
        return document


def problem_text(problem: Any) -> str:
    """One pydantic error as `field: what is wrong`, without the value when that may be secret."""
    place = ".".join(str(part) for part in problem["loc"]) or "spec"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {message[:1].lower()}{message[1:]}"


class Registry:
    """Kinds by name. Rooms register theirs when they are imported."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}

    def register(self, kind: Kind) -> Kind:
        """Add a kind and give it back; a second kind of the same name is a programming error."""
        known = self._kinds.get(kind.name.lower())
        if known is not None and known != kind:
            raise ValueError(f"kind {kind.name} is registered twice")
        if kind.spec.model_config.get("extra") != "forbid":
            raise ValueError(f"the spec of kind {kind.name} must refuse unknown fields")
        self._kinds[kind.name.lower()] = kind
        return kind

    def get(self, name: str) -> Kind:
        """The kind, its name in any case or plural; ResourceError lists the kinds there are."""
        wanted = name.lower().replace("-", "").replace("_", "")
        for candidate in (wanted, wanted.removesuffix("s")):
            if candidate in self._kinds:
                return self._kinds[candidate]
        allowed = ", ".join(kind.name for kind in self) or "none yet"
        raise ResourceError(f"there is no kind {name!r}. Kinds: {allowed}.")

    def __iter__(self) -> Iterator[Kind]:
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.name))

    def __len__(self) -> int:
        return len(self._kinds)


registry = Registry()
