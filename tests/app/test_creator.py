"""The shipped tag `creator`: who made a resource, on the bills that tell it, without saving it."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.allocation.rules import Ruleset
from outlay.app import Workspace, why
from outlay.app.shipped import shipped, with_shipped
from outlay.query import CostQuery, QueryError
from tests.web.company import Line, line, load

D = Decimal
DAY = "2026-09-03"


def tagged(cost: str, provider: str, tags: dict[str, str], **columns: str) -> Line:
    found = line(cost, DAY, team=None)
    own = {"x_IamPrincipal": "", "x_CreatedBy": "", "x_RunAs": "", "x_User": "", **columns}
    return (
        found
        | {"ProviderName": provider, "PublisherName": provider, "Tags": json.dumps(tags)}
        | own
    )


BILL = [
    tagged("1", "AWS", {"aws:createdBy": "IAMUser:AIDACKCEVSQ6C2EXAMPLE:Ana"}),
    tagged("2", "AWS", {"aws:createdBy": "AssumedRole:AROACKCEVSQ6C2EXAMPLE:bo@example.com"}),
    tagged("4", "AWS", {"aws:createdBy": "Root:111111111111"}),
    tagged("8", "AWS", {}, x_IamPrincipal="arn:aws:sts::111:assumed-role/Deploy/ana"),
    tagged("16", "AWS", {}, x_IamPrincipal="arn:aws:iam::111:root"),
    tagged("32", "Oracle", {"Oracle-Tags.CreatedBy": "default/svc@example.com"}),
    tagged("64", "Databricks", {}, x_CreatedBy="cy@example.com", x_RunAs="job"),
    tagged("128", "Databricks", {}, x_RunAs=" JOB "),
    tagged("256", "Snowflake", {}, x_User="ANA"),
    tagged("512", "Microsoft", {"CreatedBy": "bo@example.com"}),
    tagged("1024", "Google Cloud", {"created-by": "ana"}),
    tagged("2048", "OpenAI", {}, x_User="a user of models, who made nothing"),
    tagged("4096", "AWS", {"aws:createdBy": ""}),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("creator")
    found = Workspace.init(folder / "ws")
    load(found, folder / "bills", "acme", BILL)
    yield found
    found.close()


def by_creator(workspace: Workspace, where: str = "") -> dict[str, Decimal]:
    rows = workspace.query(CostQuery(by=("creator",), where=where)).rows()
    return {str(row["creator"]): D(str(row["EffectiveCost"])) for row in rows}


def test_everybody_by_one_name_over_every_bill(workspace: Workspace) -> None:
    assert by_creator(workspace) == {
        "ana": D(1 + 8 + 256 + 1024),
        "bo@example.com": D(2 + 512),
        "root": D(4 + 16),
        "svc@example.com": D(32),
        "cy@example.com": D(64),
        "job": D(128),
        "Unknown": D(2048 + 4096),
    }


def test_it_filters_and_lists_like_any_dimension(workspace: Workspace) -> None:
    assert by_creator(workspace, "creator = 'root'") == {"root": D(20)}
    values = workspace.values("creator")
    assert str(values[0].value) == "Unknown"
    (found,) = [d for d in workspace.dimensions() if d.name == "creator"]
    assert (found.kind, dict(found.covered)) == ("virtual", {"USD": D(2047)})


def test_why_tells_the_rule(workspace: Workspace) -> None:
    answer = why.why(workspace, "creator", "root")
    assert [dict(rule.seen[0].values) for rule in answer.why.rules] == [
        {"x_IamPrincipal": "arn:aws:iam::111:root"},
        {'tags."aws:createdBy"': "Root:111111111111"},
    ]
    assert answer.groups[0].direct == D(20)


def test_it_is_no_resource_until_one_is_saved_under_its_name(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path / "bills", "acme", BILL)
    assert workspace.resources.list("VirtualTag") == [] and "creator" not in workspace.rules().tags
    spec = {"rules": [{"when": "ServiceName IS NOT NULL", "value": "somebody"}]}
    workspace.resources.put("VirtualTag", "creator", spec, author="ana")
    assert by_creator(workspace) == {"somebody": D(8191)}
    workspace.close()


def test_a_bill_that_tells_nobody_lists_no_creator(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path / "bills", "acme", [line("1", DAY)])
    assert "creator" not in {d.name for d in workspace.dimensions()}
    assert by_creator(workspace) == {"Unknown": D(1)}
    with pytest.raises(QueryError, match="creatr"):
        workspace.query(CostQuery(by=("creatr",)))
    workspace.close()


def test_the_shipped_tag_is_one_that_may_be_saved() -> None:
    assert with_shipped(Ruleset(), ["creator", "team"]).check().order == ("creator",)
    assert shipped()["creator"].default == "Unknown"


def test_the_documentation_has_the_shipped_text() -> None:
    root = Path(__file__).parents[2]
    text = (root / "src/outlay/app/shipped/creator.yaml").read_text()
    assert text in (root / "docs/allocation/creator.md").read_text()
