"""What people write of alerts: routes, and contacts of the owners of values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from outlay.alerts.errors import AlertError
from outlay.alerts.quiet import QuietHours, nights, place_of
from outlay.alerts.signal import SEVERITIES, SignalKind
from outlay.reports import schedule as clock
from outlay.reports.document import Severity
from outlay.reports.errors import ReportError
from outlay.reports.model import Address
from outlay.resources.kinds import Kind, Spec, registry

AtOnce = Literal["info", "warning", "critical", "never"]
Channels = Annotated[tuple[str, ...], Field(max_length=20)]
Names = Annotated[tuple[str, ...], Field(max_length=100)]
_CURRENCY = re.compile(r"[A-Z]{3}")
_PLAIN = r"^[^\r\n]*$"

DIGESTS = ("daily at 08:00", "weekdays at 08:00", "weekly on Monday at 08:00")
"""Examples of when a digest may be due."""


class Aim(Spec):
    """To whom. `owner`: the contacts of the value whose matter it is, else (by `mail`) the owner
    whom the virtual tag names for it. `channels` by name. `people`
    by the name of their account and everybody of some `roles`, by `mail`, a channel of mail that
    permits their addresses. `fallback`: channels that get it where the owner has no contact."""

    owner: bool = False
    channels: Channels = ()
    people: Names = ()
    roles: Names = ()
    mail: str = ""
    fallback: Channels = ()

    @model_validator(mode="after")
    def _well_said(self) -> Aim:
        if (self.people or self.roles) and not self.mail:
            raise ValueError("people and roles need mail, the channel of mail by which they get it")
        if self.fallback and not self.owner:
            raise ValueError("a fallback stands in for the owner: say owner: true, or channels")
        return self

    @property
    def anybody(self) -> bool:
        """Whether it names somebody."""
        return bool(self.owner or self.channels or self.people or self.roles)

    def named(self) -> tuple[str, ...]:
        """Every channel that it names."""
        mail = (self.mail,) if self.mail else ()
        return (*self.channels, *self.fallback, *mail)


class Quiet(Spec):
    """When nobody is disturbed, on the clock of the route: `nights` (``20:00-07:00``), `weekends`,
    public `holidays` of a country (``DE``) or a part of it (``DE-BY``). What waits is told as they
    end. `unless` is the severity from which it is told all the same (``never``: none is)."""

    nights: str = ""
    weekends: bool = False
    holidays: str = Field(default="", max_length=12)
    unless: AtOnce = "critical"

    @model_validator(mode="after")
    def _well_said(self) -> Quiet:
        try:
            self.hours("UTC")
        except AlertError as error:
            raise ValueError(str(error)) from None
        return self

    def hours(self, zone: str) -> QuietHours:
        """The quiet hours in a time zone."""
        country, part = place_of(self.holidays) if self.holidays else ("", "")
        found = nights(self.nights) if self.nights else None
        return QuietHours(zone, found, self.weekends, country, part)


class Escalation(Spec):
    """Whom else to tell where nobody has acknowledged it `after_hours` since it was first told."""

    after_hours: int = Field(ge=1, le=720)
    to: Aim

    @model_validator(mode="after")
    def _somebody(self) -> Escalation:
        if not self.to.anybody:
            raise ValueError("an escalation needs somebody: to: {channels: [NAME]}")
        return self


class AlertRouteSpec(Spec):
    """Which alerts go to whom, and when.

    Routes are asked in `order` (then by name); each that fits tells its own people; one with
    `stop` ends the search. It fits where every condition holds: `signals` (kinds; none: all),
    `min_severity`, `min_amount` by currency (an alert without money, or in a currency that is not
    named, passes), `tag` with `values` (patterns such as ``web-*``) of the owner, `subjects`
    (patterns). It tells `at_once` from a severity on, and in a `digest` (``daily at 08:00``) what
    is open then, both on the clock of `timezone`; `quiet` hours delay what is told at once.
    `repeat_hours` tells again while nobody acknowledges, `repeat_most` times; `escalate` tells
    others.
    """

    title: str = Field(default="", max_length=120, pattern=_PLAIN)
    description: str = Field(default="", max_length=500)
    enabled: bool = True
    order: int = Field(default=100, ge=0, le=10_000)
    stop: bool = False
    signals: tuple[SignalKind, ...] = ()
    min_severity: Severity = "info"
    min_amount: dict[str, Annotated[Decimal, Field(ge=0)]] = Field(default_factory=dict)
    tag: str = Field(default="", max_length=64)
    values: Names = ()
    subjects: Names = ()
    to: Aim = Aim()
    at_once: AtOnce = "info"
    digest: str = ""
    timezone: str = "UTC"
    quiet: Quiet | None = None
    repeat_hours: int | None = Field(default=None, ge=1, le=720)
    repeat_most: int = Field(default=3, ge=1, le=50)
    escalate: Annotated[tuple[Escalation, ...], Field(max_length=5)] = ()

    @model_validator(mode="after")
    def _well_said(self) -> AlertRouteSpec:
        if self.values and not self.tag:
            raise ValueError("values are those of a tag: name it with tag")
        for code in self.min_amount:
            if not _CURRENCY.fullmatch(code):
                raise ValueError(f"{code!r} is no currency; write its three letters: EUR")
        try:
            clock.checked_zone(self.timezone)
            schedule = self.when()
        except ReportError as error:
            raise ValueError(str(error)) from None
        if schedule is not None and not schedule.timed:
            raise ValueError(f"a digest is due by the clock: {', '.join(DIGESTS)}")
        hours = [one.after_hours for one in self.escalate]
        if hours != sorted(set(hours)):
            raise ValueError("escalations stand in order, each later than the one before it")
        return self

    def when(self) -> clock.Schedule | None:
        """When its digest is due; None where it has none."""
        return clock.parse(self.digest, self.timezone) if self.digest else None

    def channels(self) -> tuple[str, ...]:
        """Every channel that it names."""
        escalated = (name for one in self.escalate for name in one.to.named())
        return tuple(dict.fromkeys((*self.to.named(), *escalated)))

    def roles(self) -> tuple[str, ...]:
        """Every role that it names."""
        escalated = (name for one in self.escalate for name in one.to.roles)
        return tuple(dict.fromkeys((*self.to.roles, *escalated)))

    def at_once_from(self) -> int:
        """The rank of the severity from which it tells at once; above all where it never does."""
        if self.at_once == "never":
            return len(SEVERITIES)
        return SEVERITIES.index(self.at_once)


ALERT_ROUTE = registry.register(
    Kind(
        name="AlertRoute",
        spec=AlertRouteSpec,
        title="Alert route",
        description=(
            "Which alerts go to whom and when: by kind, severity, amount and owner; at once, in a "
            "digest, after quiet hours; and to others where nobody acknowledges."
        ),
        example="""\
