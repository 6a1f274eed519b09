"""What people write of reports and of the channels by which they are sent."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from outlay.money import BillingPeriod, PeriodError
from outlay.reports import conditions
from outlay.reports import schedule as clock
from outlay.reports.errors import ReportError
from outlay.resources.kinds import Kind, Spec, registry
from outlay.sources.secrets import SecretRef

ChannelType = Literal["mail", "slack", "teams", "pagerduty", "webhook", "s3", "file", "apprise-url"]
CHANNEL_TYPES: tuple[ChannelType, ...] = get_args(ChannelType)
Form = Literal["html", "pdf", "xlsx", "csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)
ANYBODY = "*"

_MAIL = r"^[^@\s,;<>]+@[A-Za-z0-9.-]+$"
Address = Annotated[str, Field(pattern=_MAIL, max_length=320)]

_NEEDS: dict[str, tuple[str, ...]] = {
    "mail": ("server", "sender"),
    "slack": ("url",),
    "teams": ("url",),
    "pagerduty": ("secret",),
    "webhook": ("url",),
    "s3": ("location",),
    "file": ("folder",),
    "apprise-url": ("url",),
}
_MAY: dict[str, tuple[str, ...]] = {
    "mail": ("to", "allow", "port", "security", "user", "password", "reply_to"),
    "pagerduty": ("url",),
    "webhook": ("secret", "files"),
}
_OF_A_TYPE = (
    *("server", "sender", "url", "location", "folder", "to", "allow", "port", "security"),
    *("user", "password", "reply_to", "secret", "files"),
)


def channel_fields(kind: str) -> tuple[str, ...]:
    """The fields that a channel of a type has beside title, description and enabled, those that it
    needs first; KeyError for a type that there is not."""
    return (*_NEEDS[kind], *_MAY.get(kind, ()))


def _link_or_reference(text: str) -> str:
    from outlay.sources.secrets import FORMS as REFERENCES

    if text.startswith(("env:", "file:", "keyring:", "https://", "http://")) or not text:
        return text
    raise ValueError(f"expected an https:// address, or where it is kept ({REFERENCES})")


class ChannelSpec(Spec):
    """One way by which messages leave. Secrets are named, never written.

    `type` decides which of the other fields it has. mail: `server`, `port`, `security` (starttls,
    tls or none), `user` and `password` (where it is kept), `sender`, `to`, and `allow`, the
    addresses or ``@domains`` that a report may name as its own recipients (``*``: any). slack,
    teams and apprise-url: `url`, where the incoming webhook's address is kept, as that address is
    a secret. pagerduty: `secret`, where the integration key of a service is kept, and `url` where
    its events go to another address than PagerDuty's own (the one for Europe, or a relay).
    webhook: `url`, `secret` that signs what is sent, `files` whether the report's files
    go along. s3: `location`. file: `folder`, relative to the workspace.
    """

    type: ChannelType
    title: str = Field(default="", max_length=120)
    description: str = Field(default="", max_length=500)
    enabled: bool = True
    server: str = Field(default="", max_length=255, pattern=r"^[A-Za-z0-9.:\[\]-]*$")
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = Field(default="", max_length=255)
    password: SecretRef | None = None
    sender: str = Field(default="", max_length=320, pattern=r"^[^\r\n]*$")
    reply_to: Address | None = None
    to: tuple[Address, ...] = Field(default=(), max_length=100)
    allow: tuple[str, ...] = ()
    url: Annotated[str, AfterValidator(_link_or_reference)] = Field(default="", max_length=2000)
    secret: SecretRef | None = None
    files: bool = False
    location: str = Field(default="", max_length=1000)
    folder: str = Field(default="", max_length=1000)

    @model_validator(mode="after")
    def _fields_of_its_type(self) -> ChannelSpec:
        needed, allowed = _NEEDS[self.type], channel_fields(self.type)
        lacking = [name for name in needed if not getattr(self, name)]
        if lacking:
            raise ValueError(f"a channel of type {self.type} needs {' and '.join(lacking)}")
        defaults = type(self).model_fields
        other = [
            name
            for name in _OF_A_TYPE
            if name not in allowed and getattr(self, name) != defaults[name].default
        ]
        if other:
            raise ValueError(
                f"a channel of type {self.type} has no {other[0]}; it has {', '.join(allowed)}"
            )
        self._check_values()
        return self

    def _check_values(self) -> None:
        if self.type in ("slack", "teams", "apprise-url") and "://" in self.url:
            raise ValueError(
                f"the address of a {self.type} channel is a secret: name where it is kept, "
                "url: env:NAME, file:PATH or keyring:SERVICE/USER"
            )
        if self.type == "s3" and not self.location.startswith("s3://"):
            raise ValueError(f"{self.location!r} is no place in S3; write s3://bucket/prefix")
        if self.type == "file" and not _stays_within(self.folder):
            raise ValueError(f"{self.folder!r} is no folder below the workspace; write outbox")
        if self.type == "mail" and "@" not in self.sender:
            raise ValueError(f"{self.sender!r} is no sender; write Outlay <outlay@example.com>")
        if self.type == "mail" and not self.to and not self.allow:
            raise ValueError("a mail channel needs to, or allow for the recipients of reports")
        if self.password is not None and not self.user:
            raise ValueError("a password needs a user")

    def permits(self, address: str) -> bool:
        """Whether a report may name a recipient of its own."""
        plain = address.lower()
        return plain in {known.lower() for known in self.to} or any(
            rule == ANYBODY or plain == rule.lower() or plain.endswith(_domain(rule))
            for rule in self.allow
        )


def _stays_within(folder: str) -> bool:
    """Whether a folder is below the workspace: who keeps channels need not be the machine's
    administrator."""
    path = PurePosixPath(folder.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts and ":" not in folder


def _domain(rule: str) -> str:
    return rule.lower() if rule.startswith("@") else f"@{rule.lower()}"


CHANNEL = registry.register(
    Kind(
        name="Channel",
        spec=ChannelSpec,
        title="Channel",
        level="admin",
        description=(
            "A way by which reports and alerts leave: mail, Slack, Teams, a webhook, S3, a folder, "
            "or any address that Apprise knows. Its secrets are named, never written."
        ),
        example="""\
