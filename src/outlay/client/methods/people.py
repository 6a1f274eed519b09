"""Operations of the API: people. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.client.shapes import (
    AuditPage,
    Home,
    HomeCard,
    Invitation,
    Me,
    NewToken,
    Persona,
    Role,
    Session,
    Term,
    Token,
    User,
)
from outlay.client.transport import Transport, part


class People(Transport):
    """Methods of the client: people."""

    def list_personas(self) -> list[Persona]:
        """The personas. Each with its three questions and the cards that answer them."""
        found: list[Persona] = self.shaped("list[Persona]", "GET", "/home", None)
        return found

    def get_home(self, persona: str, *, period: str | None = None, of: str | None = None) -> Home:
        """A persona's home. Every card with its sentence, its figures (exact amounts; `ratio`
        and `unit` are quotients for showing), the address and the question behind it, and what
        to do next. Cards that need the whole ledger are left out for readers with a scope."""
        found: Home = self.shaped(
            "Home", "GET", f"/home/{part(persona)}", {"period": period, "of": of}
        )
        return found

    def get_card(
        self, persona: str, card: str, *, period: str | None = None, of: str | None = None
    ) -> HomeCard | None:
        """One card of a home. As in the home; `null` where it has nothing to say, or needs the
        whole ledger and the reader has a scope."""
        found: HomeCard | None = self.shaped(
            "HomeCard | None",
            "GET",
            f"/home/{part(persona)}/cards/{part(card)}",
            {"period": period, "of": of},
        )
        return found

    def list_terms(self, *, search: str | None = None) -> list[Term]:
        """The glossary. Every term by title, or those with the words in them."""
        found: list[Term] = self.shaped("list[Term]", "GET", "/glossary", {"search": search})
        return found

    def get_term(self, term: str) -> Term:
        """One term. By its name, title or another spelling."""
        found: Term = self.shaped("Term", "GET", f"/glossary/{part(term)}", None)
        return found

    def get_me(self) -> Me:
        """Who asks. Name, level, role and scope of the caller; `via` says how they were known."""
        found: Me = self.shaped("Me", "GET", "/me", None)
        return found

    def change_me(self, body: Mapping[str, Any]) -> Me:
        """Change what is said of the caller. The shown name; nothing here gives rights."""
        found: Me = self.shaped("Me", "PATCH", "/me", None, body=body)
        return found

    def change_password(self, body: Mapping[str, Any]) -> None:
        """Change one's password. Every session of the caller ends; log in again. Not by an API
        token."""
        self.json("POST", "/me/password", None, body=body)

    def list_sessions(self) -> list[Session]:
        """Where the caller is logged in. The caller's open sessions, the one used last first."""
        found: list[Session] = self.shaped("list[Session]", "GET", "/sessions", None)
        return found

    def end_session(self, id_: str) -> None:
        """End a session. One of the caller's; whoever uses it must log in again."""
        self.json("DELETE", f"/sessions/{part(id_)}", None)

    def list_tokens(self, *, all_: bool | None = None) -> list[Token]:
        """API tokens. The caller's tokens, newest first, also those that are over. Never the
        token itself."""
        found: list[Token] = self.shaped("list[Token]", "GET", "/tokens", {"all": all_})
        return found

    def create_token(self, body: Mapping[str, Any]) -> NewToken:
        """Make an API token. The answer holds the token in `token`, this one time. A token
        makes no tokens."""
        found: NewToken = self.shaped("NewToken", "POST", "/tokens", None, body=body)
        return found

    def revoke_token(self, number: int, *, all_: bool | None = None) -> Token:
        """Revoke an API token. At once and for good."""
        found: Token = self.shaped("Token", "DELETE", f"/tokens/{part(number)}", {"all": all_})
        return found

    def list_users(self) -> list[User]:
        """Every account. With role, level and scope; nothing of passwords."""
        found: list[User] = self.shaped("list[User]", "GET", "/users", None)
        return found

    def add_user(self, body: Mapping[str, Any]) -> User:
        """Make an account. It waits for an invitation or for single sign-on."""
        found: User = self.shaped("User", "POST", "/users", None, body=body)
        return found

    def get_user(self, name: str) -> User:
        """One account. 404 when there is none of the name."""
        found: User = self.shaped("User", "GET", f"/users/{part(name)}", None)
        return found

    def change_user(self, name: str, body: Mapping[str, Any]) -> User:
        """Change an account. Its role, whether it is disabled, what is said of it. The last
        administrator stays."""
        found: User = self.shaped("User", "PATCH", f"/users/{part(name)}", None, body=body)
        return found

    def remove_user(self, name: str) -> None:
        """Remove an account. Its sessions and tokens end. The audit log keeps what it did."""
        self.json("DELETE", f"/users/{part(name)}", None)

    def invite_user(self, name: str) -> Invitation:
        """Make a link to set a password. The answer holds the link, this one time. It works
        once; an earlier one ends."""
        found: Invitation = self.shaped(
            "Invitation", "POST", f"/users/{part(name)}/invitation", None
        )
        return found

    def list_roles(self) -> list[Role]:
        """Every role. Built-in and own roles, who has them, and how much of last month's bill
        each shows. Own ones are changed as resources of the kind Role."""
        found: list[Role] = self.shaped("list[Role]", "GET", "/roles", None)
        return found

    def list_audit(
        self,
        *,
        author: str | None = None,
        kind: str | None = None,
        action: str | None = None,
        since: str | None = None,
        until: str | None = None,
        before: str | None = None,
        limit: int | None = None,
    ) -> AuditPage:
        """What was done. Changes of resources with their differences, logins, exports,
        deliveries, refusals; newest first. `more` is where the next page goes on, null at the
        end."""
        found: AuditPage = self.shaped(
            "AuditPage",
            "GET",
            "/audit",
            {
                "author": author,
                "kind": kind,
                "action": action,
                "since": since,
                "until": until,
                "before": before,
                "limit": limit,
            },
        )
        return found

    def audit_csv(
        self,
        *,
        author: str | None = None,
        kind: str | None = None,
        action: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> bytes:
        """What was done, as CSV. All of it that is asked for, newest first."""
        return self.content(
            "GET",
            "/audit.csv",
            {"author": author, "kind": kind, "action": action, "since": since, "until": until},
        )[0]
