"""Which exports of a location are one bill, and what is on offer of it for each period.

An actual-cost and an amortized-cost export of one scope are one bill, two files of it; a FOCUS
export holds both. Where a location holds a period's bill more than once (both cost reports and
FOCUS, EA and MCA), nothing is added: the user names the exports to read.
"""

from collections.abc import Sequence

from outlay.money import BillingPeriod
from outlay.sources.azure_export.exports import (
    ACTUAL,
    AMORTIZED,
    FOCUS,
    Export,
    Run,
    current_runs,
    exports,
    parts,
    unfinished,
)
from outlay.sources.contract import Delivery, Feed, FileRef, SourceError, Stated, Transport
from outlay.sources.loose import HalfWrittenError

_WORDS = {ACTUAL: "actual cost", AMORTIZED: "amortized cost", FOCUS: "FOCUS"}


def feeds(kind: str, found: Sequence[Export]) -> list[Feed]:
    """One feed a bill: exports of one scope below their common folder; exports of several
    scopes whose folders cannot be told apart are one feed, of which the user chooses."""
    groups: list[list[Export]] = []
    for scope in dict.fromkeys(export.scope for export in found):
        groups.append([export for export in found if export.scope == scope])
    while clash := _clash(groups):
        one, other = clash
        groups.remove(other)
        one.extend(other)
    return [_feed(kind, group) for group in groups]


def deliveries(
    transport: Transport, files: Sequence[FileRef], names: Sequence[str]
) -> list[Delivery]:
    """The current runs of each billing period, oldest first; none where there is no manifest.

    Raises SourceError when a period's bill is there more than once, HalfWrittenError when a part
    or a manifest is missing.
    """
    found = exports(transport, files)
    chosen = _chosen(found, names, transport.location)
    if not chosen:
        return []
    notes = _unfinished(transport, files, chosen, everything=not names)
    by_path = {file.path: file for file in files}
    current = {export.label + export.type: current_runs(export) for export in chosen}
    periods = {period for runs in current.values() for period in runs}
    offered = []
    empty = []
    for period in sorted(periods, key=lambda period: str(period or "")):
        runs = [
            (export, current[export.label + export.type][period])
            for export in chosen
            if period in current[export.label + export.type]
        ]
        _refuse_twice(transport.location, period, runs)
        own = [note for at, note in notes if at == str(period)]
        if all(not run.blobs and not run.rows for _, run in runs):
            empty.append(f"the runs of {period} say that they have no rows: nothing to load")
            continue
        offered.append(_delivery(period, runs, by_path, own))
    if not offered:
        raise HalfWrittenError(
            f"the exports at {transport.location} have no rows yet ({'; '.join(empty)}). Sync "
            "again when an export has run."
        )
    first = offered[0]
    return [
        Delivery(
            first.billing_period, first.files, first.version, first.stated, (*first.notes, *empty)
        ),
        *offered[1:],
    ]


def _delivery(
    period: BillingPeriod | None,
    runs: Sequence[tuple[Export, Run]],
    files: dict[str, FileRef],
    notes: Sequence[str],
) -> Delivery:
    """The files of the period's run or runs, those of the actual report first."""
    ordered = sorted((run for _, run in runs), key=lambda run: run.type)  # Actual, Amortized
    named = [file for run in ordered for file in parts(run, files)]
    said = list(notes)
    older = [
        run.folder
        for export, current in runs
        for run in export.runs
        if run.period == period and run is not current
    ]
    if older:
        said.append(
            f"{len(older)} older runs of {period} are left out, since each holds the whole period "
            f"({', '.join(older[:3])}{' …' * (len(older) > 3)})"
        )
    folders = {run.folder for run in ordered}
    stale = [
        path
        for path, file in files.items()
        if path.rpartition("/")[0] in folders
        and path.rpartition("/")[2].startswith("part")
        and file not in named
    ]
    if stale:
        said.append(f"{len(stale)} parts that no manifest names are left out ({stale[0]} …)")
    days = {run.submitted[:10] for run in ordered}
    if len(days) > 1:
        said.append(
            "the two reports were made on different days ("
            + ", ".join(f"{_WORDS[run.type]} {run.submitted[:10]}" for run in ordered)
            + "): they reconcile only if nothing changed between"
        )
    rows = [run.rows for run in ordered]
    stated = Stated(sum(row for row in rows if row is not None) if None not in rows else None)
    version = " + ".join(run.id for run in ordered)
    return Delivery(period, tuple(named), version, stated, tuple(said))


