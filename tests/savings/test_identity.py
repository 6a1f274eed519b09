"""One resource by many names."""

from __future__ import annotations

from decimal import Decimal

import pytest

from outlay.savings.identity import Resources, canonical, settled
from outlay.savings.merging import merged
from outlay.savings.model import Finding

SUB = "/subscriptions/38f1d748-3ac7-4b7f-a5ae-8b5ff16db82c"

SAME = [
    ("i-0aa2", "arn:aws:ec2:us-east-1:111111111111:instance/i-0aa2"),
    ("arn:aws:ec2:us-east-1:1:volume/vol-0BB1", "vol-0bb1"),
    ("arn:aws-cn:ec2:cn-north-1:1:natgateway/nat-0cc1", "arn:aws:ec2:x:1:natgateway/nat-0cc1"),
    ("arn:aws:rds:us-east-1:1:db:Orders", "arn:aws:rds:us-east-1:1:db:orders"),
    ("arn:aws:lambda:us-east-1:1:function:mail:7", "arn:aws:lambda:us-east-1:1:function:mail"),
    ("arn:aws:s3:::acme-logs", "acme-logs"),
    (f"{SUB}/resourceGroups/RG-Shop/providers/Microsoft.Compute/virtualMachines/vm-1/",
     f"{SUB.lower()}/resourcegroups/rg-shop/providers/microsoft.compute/virtualmachines/vm-1"),
    ("//compute.googleapis.com/projects/acme/zones/europe-west1-b/instances/web-1",
     "//compute.googleapis.com/projects/acme/instances/web-1"),
    ("https://www.googleapis.com/compute/v1/projects/acme/zones/x/disks/old-1",
     "projects/acme/zones/x/disks/old-1"),
    ("//compute.googleapis.com/projects/acme/global/images/base",
     "//compute.googleapis.com/projects/acme/images/base"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_resource_are_equal(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("i-0aa2", "i-0aa3"),
        ("arn:aws:rds:us-east-1:1:db:orders", "arn:aws:rds:eu-west-1:1:db:orders"),
        ("arn:aws:rds:us-east-1:1:db:orders", "arn:aws:rds:us-east-1:2:db:orders"),
        ("//compute.googleapis.com/projects/a/zones/x/disks/web-1",
         "//compute.googleapis.com/projects/a/zones/x/instances/web-1"),
        (f"{SUB}/resourceGroups/a/providers/x/y/vm", f"{SUB}/resourceGroups/b/providers/x/y/vm"),
    ],
)  # fmt: skip
def test_two_resources_are_not(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


BILL = Resources.of(
    [
        ("AWS", "111", "i-0aa2"),
        ("AWS", "111", "arn:aws:rds:us-east-1:111:db:orders"),
        ("AWS", "222", "arn:aws:rds:us-east-1:222:db:orders"),
        ("AWS", "111", "arn:aws:logs:us-east-1:111:log-group:/shop"),
        ("AWS", "111", "arn:aws:lambda:us-east-1:111:function:shop"),
        ("Google Cloud", "acme", "//compute.googleapis.com/projects/acme/instances/web-1"),
        ("Google Cloud", "acme", "//compute.googleapis.com/projects/acme/zones/a/disks/d"),
        ("Google Cloud", "acme", "//compute.googleapis.com/projects/acme/zones/b/disks/d"),
        ("AWS", "111", ""),
    ]
)


@pytest.mark.parametrize(
    ("provider", "account", "named", "billed"),
    [
        ("AWS", "111", "arn:aws:ec2:us-east-1:111:instance/i-0aa2", "i-0aa2"),
        # A bare name is looked for in its own account.
        ("AWS", "222", "orders", "arn:aws:rds:us-east-1:222:db:orders"),
        # Two resources of one name: a guess would blame the wrong one.
        ("AWS", "111", "shop", ""),
        ("AWS", "333", "orders", ""),
        ("Google Cloud", "acme", "//compute.googleapis.com/projects/acme/zones/z/instances/web-1",
         "//compute.googleapis.com/projects/acme/instances/web-1"),
        ("Google Cloud", "acme", "//compute.googleapis.com/projects/acme/zones/a/disks/d",
         "//compute.googleapis.com/projects/acme/zones/a/disks/d"),
        ("Google Cloud", "acme", "projects/acme/zones/c/disks/d", ""),
        ("AWS", "111", "arn:aws:rds:us-east-1:111:db:other", ""),
        ("AWS", "111", "", ""),
    ],
)  # fmt: skip
def test_the_bills_own_name_is_found(provider: str, account: str, named: str, billed: str) -> None:
    assert BILL.billed(provider, account, named) == billed


def hub(**more: object) -> Finding:
    given = {
        "tool": "aws-cost-hub", "detector": "Ec2Instance.Rightsize", "provider": "AWS",
        "action": "Rightsize", "title": "Right-size", "currency": "USD",
        "monthly_saving": Decimal(5), "basis": "the hub", "account": "111", "group": "size",
        "resource": "arn:aws:ec2:us-east-1:111:instance/i-0aa2",
        "where": "ResourceId = 'x' AND SubAccountId = '111'",
    }  # fmt: skip
    return Finding(**{**given, **more})  # type: ignore[arg-type]


def test_a_native_finding_takes_the_bills_name_and_its_charges() -> None:
    one = settled(hub(), BILL)
    assert one.resource == "i-0aa2"
    assert one.where == "ResourceId = 'i-0aa2' AND SubAccountId = '111'"
    unknown = hub(resource="i-0ff9")
    assert settled(unknown, BILL) is unknown


def test_of_what_tools_say_the_amount_nearest_to_the_bill_comes_first() -> None:
    ours = hub(tool="outlay", detector="aws-rightsize", monthly_saving=Decimal(9))
    listed = hub(tool="aws-trusted-advisor", native_id="t", monthly_saving=Decimal(3))
    discounted = hub(monthly_saving_list=Decimal(12), native_id="h", monthly_saving=Decimal(8))
    lower = hub(tool="aws-compute-optimizer", native_id="c", monthly_saving=Decimal(7),
                monthly_saving_list=Decimal(12))  # fmt: skip
    unsure = hub(tool="x", native_id="u", monthly_saving=Decimal(1), confidence="low",
                 monthly_saving_list=Decimal(12))  # fmt: skip
    (found,) = merged([listed, unsure, discounted, ours, lower, discounted]).values()
    assert found == (ours, lower, discounted, unsure, listed)
    (again,) = merged([lower, ours, listed, discounted, unsure]).values()
    assert again == found
    assert len(merged([ours, hub(group="existence", action="Delete")])) == 2


def test_another_currency_is_shown_beside() -> None:
    ours = hub(tool="outlay", detector="a")
    (found,) = merged([ours, hub(currency="EUR", native_id="e")]).values()
    assert [each.currency for each in found] == ["USD", "EUR"]
