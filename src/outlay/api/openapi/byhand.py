"""Examples of what the recorded firm has none of: accounts, platforms, what asks other machines."""

from __future__ import annotations

from typing import Any

_MOMENT = "2026-11-02T10:00:00Z"
_TOKEN: dict[str, Any] = {
    "id": 3,
    "name": "nightly export",
    "owner": "ana",
    "prefix": "outlay_7Yq2",
    "level": "viewer",
    "scope": "SubAccountName = 'Shop'",
    "state": "active",
    "created_at": _MOMENT,
    "created_by": "ana",
    "expires_at": "2027-02-01T00:00:00Z",
    "last_used_at": None,
    "revoked_at": None,
}
_ME = {
    "name": "ana",
    "display": "Ana",
    "level": "editor",
    "role": "editor",
    "scope": "",
    "via": "session",
    "email": "ana@example.com",
    "persona": "practitioner",
}
_DELIVERY: dict[str, Any] = {
    "id": 7,
    "key": "teams/folder/2026-11-03T06:00",
    "kind": "report",
    "report": "teams",
    "channel": "folder",
    "due_at": _MOMENT,
    "state": "sent",
    "attempts": 2,
    "next_attempt_at": None,
    "started_at": _MOMENT,
    "ended_at": _MOMENT,
    "author": "ana",
    "message": "",
    "files": [{"name": "teams.csv", "bytes": 812}],
    "log": [],
}

_TICKET: dict[str, Any] = {
    "id": 4,
    "recommendation": 17,
    "recommendation_title": "Delete vol-0bb1, which is attached to nothing",
    "recommendation_state": "accepted",
    "system": "jira",
    "external": "OPS-311",
    "url": "https://acme.atlassian.net/browse/OPS-311",
    "state": "To Do",
    "meaning": "open",
    "gone": False,
    "opened_at": _MOMENT,
    "opened_by": "ana",
    "synced_at": _MOMENT,
    "problem": "",
    "next_try": None,
}
BY_HAND: dict[str, Any] = {
    "list_saving_tickets": [_TICKET],
    "open_ticket": _TICKET,
    "change_me": _ME,
    "change_me.request": {"display": "Ana"},
    "propose_plan_driver": {
        "metric": "orders",
        "unit": "order",
        "only": {"channel": ["shop"]},
        "basis": "the metric's forecast; cost per order of August to October 2026",
        "volumes": ["31000", "31400", *[None] * 10],
        "unit_costs": ["0.75", "0.75", *[None] * 10],
    },
    "change_password.request": {"old": "the one of before", "new": "a longer one than before"},
    "list_sessions": [
        {
            "id": "5f2b9c",
            "person": "ana",
            "created_at": _MOMENT,
            "seen_at": _MOMENT,
            "expires_at": "2026-11-16T10:00:00Z",
            "address": "192.0.2.7",
            "agent": "Mozilla/5.0",
            "by": "password",
        }
    ],
    "create_token": {**_TOKEN, "token": "outlay_7Yq2…shown this one time"},
    "create_token.request": {"name": "nightly export", "level": "viewer"},
    "revoke_token": {**_TOKEN, "state": "revoked", "revoked_at": _MOMENT},
    "retry_report_delivery": [_DELIVERY],
    "put_bank_rates": {
        "name": "ecb",
        "title": "European Central Bank, daily",
        "from": "1999-01-04",
        "to": "2026-10-30",
        "currencies": ["EUR", "NOK", "USD"],
        "default": True,
    },
    "sync_metric": {
        "metric": "orders",
        "outcome": "loaded",
        "from": "2026-10-01",
        "to": "2026-11-01",
        "delivery": None,
        "error": None,
    },
    "get_platform": {
        "platform": "databricks",
        "query": {"platform": "databricks"},
        "by": "x_RunAs",
        "choices": ["x_RunAs"],
        "measure": "BilledCost",
        "proven": True,
        "proven_scopes": 7,
        "all_scopes": 7,
        "totals": [
            {
                "currency": "USD",
                "charge": "49876.23048938",
                "allocated": "49876.23048938",
                "direct": "49876.23048938",
                "by_usage": "0.00",
                "idle": "0.00",
                "unattributed": "0.00",
                "idle_shared": "0.00",
                "difference": "0.00",
                "unit": "DBU",
                "quantities": {
                    "direct": "228053.375524",
                    "by_usage": "0.00",
                    "idle": "0.00",
                    "unattributed": "0.00",
                },
            }
        ],
        "scopes": [
            {
                "SubAccountId": "3187204455120011",
                "SkuId": "PREMIUM_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA",
                "x_JobId": None,
                "x_ClusterId": None,
                "x_WarehouseId": "9c41d2f07ab1e6d3",
                "x_PipelineId": None,
                "currency": "USD",
                "charge": "20351.8486726",
                "allocated": "20351.8486726",
                "direct": "20351.8486726",
                "by_usage": "0.00",
                "idle": "0.00",
                "unattributed": "0.00",
                "idle_shared": "0.00",
                "difference": "0.00",
                "unit": "DBU",
                "quantities": {
                    "direct": "28440.274906",
                    "by_usage": "0.00",
                    "idle": "0.00",
                    "unattributed": "0.00",
                },
            }
        ],
        "consumers": [
            {
                "value": "svc-looker",
                "currency": "USD",
                "direct": "20351.8486726",
                "by_usage": "0.00",
                "idle": "0.00",
                "total": "20351.8486726",
                "quantity": "28440.274906",
            }
        ],
        "unattributed": [],
        "slices": [
            {
                "source": "databricks",
                "billing_period": "2026-11",
                "currency": "USD",
                "stated": "4135.57571997",
                "charged": "4135.57571997",
                "proven": True,
            }
        ],
        "range": {"from": "2025-11-01", "to": "2026-11-28"},
        "snapshot": "5953204416535136586",
        "notes": [],
    },
}
