"""AWS's machines: sizes (`aws_sizes.csv`) and dated list prices (`aws_prices.yaml`).

Sizes are taken from moto (Apache-2.0, ``moto/ec2/resources/instance_types.json.gz``, November
2026), which has them from EC2's DescribeInstanceTypes; a database class ``db.m6g.large`` has the
processors and memory of ``m6g.large``. Sizes of bare metal are left out: nothing is made smaller
to or from them.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

_TYPE = re.compile(r"^(db\.)?([a-z]+[0-9]+[a-z-]*)\.([a-z0-9]+)$")
_GENERATION = re.compile(r"[0-9]+")

_SHARES = {"medium": Decimal("0.5"), "large": Decimal(1), "xlarge": Decimal(2)}
"""Sizes as parts of ``large``; ``Nxlarge`` is 2N of it."""

_DATABASES_FROM = {"m": ("large",), "r": ("large",), "t": ("micro", "small", "medium", "large")}
"""Below these RDS has no class, whatever EC2 has: m and r begin at large, t at micro."""


@dataclass(frozen=True)
class Machine:
    """A machine or database class: `vcpu` processors, `memory` GiB; `generation` is the number
    in its family's name, `architecture` ``x86_64`` or ``arm64``."""

    type: str
    family: str
    size: str
    vcpu: int
    memory: Decimal
    generation: int
    architecture: str

    @property
    def memory_bytes(self) -> Decimal:
        """Its memory in bytes."""
        return self.memory * 2**30


@dataclass(frozen=True)
class ListPrice:
    """A list price in US dollars an hour, of the list of a day."""

    amount: Decimal
    as_of: date
    source: str


def family_of(name: str) -> tuple[str, str] | None:
    """Family (``m6g``, ``db.m6g``) and size of a type's name; None for what is none."""
    match = _TYPE.match(name)
    return (f"{match[1] or ''}{match[2]}", match[3]) if match else None


def machine(name: str) -> Machine | None:
    """The machine or database class of this name; None for one that is not in the catalogue."""
    known = family_of(name)
    if known is None:
        return None
    family, size = known
    bare = family.removeprefix("db.")
    found = _sizes().get(bare, {}).get(size)
    if found is None:
        return None
    vcpu, memory, architecture = found
    number = _GENERATION.search(bare)
    generation = int(number[0]) if number else 0
    return Machine(name, family, size, vcpu, memory, generation, architecture)


def smaller(one: Machine) -> list[Machine]:
    """Smaller machines of the family, the next smaller first; those of RDS's classes for one."""
    database = one.family.startswith("db.")
    found = []
    for size in _sizes()[one.family.removeprefix("db.")]:
        other = machine(f"{one.family}.{size}")
        if (
            other is None
            or (other.vcpu, other.memory) >= (one.vcpu, one.memory)
            or other.vcpu > one.vcpu
            or other.memory > one.memory
            or other.architecture != one.architecture
            or (database and not _has_class(other))
        ):
            continue
        found.append(other)
    return sorted(found, key=lambda other: (other.vcpu, other.memory), reverse=True)


def _has_class(one: Machine) -> bool:
    letter = one.family.removeprefix("db.")[0]
    if one.size.endswith("xlarge"):
        return True
    return one.size in _DATABASES_FROM.get(letter, ())


def list_price(name: str) -> ListPrice | None:
    """The list price an hour of a machine (Linux) or database class (PostgreSQL, one zone) in N.
    Virginia; None for one that the catalogue has no price of."""
    known = family_of(name)
    if known is None:
        return None
    family, size = known
    given = _prices()["families"].get(family)
    if given is None:
        return None
    amount = given.get(size)
    if amount is None and "*" in given:
        share = _share(size)
        amount = None if share is None else given["*"] * share
    if amount is None:
        return None
    source = _prices()["databases" if family.startswith("db.") else "source"]
    return ListPrice(amount, _prices()["as_of"], source)


def baseline(one: Machine) -> Decimal | None:
    """What a burstable machine may use of its processors all the time, in percent; None for a
    machine that may use them whole."""
    family = one.family.removeprefix("db.")
    known = _prices()["baselines"].get(family)
    return None if known is None or one.size not in known else Decimal(str(known[one.size]))


def _share(size: str) -> Decimal | None:
    if size in _SHARES:
        return _SHARES[size]
    times = size.removesuffix("xlarge")
    return Decimal(2) * int(times) if times.isdigit() else None


@lru_cache(maxsize=1)
def _sizes() -> dict[str, dict[str, tuple[int, Decimal, str]]]:
    """Family → size → processors, GiB, architecture."""
    found: dict[str, dict[str, tuple[int, Decimal, str]]] = {}
    for row in csv.DictReader(io.StringIO(_text("aws_sizes.csv"))):
        memory = Decimal(row["memory_mib"]) / 1024
        found.setdefault(row["family"], {})[row["size"]] = (
            int(row["vcpu"]), memory, row["architecture"],
        )  # fmt: skip
    return found


@lru_cache(maxsize=1)
def _prices() -> dict[str, Any]:
    given = yaml.safe_load(_text("aws_prices.yaml"))
    families: dict[str, dict[str, Decimal]] = {}
    for one in (*given["ec2"], *given["rds"]):
        prices = {size: Decimal(price) for size, price in one.get("sizes", {}).items()}
        if "large" in one:
            prices["*"] = Decimal(one["large"])
        families[one["family"]] = prices
    return {**given, "families": families}


def _text(name: str) -> str:
    return files("outlay.savings.catalog").joinpath(name).read_text(encoding="utf-8")
