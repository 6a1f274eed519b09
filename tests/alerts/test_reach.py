"""An alert is shown to a part of the ledger where that part holds everything it tells of."""

from __future__ import annotations

import pytest

from outlay.alerts.reach import covers


@pytest.mark.parametrize(
    ("scope", "where", "shown"),
    [
        ("", "", True),
        ("", "ServiceName = 'EC2'", True),
        ("SubAccountId = 'a'", "", False),
        ("SubAccountId = 'a'", "SubAccountId = 'a'", True),
        ("SubAccountId = 'a'", "SubAccountId = 'b'", False),
        ("SubAccountId = 'a'", "ServiceName = 'EC2'", False),
        ("SubAccountId = 'a'", "SubAccountId = 'a' and ServiceName = 'EC2'", True),
        ("SubAccountId = 'a'", "SubAccountId = 'a' or ServiceName = 'EC2'", False),
        ("SubAccountId in ('a', 'b')", "SubAccountId = 'b'", True),
        ("SubAccountId in ('a', 'b')", "SubAccountId in ('a', 'b')", True),
        ("SubAccountId in ('a', 'b')", "SubAccountId in ('b', 'c')", False),
        ("SubAccountId = 'a' and ServiceName = 'EC2'", "SubAccountId = 'a'", False),
        ("SubAccountId = 'a' or ServiceName = 'EC2'", "ServiceName = 'EC2'", True),
        ("SubAccountId <> 'a'", "SubAccountId = 'b'", True),
        ("SubAccountId <> 'a'", "SubAccountId = 'a'", False),
        ("not (SubAccountId = 'a')", "SubAccountId = 'b'", True),
        ("SubAccountId is not null", "SubAccountId = 'b'", True),
        ("tags.team = 'a'", "tags.team = 'a' and SubAccountId = 'b'", True),
        ("contains(ServiceName, 'EC')", "contains(ServiceName, 'EC') and SubAccountId = 'b'", True),
        ("contains(ServiceName, 'EC')", "ServiceName = 'EC2'", False),
    ],
)
def test_a_part_of_the_ledger_holds_an_alert(scope: str, where: str, shown: bool) -> None:
    assert covers(scope, where) is shown
