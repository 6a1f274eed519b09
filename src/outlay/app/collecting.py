"""Sources that are APIs: what they answer is collected into files, then read like any bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outlay.app.reaching import reaching_of
from outlay.app.runs import utc_now
from outlay.sources.contract import Feed, Progress, Source, SourceError, SourceOptions, Transport

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.money import BillingPeriod

_FOLDER = "collected"


def is_api(source: Source, location: str) -> bool:
    """Whether the source asks an API at this location rather than reading files."""
    scheme, mark, _ = location.partition("://")
    return bool(mark) and scheme.lower() in source.api_schemes


def api_feed(source: Source, location: str) -> Feed:
    """The feed of an API: there is nothing to detect, its kind was named."""
    return Feed(source.kind, source.kind, "", f"the API at {location}, as named", 100)


def collected_folder(workspace: Workspace, name: str) -> Path:
    """Where the pages of the source `name` are kept, inside the lake."""
    return workspace.lake.path / _FOLDER / name


def collect(
    workspace: Workspace,
    name: str,
    source: Source,
    location: str,
    options: SourceOptions,
    period: BillingPeriod | None,
    progress: Progress | None,
    *,
    dry_run: bool = False,
) -> Transport:
    """Ask the API for what is new (not in a dry run); gives the folder that holds all answers.

    Raises SourceError when it cannot be asked (InnerAddressError where it may not be, see
    `outlay.sources.reach`), or when there is nothing at all yet.
    """
    from outlay.sources.transports.file import FileTransport

    folder = collected_folder(workspace, name)
    folder.mkdir(parents=True, exist_ok=True)
    if not dry_run:
        now = utc_now()
        if source.asks_about:
            from outlay.app.utilization.billed import billed

            source = source.about(billed(workspace, now))
        with reaching_of(workspace):
            source.collect(
                location,
                options,
                folder,
                periods=None if period is None else [period],
                now=now,
                progress=progress,
            )
    if not any(path.is_dir() and not path.name.startswith(".") for path in folder.iterdir()):
        raise SourceError(
            f"nothing was collected from {location} yet"
            + ("; a dry run asks nothing: run `outlay sync` without --dry-run" if dry_run else "")
        )
    return FileTransport(str(folder))
