"""Options of a source as they are stored: what was given as a file stands in them itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from outlay.app.errors import WorkspaceError

_LARGEST = 1 << 20


def with_files_read(kind: str | None, options: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The options, those that may be given as a YAML file replaced by its content.

    A changed file then is a changed option, which lifts history anew. WorkspaceError when a file
    cannot be read or is no YAML mapping.
    """
    from outlay.sources.registry import SOURCES

    if not options or kind is None or kind not in SOURCES:
        return None if options is None else dict(options)
    found = dict(options)
    for name, field in SOURCES[kind].Options.model_fields.items():
        extra = field.json_schema_extra
        of_file = isinstance(extra, dict) and extra.get("file") == "yaml"
        if of_file and isinstance(found.get(name), str):
            found[name] = read_yaml(found[name], f"the option {name}")
    return found


def read_yaml(path: str, what: str) -> dict[str, Any]:
    """A YAML file that holds a mapping; WorkspaceError says what is wrong with it."""
    place = Path(path).expanduser()
    try:
        if place.stat().st_size > _LARGEST:
            raise WorkspaceError(f"{what}: {place} is larger than 1 MiB", wrong_use=True)
        data = yaml.safe_load(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkspaceError(
            f"{what}: {place} cannot be read ({error.strerror or error})", wrong_use=True
        ) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise WorkspaceError(f"{what}: {place} is no YAML: {error}", wrong_use=True) from None
    if not isinstance(data, dict):
        raise WorkspaceError(f"{what}: {place} must hold keys and values", wrong_use=True)
    return data
