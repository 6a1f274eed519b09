"""Whom a route reaches: the owner's contacts, channels, people and roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from outlay.alerts.model import Aim, AlertRouteSpec, ContactSpec
from outlay.alerts.reach import covers
from outlay.alerts.signal import SEVERITIES, Owner, Signal
from outlay.reports.document import Severity

PAGED = "pagerduty"
"""The type of a channel on which an alert is an incident: it is told what became of it, and gets
no digests."""


@dataclass(frozen=True)
class Reader:
    """A person who may be told: the name of the account, its address of mail ('' none) and the
    part of the ledger that it sees ('' all)."""

    name: str
    address: str
    scope: str = ""


@dataclass(frozen=True)
class Directory:
    """Whom routes can name, as it is now: contacts by name, people by account, readers by role,
    channels (that are there and turned on) with their type; `owners` are those that virtual tags
    name for their values, by tag and value: an account or an address; `off` are the names and
    addresses (lower case) of accounts that are turned off."""

    contacts: Mapping[str, ContactSpec] = field(default_factory=dict)
    people: Mapping[str, Reader] = field(default_factory=dict)
    roles: Mapping[str, tuple[Reader, ...]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    off: frozenset[str] = frozenset()

    def reader(self, name: str) -> Reader | None:
        """The account of a name or an address of mail, or None."""
        found = self.people.get(name)
        if found is not None or "@" not in name:
            return found
        wanted = name.lower()
        return next((one for one in self.people.values() if one.address.lower() == wanted), None)


@dataclass(frozen=True)
class Route:
    """A route by its name."""

    name: str
    spec: AlertRouteSpec


@dataclass(frozen=True, order=True)
class Target:
    """A channel, and the address it is to reach where it is a channel of mail ('': the channel's
    own recipients)."""

    channel: str
    address: str = ""

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.channel} to {self.address}" if self.address else self.channel


DEFAULT = Route("", AlertRouteSpec(title="The page alone"))
"""What holds where no route is written: every alert is on the page, and no channel is told."""


def matching(routes: Sequence[Route], signal: Signal, severity: Severity) -> list[Route]:
    """The routes by which a signal goes, in their order, up to the first that stops."""
    found: list[Route] = []
    for route in sorted(routes, key=lambda one: (one.spec.order, one.name)):
        if fits(route.spec, signal, severity):
            found.append(route)
            if route.spec.stop:
                break
    return found


def fits(spec: AlertRouteSpec, signal: Signal, severity: Severity) -> bool:
    """Whether a route's conditions hold."""
    if not spec.enabled or (spec.signals and signal.kind not in spec.signals):
        return False
    if SEVERITIES.index(severity) < SEVERITIES.index(spec.min_severity):
        return False
    least = spec.min_amount.get(signal.currency)
    if least is not None and signal.amount is not None and signal.amount < least:
        return False
    if spec.subjects and not _like(signal.subject, spec.subjects):
        return False
    return not spec.tag or _owned(signal.owner, spec.tag, spec.values)


def _owned(owner: Owner | None, tag: str, values: Sequence[str]) -> bool:
    if owner is None or owner.tag != tag:
        return False
    return not values or _like(owner.value, values)


def _like(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def reached(aim: Aim, signal: Signal, directory: Directory) -> tuple[list[Target], list[str]]:
    """Whom an aim reaches for a signal, each once, and whom it cannot reach, in words."""
    found: list[Target] = [Target(name) for name in aim.channels]
    problems: list[str] = []
    if aim.owner:
        owned = list(_owners(aim, signal, directory, problems))
        if not owned:
            problems.append(_nobody(signal.owner))
            owned = [Target(name) for name in aim.fallback]
        found += owned
    for name in aim.people:
        reader = directory.people.get(name)
        if reader is None:
            problems.append(f"there is no account {name!r}")
        else:
            found += _mailed(reader, aim.mail, signal, problems)
    for role in aim.roles:
        readers = directory.roles.get(role, ())
        if not readers:
            problems.append(f"nobody has the role {role!r}")
        for reader in readers:
            found += _mailed(reader, aim.mail, signal, problems)
    there = [one for one in dict.fromkeys(found) if one.channel in directory.channels]
    off = sorted({one.channel for one in found if one.channel not in directory.channels})
    problems += [f"the channel {name!r} is turned off or not there" for name in off]
    return there, problems


def _owners(
    aim: Aim, signal: Signal, directory: Directory, problems: list[str]
) -> Iterator[Target]:
    owner = signal.owner
    if owner is None:
        return
    if owner.tag:
        contacts = [
            contact
            for contact in directory.contacts.values()
            if contact.tag == owner.tag and _like(owner.value, contact.values)
        ]
        for contact in contacts:
            yield from (Target(name) for name in contact.channels)
            yield from (Target(contact.mail, one) for one in contact.addresses)
        named = directory.owners.get((owner.tag, owner.value))
        if named and aim.mail and not contacts:
            reader = directory.reader(named)
            if reader is not None:
                yield from _mailed(reader, aim.mail, signal, problems)
            elif named.lower() in directory.off:
                problems.append(f"the account of {named} is turned off")
            elif "@" in named:
                yield Target(aim.mail, named)
        return
    person = directory.people.get(owner.value)
    readers = (person,) if person else directory.roles.get(owner.value, ())
    if aim.mail:
        for reader in readers:
            yield from _mailed(reader, aim.mail, signal, problems)


def refused(target: Target, aim: Aim | None, signal: Signal, directory: Directory) -> bool:
    """Whether somebody who was to be told may not be any more: the account was turned off, or sees
    a part of the ledger that does not hold the signal as it is now. `aim` is that of the route as
    it is written now, None where it is gone; whom it reaches is not refused."""
    address = target.address.lower()
    if not address:
        return False
    readers = [one for one in directory.people.values() if one.address.lower() == address]
    if any(covers(one.scope, signal.where) for one in readers):
        return False
    if not readers and address not in directory.off:
        return False
    return aim is None or target not in reached(aim, signal, directory)[0]


def _mailed(reader: Reader, mail: str, signal: Signal, problems: list[str]) -> list[Target]:
    """A person gets what the person's part of the ledger holds, and nothing else."""
    if not reader.address:
        problems.append(f"{reader.name} has no address of mail")
        return []
    if not covers(reader.scope, signal.where):
        problems.append(f"{reader.name} sees a part of the ledger that does not hold this")
        return []
    return [Target(mail, reader.address)]


def _nobody(owner: Owner | None) -> str:
    if owner is None:
        return "it has no owner"
    if owner.tag:
        return f"no contact for {owner.text}"
    return f"no account {owner.value!r}, and nobody has a role of that name"
