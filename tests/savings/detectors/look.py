"""What one detector finds, split into findings and what it cannot judge."""

from __future__ import annotations

from outlay.expression import parse
from outlay.savings.detectors.contract import Detector, Facts, Value
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding, Insufficient


def look(name: str, facts: Facts, **values: Value) -> tuple[list[Finding], list[Insufficient]]:
    """Run a detector with its defaults and these parameters. Each finding is checked for what all
    must have: its declaration's action and group, and a condition that the product can read."""
    detector: Detector = detectors()[name]
    found: list[Finding] = []
    lacking: list[Insufficient] = []
    for one in detector.find(facts, detector.settings(values)):
        if isinstance(one, Insufficient):
            assert one.detector == name and one.missing
            lacking.append(one)
            continue
        assert (one.detector, one.action, one.group) == (name, detector.action, detector.group)
        assert one.evidence and one.title and one.basis
        parse(one.where)
        found.append(one)
    return found, lacking


def only(name: str, facts: Facts, **values: Value) -> Finding:
    """The one finding; nothing else is told."""
    found, lacking = look(name, facts, **values)
    assert len(found) == 1 and not lacking, (found, lacking)
    return found[0]


def nothing(name: str, facts: Facts, **values: Value) -> None:
    """Neither a finding nor anything that could not be judged."""
    assert look(name, facts, **values) == ([], [])


def lacks(name: str, facts: Facts, **values: Value) -> Insufficient:
    """The one thing that could not be judged; nothing is found."""
    found, lacking = look(name, facts, **values)
    assert not found and len(lacking) == 1, (found, lacking)
    return lacking[0]
