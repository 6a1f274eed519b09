"""Run the detectors over the ledger; one that fails never hides the others."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.detectors.facts import LakeFacts, facts
from outlay.app.runs import utc_now
from outlay.savings.detectors.contract import Detector, Settings
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding, Insufficient

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.savings")


@dataclass(frozen=True)
class Ran:
    """What one run found. `failed` is by detector why it did not work, in words; `snapshot` the
    lake's snapshot that was looked at, `asked` the ids of the detectors that were run."""

    findings: tuple[Finding, ...]
    insufficient: tuple[Insufficient, ...]
    failed: Mapping[str, str]
    snapshot: str
    asked: tuple[str, ...] = ()


def run(
    workspace: Workspace,
    now: datetime | None = None,
    *,
    only: Sequence[Detector] | None = None,
    settings: Mapping[str, Settings] | None = None,
    environment: str = "",
) -> Ran:
    """Run detectors (default: all) with their settings by id (default: each one's defaults).

    Findings below a detector's least saving are left out. For those who see the whole ledger.
    """
    with facts(workspace, (now or utc_now()).date(), environment=environment) as known:
        return run_over(known, only=only, settings=settings)


def run_over(
    known: LakeFacts,
    *,
    only: Sequence[Detector] | None = None,
    settings: Mapping[str, Settings] | None = None,
) -> Ran:
    """As `run`, over facts that are open already."""
    given = settings or {}
    found: list[Finding] = []
    lacking: list[Insufficient] = []
    failed: dict[str, str] = {}
    looking = tuple(only if only is not None else detectors().values())
    for detector in looking:
        chosen = given.get(detector.id) or detector.settings()
        try:
            for one in detector.find(known, chosen):
                if isinstance(one, Insufficient):
                    lacking.append(one)
                elif one.monthly_saving >= max(chosen.minimum_saving, Decimal(0)):
                    found.append(one)
        except Exception as error:  # the others are run, and this one is told
            log.exception("the detector %s could not be run", detector.id)
            failed[detector.id] = f"{error}" or type(error).__name__
    asked = tuple(one.id for one in looking)
    return Ran(tuple(found), tuple(lacking), failed, known.snapshot, asked)
