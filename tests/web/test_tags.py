"""The pages of virtual tags, used as a person without scripts would: forms and buttons."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.expression import canonical
from outlay.web.tags.conditions import (
    OPERATORS,
    WITHOUT_VALUE,
    Group,
    Row,
    RowError,
    group_data,
    group_of,
    read_group,
    text_of,
)
from outlay.web.tags.draft import Draft, RuleDraft, ValueDraft, draft_data, read_draft
from outlay.web.tags.memory import Memory, unpack
from tests.web.company import company
from tests.web.conftest import serving
from tests.web.page import Node, parse

pytestmark = pytest.mark.slow


class Form:
    """The editor's form as it is on a page, filled in and sent by one of its buttons."""

    def __init__(self, client: TestClient, page: Node) -> None:
        self.client = client
        self.page = page
        self.form = page.one("form", id="draft")
        self.fields: dict[str, str] = {}
        for node in self.form.all():
            name = node.attrs.get("name")
            if not name or "disabled" in node.attrs:
                continue
            if node.tag == "select":
                chosen = [o for o in node.all("option") if "selected" in o.attrs]
                self.fields[name] = (chosen or node.all("option"))[0].attrs["value"]
            elif node.tag == "textarea":
                self.fields[name] = node.text
            elif node.tag == "input" and (
                node.attrs.get("type") != "checkbox" or "checked" in node.attrs
            ):
                self.fields[name] = node.attrs.get("value", "")

    def press(self, do: str, status: int = 200, **changed: str) -> "Form":
        """Send the form by a button that is on it; names have `__` for a dot."""
        buttons = [b.attrs.get("value") for b in self.form.all("button") if b.attrs.get("name")]
        assert do in buttons, f"no button {do!r}: {buttons}"
        values = {name.replace("__", "."): value for name, value in changed.items()}
        answer = self.client.post(
            self.form.attrs["action"], data={**self.fields, **values, "do": do}
        )
        assert answer.status_code == status, answer.text
        return Form(self.client, parse(answer.text))

    def shown(self, id: str) -> str:
        return self.page.one("", id=id).text


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    found = company(tmp_path)
    yield found.workspace
    found.workspace.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def editor(client: TestClient, path: str) -> Form:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return Form(client, parse(answer.text))


# --- the list -----------------------------------------------------------------------------


def test_an_empty_list_starts_from_the_bills_own_tags(client: TestClient) -> None:
    page = parse(client.get("/tags?keys=1").text)
    assert "No virtual tag yet" in page.text
    (row,) = page.one("section", id="keys").rows()
    # 210.10 + 50.833333333333333333333 of 255.977333333333333333333: credits count too.
    assert row[:3] == ["team", "101.9% USD", "260.93 USD"]
    started = client.post("/tags", data={"name": "team", "start": "tags.team"})
    form = Form(client, parse(started.text))
    assert form.fields["rules.0.taken"] == "tags.team"
    assert form.shown("said-0").startswith("tags.team IS NOT NULL → from tags.team")


def test_a_name_that_cannot_be_one_is_told(client: TestClient) -> None:
    answer = client.post("/tags", data={"name": "and", "start": ""})
    assert answer.status_code == 400
    assert "cannot name a virtual tag" in answer.text
    assert client.get("/tags/nowhere").status_code == 404


def test_the_list_shows_coverage_by_money(workspace: Workspace, client: TestClient) -> None:
    rules = [{"when": "tags.team = 'data'", "value": "data"}]
    workspace.put_resource("VirtualTag", "team", {"rules": rules}, author="ann")
    row = parse(client.get("/tags").text).one("section", id="tags").rows()[0]
    # 50.833333333333333333333 of 255.977333333333333333333
    assert row[1:5] == ["19.9% USD", "1", "50.83 USD", "205.14 USD"]
    assert row[6].endswith("by ann version 1")


# --- the editor ---------------------------------------------------------------------------