kind: Channel
name: finance-mail
spec:
  type: mail
  server: smtp.example.com
  port: 587
  security: starttls
  user: outlay
  password: env:OUTLAY_SMTP_PASSWORD
  sender: Outlay <outlay@example.com>
  to: [finance@example.com]
  allow: ["@example.com"]
""",
    )
)
"""The kind `Channel`."""


class StatementOf(Spec):
    """Statements: a `plan` (or the virtual tag), one `value` or all, and the `month`: ``last`` (the
    newest that is over), ``last-closed``, ``current`` or YYYY-MM."""

    plan: str = Field(min_length=1)
    value: str = ""
    month: str = "last"

    @model_validator(mode="after")
    def _known_month(self) -> StatementOf:
        if self.month not in ("last", "last-closed", "current"):
            try:
                BillingPeriod.parse(self.month)
            except PeriodError:
                raise ValueError(
                    f"{self.month!r} is no month. Allowed: last, last-closed, current, YYYY-MM"
                ) from None
        return self


def _of_plan(value: Any) -> Any:
    """The name of a plan alone stands for all its statements."""
    return {"plan": value} if isinstance(value, str) else value


class Content(Spec):
    """What a report tells: a saved `view`, a `dashboard`, `statements` (of a plan, or of one
    value), or the `home` of a persona. Exactly one."""

    view: str = ""
    dashboard: str = ""
    statements: Annotated[StatementOf | None, BeforeValidator(_of_plan)] = None
    home: str = ""

    @model_validator(mode="after")
    def _one(self) -> Content:
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                "a report tells exactly one of view, dashboard, statements and home; "
                f"given: {' and '.join(given) or 'none'}"
            )
        return self

    @property
    def kind(self) -> str:
        """Which one it is."""
        return next(name for name in type(self).model_fields if getattr(self, name))

    @property
    def target(self) -> str:
        """Its name, for people."""
        found = self.statements
        if found is None:
            return self.view or self.dashboard or self.home
        return f"{found.plan}, {found.value}" if found.value else found.plan


class ReportSpec(Spec):
    """What is sent, when, to whom, with whose eyes.

    `schedule` is due on the clock of `timezone`. `formats` are the files; a mail always has a body.
    `recipients` get the mail instead of the channel's own. `only_if` holds it back unless a
    condition is met. `owner` is the person whose part of the ledger is shown ('' is who saved it
    last), `run_as` a role that narrows it further; a report never shows more than its owner sees.
    """

    title: str = Field(default="", max_length=200, pattern=r"^[^\r\n]*$")
    description: str = Field(default="", max_length=1000)
    content: Content
    formats: tuple[Form, ...] = ("html",)
    schedule: str = "by hand"
    timezone: str = "UTC"
    channels: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    recipients: tuple[Address, ...] = Field(default=(), max_length=100)
    only_if: str = ""
    owner: str = Field(default="", max_length=200)
    run_as: str = Field(default="", max_length=64)
    enabled: bool = True

    @model_validator(mode="after")
    def _well_said(self) -> ReportSpec:
        try:
            self.when()
            conditions.parse(self.only_if)
        except ReportError as error:
            raise ValueError(str(error)) from None
        for name in ("formats", "channels", "recipients"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise ValueError(f"{name} names one of them twice")
        return self

    def when(self) -> clock.Schedule:
        """The schedule."""
        return clock.parse(self.schedule, self.timezone)

    def condition(self) -> conditions.Condition | None:
        """The condition; None when there is none."""
        return conditions.parse(self.only_if)

    @property
    def timing(self) -> tuple[object, ...]:
        """What decides when it is due: what was due under another timing was not missed."""
        return (" ".join(self.schedule.lower().split()), self.timezone, self.enabled)


REPORT = registry.register(
    Kind(
        name="Report",
        spec=ReportSpec,
        title="Report",
        personal=True,
        description=(
            "A view, dashboard, statement or home that is sent by itself: what, in which forms, "
            "when, by which channels, to whom, and with whose eyes."
        ),
        example="""\
kind: Report
name: teams-monthly
spec:
  title: Cost by team
  content: {view: compute-by-team}
  formats: [html, pdf, xlsx]
  schedule: monthly on day 3 at 07:00
  timezone: Europe/Berlin
  channels: [finance-mail]
  recipients: [cfo@example.com]
  only_if: moves by 5 %
""",
    )
)
"""The kind `Report`."""
