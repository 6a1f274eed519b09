"""The small company with virtual tags, a dictionary and a split, each saved for all to see."""

from pathlib import Path

from outlay.app import Workspace
from tests.web.company import company

FIRST = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
TEAM = {
    "rules": [
        *FIRST["rules"],
        {
            "name": "Whoever answers for the account",
            "value": {"from": "SubAccountName", "transform": [{"lookup": "account-teams"}]},
        },
    ],
    "values": {"storefront": {"owner": "ana@example.com"}},
}
PRODUCT = {
    "rules": [
        {"when": "ServiceName = 'Amazon Simple Storage Service'", "value": "lake"},
        {"when": "team = 'data'", "value": "never, since the first rule has it"},
    ]
}
SPLIT = {
    "tag": "team",
    "take": "data",
    "method": "fixed",
    "shares": {"storefront": 100},
    "owner": "bo@example.com",
}
SEPTEMBER = "from=2026-09-01&to=2026-10-01"


def ruled(folder: Path, *, split: bool = True) -> Workspace:
    """August and September; version 1 of the tag `team` knows tags alone, version 2 accounts."""
    workspace = company(folder).workspace
    put = workspace.resources.put
    put("VirtualTag", "team", FIRST, author="ana")
    put("Dictionary", "account-teams", {"entries": {"Shop": "storefront"}}, author="ana")
    put("VirtualTag", "team", TEAM, author="bo")
    put("VirtualTag", "product", PRODUCT, author="ana")
    if split:
        put("Split", "share-data", SPLIT, author="bo")
    return workspace