def test_a_tag_is_written_from_nothing_saved_and_restored(
    workspace: Workspace, client: TestClient
) -> None:
    form = editor(client, "/tags/team?start=")
    assert form.page.one("", id="by-value").rows()[0] == ["Unallocated", "255.98 USD"]
    form = form.press("add-rule")
    form = form.press(
        "",
        rules__0__rows__items__0__column="tags.team",
        rules__0__rows__items__0__operator="present",
        rules__0__kind="taken",
        rules__0__taken="tags.team",
    )
    assert form.shown("said-0") == "tags.team IS NOT NULL → from tags.team"
    assert "260.93 USD" in form.shown("caught-0")
    form = form.press("add-rule")
    form = form.press(
        "",
        rules__1__rows__items__0__column="ServiceName",
        rules__1__rows__items__0__operator="contains",
        rules__1__rows__items__0__value="Odd",
        rules__1__value="data",
    )
    assert "7.70 USD" in form.shown("caught-1")
    assert form.page.one("", id="by-value").rows() == [
        ["storefront", "210.10 USD"],
        ["data", "58.53 USD"],
        ["Unallocated", "-12.66 USD"],
    ]
    assert workspace.resources.names("VirtualTag") == [], "nothing is saved by a preview"
    saved = form.press("save", note="first teams")
    assert "Version 1 is saved" in saved.page.text
    resource = workspace.resources.get("VirtualTag", "team")
    assert resource.note == "first teams"
    assert resource.document()["spec"] == {
        "rules": [
            {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}},
            {"when": "contains(ServiceName, 'Odd')", "value": "data"},
        ]
    }
    again = saved.press("rule-drop 1").press("save", note="odd is nobody's")
    assert "Version 2 is saved" in again.page.text
    history = [row[:2] for row in again.page.one("", id="history").rows()]
    assert history[0][0].startswith("2 current")
    assert "odd is nobody's rules.2 gone contains(ServiceName, 'Odd') → data" in history[0][1]
    back = client.post("/tags/team/restore", data={"version": "1", "seen": "2"})
    assert "Version 3 is saved" in back.text
    assert workspace.resources.get("VirtualTag", "team").spec == resource.spec


def test_rules_move_are_copied_and_removed(workspace: Workspace, client: TestClient) -> None:
    rules = [{"when": f"ServiceName = '{name}'", "value": name} for name in "abc"]
    workspace.put_resource("VirtualTag", "t", {"rules": rules}, author="ann")

    def values(form: Form) -> list[str]:
        return [
            form.fields[f"rules.{n}.value"]
            for n in range(len(form.page.all("details", cls="rule")))
        ]

    form = editor(client, "/tags/t")
    assert values(form) == ["a", "b", "c"]
    form = form.press("rule-down 0")
    assert values(form) == ["b", "a", "c"]
    form = form.press("rule-up 2").press("rule-copy 0").press("rule-drop 2")
    assert values(form) == ["b", "b", "a"]
    form = form.press("undo")
    assert values(form) == ["b", "b", "c", "a"]
    form = form.press("undo").press("undo")
    assert values(form) == ["b", "a", "c"]
    form = form.press("redo").press("redo")
    assert values(form) == ["b", "b", "c", "a"]


def test_dead_and_shadowed_rules_are_marked(workspace: Workspace, client: TestClient) -> None:
    rules = [
        {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}},
        {"when": "tags.team = 'data'", "value": "data"},
        {"when": "ServiceName = 'Nothing'", "value": "x"},
        {"when": "", "value": "y", "until": "2020-01-01"},
    ]
    workspace.put_resource("VirtualTag", "t", {"rules": rules}, author="ann")
    form = editor(client, "/tags/t")
    assert form.shown("caught-1").startswith("shadowed")
    assert "caught by rule 1 (2 lines)" in form.shown("problem-1")
    assert form.shown("caught-2").startswith("catches nothing")
    assert form.shown("caught-3").startswith("out of dates")


def test_rows_and_text_write_the_same_condition(client: TestClient) -> None:
    form = editor(client, "/tags/t?start=").press("add-rule").press("group-add 0 ")
    form = form.press(
        "as-text 0",
        rules__0__rows__items__0__column="RegionId",
        rules__0__rows__items__0__operator="in",
        rules__0__rows__items__0__value='eu-west-1, "a, b"',
        rules__0__rows__items__1__items__0__column="tags.team",
        rules__0__rows__items__1__items__0__operator="not-contains",
        rules__0__rows__items__1__items__0__value="it's",
        rules__0__value="x",
    )
    text = "RegionId IN ('eu-west-1', 'a, b') AND NOT contains(tags.team, 'it''s')"
    assert unescape(form.fields["rules.0.when"]) == text
    form = form.press("as-rows 0", rules__0__when=text.replace(" AND ", " OR "))
    assert form.fields["rules.0.rows.join"] == "any"
    assert form.fields["rules.0.rows.items.0.value"] == 'eu-west-1, "a, b"'


