"""Look for savings: detectors and native tools, merged, put beside what is known, and kept.

A look is a function of the snapshot, the rules, the policy, what native tools say and the day; it
may be taken again. What is looked at are the days before `now`, which may lie in the past.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.app.detectors.facts import LakeFacts, facts
from outlay.app.detectors.running import Ran, run_over
from outlay.app.detectors.telling import told
from outlay.app.realised.reading import tags_of
from outlay.app.runs import utc_now
from outlay.app.savings.acting import store, times
from outlay.app.savings.counting import atoms_json, unseen
from outlay.app.savings.footprints import (
    Bill,
    Footprint,
    footprints,
    lay,
    meets,
    resources_of,
    used_resources,
)
from outlay.app.savings.model import SavingsPolicySpec
from outlay.app.savings.policy import (
    enabled,
    environment_tag,
    owner_tag,
    policy,
    settings,
)
from outlay.app.savings.renewing import NATIVE, Found, Renewed, renewed
from outlay.app.savings.store import TAKEN, LookRecord
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.savings.identity import Resources, settled, shared_names
from outlay.savings.merging import after_discounts, merged
from outlay.savings.model import OPEN, Finding, Insufficient
from outlay.savings.netting import Atom
from outlay.savings.recommendation import Recommendation, name_of

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.savings")


@dataclass(frozen=True)
class Look:
    """What a look came to. `new` are recommendations that were not known, `back` those that came
    back (found again, or no longer snoozed), `gone` those that no tool finds any more or nobody
    touched; `insufficient` what could not be judged; `failed` by detector, or for native tools,
    why it did not work."""

    record: LookRecord
    new: tuple[Recommendation, ...] = ()
    back: tuple[Recommendation, ...] = ()
    gone: tuple[Recommendation, ...] = ()
    insufficient: tuple[Insufficient, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Whether nothing was looked at, since nothing had changed."""
        return self.record.outcome == "unchanged"


@dataclass(frozen=True)
class _Seen:
    """What was found, over one snapshot."""

    ran: Ran
    findings: Mapping[str, tuple[Finding, ...]]
    bill: Bill
    left_out: int
    failed: Mapping[str, str]
    apart: frozenset[tuple[str, str]] = frozenset()


@served("POST /savings/look")
def look(workspace: Workspace, now: datetime | None = None, *, force: bool = True) -> Look:
    """Take a look at the newest snapshot, at the days before `now` (UTC; None: now).

    Where `force` is False, nothing is done when snapshot, rules, policy, native findings and day
    are those of the last look. For those who see the whole ledger.
    """
    whole_only("looking for savings")
    moment = now or utc_now()
    started = time.monotonic()
    spec = policy(workspace)
    native, failed = _native(workspace)
    asked = _asked(workspace, spec, native, moment)
    keeping = store(workspace)
    last = next(iter(keeping.looks(1, TAKEN)), None)
    if not force and last is not None and not failed and last.detail.get("asked") == asked:
        return Look(LookRecord(0, moment, last.snapshot, 0, 0, 0, "unchanged", ""))
    found = _seen(workspace, spec, native, moment, failed)
    owning = owner_tag(workspace.rules(), spec)
    with keeping.changing() as books:
        done = renewed(
            books,
            Found(found.findings, found.bill, found.ran.insufficient, found.failed, found.apart),
            spec,
            owning,
            _nobody(workspace, owning),
            times(workspace),
            moment,
        )
    record = keeping.record(_record(found, done, asked, moment, started))
    return Look(record, done.new, done.back, done.gone, found.ran.insufficient, found.failed)


def _native(workspace: Workspace) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """What native tools say; where it cannot be read, the look goes on and says so."""
    from outlay.app.native.reading import native_findings

    try:
        return native_findings(workspace), {}
    except Exception as error:  # our own detectors still look
        log.exception("native findings could not be read")
        return (), {NATIVE: f"{error}" or type(error).__name__}


