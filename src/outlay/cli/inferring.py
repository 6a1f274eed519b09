"""How `outlay source infer` shows what it found."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.app.errors import WorkspaceError
from outlay.app.inference import mapping_yaml
from outlay.cli.output import NOTHING, Col, Output, count, plural
from outlay.money import money_text

if TYPE_CHECKING:
    from outlay.app.inference import Inference, Trial


def write(found: Inference, path: Path) -> None:
    """Write the mapping; an existing file is never overwritten."""
    if found.mapping is None:
        raise WorkspaceError(
            f"{found.location} is a bill of a known kind, which needs no mapping", wrong_use=True
        )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(mapping_yaml(found))
    except FileExistsError:
        raise WorkspaceError(
            f"{path} is there already and may hold your corrections; name another file",
            wrong_use=True,
        ) from None
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror or error}") from None


def show(out: Output, found: Inference, path: str, file: Path | None) -> None:
    """Tell it to a person."""
    if found.feeds:
        out.table(
            [Col("Kind"), Col("Name"), Col("Below"), Col("Because")],
            [(feed.kind, feed.name, feed.root or ".", feed.evidence) for feed in found.feeds],
        )
        return
    proposal = found.proposal
    if proposal is not None:
        out.say(f"{found.file} is no bill of a known kind. A proposal of how to read it:")
        out.table(
            [Col("FOCUS"), Col("From"), Col("Sure?"), Col("Because")],
            [(e.target, _cell(e.cell), e.sureness, e.because) for e in proposal.evidence],
        )
        for name in proposal.missing:
            out.say(f"Missing: {name}")
        for doubt in proposal.doubts:
            out.say(f"Check: {doubt}.")
    if found.trial is not None:
        _show_trial(out, found.trial)
    if file is None:
        out.say("Next: the same with --out mapping.yaml, correct the file, then")
    else:
        out.say(f"The mapping is in {file}. When it is right:")
    named = shlex.quote(str(file or "mapping.yaml"))
    out.say(f"  outlay source infer {shlex.quote(path)} --mapping {named}")
    out.say(f"  outlay load {shlex.quote(path)} --kind csv --option mapping={named}")


def _show_trial(out: Output, trial: Trial) -> None:
    for problem in trial.problems:
        out.say(f"It cannot be loaded so: {problem}")
    if not trial.charges:
        return
    out.say(f"The first {plural(len(trial.samples), 'charge')}:")
    shown = [name for name in trial.samples[0] if any(row[name] for row in trial.samples)]
    out.table(
        [Col(name, name in ("BilledCost", "ConsumedQuantity")) for name in shown],
        [[_value(row[name]) for name in shown] for row in trial.samples],
    )
    totals = ", ".join(f"{money_text(v)} {code}" for code, v in (trial.totals or {}).items())
    periods = f"{trial.periods[0]} to {trial.periods[-1]}" if trial.periods else NOTHING
    out.say(
        f"{count(trial.charges)} charges of {plural(trial.rows, 'row')}, {periods}: BilledCost "
        f"{totals}. Compare it with the invoice."
    )
    if trial.skipped:
        out.say(f"{plural(trial.skipped, 'row')} skipped by the mapping.")
    if trial.rejected:
        out.say(f"{plural(trial.rejected, 'row')} would be rejected: {'; '.join(trial.reasons)}.")


def _cell(cell: dict[str, Any]) -> str:
    if "constant" in cell:
        return f"always {cell['constant']}"
    more = ", ".join(f"{key} {value}" for key, value in cell.items() if key != "column")
    return f"{cell['column']}" + (f" ({more})" if more else "")


def _value(value: Any) -> str:
    if value is None:
        return NOTHING
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d}" if (value.hour, value.minute) == (0, 0) else f"{value}"
    if isinstance(value, dict):
        return ", ".join(f"{key}={inner}" for key, inner in value.items()) or NOTHING
    return money_text(value) if hasattr(value, "as_tuple") else str(value)