def test_what_cannot_be_read_is_pointed_at_and_nothing_is_saved(
    workspace: Workspace, client: TestClient
) -> None:
    form = editor(client, "/tags/t?start=tags.team").press("as-text 0")
    form = form.press("save", 400, rules__0__when="ServiceNam = 'x'")
    assert "There is no column 'ServiceNam' (at character 1)" in form.shown("problem-0")
    assert "^^^^^^^^^^" in form.shown("problem-0")
    form = form.press("save", 400, rules__0__when="ChargeDescription = 'x'")
    assert "cannot look at ChargeDescription" in form.shown("problem-0")
    form = form.press("save", 400, rules__0__when="t = 'x'")
    assert "build on each other in a circle: t → t" in form.page.text
    form = form.press(
        "save", 400, rules__0__when="", rules__0__since="2026-02-01", rules__0__until="2026-01-01"
    )
    assert "is not before until" in form.shown("problem-0")
    assert workspace.resources.names("VirtualTag") == []
    assert "these figures are those of before" in form.shown("effect")


def test_a_conflict_is_shown_with_what_changed_and_both_ways_out(
    workspace: Workspace, client: TestClient
) -> None:
    spec = {"rules": [{"value": "a"}]}
    workspace.put_resource("VirtualTag", "t", spec, author="ann")
    form = editor(client, "/tags/t")
    workspace.put_resource("VirtualTag", "t", {"rules": [{"value": "b"}]}, author="bob", note="b!")
    form = form.press("save", 409, rules__0__value="c")
    assert "Someone saved version 2 meanwhile" in form.page.text
    assert "rules.1.value : a → b" in form.page.text
    assert form.fields["rules.0.value"] == "c", "the draft is kept"
    assert workspace.resources.get("VirtualTag", "t").version == 2
    done = form.press("save-over")
    assert "Version 3 is saved" in done.page.text
    assert workspace.resources.get("VirtualTag", "t").author not in ("ann", "bob")


def test_a_suggestion_is_added_by_its_button(workspace: Workspace, client: TestClient) -> None:
    form = editor(client, "/tags/team?start=").press("suggest")
    table = form.page.one("section", id="suggestions")
    buttons = [
        b.attrs["value"]
        for b in table.all("button", name="do")
        if b.attrs["value"].startswith("use ")
    ]
    assert buttons, table.text
    form = form.press(buttons[0])
    assert form.fields["rules.0.taken"] == "tags.team"
    assert "260.93 USD" in form.shown("caught-0")


def test_a_link_may_add_a_rule_that_waits_for_its_value(
    workspace: Workspace, client: TestClient
) -> None:
    rules = [{"when": "tags.team = 'data'", "value": "data"}, {"value": "rest"}]
    workspace.put_resource("VirtualTag", "t", {"rules": rules}, author="ann")
    form = editor(client, "/tags/t?when=SubAccountName+%3D+'Shop'")
    assert form.shown("said-1") == "SubAccountName = 'Shop' → …"
    assert "write the value" in form.shown("problem-1").lower()
    assert form.press("undo").page.one("span", id="unsaved").text == "as saved"
    form = form.press("save", rules__1__value="shop")
    spec = workspace.resources.get("VirtualTag", "t").document()["spec"]
    assert [rule["value"] for rule in spec["rules"]] == ["data", "shop", "rest"]


def test_values_have_an_owner_and_a_parent(workspace: Workspace, client: TestClient) -> None:
    form = editor(client, "/tags/team?start=tags.team").press('value-add ["storefront", "data"]')
    form = form.press("save", values__0__owner="maja", values__0__parent="commerce", title="Team")
    assert workspace.resources.get("VirtualTag", "team").document()["spec"]["values"] == {
        "storefront": {"owner": "maja", "parent": "commerce"},
        "data": {},
    }
    form = form.press("value-add").press("save", 400, values__2__value="data")
    assert "value 3 stands twice" in form.page.text