kind: AlertRoute
name: teams
spec:
  title: Each team its own
  signals: [anomaly, budget]
  min_severity: warning
  min_amount: {EUR: 100, USD: 100}
  tag: team
  to: {owner: true, fallback: [finance-mail]}
  at_once: warning
  digest: weekdays at 08:00
  timezone: Europe/Berlin
  quiet: {nights: "20:00-07:00", weekends: true, holidays: DE, unless: critical}
  escalate:
    - after_hours: 24
      to: {channels: [finance-mail]}
""",
    )
)
"""The kind `AlertRoute`."""


class ContactSpec(Spec):
    """How the owner of some values of a virtual tag is reached.

    `values` are those of `tag`, or patterns (``web-*``). They get alerts by `channels`, and at
    `addresses` by `mail`, a channel of mail that permits them.
    """

    title: str = Field(default="", max_length=120, pattern=_PLAIN)
    tag: str = Field(min_length=1, max_length=64)
    values: Annotated[tuple[str, ...], Field(min_length=1, max_length=500)]
    channels: Channels = ()
    addresses: Annotated[tuple[Address, ...], Field(max_length=100)] = ()
    mail: str = ""

    @model_validator(mode="after")
    def _reachable(self) -> ContactSpec:
        if not self.channels and not self.addresses:
            raise ValueError("a contact needs channels, or addresses and mail")
        if self.addresses and not self.mail:
            raise ValueError("addresses need mail, the channel of mail by which they get it")
        return self

    def named(self) -> tuple[str, ...]:
        """Every channel that it names."""
        return (*self.channels, *((self.mail,) if self.mail else ()))


CONTACT = registry.register(
    Kind(
        name="Contact",
        spec=ContactSpec,
        title="Contact",
        description=(
            "How the owner of some values of a virtual tag is reached: a team's channel, or "
            "addresses of mail. Routes of alerts send to it."
        ),
        example="""\
kind: Contact
name: team-checkout
spec:
  title: Team Checkout
  tag: team
  values: [checkout, checkout-*]
  channels: [finance-mail]
  addresses: [checkout-lead@example.com]
  mail: finance-mail
""",
    )
)
"""The kind `Contact`."""
