"""`outlay.yaml`: the settings of a workspace."""

from __future__ import annotations

import difflib
import ipaddress
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from outlay.app.access.settings import LoginSettings
from outlay.app.errors import WorkspaceError
from outlay.resources.kinds import problem_text

FILE = "outlay.yaml"
_CONFIG = ConfigDict(extra="forbid", frozen=True)


class Engine(BaseModel):
    """The engine that answers questions, and what it may take of the machine."""

    model_config = _CONFIG
    kind: Literal["duckdb"] = "duckdb"
    memory_limit: str | None = Field(default=None, pattern=r"^\d+(\.\d+)? ?(MB|MiB|GB|GiB)$")
    threads: int | None = Field(default=None, ge=1, le=1024)


class Paths(BaseModel):
    """Where lake and database lie; relative to the workspace."""

    model_config = _CONFIG
    lake: str = "lake"
    database: str = "outlay.db"


class Assistants(BaseModel):
    """What assistants may do at the served address besides reading through questions: `writes`
    lets them save views and change resources (as far as the token's level goes), `sql` lets them
    ask in raw SQL."""

    model_config = _CONFIG
    writes: bool = False
    sql: bool = False


class Delivery(BaseModel):
    """Where the server goes: `private_addresses` says which addresses that are not public (this
    machine, private networks) may be asked by sources, metrics, native tools, tickets and webhooks:
    all, none, or these networks (``10.20.0.0/16``). Unset: all as long as nobody logs in to the
    workspace, none from then on (`outlay.app.reaching`)."""

    model_config = _CONFIG
    private_addresses: bool | tuple[str, ...] | None = None

    @field_validator("private_addresses", mode="before")
    @classmethod
    def _networks(cls, given: object) -> object:
        allowed = "write true, false or a list of networks such as [10.20.0.0/16]"
        if given is None or isinstance(given, bool):
            return given
        if not isinstance(given, list | tuple):
            raise ValueError(allowed)
        for text in given:
            try:
                ipaddress.ip_network(str(text), strict=False)
            except ValueError:
                raise ValueError(f"{text!r} is no network and no address; {allowed}") from None
        return tuple(str(text) for text in given)


class Api(BaseModel):
    """What the API lets other pages do: `origins` are those whose pages may read answers in a
    browser (CORS), such as ``https://portal.example.com``; none by default."""

    model_config = _CONFIG
    origins: tuple[str, ...] = ()

    @field_validator("origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for origin in given:
            scheme, mark, host = origin.partition("://")
            if scheme not in ("http", "https") or not mark or not host or "/" in host:
                raise ValueError(
                    f"{origin!r} is no origin; write scheme and host, such as "
                    "https://portal.example.com"
                )
        return given


class Settings(BaseModel):
    """The whole of `outlay.yaml`. `currency` is what pages convert to when asked to, `rates` how
    where a question does not say: '' (a bill's own, else the bank's), `ecb`, or a table's name.
    `holidays` is the country (ISO 3166, with a part of it after a hyphen) whose public holidays
    forecasts know: ``DE``, ``DE-BY``; '' for none."""

    model_config = _CONFIG
    name: str = Field(min_length=1, max_length=200)
    currency: str = "USD"
    rates: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$")
    holidays: str = Field(default="", pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$")
    engine: Engine = Engine()
    paths: Paths = Paths()
    assistants: Assistants = Assistants()
    login: LoginSettings = LoginSettings()
    delivery: Delivery = Delivery()
    api: Api = Api()

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        from outlay.focus.currencies import ISO_4217, is_currency

        if is_currency(code):
            return code
        near = difflib.get_close_matches(code.upper(), sorted(ISO_4217), n=3, cutoff=0.3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"{code!r} is no ISO 4217 currency code such as USD or EUR{hint}")


def read_settings(folder: Path) -> Settings:
    """The settings of a workspace; WorkspaceError when there are none or they are wrong."""
    file = folder / FILE
    if not file.is_file():
        raise WorkspaceError(
            f"{folder} is no Outlay workspace: it has no {FILE}. Make one with `outlay init "
            f"{folder}`, make one with sample bills with `outlay demo`, or name another folder "
            "with -w DIR or OUTLAY_WORKSPACE.",
            wrong_use=True,
        )
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WorkspaceError(f"{file} cannot be read: {error}. It must be YAML.") from None
    if not isinstance(data, dict):
        raise WorkspaceError(f"{file} must be a mapping with {_allowed()}.")
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(problem_text(problem) for problem in error.errors())
        raise WorkspaceError(f"{file}: {problems}. Allowed: {_allowed()}.") from None


def write_settings(folder: Path, settings: Settings) -> None:
    """Write `outlay.yaml` whole or not at all."""
    data = settings.model_dump(exclude_defaults=True) | {"currency": settings.currency}
    text = "# Settings of this Outlay workspace: see docs/workspace.md\n"
    text += yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    temporary = folder / f".{FILE}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / FILE)


def _allowed() -> str:
    parts = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            parts.append(f"{name} ({', '.join(inner.model_fields)})")
        else:
            parts.append(name)
    return ", ".join(parts)
