"""Documents of plans as canonical JSON: equal documents give equal bytes and one digest.

Money is text with exactly the currency's decimals; volumes and unit costs are text without
needless zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.money import BillingPeriod
from outlay.money.cents import unit_text
from outlay.planning.plans.model import (
    Adjustment,
    Document,
    Driver,
    Frame,
    Line,
    Note,
    Stamp,
    Step,
)

FORMAT = 1
"""The version of the documents' form; an approved one keeps the one that it was written in."""


def plain(number: Decimal) -> str:
    """A volume or unit cost as text: no exponent, no needless zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_json(document: Document, previous: str = "") -> dict[str, Any]:
    """A document as plain JSON values."""
    digits = document.frame.places
    return {
        "format": FORMAT,
        "frame": frame_json(document.frame),
        "kind": document.kind,
        "revision": document.revision,
        "previous": previous,
        "baseline": _stamp_json(document.baseline),
        "lines": [_line_json(line, digits) for line in document.lines],
        "adjustments": [_adjustment_json(one, digits) for one in document.adjustments],
        "notes": [_note_json(one) for one in document.notes],
        "steps": [_step_json(one) for one in document.steps],
    }


def from_json(data: Mapping[str, Any]) -> Document:
    """Read `to_json`'s form."""
    return Document(
        frame=frame_of_json(data["frame"]),
        kind=data["kind"],
        revision=data["revision"],
        baseline=_stamp(data["baseline"]),
        lines=tuple(_line(one) for one in data["lines"]),
        adjustments=tuple(_adjustment(one) for one in data["adjustments"]),
        notes=tuple(_note(one) for one in data["notes"]),
        steps=tuple(_step(one) for one in data["steps"]),
    )


def text_of(document: Document, previous: str = "") -> str:
    """A document as canonical JSON."""
    data = to_json(document, previous)
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment_text(at: datetime) -> str:
    """A UTC moment as text."""
    return at.isoformat() + "Z"


def moment_of(text: str) -> datetime:
    """Read `moment_text`'s form."""
    return datetime.fromisoformat(text.removesuffix("Z"))


def frame_json(frame: Frame) -> dict[str, Any]:
    """A frame as plain JSON values."""
    return {
        "plan": frame.plan,
        "title": frame.title,
        "first": str(frame.first),
        "measure": frame.measure,
        "currency": frame.currency,
        "places": frame.places,
        "hierarchy": list(frame.hierarchy),
        "where": frame.where,
        "rates": frame.rates,
    }


def frame_of_json(data: Mapping[str, Any]) -> Frame:
    """Read `frame_json`'s form."""
    return Frame(
        **{
            **data,
            "first": BillingPeriod.parse(data["first"]),
            "hierarchy": tuple(data["hierarchy"]),
        }
    )


def _stamp_json(stamp: Stamp | None) -> dict[str, Any] | None:
    if stamp is None:
        return None
    until = stamp.complete_until
    return {
        "at": moment_text(stamp.at),
        "author": stamp.author,
        "method": stamp.method,
        "snapshot": stamp.snapshot,
        "complete_until": None if until is None else until.isoformat(),
        "growth": None if stamp.growth is None else plain(stamp.growth),
        "warnings": list(stamp.warnings),
    }


def _stamp(data: Mapping[str, Any] | None) -> Stamp | None:
    if data is None:
        return None
    until, growth = data["complete_until"], data["growth"]
    return Stamp(
        at=moment_of(data["at"]),
        author=data["author"],
        method=data["method"],
        snapshot=data["snapshot"],
        complete_until=None if until is None else date.fromisoformat(until),
        growth=None if growth is None else Decimal(growth),
        warnings=tuple(data["warnings"]),
    )


def _line_json(line: Line, digits: int) -> dict[str, Any]:
    return {
        "id": line.id,
        "path": list(line.path),
        "name": line.name,
        "baseline": [None if a is None else unit_text(a, digits) for a in line.baseline],
        "origins": list(line.origins),
        "reason": line.reason,
        "where": line.where,
        "planned": line.planned,
        "removed": line.removed,
        "driver": None if line.driver is None else driver_json(line.driver),
    }


def _line(data: Mapping[str, Any]) -> Line:
    driver = data["driver"]
    return Line(
        id=data["id"],
        path=tuple(data["path"]),
        name=data["name"],
        baseline=tuple(None if a is None else Decimal(a) for a in data["baseline"]),
        origins=tuple(data["origins"]),
        reason=data["reason"],
        where=data["where"],
        planned=data["planned"],
        removed=data["removed"],
        driver=None if driver is None else driver_of(driver),
    )


def driver_json(driver: Driver) -> dict[str, Any]:
    """A driver as plain JSON values."""
    return {
        "metric": driver.metric,
        "unit": driver.unit,
        "only": {label: list(values) for label, values in sorted(driver.only.items())},
        "basis": driver.basis,
        "volumes": [None if v is None else plain(v) for v in driver.volumes],
        "unit_costs": [None if c is None else plain(c) for c in driver.unit_costs],
    }


def driver_of(data: Mapping[str, Any]) -> Driver:
    """Read `driver_json`'s form."""
    return Driver(
        metric=data["metric"],
        unit=data["unit"],
        only={label: tuple(values) for label, values in data["only"].items()},
        basis=data["basis"],
        volumes=tuple(None if v is None else Decimal(v) for v in data["volumes"]),
        unit_costs=tuple(None if c is None else Decimal(c) for c in data["unit_costs"]),
    )


def _adjustment_json(one: Adjustment, digits: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "line": one.line,
        "month": str(one.month),
        "of": one.of,
        "amount": unit_text(one.amount, digits) if one.of == "amount" else plain(one.amount),
        "effect": one.effect,
        "reason": one.reason,
        "author": one.author,
        "at": moment_text(one.at),
        "batch": one.batch,
        "takes_back": one.takes_back,
    }


def _adjustment(data: Mapping[str, Any]) -> Adjustment:
    return Adjustment(
        **{
            **data,
            "month": BillingPeriod.parse(data["month"]),
            "amount": Decimal(data["amount"]),
            "at": moment_of(data["at"]),
        }
    )


def _note_json(one: Note) -> dict[str, Any]:
    month = None if one.month is None else str(one.month)
    return {**vars(one), "month": month, "at": moment_text(one.at)}


def _note(data: Mapping[str, Any]) -> Note:
    month = None if data["month"] is None else BillingPeriod.parse(data["month"])
    return Note(**{**data, "month": month, "at": moment_of(data["at"])})


def _step_json(one: Step) -> dict[str, Any]:
    return {**vars(one), "at": moment_text(one.at), "cells": list(one.cells)}


def _step(data: Mapping[str, Any]) -> Step:
    return Step(**{**data, "at": moment_of(data["at"]), "cells": tuple(data["cells"])})
