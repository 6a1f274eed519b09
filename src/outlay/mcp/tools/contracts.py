"""Contracts: what is owed to vendors, how far it is used up, and the prices agreed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.contracts import contracts, pricing, shapes, words
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import money_text


class ContractsInput(Input):
    """Which contracts."""

    name: str = Field(default="", description="One contract, with the check of its prices")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class ContractsOutput(Output):
    """Contracts with where they stand."""

    contracts: list[dict[str, Any]] = Field(
        description="name, vendor, state, wants (shortfall, overage, notice), ends, notice_on, "
        "terms: obligation, used, outlook, shortfall, overage, used_up_on"
    )
    prices: dict[str, Any] | None = Field(
        description="of one contract that has agreed prices: overcharged by currency, and checks"
    )
    truncation: Truncation
    links: list[Link]


@tool(
    "contracts", "Contracts with vendors", "GET /contracts", ContractsOutput, input=ContractsInput
)
def list_contracts(context: Context, asked: ContractsInput) -> Answer:
    """What is owed to vendors by when, how far it is used up on the bill, what it is heading for,
    when notice is due; of one contract also whether charged prices are the agreed ones."""
    workspace = context.workspace
    named = bool(asked.name)
    found = (contracts.show(workspace, asked.name),) if named else contracts.statuses(workspace)
    prices = None
    lines = [f"- {one.contract.name}: {words.sentence(one)} {words.notice(one)}" for one in found]
    if named and found[0].contract.spec.prices:
        report = pricing.prices(workspace, asked.name)
        prices = shapes.prices_json(report)
        too_much = ", ".join(f"{money_text(v)} {code}" for code, v in report.overcharged)
        lines.append(f"Charged beyond what was agreed: {too_much or 'nothing'}.")
        prices["checks"], _ = cut(prices["checks"], asked.limit, "the contract")
    kept, left = cut(shapes.list_json(found), asked.limit, "the contract")
    path = f"/contracts/{part(asked.name)}" if named else "/contracts"
    link = context.links.to(found[0].contract.title if named else "Contracts", path, {})
    data = {"contracts": kept, "prices": prices, "truncation": left, "links": [link]}
    text = "\n".join(lines or ["There is no contract."])
    return Answer(data, f"{text}\nPage: {link['url']}")
