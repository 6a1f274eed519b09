"""Idle addresses, gateways and balancers; what cannot be judged is never idle."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.aws.network import ADDRESSES, BALANCERS, ENDPOINTS, NAT
from outlay.savings.detectors.contract import Detector
from tests.savings.detectors.aws_bill import ACCOUNT, asked, covered, line, savings
from tests.savings.facts import TODAY, TableFacts, each_day

VPC = {"x_ServiceCode": "AmazonVPC", "ServiceName": "Amazon Virtual Private Cloud"}
ELB = {"x_ServiceCode": "AWSELB", "ServiceName": "Elastic Load Balancing"}
ADDRESS = line("eipalloc-1", "USE2-PublicIPv4:IdleAddress", "0.12", **VPC)
GATEWAY = line("nat-1", "NatGateway-Hours", "1.08", **VPC)
BYTES = line("nat-1", "NatGateway-Bytes", "0.45", "10", **VPC)
OTHER_BYTES = BYTES | {"ResourceId": "nat-2"}
BALANCER = line("arn:lb/app/x/1", "LoadBalancerUsage", "0.54", **ELB)
UNITS = line("arn:lb/app/x/1", "LCUUsage", "0.08", "10", **ELB)
OTHER_UNITS = UNITS | {"ResourceId": "arn:lb/app/y/2"}


def test_an_idle_address() -> None:
    (one,), _ = asked(ADDRESSES, TableFacts(each_day(ADDRESS)))
    # 30 × 0.12.
    assert (str(one.monthly_saving), one.action) == ("3.60", "Delete")
    assert one.where == f"ResourceId = 'eipalloc-1' AND SubAccountId = '{ACCOUNT}'"


def test_addresses_in_use_young_or_released_are_left_alone() -> None:
    used = ADDRESS | {"SkuMeter": "PublicIPv4:InUseAddress", "x_UsageType": None}
    assert savings(ADDRESSES, each_day(used)) == []
    assert savings(ADDRESSES, each_day(ADDRESS, 6)) == []
    assert savings(ADDRESSES, each_day(ADDRESS, 7)) == ["3.60"]
    assert savings(ADDRESSES, each_day(ADDRESS, 26, TODAY - timedelta(days=4))) == []


def test_a_bill_that_names_the_account_alone() -> None:
    row = ADDRESS | {"ResourceId": None, "SkuMeter": "ElasticIP:IdleAddress", "x_UsageType": None}
    (one,), _ = asked(ADDRESSES, TableFacts(each_day(row)))
    assert (one.resource, one.scope) == ("", "idle addresses in us-east-1")
    assert "the bill does not name the addresses" in one.reasons


ENDPOINT = line("vpce-1", "USE2-VpcEndpoint-Hours", "0.24", **VPC)
ENDPOINT_BYTES = line("vpce-1", "USE2-VpcEndpoint-Bytes", "0.1", "10", **VPC)

IDLE = [
    (NAT, GATEWAY, BYTES, OTHER_BYTES, "32.40", "most_gb_a_day"),
    (BALANCERS, BALANCER, UNITS, OTHER_UNITS, "16.20", "most_units_a_day"),
    (
        ENDPOINTS,
        ENDPOINT,
        ENDPOINT_BYTES,
        ENDPOINT_BYTES | {"ResourceId": "vpce-2"},
        "7.20",
        "most_gb_a_day",
    ),
]
"""A detector, hours, traffic, traffic of another, 30 days of the hours, the parameter."""


@pytest.mark.parametrize(("detector", "hours", "own", "other", "saving", "least"), IDLE)
class TestIdle:
    """Hours without traffic."""

    def test_idle(self, detector: Detector, hours: Any, own: Any, other: Any, saving: str,
                  least: str) -> None:  # fmt: skip
        (one,), lacking = asked(detector, TableFacts([*each_day(hours), *each_day(other)]))
        assert (str(one.monthly_saving), one.action, lacking) == (saving, "Delete", [])
        assert one.monthly_saving_list == one.monthly_saving

    def test_a_little_traffic_is_traffic(self, detector: Detector, hours: Any, own: Any,
                                         other: Any, saving: str, least: str) -> None:  # fmt: skip
        rows = [*each_day(hours), *each_day(own | {"ConsumedQuantity": Decimal("0.5")}, 1)]
        assert asked(detector, TableFacts(rows)) == ([], [])
        # 0.5 in 30 days is below a sixtieth a day, and not below less.
        assert savings(detector, rows, **{least: Decimal("0.017")}) == [saving]
        assert savings(detector, rows, **{least: Decimal("0.016")}) == []

    def test_no_traffic_of_anybody_cannot_be_judged(
        self, detector: Detector, hours: Any, own: Any, other: Any, saving: str, least: str
    ) -> None:
        found, (lacking,) = asked(detector, TableFacts(each_day(hours)))
        assert found == []
        assert (lacking.resource, str(lacking.monthly_cost)) == (hours["ResourceId"], saving)

    def test_traffic_that_names_nobody_cannot_be_judged(
        self, detector: Detector, hours: Any, own: Any, other: Any, saving: str, least: str
    ) -> None:
        blind = other | {"ResourceId": None}
        found, lacking = asked(detector, TableFacts([*each_day(hours), *each_day(blind)]))
        assert (found, len(lacking)) == ([], 1)

    def test_young_or_gone(self, detector: Detector, hours: Any, own: Any, other: Any,
                           saving: str, least: str) -> None:  # fmt: skip
        others = each_day(other)
        least_days = detector.minimum_days
        assert savings(detector, [*each_day(hours, least_days - 1), *others]) == []
        assert savings(detector, [*each_day(hours, least_days), *others]) == [saving]
        assert savings(detector, [*each_day(hours, 20, TODAY - timedelta(days=4)), *others]) == []

    def test_covered_or_paid_back(self, detector: Detector, hours: Any, own: Any, other: Any,
                                  saving: str, least: str) -> None:  # fmt: skip
        others = each_day(other)
        assert savings(detector, [*each_day(covered(hours, "0.2")), *others]) == []
        back = hours | {"x_LineItemType": "Refund"}
        assert savings(detector, [*each_day(back), *others]) == []


def test_bytes_of_cloudwatch_are_no_traffic_of_a_balancer() -> None:
    watch = {"x_ServiceCode": "AmazonCloudWatch", "ServiceName": "AmazonCloudWatch"}
    logs = line("arn:lb/app/x/1", "DataProcessing-Bytes", "1", "2", **watch)
    rows = [*each_day(BALANCER), *each_day(logs), *each_day(OTHER_UNITS)]
    assert savings(BALANCERS, rows) == ["16.20"]
