"""The catalogue of AWS's machines: sizes as EC2 has them, prices by the rule of their family."""

import gzip
import json
from decimal import Decimal
from importlib.resources import files

import pytest

from outlay.savings.catalog import list_price, machine, smaller
from outlay.savings.catalog.aws import _prices, _sizes
from outlay.savings.detectors.aws.prices import LARGE


@pytest.mark.parametrize(
    ("name", "vcpu", "memory", "generation", "architecture"),
    [
        ("m6i.large", 2, "8", 6, "x86_64"),
        ("c7g.medium", 1, "2", 7, "arm64"),
        ("t3.small", 2, "2", 3, "x86_64"),
        ("r8g.48xlarge", 192, "1536", 8, "arm64"),
        ("db.r6g.2xlarge", 8, "64", 6, "arm64"),
        ("m7i-flex.large", 2, "8", 7, "x86_64"),
    ],
)
def test_a_machine(name: str, vcpu: int, memory: str, generation: int, architecture: str) -> None:
    one = machine(name)
    assert one is not None
    assert (one.vcpu, one.memory, one.generation, one.architecture) == (
        vcpu, Decimal(memory), generation, architecture,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "m6i", "m6i.huge", "db.", "x99.large", "m6i.metal"])
def test_what_is_no_machine(name: str) -> None:
    assert machine(name) is None
    assert list_price(name) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m6i.2xlarge", ["m6i.xlarge", "m6i.large"]),
        ("m6i.large", []),
        ("m7g.large", ["m7g.medium"]),
        ("t3.medium", ["t3.small", "t3.micro", "t3.nano"]),
        ("db.r6g.xlarge", ["db.r6g.large"]),
        ("db.m6g.large", []),  # EC2 has m6g.medium, RDS has not
        ("db.t4g.medium", ["db.t4g.small", "db.t4g.micro"]),
    ],
)
def test_smaller_ones_of_the_family(name: str, expected: list[str]) -> None:
    one = machine(name)
    assert one is not None
    assert [other.type for other in smaller(one)] == expected


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("m6i.large", "0.096"),
        ("m6i.4xlarge", "0.768"),
        ("c7g.medium", "0.03625"),
        ("t3.nano", "0.0052"),
        ("g5.16xlarge", "4.096"),
        ("db.r6g.4xlarge", "1.8"),
    ],
)
def test_a_list_price(name: str, price: str) -> None:
    found = list_price(name)
    assert found is not None
    assert found.amount == Decimal(price)
    assert found.source.startswith("https://aws.amazon.com/")


def test_every_price_is_of_a_size_that_there_is() -> None:
    for family, prices in _prices()["families"].items():
        sizes = _sizes()[family.removeprefix("db.")]
        assert set(prices) - {"*"} <= set(sizes), family


def test_it_agrees_with_the_ratios_of_other_detectors() -> None:
    for family, price in LARGE.items():
        found = list_price(f"{family}.large")
        assert found is None or found.amount == price, family


def test_sizes_are_those_of_ec2() -> None:
    moto = pytest.importorskip("moto")
    del moto
    data = files("moto").joinpath("ec2/resources/instance_types.json.gz").read_bytes()
    known = json.loads(gzip.decompress(data))
    for family, sizes in _sizes().items():
        for size, (vcpu, memory, architecture) in sizes.items():
            fact = known.get(f"{family}.{size}")
            if fact is None:
                continue  # another edition of moto
            assert fact["VCpuInfo"]["DefaultVCpus"] == vcpu
            assert Decimal(fact["MemoryInfo"]["SizeInMiB"]) / 1024 == memory
            assert architecture in fact["ProcessorInfo"]["SupportedArchitectures"]
