"""The block `login` of `outlay.yaml`: how people log in to a served workspace."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Domain = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class SignOn(BaseModel):
    """Single sign-on by OpenID Connect.

    `client_secret` names where the secret is kept: env:NAME, file:PATH or keyring:SERVICE/USER
    (empty for a public client, which proves itself by PKCE alone). `domains` are those of the
    e-mail addresses that may log in (none: all). `groups_claim` is the claim that lists a person's
    groups, `roles` which group gives which role; the first that fits counts, in this order.
    `new_people` is the role of people who log in for the first time and whose groups give none;
    ``refuse`` lets in only those who have an account. `trust_email` takes addresses as proven
    without the claim email_verified, for providers of one company that do not send it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: str = ""
    title: str = Field(default="single sign-on", min_length=1, max_length=60)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    domains: tuple[Domain, ...] = ()
    groups_claim: str = "groups"
    roles: dict[str, str] = Field(default_factory=dict)
    new_people: str = "refuse"
    trust_email: bool = False

    @field_validator("issuer")
    @classmethod
    def _encrypted(cls, url: str) -> str:
        parts = urlsplit(url)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and here):
            raise ValueError(f"{url!r} must begin with https:// (http:// only on this machine)")
        if parts.query or parts.fragment or not parts.hostname:
            raise ValueError(f"{url!r} must be the issuer's address, without ? and #")
        return url

    @field_validator("client_secret")
    @classmethod
    def _named(cls, reference: str) -> str:
        # The value itself is not repeated: it is likely to be the secret.
        form = r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+"
        if reference and not re.fullmatch(form, reference):
            raise ValueError(
                "expected where the secret is kept (env:NAME, file:PATH or keyring:SERVICE/USER), "
                "never the secret itself"
            )
        return reference

    @model_validator(mode="after")
    def _asks_for_what_it_needs(self) -> SignOn:
        if "openid" not in self.scopes:
            raise ValueError("scopes must contain openid")
        return self


class LoginSettings(BaseModel):
    """`required` asks for a login also on this machine. A session ends after `idle_minutes`
    without use and after `session_hours` in any case. `public_url` is the address that people
    open, where a proxy changes it. `requests_per_minute` is what one session or token may ask the
    API. `passwords` may be turned off where everybody uses single sign-on."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    required: bool = False
    passwords: bool = True
    idle_minutes: int = Field(default=480, ge=1, le=60 * 24 * 30)
    session_hours: int = Field(default=168, ge=1, le=24 * 90)
    requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    public_url: str = ""
    sign_on: SignOn | None = None

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/")
        ):
            raise ValueError(f"{url!r} must be an address such as https://outlay.example.com")
        return url.rstrip("/")
