"""The operations of contracts."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

CONTRACTS: dict[str, Operation] = {
    "GET /contracts": Operation("list_contracts", "list[ContractStatus]"),
    "GET /contracts/{name}": Operation("get_contract", "ContractStatus"),
    "GET /contracts/{name}/prices": Operation("check_contract_prices", "ContractPrices"),
}
