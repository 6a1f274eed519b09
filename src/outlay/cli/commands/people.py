"""`outlay users`, `tokens`, `roles`, `audit`: who may log in, and what was done."""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import Cli, command
from outlay.cli.output import NOTHING, Col, moment, money

if TYPE_CHECKING:
    from outlay.app.access.audit import Entry

ACCESS = "Access"

_Name = Annotated[str, typer.Argument(help="The account's name, such as ana@example.com.")]
_Role = Annotated[str, typer.Option(help="viewer, editor, approver, admin, or an own role.")]
_PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _users(app)
    _tokens(app)
    _roles(app)
    _audit(app)


# --- users ------------------------------------------------------------------------------------


def _users(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Say who may log in to a served workspace.")
    app.add_typer(group, name="users", rich_help_panel=ACCESS)
    _users_listed(group)
    _users_changed(group)

    @command(
        group,
        "add",
        examples=["outlay users add ana@example.com --role admin", "outlay users add bo --invite"],
    )
    def add(
        cli: Cli,
        name: _Name,
        role: _Role = "viewer",
        display: Annotated[str, typer.Option(help="The name for people.")] = "",
        email: Annotated[str, typer.Option(help="Default: the name, if it is an address.")] = "",
        invite: Annotated[
            bool, typer.Option("--invite", help="Print a link to set the password instead.")
        ] = False,
        password_stdin: _PasswordStdin = False,
    ) -> None:
        """Add an account. Asks for its password, unless --invite or --password-stdin is given.

        Without a terminal and without either, the account waits for single sign-on.
        """
        from outlay.app.access import accounts

        password = None if invite else _password(password_stdin, optional=True)
        made = accounts.add(
            cli.workspace, name, role, display=display, email=email, password=password
        )
        if invite:
            _say_link(cli, made.name)
            return
        if cli.out.json:
            cli.out.data(accounts.person_json(accounts.person(cli.workspace, made.name)))
        waits = "" if password else " It waits for single sign-on or `outlay users invite`."
        cli.out.say(f"{made.name} is {made.role} now.{waits}")


def _users_listed(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay users list", "outlay users list --json"])
    def list_users(cli: Cli) -> None:
        """List the accounts with their role, and what they see."""
        from outlay.app.access import accounts

        rows = accounts.people(cli.workspace)
        if cli.out.json:
            cli.out.data([accounts.person_json(row) for row in rows])
        elif rows:
            cli.out.table(
                [Col("Name"), Col("Role"), Col("Sees"), Col("State"), Col("Last login (UTC)")],
                [
                    (
                        row.person.name,
                        row.person.role,
                        (row.role.scope or "everything") if row.role else "nothing",
                        "disabled" if row.person.disabled else "invited" if row.invitation else "",
                        _moment(row.person.last_login_at),
                    )
                    for row in rows
                ],
            )
        else:
            cli.out.say("Nobody yet: outlay users add NAME --role admin")

    @command(group, "show", examples=["outlay users show ana@example.com"])
    def show(cli: Cli, name: _Name) -> None:
        """Show an account with its role and logins."""
        from outlay.app.access import accounts

        found = accounts.person_json(accounts.person(cli.workspace, name))
        if cli.out.json:
            cli.out.data(found)
        else:
            cli.out.table(
                [Col("What"), Col("")],
                [(key.replace("_", " "), _text(value)) for key, value in found.items()],
            )


def _users_changed(group: typer.Typer) -> None:
    @command(group, "disable", examples=["outlay users disable bo"])
    def disable(cli: Cli, name: _Name) -> None:
        """Let somebody in no more: sessions end at once, tokens stop working."""
        _change(cli, name, "is disabled", disabled=True)

    @command(group, "enable", examples=["outlay users enable bo"])
    def enable(cli: Cli, name: _Name) -> None:
        """Let a disabled account in again."""
        _change(cli, name, "is enabled", disabled=False)

    @command(group, "role", examples=["outlay users role bo editor"])
    def role(
        cli: Cli, name: _Name, role: Annotated[str, typer.Argument(help="The role to give.")]
    ) -> None:
        """Give another role; the last administrator must stay one."""
        _change(cli, name, f"is {role} now", role=role)

    @command(
        group,
        "password",
        examples=["outlay users password bo", "outlay users password bo --password-stdin < FILE"],
    )
    def password(cli: Cli, name: _Name, password_stdin: _PasswordStdin = False) -> None:
        """Set somebody's password; all of their sessions end."""
        from outlay.app.access import accounts

        given = _password(password_stdin, optional=False)
        assert given is not None
        accounts.set_password(cli.workspace, name, given)
        if cli.out.json:
            cli.out.data(accounts.person_json(accounts.person(cli.workspace, name)))
        cli.out.say(f"The password of {name} is set.")

    @command(group, "invite", examples=["outlay users invite bo"])
    def invite(cli: Cli, name: _Name) -> None:
        """Print a link by which somebody sets their password. It works once, for three days."""
        _say_link(cli, name)

    @command(group, "remove", examples=["outlay users remove bo"])
    def remove(cli: Cli, name: _Name) -> None:
        """Remove an account with its sessions and tokens; the audit log keeps what it did."""
        from outlay.app.access import accounts

        accounts.remove(cli.workspace, name)
        if cli.out.json:
            cli.out.data({"removed": name})
        cli.out.say(f"{name} is removed.")


def _change(cli: Cli, name: str, said: str, **change: Any) -> None:
    from outlay.app.access import accounts

    found = accounts.change(cli.workspace, name, **change)
    if cli.out.json:
        cli.out.data(accounts.person_json(accounts.person(cli.workspace, found.name)))
    cli.out.say(f"{found.name} {said}.")


def _say_link(cli: Cli, name: str) -> None:
    from outlay.app.access import accounts

    path, ends = accounts.invite(cli.workspace, name)
    base = cli.server.url if cli.server else cli.workspace.settings.login.public_url
    link = base + path
    if cli.out.json:
        cli.out.data({"name": name, "link": link, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}"})
    cli.out.say(link)
    where = "" if base else " Put the server's address before it."
    cli.out.say(f"It sets the password of {name}, once, until {moment(ends)} UTC.{where}")


def _password(from_stdin: bool, *, optional: bool) -> str | None:
    """A password from stdin or typed twice, never from the command line, which others can see."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        if optional:
            return None
        raise typer.BadParameter("there is no terminal to type it on: give --password-stdin")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


# --- tokens -----------------------------------------------------------------------------------


def _tokens(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Keys for programs.")
    app.add_typer(group, name="tokens", rich_help_panel=ACCESS)

    @command(group, "list", examples=["outlay tokens list", "outlay tokens list --json"])
    def list_tokens(cli: Cli) -> None:
        """List the tokens of everybody, never the tokens themselves."""
        from outlay.app.access import accounts

        found = [accounts.token_json(t) for t in accounts.tokens(cli.workspace, everybody=True)]
        if cli.out.json:
            cli.out.data(found)
        elif found:
            cli.out.table(
                [Col("Id", True), Col("Used by"), Col("Owner"), Col("Level"), Col("Scope"),
                 Col("State"), Col("Ends (UTC)"), Col("Last used (UTC)", optional=True)],
                [
                    (
                        str(token["id"]),
                        token["name"],
                        token["owner"] or "the workspace",
                        token["level"],
                        token["scope"] or NOTHING,
                        token["state"],
                        token["expires_at"] or "never",
                        token["last_used_at"] or "never",
                    )
                    for token in found
                ],
            )  # fmt: skip
        else:
            cli.out.say("No token yet: outlay tokens create NAME --owner ACCOUNT")

    @command(
        group,
        "create",
        examples=[
            "outlay tokens create 'nightly export' --owner ana@example.com --expires 2027-06-30",
            "outlay tokens create dashboard --scope \"SubAccountName = 'Shop'\"",
        ],
    )
    def create(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="What uses it.")],
        owner: Annotated[
            str, typer.Option(help="Whose name it acts in; without, it is the workspace's own.")
        ] = "",
        level: Annotated[str, typer.Option(help="At most the owner's.")] = "viewer",
        scope: Annotated[str, typer.Option(help="Only charges where; narrows the owner's.")] = "",
        expires: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="The day (UTC) from which it is over."),
        ] = None,
    ) -> None:
        """Make a token and print it, this one time: it is kept nowhere."""
        from outlay.app.access import accounts

        secret, token = accounts.create_token(
            cli.workspace,
            name,
            level,
            scope=scope,
            expires=expires.date() if expires else None,
            owner=owner,
        )
        if cli.out.json:
            cli.out.data(accounts.token_json(token) | {"token": secret})
        cli.out.say(secret)
        cli.out.say("Copy it now; it cannot be shown again.")

    @command(group, "revoke", examples=["outlay tokens revoke 3"])
    def revoke(cli: Cli, id: Annotated[int, typer.Argument(help="Its id in the list.")]) -> None:
        """Let a token in no more, at once and for good."""
        from outlay.app.access import accounts

        token = accounts.revoke_token(cli.workspace, id, everybody=True)
        if cli.out.json:
            cli.out.data(accounts.token_json(token))
        cli.out.say(f"The token {token.name!r} is revoked.")


# --- roles and the log --------------------------------------------------------------------------


def _roles(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="What people may do and see.")
    app.add_typer(group, name="roles", rich_help_panel=ACCESS)

    @command(group, "list", examples=["outlay roles list", "outlay roles list --json"])
    def list_roles(cli: Cli) -> None:
        """List the roles, who has them, and how much of last month's bill each shows.

        Own roles are resources of the kind Role: outlay apply, get, history and pull know them.
        """
        from outlay.app.access import accounts

        found = [accounts.role_json(row) for row in accounts.role_rows(cli.workspace)]
        if cli.out.json:
            cli.out.data(found)
            return
        cli.out.table(
            [Col("Role"), Col("Level"), Col("Sees charges where"), Col("Of last month's bill"),
             Col("People", True)],
            [
                (
                    role["name"],
                    role["level"],
                    role["scope"] or "(everything)",
                    _seen(role),
                    str(len(role["people"])),
                )
                for role in found
            ],
        )  # fmt: skip

    @command(group, "show", examples=["outlay roles show viewer"])
    def show(cli: Cli, name: Annotated[str, typer.Argument(help="The role's name.")]) -> None:
        """Show a role: its level and what it sees."""
        from outlay.app.access import accounts

        role = accounts.role_json(accounts.role_row(cli.workspace, name))
        if cli.out.json:
            cli.out.data(role)
            return
        rows = [(key.replace("_", " "), _text(role[key])) for key in ("level", "description")]
        rows += [
            ("sees charges where", role["scope"] or "(everything)"),
            ("of last month's bill", _seen(role)),
            ("people", ", ".join(role["people"]) or NOTHING),
        ]
        cli.out.table([Col(role["name"]), Col("")], rows)


def _seen(role: dict[str, Any]) -> str:
    if role["problem"]:
        return "cannot be told"
    if not role["scope"]:
        return "all"
    parts = [
        f"{money(Decimal(s['seen']))} of {money(Decimal(s['whole']))} {s['currency']}"
        for s in role["last_month"]
    ]
    return "; ".join(parts) or NOTHING


def _audit(app: typer.Typer) -> None:
    @command(
        app,
        "audit",
        panel=ACCESS,
        examples=[
            "outlay audit --action export --since 2026-11-01",
            "outlay audit --author ana@example.com --json",
        ],
    )
    def audit(
        cli: Cli,
        author: Annotated[str, typer.Option(help="By whom.")] = "",
        kind: Annotated[str, typer.Option(help="A kind of resource, Event or Statement.")] = "",
        action: Annotated[str, typer.Option(help="create, update, log in, export…")] = "",
        since: Annotated[
            datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day, UTC.")
        ] = None,
        until: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="To this day, UTC, inclusive."),
        ] = None,
        limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines.")] = 50,
    ) -> None:
        """List what was done, newest first: changes, logins, exports, deliveries, refusals."""
        from outlay.app.access import audit as log

        asked = log.Asked(author, kind, action, since and since.date(), until and until.date())
        page = log.page(cli.workspace, asked, limit)
        if cli.out.json:
            cli.out.data([log.entry_json(entry) for entry in page.entries])
            return
        cli.out.table(
            [Col("When (UTC)"), Col("Who"), Col("Did"), Col("To"), Col("What", optional=True)],
            [
                (
                    moment(entry.at),
                    entry.author or "nobody",
                    entry.action,
                    entry.target
                    if entry.kind in (log.EVENT, log.STATEMENT)
                    else f"{entry.kind} {entry.target}",
                    _what(entry),
                )
                for entry in page.entries
            ],
        )
        if page.more:
            cli.out.say(f"There is more than {limit}; --limit shows more, --since less.")


def _what(entry: Entry) -> str:
    if entry.changes:
        return ", ".join(name for name, _, _ in entry.changes)
    said = [entry.note] if entry.note else []
    said += [f"{key} {value}" for key, value in entry.detail.items() if value not in (None, "")]
    return "; ".join(said) or NOTHING


def _moment(at: datetime | None) -> str:
    return NOTHING if at is None else moment(at)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOTHING if value in (None, "") else str(value)
