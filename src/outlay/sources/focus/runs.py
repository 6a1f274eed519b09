"""Which run of a period is current where several lie side by side.

Azure's exports write `<from>-<to>/<run id>/part_N.csv.gz` with a manifest in each run's folder;
every run holds the whole period, so that adding them up would count it again.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from outlay.sources.contract import FileRef, Transport
from outlay.sources.loose import refuse_several_runs


def current_runs(
    transport: Transport, files: Sequence[FileRef], tables: Sequence[FileRef]
) -> tuple[list[FileRef], list[str]]:
    """The tables of current runs, and a note for each run that was left out.

    Raises SourceError where several runs of a period have no manifest to choose by.
    """
    submitted = _submitted(transport, files)
    by_period: dict[str, dict[str, str]] = defaultdict(dict)
    for folder, when in submitted.items():
        by_period[folder.rpartition("/")[0]][folder] = when
    stale: list[str] = []
    for runs in by_period.values():
        newest = max(runs, key=lambda folder: (runs[folder], folder))
        stale += [folder for folder in runs if folder != newest]
    current = [
        file for file in tables if not any(file.path.startswith(folder + "/") for folder in stale)
    ]
    refuse_several_runs(current)
    return current, [
        f"run {folder} is older than another of its period: left out" for folder in stale
    ]


def _submitted(transport: Transport, files: Sequence[FileRef]) -> dict[str, str]:
    """Run folder → when its manifest says that the run was submitted."""
    found = {}
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if name != "manifest.json" or "/" not in folder:
            continue
        with transport.open(file.path) as stream:
            try:
                manifest: Any = json.load(stream)
            except ValueError:
                continue  # not ours: the tables beside it decide
        run = manifest.get("runInfo") if isinstance(manifest, dict) else None
        if isinstance(run, dict) and run.get("submittedTime"):
            found[folder] = str(run["submittedTime"])
    return found
