"""What people configure of tickets: a ticket system, and how its states are read."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from outlay.resources import Kind, ResourceError, Spec, registry
from outlay.sources.contract import SourceError
from outlay.sources.secrets import FORMS, SecretRef, read_secret

SystemType = Literal["jira", "github", "servicenow", "webhook"]
TYPES: tuple[SystemType, ...] = get_args(SystemType)
Meaning = Literal["open", "accepted", "done", "dismissed"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
"""What a ticket's state says of the recommendation."""

_Word = Annotated[str, Field(min_length=1, max_length=100)]
_Words = Annotated[tuple[_Word, ...], Field(max_length=20)]

DEFAULT_STATES: dict[SystemType, dict[Meaning, tuple[str, ...]]] = {
    "jira": {
        "open": ("To Do", "Open", "Backlog", "Reopened"),
        "accepted": ("In Progress", "Selected for Development"),
        "done": ("Done", "Closed", "Resolved"),
        "dismissed": ("Won't Do", "Won't Fix", "Declined", "Cancelled", "Canceled", "Duplicate",
                      "Cannot Reproduce"),
    },
    "github": {
        "open": ("open",),
        "accepted": ("accepted",),
        "done": ("completed",),
        "dismissed": ("not_planned", "duplicate"),
    },
    "servicenow": {
        "open": ("1",), "accepted": ("2",), "done": ("6", "7", "3"), "dismissed": ("8", "4"),
    },
    "webhook": {
        "open": ("open",), "accepted": ("accepted",), "done": ("done",),
        "dismissed": ("dismissed",),
    },
}  # fmt: skip
"""Meaning → the system's words: all are understood, the first that it offers is set. Jira: names of
states, and of resolutions for what was not done. GitHub: `accepted` is a label, the others are
state and state_reason. ServiceNow: values of `state`."""

_NEEDS: dict[SystemType, tuple[str, ...]] = {
    "jira": ("url", "project", "token"),
    "github": ("project", "token"),
    "servicenow": ("url", "project", "token"),
    "webhook": ("url",),
}
_GITHUB = "https://api.github.com"
REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*$|file:.+|keyring:[^/]+/.+")


class TicketSystemSpec(Spec):
    """A ticket system. Secrets are named, never written.

    `project` is Jira's project key, GitHub's ``owner/repository`` or ServiceNow's table. `user` and
    `token` sign in: Jira's account and API token, ServiceNow's user and password; without a user
    the token is a bearer token. A webhook's `url` is where its address is kept, as such an address
    often is a secret, and `token` the secret that signs what is sent.
    `issue_type` is Jira's. `amount_field` is the field that takes the saving a month. `states` says
    which of the system's words mean open, accepted, done and dismissed (`DEFAULT_STATES`).
    """

    type: SystemType
    title: str = Field(default="", max_length=120)
    url: str = Field(default="", max_length=500)
    project: str = Field(default="", max_length=200)
    user: str = Field(default="", max_length=200)
    token: SecretRef | None = None
    issue_type: str = Field(default="Task", max_length=100)
    labels: _Words = ("outlay",)
    amount_field: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_.]*$")
    states: dict[Meaning, _Words] = Field(default_factory=dict)
    enabled: bool = True

    @field_validator("url")
    @classmethod
    def _address(cls, given: str) -> str:
        if REFERENCE.match(given):
            return given
        parts = urlsplit(given)
        try:
            _ = parts.port
        except ValueError:  # whose words repeat it
            raise ValueError("its port is no number up to 65535") from None
        if given and (parts.scheme not in ("https", "http") or not parts.hostname or parts.query):
            raise ValueError(
                "expected an https:// address, such as https://acme.atlassian.net, or for a "
                f"webhook where its address is kept ({FORMS})"
            )
        return given.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in _NEEDS[self.type]:
            if not getattr(self, name):
                raise ValueError(f"{name}: a system of type {self.type} needs it")
        if self.kept and self.type != "webhook":
            raise ValueError(
                f"url: expected the address of the {self.type} itself, since tickets link there; "
                "its secret is kept by `token`"
            )
        if self.type == "github" and self.project.count("/") != 1:
            raise ValueError("project: expected owner/repository")
        for meaning, words in self.states.items():
            if not words:
                raise ValueError(f"states.{meaning}: at least one word is needed")
        return self

    @property
    def kept(self) -> bool:
        """Whether `url` says where the address is kept."""
        return bool(REFERENCE.match(self.url))

    @property
    def address(self) -> str:
        """The base address of its API; for a webhook what is configured, see `webhook_address`."""
        return self.url or (_GITHUB if self.type == "github" else "")

    @property
    def where(self) -> str:
        """Where it is, for people: never more of a webhook's address than its host."""
        if self.type != "webhook" or self.kept:
            return self.address
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}" + ("/…" if parts.path.strip("/") else "")

    @property
    def bare(self) -> bool:
        """Whether a webhook's address stands here, secret or not."""
        return self.type == "webhook" and not self.kept and bool(urlsplit(self.url).path.strip("/"))

    def words(self, meaning: Meaning) -> tuple[str, ...]:
        """The system's words of a meaning, the one that is set first."""
        return self.states.get(meaning) or DEFAULT_STATES[self.type][meaning]

    def meaning(self, *said: str) -> Meaning | None:
        """What the first of these words means that is known; None when none is."""
        for word in said:
            for meaning in ("dismissed", "done", "accepted", "open"):
                if word and word.casefold() in {w.casefold() for w in self.words(meaning)}:
                    return meaning
        return None


def webhook_address(spec: TicketSystemSpec, shown: str) -> str:
    """The address of a webhook, from where it is kept; SourceError where it is not there, or is no
    address. It is in no message."""
    if not spec.kept:
        return spec.url
    found = read_secret(spec.url, f"the address of {shown}")
    try:
        parts = urlsplit(found)
        good = parts.scheme in ("https", "http") and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        good = False
    if not good or len(found.split()) != 1:
        raise SourceError(
            f"the address of {shown} at {spec.url} is none; put an https:// address there, alone"
        )
    return found


def check_address(name: str, spec: TicketSystemSpec) -> None:
    """ResourceError where a webhook's address is to be written into a spec: specs are shown,
    exported, versioned and audited. What was written before is still read."""
    if spec.bare:
        raise ResourceError(
            f"TicketSystem {name!r}: the address of a webhook is a secret, and is not stored: put "
            f"it where secrets are kept and name that place, url: {FORMS}"
        )


TICKET_SYSTEM = registry.register(
    Kind(
        name="TicketSystem",
        spec=TicketSystemSpec,
        title="Ticket system",
        description=(
            "Where recommendations become tickets (Jira, GitHub, ServiceNow or a webhook), and "
            "what its states mean."
        ),
        level="admin",  # an address that the server asks, with a secret
        example="""\
kind: TicketSystem
name: jira
spec:
  type: jira
  url: https://acme.atlassian.net
  project: FIN
  user: finops@acme.example
  token: env:JIRA_TOKEN
  amount_field: customfield_10042
  states:
    done: [Done]
    dismissed: ["Won't Do"]
""",
    )
)
"""The kind `TicketSystem`."""
