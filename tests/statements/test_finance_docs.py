"""The pages on invoices and month close: their bills are loaded, and print what they show.

A block ```` ```console ```` is a command line behind `$` and what it prints; spaces in tables do
not matter, nor the moment when a bill was loaded and who runs the tests.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace, invoices
from tests.cli.conftest import Run, run  # noqa: F401
from tests.shared import ROOT
from tests.statements.invoiced import AWS, line, load

_BLOCK = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CSV = re.compile(r"^```csv\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLAN = "arn:aws:savingsplans::111111111111:savingsplan/year"


def text(page: str) -> str:
    return (ROOT / f"docs/allocation/{page}.md").read_text("utf-8")


def table(page: str, *header: str) -> list[list[str]]:
    """The rows of the page's table that has these columns."""
    lines = text(page).splitlines()
    at = lines.index("| " + " | ".join(header) + " |")
    rows = []
    for row in lines[at + 2 :]:
        if not row.startswith("|"):
            break
        rows.append([cell.strip() for cell in row.strip("|").split("|")])
    return rows


def bare(output: str) -> list[str]:
    lines = [re.sub(r"\s+", " ", one).strip() for one in output.splitlines()]
    lines = [re.sub(r"\(\d{4}-\d\d-\d\d \d\d:\d\d\)", "(WHEN)", one) for one in lines]
    lines = [re.sub(r"closed by \w+", "closed by SOMEBODY", one) for one in lines]
    return [one for one in lines if one.strip("─ ")]


def shows(run: Run, workspace: Workspace, page: str, codes: dict[int, int]) -> None:  # noqa: F811
    """Every example of a page, in order, in one workspace."""
    examples = _BLOCK.findall(text(page))
    assert examples
    for at, (words, output) in enumerate(examples):
        ran = run(*shlex.split(words)[1:], "-w", workspace.path)
        assert ran.code == codes.get(at, 0), ran.err
        assert bare(ran.out) == bare(output), ran.out


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.init(tmp_path / "ws", name="Acme")
    yield workspace
    workspace.close()


def test_invoices(
    workspace: Workspace,
    tmp_path: Path,
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = table("invoices", "InvoiceId", "ServiceName", "ChargeCategory", "BilledCost")

    def bill(corrected: bool) -> list[dict[str, str]]:
        return [
            line(
                "41.25" if number == "INV-1002" and not corrected else cost,
                "2025-09-03", number=number, service=service, category=category,
            )
            for number, service, category, cost in rows
        ]  # fmt: skip

    load(workspace, tmp_path / "bills", bill(False), "aws")
    load(workspace, tmp_path / "bills", bill(True), "aws")
    (file,) = _CSV.findall(text("invoices"))
    (tmp_path / "invoices.csv").write_text(file)
    monkeypatch.chdir(tmp_path)
    shows(run, workspace, "invoices", {})


def test_month_close(workspace: Workspace, tmp_path: Path, run: Run) -> None:  # noqa: F811
    bill = []
    for month, category, status, billed, effective in table(
        "month-close", "Month", "ChargeCategory", "CommitmentDiscountStatus", "BilledCost",
        "EffectiveCost",
    ):  # fmt: skip
        number = {"2025-08": "INV-8", "2025-09": "INV-9"}[month]
        row = line(billed, f"{month}-01", number=number, category=category, effective=effective)
        if status or category == "Purchase":
            row |= {
                "CommitmentDiscountId": PLAN, "CommitmentDiscountStatus": status,
                "CommitmentDiscountCategory": "Spend",
                "ChargeFrequency": "One-Time" if category == "Purchase" else "Usage-Based",
            }  # fmt: skip
        bill.append(row)
    load(workspace, tmp_path / "bills", bill, "aws")
    workspace.resources.put(
        "VirtualTag", "team", {"rules": [{"when": "tags.team IS NOT NULL", "value": "shop"}]},
        author="test",
    )  # fmt: skip
    for number, month, amount in (("INV-8", "2025-08", "220.00"), ("INV-9", "2025-09", "107.00")):
        assert f"{amount} for {'August' if number == 'INV-8' else 'September'}" in text(
            "month-close"
        )
        fields = {
            "issuer": AWS, "invoice_id": number, "billing_period": month, "currency": "USD",
            "amount": amount,
        }  # fmt: skip
        invoices.save(workspace, fields, author="test")
    shows(run, workspace, "month-close", {1: 3})