def test_a_tag_that_others_need_stays_and_says_why(
    workspace: Workspace, client: TestClient
) -> None:
    workspace.put_resource("VirtualTag", "team", {"rules": [{"value": "a"}]}, author="ann")
    workspace.put_resource("View", "v", {"query": {"by": ["team"]}}, author="ann")
    refused = client.post("/tags/team/delete", data={"seen": "1"})
    assert refused.status_code == 409
    assert "the view &#39;v&#39; needs it" in refused.text
    workspace.delete_resource("View", "v", author="ann")
    gone = client.post("/tags/team/delete", data={"seen": "1"})
    assert "No virtual tag yet" in gone.text
    kept = client.get("/tags/team")
    assert "Restore version 1" in kept.text, "a removed tag can be brought back"


def test_live_answers_change_figures_and_leave_the_fields(client: TestClient) -> None:
    form = editor(client, "/tags/t?start=tags.team")
    fields = {**form.fields, "rules.0.value": "x", "rules.0.kind": "constant", "do": "live"}
    answer = client.post("/tags/t", data=fields, headers={"HX-Request": "true"})
    page = parse(answer.text)
    assert {node.attrs["id"] for node in page.children if isinstance(node, Node)} >= {
        "caught-0", "effect", "memory", "said-0", "steps",
    }  # fmt: skip
    assert not [n for n in page.all("input") if n.attrs.get("name") != "memory"]
    assert page.one("", id="said-0").text == "tags.team IS NOT NULL → x"


def test_an_empty_workspace_has_an_editor_too(empty: TestClient) -> None:
    assert "No bill is loaded yet" in empty.get("/tags").text
    form = editor(empty, "/tags/t?start=").press("add-rule")
    assert "choose a column" in form.page.text
    form = form.press("save", rules__0__value="x", rules__0__rows__items__0__column="tags.a",
                      rules__0__rows__items__0__value="b")  # fmt: skip
    assert "Version 1 is saved" in form.page.text
    assert "No charge is in this range: load a bill" in form.shown("effect")


def test_values_of_a_column_are_proposed_with_their_money(client: TestClient) -> None:
    page = parse(client.get("/tags/t/values?column=tags.team").text)
    assert [(o.attrs["value"], o.text) for o in page.all("option")] == [
        ("storefront", "210 USD"),
        ("data", "50.8 USD"),
    ]
    assert client.get("/tags/t/values?column=nonsense%20").text.strip() == ""


# --- dictionaries -------------------------------------------------------------------------


def test_a_dictionary_is_written_previewed_saved_and_restored(
    workspace: Workspace, client: TestClient
) -> None:
    rules = [{"value": {"from": "SubAccountName", "transform": [{"lookup": "owners"}]}}]
    started = client.post("/dictionaries", data={"name": "owners"})
    assert "nothing is saved yet" in started.text
    first = {"entries": "key,value\nShop,ann\n", "seen": "0", "do": "save", "note": "begin"}
    assert "Version 1 is saved" in client.post("/dictionaries/owners", data=first).text
    workspace.put_resource("VirtualTag", "owner", {"rules": rules}, author="ann")
    table = "key,value,from,until\nShop,ann,,2026-09-01\nShop,bob,2026-09-01,\nData,cyd,,\n"
    change = {"entries": table, "seen": "1"}
    page = parse(client.post("/dictionaries/owners", data=change | {"do": "preview"}).text)
    moves = page.one("", id="effect").rows()
    # August's 100.00 stays; what is Shop's in September goes to bob, what is Data's to cyd.
    assert moves == [["ann", "bob", "105.14 USD"], ["Unallocated", "cyd", "50.83 USD"]]
    assert workspace.resources.get("Dictionary", "owners").version == 1
    saved = parse(client.post("/dictionaries/owners", data=change | {"do": "save"}).text)
    assert "Version 2 is saved" in saved.text
    assert saved.one("textarea").text.split() == table.split()
    lost = client.post("/dictionaries/owners", data=change | {"do": "save"})
    assert lost.status_code == 409
    used = client.post("/dictionaries/owners/delete", data={"seen": "2"})
    assert (used.status_code, "the virtual tag &#39;owner&#39; needs it" in used.text) == (
        409,
        True,
    )
    back = client.post("/dictionaries/owners/restore", data={"version": "1", "seen": "2"})
    assert "Version 3 is saved" in back.text
    row = parse(client.get("/tags").text).one("section", id="dictionaries").rows()[0]
    assert row[:3] == ["owners", "1", "owner"]


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        ("key,value\nShop\n", "the table, line 2: 1 cells, but the header has 2"),
        ("account,owner\n", "the column &#39;key&#39; is missing"),
        ("key,value\na,x\na,y\n", "has two values at once"),
    ],
)
def test_a_table_that_is_none_is_told_and_kept(
    client: TestClient, entries: str, wrong: str
) -> None:
    answer = client.post("/dictionaries/d", data={"entries": entries, "seen": "0", "do": "save"})
    assert answer.status_code == 400
    assert wrong in answer.text
    assert parse(answer.text).one("textarea").text.split() == entries.split()


