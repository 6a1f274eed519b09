"""Rules of the routes of the assistants' server."""

from __future__ import annotations

from outlay.access.rules import Rule, filtered

# Every message of the protocol goes to one address; each tool is admitted by the rule of the API's
# route that tells the same (`outlay.mcp.registry.Tool.admit`).
RULES: dict[str, Rule] = {
    "POST /mcp": filtered(),
    "GET /mcp": filtered(),
    "DELETE /mcp": filtered(),
}