def _seen(
    workspace: Workspace,
    spec: SavingsPolicySpec,
    native: Sequence[Finding],
    now: datetime,
    failed: Mapping[str, str],
) -> _Seen:
    rules = workspace.rules()
    tag, environment = owner_tag(rules, spec), environment_tag(rules, spec)
    asked = tags_of([rule.where for rule in spec.detectors.values()], rules)
    with facts(workspace, now.date(), environment=environment, tags=(tag, *asked)) as known:
        ran = run_over(known, only=enabled(spec), settings=settings(spec))
        resources = Resources.of(resources_of(known))
        told = [settled(one, resources) for one in native]
        told = [one for one in told if one.monthly_saving >= spec.minimum_saving]
        columns, days = lay(known)
        kept, out, unasked = _kept(known, [*ran.findings, *told], spec, columns)
        apart = frozenset(
            shared_names(
                ((one.tool, one.provider, one.account, one.resource) for one in kept),
                used_resources(known),
            )
            | {
                name_of(one.provider, one.resource)
                for one in store(workspace).listed()
                if one.apart
            }
        )
        groups = merged(kept, apart)
        first = {key: own[0] for key, own in groups.items()}
        rest = _not_found(workspace, groups, days[1])
        bill = footprints(known, {**rest, **first}, tag, columns, days)
        bill = replace(bill, unasked={k: v for k, v in bill.unasked.items() if k in first})
    groups = {
        key: left
        for key, own in groups.items()
        if (left := after_discounts(own, bill.footprints.get(key, Footprint()).discount))
    }
    return _Seen(ran, groups, bill, out, {**failed, **ran.failed, **unasked}, apart)


def _not_found(
    workspace: Workspace, found: Mapping[str, object], until: date
) -> dict[str, Finding]:
    """What still counts though this look does not find it (it is done, its tool failed), by key:
    the charges that it changes are still on the bill, and others net against it there."""
    return {
        one.key: replace(one.finding, where=one.where)
        for one in store(workspace).listed((*OPEN, "implemented", "verified"))
        if one.key not in found
        and one.nature == "saving"
        and (one.state in OPEN or unseen(one, until))
    }


def _kept(
    known: LakeFacts, findings: Iterable[Finding], spec: SavingsPolicySpec, columns: frozenset[str]
) -> tuple[list[Finding], int, dict[str, str]]:
    """The findings but those that the policy leaves out, how many those are, and by detector why
    the policy's condition cannot be asked (a tag that is no more): nothing new of it is told."""
    found: list[Finding] = []
    out, unasked = 0, {}
    for one in findings:
        where = spec.rule(one.detector).where if one.tool == "outlay" else ""
        try:
            if where and meets(known, one, where, columns):
                out += 1
            elif one.tool != "outlay" or one.detector not in unasked:
                found.append(one)
        except QueryError as error:
            unasked[one.detector] = f"what the policy leaves out of it cannot be asked: {error}"
    return found, out, unasked


def _nobody(workspace: Workspace, tag: str) -> frozenset[str]:
    """The values of the owner's tag that are nobody's: its default."""
    rules = workspace.rules()
    return frozenset({rules.tags[tag].default}) if tag in rules.tags else frozenset()


def _asked(
    workspace: Workspace, spec: SavingsPolicySpec, native: Sequence[Finding], now: datetime
) -> str:
    """What a look depends on, as a digest."""
    rules = workspace.rules()
    parts: list[Any] = [
        workspace.pin().snapshot_id,
        now.date(),
        spec.model_dump_json(),
        sorted((name, rules.digest(name)) for name in rules.tags),
        [repr(one) for one in native],
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _record(found: _Seen, done: Renewed, asked: str, now: datetime, started: float) -> LookRecord:
    problems = [f"{name}: {why}" for name, why in sorted(found.failed.items())]
    problems += [f"a condition: {why}" for why in sorted(set(found.bill.unasked.values()))[:5]]
    first, end = found.bill.days
    detail = {
        "asked": asked,
        "failed": dict(found.failed),
        "new": [one.id for one in done.new],
        "back": [one.id for one in done.back],
        "gone": [one.id for one in done.gone],
        "left_out": found.left_out,
        "findings": sum(len(own) for own in found.findings.values()),
        "days": [first.isoformat(), end.isoformat()],
        "atoms": atoms_json(_named(found.bill.atoms, done.keys)),
        "insufficient": _lacking(found.ran.insufficient),
        "detectors": told(found.ran),
    }
    return LookRecord(
        0,
        now,
        found.ran.snapshot,
        len(found.findings),
        len(found.ran.insufficient),
        int((time.monotonic() - started) * 1000),
        "part" if problems else "done",
        "; ".join(problems)[:2000],
        detail,
    )


def _named(atoms: Iterable[Atom], keys: Mapping[str, str]) -> list[Atom]:
    """Atoms by the keys of the recommendations that claim them."""
    return [Atom(frozenset(keys.get(key, key) for key in one.claims), one.cost) for one in atoms]


def _lacking(found: Iterable[Insufficient]) -> dict[str, int]:
    """How many resources each detector could not judge."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.detector] = counts.get(one.detector, 0) + 1
    return dict(sorted(counts.items()))