def _refuse_twice(
    location: str, period: BillingPeriod | None, runs: Sequence[tuple[Export, Run]]
) -> None:
    types = [export.type for export, _ in runs]
    scopes = {export.scope for export, _ in runs}
    if (
        len(types) == len(set(types))
        and len(scopes) == 1
        and (types == [FOCUS] or FOCUS not in types)
    ):
        return
    listed = "\n".join(
        f"  {export.label}: {_WORDS[export.type]} of {_scope(export)}" for export, _ in runs
    )
    raise SourceError(
        f"{location} holds more than one bill of {period or 'the same months'}, which would count "
        f"the same costs twice:\n{listed}\n"
        "One bill is one FOCUS export, or one actual-cost and one amortized-cost export of the "
        "same scope. Name the folders to read with the option exports (--option "
        f"exports={_example(runs)}), or point to that folder alone."
    )


def _example(runs: Sequence[tuple[Export, Run]]) -> str:
    """One choice that would do: the first pair of cost reports alike in name, else the first."""
    first = runs[0][0]
    twin = {ACTUAL: AMORTIZED, AMORTIZED: ACTUAL}.get(first.type)
    others = [e for e, _ in runs if e.type == twin and e.scope == first.scope]
    alike = max(others, key=lambda e: _common(e.label, first.label), default=None)
    return ",".join(export.label for export in (first, alike) if export)


def _common(one: str, other: str) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _chosen(found: Sequence[Export], names: Sequence[str], location: str) -> list[Export]:
    if not names:
        return list(found)
    for name in names:
        if not any(export.answers(name) for export in found):
            listed = ", ".join(export.label for export in found) or "none"
            raise SourceError(
                f"there is no export {name!r} at {location}; the exports there are {listed}. "
                "Correct the option exports."
            )
    return [export for export in found if any(export.answers(name) for name in names)]


def _unfinished(
    transport: Transport, files: Sequence[FileRef], chosen: Sequence[Export], *, everything: bool
) -> list[tuple[str, str]]:
    """(period, note) of runs that are being written beside whole ones; HalfWrittenError where a
    period has no whole run."""
    notes = []
    for folder, runs in unfinished(transport, files, chosen).items():
        own = [
            run
            for export in chosen
            for run in export.runs
            if run.folder == folder or run.folder.startswith(folder + "/")
        ]
        mine = any(folder.rpartition("/")[0] == export.root for export in chosen)
        if own:
            text = f"{len(runs)} runs without a whole manifest are left out ({', '.join(runs[:3])})"
            notes.append((str(own[0].period), text))
        elif everything or mine:
            raise half_written(runs[0])
    return notes


def half_written(folder: str) -> HalfWrittenError:
    """The error of a run without a manifest."""
    return HalfWrittenError(
        f"half-written export: {folder or 'the location'} has parts but no whole manifest.json, "
        "which Azure writes last. Sync again when the export has finished, or copy the manifest "
        "too."
    )


def _clash(groups: Sequence[list[Export]]) -> tuple[list[Export], list[Export]] | None:
    """Two groups of which one's common folder covers an export of the other."""
    for one in groups:
        root = _common_root(one)
        for other in groups:
            if one is not other and any(_covers(root, export.root) for export in other):
                return one, other
    return None


def _covers(root: str, path: str) -> bool:
    return not root or path == root or path.startswith(root + "/")


def _common_root(group: Sequence[Export]) -> str:
    split = [export.root.split("/") if export.root else [] for export in group]
    shared = []
    for pieces in zip(*split, strict=False):
        if len(set(pieces)) > 1:
            break
        shared.append(pieces[0])
    return "/".join(shared)


def _feed(kind: str, group: Sequence[Export]) -> Feed:
    periods = len({(run.first, run.last) for export in group for run in export.runs})
    named = ", ".join(f"{export.label} ({_WORDS[export.type]})" for export in group)
    described = f"export manifests of {periods} periods: {named}"
    return Feed(kind, _name(group), _common_root(group), described, 100)


def _name(group: Sequence[Export]) -> str:
    """The export's name; what the names of two reports have in common."""
    names = list(dict.fromkeys(export.name for export in group))
    if len(names) == 1:
        return names[0]
    bare = {name.lower() for name in names}
    for word in ("actualcost", "amortizedcost", "actual", "amortized"):
        bare = {name.replace(word, "").strip("-_. ") for name in bare}
    return bare.pop() if len(bare) == 1 and "" not in bare else names[0]


def _scope(export: Export) -> str:
    return export.scope.rpartition("/")[2] or export.name
