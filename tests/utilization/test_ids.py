"""Which resource of the bill a measurement is of."""

from __future__ import annotations

import pytest

from outlay.focus.utilization_ids import BilledIds, last_part

ONE = "arn:aws:rds:eu-west-1:111:db:orders"
OTHER = "arn:aws:rds:eu-west-1:222:db:orders"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111:loadbalancer/app/web/50dc6c49"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [(ONE, "orders"), (BALANCER, "50dc6c49"), ("i-1", "i-1"), ("a/B/", "b"), ("", "")],
)
def test_last_part(resource: str, expected: str) -> None:
    assert last_part(resource) == expected


@pytest.mark.parametrize(
    ("measured", "account", "expected"),
    [
        ("i-1", "", "i-1"),
        ("orders", "111", ONE),
        ("orders", "222", OTHER),
        ("orders", "", None),  # two may be meant
        ("orders", "333", None),
        ("app/web/50dc6c49", "", BALANCER),
        ("/SUBSCRIPTIONS/A/VM-1", "", "/subscriptions/a/vm-1"),
        ("nothing", "", None),
    ],
)
def test_find(measured: str, account: str, expected: str | None) -> None:
    ids = BilledIds([("i-1", "111"), (ONE, "111"), (OTHER, "222"), (BALANCER, "111"),
                     ("/subscriptions/a/vm-1", "")])  # fmt: skip
    assert ids.find(measured, account) == expected
