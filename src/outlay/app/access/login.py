"""How people log in to a served workspace: passwords, single sign-on, limits."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from outlay.access import passwords, roles
from outlay.access.errors import AccessError, LoginFailedError, ThrottledError
from outlay.access.events import record_within
from outlay.access.login import Caller, Door
from outlay.access.openid import Client, Provider, SignedOn, SignOnError
from outlay.access.people import LastAdministratorError, Person
from outlay.access.principal import Level, Principal, acting
from outlay.access.sessions import Limits
from outlay.access.throttle import Rate
from outlay.app.access.settings import SignOn
from outlay.app.errors import WorkspaceError
from outlay.resources.database import writing

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.access")

_SIGN_ONS_PER_MINUTE = 30
REFUSE = "refuse"
"""Instead of a role for new people: only those who have an account get in."""


class Login:
    """The login of one workspace. A server that has one lets nobody in without it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.settings = workspace.settings.login
        limits = Limits(
            timedelta(minutes=self.settings.idle_minutes),
            timedelta(hours=self.settings.session_hours),
        )
        self.door = Door(workspace.resources, limits)
        self.rate = Rate(self.settings.requests_per_minute)
        self._begun = Rate(_SIGN_ONS_PER_MINUTE)

    def check(self) -> None:
        """What must be so before anybody is served: an administrator, a way in, roles that are.
        WorkspaceError says what to do."""
        if not self.door.people.administrators():
            raise WorkspaceError(
                "nobody could administer the workspace: there is no account with the role admin. "
                "Make one first: outlay users add NAME --role admin",
                wrong_use=True,
            )
        passwords.prepare()
        sign_on = self.settings.sign_on
        if sign_on is None:
            if not self.settings.passwords:
                raise WorkspaceError(
                    "outlay.yaml: login turns passwords off and has no sign_on; nobody could log "
                    "in. Add login.sign_on or take passwords: false away."
                )
            return
        named = {*sign_on.roles.values(), sign_on.new_people} - {REFUSE}
        for name in sorted(named):
            if roles.find(self.workspace.resources, name) is None:
                known = ", ".join(role.name for role in roles.listed(self.workspace.resources))
                raise WorkspaceError(
                    f"outlay.yaml: login.sign_on names the role {name!r}, which is none. "
                    f"There are: {known}."
                )
        _ = self.provider

    # --- single sign-on ---

    @property
    def sign_on(self) -> SignOn | None:
        """The provider as it is configured; None without single sign-on."""
        return self.settings.sign_on

    @cached_property
    def provider(self) -> Provider | None:
        """The provider of single sign-on. WorkspaceError when its secret is not where it should
        be."""
        from outlay.sources.contract import SourceError
        from outlay.sources.secrets import read_secret

        configured = self.settings.sign_on
        if configured is None:
            return None
        try:
            secret = (
                read_secret(configured.client_secret, "the client secret of single sign-on")
                if configured.client_secret
                else ""
            )
        except SourceError as error:
            raise WorkspaceError(str(error)) from None
        client = Client(configured.issuer, configured.client_id, secret, configured.scopes)
        return Provider(client, self.workspace.resources.engine)

    def begin(self, redirect_uri: str, next: str, address: str) -> tuple[str, str]:
        """Where to send a browser to log in, and the state for its cookie.

        Raises LoginFailedError when the provider cannot be asked, ThrottledError when one address
        begins too often.
        """
        wait = self._begun.take(address)
        if wait:
            raise ThrottledError("Too many attempts to log in. Try again in a minute.", wait)
        provider = self._provider()
        try:
            return provider.begin(redirect_uri, next)
        except SignOnError as error:
            raise self._failed(error, address) from None

    def finish(self, redirect_uri: str, answer: str, state: str, caller: Caller) -> tuple[str, str]:
        """Let in whoever the provider's answer names; gives the key of the session and the page
        that was asked for. LoginFailedError for all else, with the reason in the audit log."""
        provider = self._provider()
        try:
            signed = provider.finish(redirect_uri, answer, state)
            person = self._person(signed, caller)
            return self.door.let_in(person, caller, signed.id_token), signed.next
        except LoginFailedError:
            raise
        except AccessError as error:
            raise self._failed(error, caller.address) from None

    def log_out_address(self, id_token: str, back: str) -> str:
        """Where the provider logs a browser out as well; '' when it does not."""
        provider = self.provider
        return provider.log_out_address(id_token, back) if provider and id_token else ""

    def _provider(self) -> Provider:
        if self.provider is None:
            raise LoginFailedError("Single sign-on is not set up here.")
        return self.provider

    def _failed(self, error: Exception, address: str) -> LoginFailedError:
        assert self.sign_on is not None
        log.warning("single sign-on failed: %s", error)
        nobody = Principal("", Level.NOBODY, via="nobody", address=address)
        with writing(self.workspace.resources.engine) as connection:
            record_within(
                connection,
                "fail to log in",
                self.sign_on.title,
                {"reason": str(error)[:400]},
                by=nobody,
            )
        return LoginFailedError(
            f"You could not be logged in by {self.sign_on.title}. Try again; an administrator "
            "finds the reason in the audit log."
        )

    # --- whose account it is ---

    def _person(self, signed: SignedOn, caller: Caller) -> Person:
        """The account of somebody who signed on: known, tied to one that waits, or made."""
        configured = self.settings.sign_on
        assert configured is not None
        email = signed.email if _is_proven(signed, configured.trust_email) else ""
        if configured.domains and email.rpartition("@")[2] not in configured.domains:
            raise SignOnError(
                f"{signed.email or 'no address'} is of no domain that may log in, or not proven"
            )
        role = _role_of(signed, configured)
        people = self.door.people
        known = people.of_subject(signed.issuer, signed.subject)
        if known is None and email:
            waiting = people.of_email(email)
            # An account with a password belongs to whoever knows that; it is never taken over.
            if waiting is not None and not waiting.subject and not waiting.has_password:
                known = people.tie(waiting, signed.issuer, signed.subject)
        with acting(Principal("single sign-on", Level.ADMIN, via="system", address=caller.address)):
            if known is not None:
                return self._with_role(known, role, configured)
            return self._new(signed, email, role or configured.new_people)

    def _with_role(self, known: Person, role: str, configured: SignOn) -> Person:
        if not configured.roles or known.disabled:
            return known
        # Where groups give roles they also take them away.
        wanted = role or configured.new_people
        if wanted == REFUSE:
            raise SignOnError(f"{known.name} is in no group that gives a role")
        try:
            return self.door.people.give_role(known.name, wanted)
        except LastAdministratorError:
            return known

    def _new(self, signed: SignedOn, email: str, role: str) -> Person:
        claims = signed.claims
        name = email or claims.get("preferred_username") or signed.subject
        if role == REFUSE:
            raise SignOnError(f"{name} has no account, and new people are refused")
        display = claims.get("name")
        return self.door.people.add(
            str(name),
            role,
            display=display if isinstance(display, str) else "",
            email=email,
            issuer=signed.issuer,
            subject=signed.subject,
        )


def _is_proven(signed: SignedOn, trusted: bool) -> bool:
    said = signed.claims.get("email_verified")
    return said is True or (trusted and said is None)


def _role_of(signed: SignedOn, configured: SignOn) -> str:
    groups = set(signed.groups(configured.groups_claim))
    return next((role for group, role in configured.roles.items() if group in groups), "")