# --- rows and text ------------------------------------------------------------------------

_COLUMNS = st.sampled_from(["ServiceName", 'tags."Cost Center"', "cost-center", "x_Foo"])
_CHARACTERS = st.characters(exclude_characters="\0\r\n", exclude_categories=("Cs", "Cc"))
_TEXTS = st.text(_CHARACTERS, min_size=1, max_size=8).filter(lambda text: text == text.strip())
_COMPARED = ("is", "is-not", "contains", "not-contains", "starts", "ends", "like", "not-like")
_ROWS = st.builds(Row, _COLUMNS, st.sampled_from(_COMPARED), _TEXTS)
_NUMBERS = st.builds(
    Row, _COLUMNS, st.sampled_from(["lt", "le", "gt", "ge"]), st.sampled_from(["0", "12.5", "-3"])
)
_DAYS = st.builds(
    Row, st.just("ChargeDay"), st.sampled_from(["is", "lt", "ge"]), st.just("2026-03-01")
)
_MISSING = st.builds(Row, _COLUMNS, st.sampled_from(WITHOUT_VALUE))
_GROUPS = st.recursive(
    st.builds(
        Group,
        st.sampled_from(["all", "any", "none", "not-all"]),
        st.lists(_ROWS | _NUMBERS | _DAYS | _MISSING, min_size=1, max_size=3).map(tuple),
    ),
    lambda inner: st.builds(
        Group,
        st.sampled_from(["all", "any", "none", "not-all"]),
        st.lists(inner | _ROWS, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


@given(_GROUPS)
def test_rows_and_their_text_say_the_same(group: Group) -> None:
    text = text_of(group)
    assert canonical(text) == text
    back = group_of(text)
    if back is not None:  # a negated comparison has no row of its own
        assert text_of(back) == text


@given(_GROUPS)
def test_rows_survive_the_form(group: Group) -> None:
    assert read_group(group_data(group)) == group


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_has_a_text_and_comes_back(operator: str) -> None:
    value = {"in": "a, b", "not-in": "a, b", "lt": "5", "le": "5", "gt": "5", "ge": "5"}
    written = "" if operator in WITHOUT_VALUE else value.get(operator, "a")
    row = Row("tags.team", operator, written)
    assert group_of(text_of(Group("all", (row,)))) == Group("all", (row,))


def test_a_row_that_is_not_whole_says_where() -> None:
    group = Group("all", (Row("tags.team", "is", "x"), Group("any", (Row("tags.team"),))))
    with pytest.raises(RowError, match="write a value") as found:
        text_of(group)
    assert found.value.path == (1, 0)


def test_what_rows_cannot_say_stays_a_text() -> None:
    assert group_of("lower(tags.team) = 'x'") is None
    assert group_of("ServiceName = RegionId") is None
    assert group_of("") == Group()


# --- undo ---------------------------------------------------------------------------------

_DRAFTS = st.builds(
    Draft,
    title=_TEXTS,
    default=_TEXTS,
    rules=st.lists(
        st.builds(RuleDraft, name=_TEXTS, rows=_GROUPS, value=_TEXTS, ignore_case=st.booleans()),
        max_size=3,
    ).map(tuple),
    values=st.lists(st.builds(ValueDraft, _TEXTS, owner=_TEXTS), max_size=2).map(tuple),
)


@given(_DRAFTS)
def test_a_draft_survives_the_form_and_the_memory(draft: Draft) -> None:
    assert read_draft(draft_data(draft)) == draft
    memory = Memory(Draft()).seen(draft)
    assert unpack(memory.pack(), Draft(title="other")) == memory
    assert memory.undone().redone() == memory


@pytest.mark.parametrize("text", ["", "nonsense", "eJzLSM3JyQcABiwCFQ==", "W10="])
def test_a_memory_that_is_none_is_empty(text: str) -> None:
    assert unpack(text, Draft(title="now")) == Memory(Draft(title="now"))
