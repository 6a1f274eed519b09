"""What panels answer, as plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outlay.app.dashboards.answers import PanelAnswer
from outlay.query import Result


def answers_json(answers: Sequence[PanelAnswer]) -> list[dict[str, Any]]:
    """Every panel in reading order; money is text with all its decimals."""
    return [answer_json(answer) for answer in answers]


def answer_json(answer: PanelAnswer) -> dict[str, Any]:
    """One panel: its `state` says whether there is an answer (answered), nothing matches
    (empty), the ledger is empty (no-data) or why not (failed, `error`)."""
    panel = answer.panel
    found: dict[str, Any] = {
        "id": panel.id,
        "title": answer.title,
        "kind": answer.kind,
        "x": panel.x,
        "y": panel.y,
        "w": panel.w,
        "h": panel.h,
        "state": answer.state,
        "error": answer.error or None,
        "notes": list(answer.notes),
        "query": answer.query.to_json() if answer.query else None,
        "incomplete_from": answer.incomplete_from.isoformat() if answer.incomplete_from else None,
        "result": _result(answer.result),
        "compared": None if answer.compared is answer.result else _result(answer.compared),
        "course": _result(answer.course),
        "unit": answer.unit.to_json() if answer.unit else None,
        "drivers": answer.drivers.to_json() if answer.drivers else None,
        "text": answer.text or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _result(result: Result | None) -> dict[str, Any] | None:
    return None if result is None else result.to_json()
