"""Accounts and roles: one role each, and the last administrator stays one."""

import pytest

from outlay.access import AccessDeniedError, AccessError, Level, Principal, acting, events
from outlay.access.errors import NotFoundError
from outlay.access.invitations import InvitationOverError, Invitations
from outlay.access.login import Caller, Door
from outlay.access.people import LastAdministratorError
from outlay.access.roles import narrowed
from outlay.app import Workspace
from outlay.resources import ResourceError
from outlay.resources.errors import ResourceInUseError
from tests.access.conftest import PASSWORD


def said(door: Door) -> list[tuple[str, str]]:
    return [(e.action, e.target) for e in events.listed(door.store.engine)]


def test_an_account_has_one_role_and_its_name_in_any_case(door: Door) -> None:
    vera = door.people.get("VERA")
    assert (vera.name, vera.title, vera.role, vera.disabled) == ("vera", "Vera", "viewer", False)
    assert door.people.get("root@acme.example").email == "root@acme.example"
    with pytest.raises(AccessError, match="already"):
        door.people.add(" Vera ", "viewer")
    with pytest.raises(AccessError, match="no role 'boss'. There are: viewer, editor, approver"):
        door.people.add("otto", "boss")
    for name in ("", "a b", "-x", "x\ny", "é", "a" * 201):
        with pytest.raises(AccessError, match="no account's name"):
            door.people.add(name, "viewer")
    with pytest.raises(NotFoundError, match=r"no account 'otto'. There are: root@acme.example, v"):
        door.people.get("otto")


def test_changes_of_people_are_in_the_log_and_passwords_are_not(door: Door) -> None:
    door.people.give_role("vera", "editor")
    door.people.disable("vera")
    door.people.enable("vera")
    door.people.set_password("vera", "nine purple umbrellas")
    door.people.remove("vera")
    assert said(door)[:5] == [
        ("remove person", "vera"),
        ("set password", "vera"),
        ("enable person", "vera"),
        ("disable person", "vera"),
        ("give role", "vera"),
    ]
    log = str(events.listed(door.store.engine))
    assert PASSWORD not in log and "umbrellas" not in log and "argon2" not in log


def test_the_last_administrator_cannot_go(door: Door, workspace: Workspace) -> None:
    for change in (
        lambda: door.people.disable("root@acme.example"),
        lambda: door.people.remove("root@acme.example"),
        lambda: door.people.give_role("root@acme.example", "approver"),
    ):
        with pytest.raises(LastAdministratorError, match="last administrator"):
            change()
    assert door.people.administrators() == ["root@acme.example"]
    # An administrator of a part of the ledger is none: they cannot see what they would decide on.
    workspace.put_resource(
        "Role", "shop-admin", {"level": "admin", "scope": "SubAccountName = 'Shop'"}, author="t"
    )
    door.people.give_role("vera", "shop-admin")
    with pytest.raises(LastAdministratorError):
        door.people.disable("root@acme.example")
    door.people.give_role("vera", "admin")
    door.people.disable("root@acme.example")
    assert door.people.administrators() == ["vera"]


def test_a_role_that_the_last_administrator_has_stays_one(door: Door, workspace: Workspace) -> None:
    workspace.put_resource("Role", "boss", {"level": "admin"}, author="t")
    door.people.add("otto", "boss", password=PASSWORD)
    door.people.disable("root@acme.example")
    for spec in ({"level": "editor"}, {"level": "admin", "scope": "ServiceName = 'x'"}):
        with pytest.raises(ResourceInUseError, match="Nobody would be left"):
            workspace.put_resource("Role", "boss", spec, author="t")
    with pytest.raises(ResourceInUseError, match="otto has it"):
        workspace.delete_resource("Role", "boss", author="t")
    door.people.enable("root@acme.example")
    workspace.put_resource("Role", "boss", {"level": "editor"}, author="t")
    assert door.principal(door.people.get("otto")).level is Level.EDITOR


def test_a_role_has_a_condition_of_the_ledger_and_names_its_tags(workspace: Workspace) -> None:
    put = workspace.put_resource(
        "Role", "shop", {"level": "viewer", "scope": "SubAccountName in ('Shop')"}, author="t"
    )
    assert put.spec.model_dump()["scope"] == "SubAccountName IN ('Shop')"
    with pytest.raises(ResourceError, match="scope.*no column"):
        workspace.put_resource("Role", "bad", {"level": "viewer", "scope": "Nope = 1"}, author="t")
    with pytest.raises(ResourceError, match="needs the virtual tag 'squad', which is not there"):
        workspace.put_resource(
            "Role", "bad", {"level": "viewer", "scope": "squad = 'a'"}, author="t"
        )
    workspace.put_resource(
        "VirtualTag", "squad", {"rules": [{"when": "tags.team = 'a'", "value": "a"}]}, author="t"
    )
    workspace.put_resource("Role", "a", {"level": "viewer", "scope": "squad = 'a'"}, author="t")
    with pytest.raises(ResourceInUseError, match="the role 'a' needs it"):
        workspace.delete_resource("VirtualTag", "squad", author="t")
    with pytest.raises(ResourceError, match="built in"):
        workspace.put_resource("Role", "viewer", {"level": "admin"}, author="t")


def test_only_administrators_of_the_whole_change_roles(workspace: Workspace) -> None:
    spec = {"level": "admin"}
    for principal in (
        Principal("otto", Level.APPROVER),
        Principal("otto", Level.ADMIN, scope="ServiceName = 'x'"),
    ):
        with acting(principal), pytest.raises(AccessDeniedError):
            workspace.put_resource("Role", "mine", spec, author="otto")
    assert workspace.resources.names("Role") == []


def test_scopes_are_joined_so_that_neither_is_widened() -> None:
    a, b = "ServiceName = 'x' OR ServiceName = 'y'", "RegionId = 'eu'"
    assert narrowed(a, b) == "(ServiceName = 'x' OR ServiceName = 'y') AND RegionId = 'eu'"
    assert narrowed(a, "") == a and narrowed("", b) == b and narrowed("", "") == ""


def test_an_invitation_works_once_and_ends_what_was_before(door: Door) -> None:
    invitations = Invitations(door.people)
    door.people.add("otto", "editor")
    first, _ = invitations.invite(door.people.get("otto"))
    key, _ = invitations.invite(door.people.get("otto"))
    with pytest.raises(InvitationOverError):
        invitations.whose(first)
    assert invitations.whose(key).name == "otto" and list(invitations.waiting()) == ["otto"]
    with pytest.raises(AccessError, match="at least 12"):
        invitations.take_up(key, "short", "")
    assert invitations.whose(key).name == "otto", "a password that will not do uses nothing up"
    invitations.take_up(key, PASSWORD, "10.1.1.1")
    with pytest.raises(InvitationOverError):
        invitations.take_up(key, "another password", "")
    assert door.log_in("otto", PASSWORD, Caller())
    stored = door.store.engine.connect().exec_driver_sql("select * from invitations").all()
    assert stored == []
    door.people.add("eve", "viewer")
    late, _ = invitations.invite(door.people.get("eve"))
    door.people.disable("eve")
    with pytest.raises(InvitationOverError):
        invitations.whose(late)
