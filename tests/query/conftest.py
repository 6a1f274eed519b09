import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.query.fixtures import SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def _amount(random_: random.Random) -> str:
    """Amounts of every size that bills have, negative ones and all 21 decimals included."""
    digits = random_.choice([2, 6, 10, 21])
    whole = random_.choice([0, 0, 7, 1234, 98_765_432])
    sign = random_.choice(["", "", "", "-"])
    return f"{sign}{whole}.{random_.randrange(10**digits):0{digits}d}"


def _charge(random_: random.Random, start: datetime, currency: str, **more: Any) -> dict[str, Any]:
    tags = {
        key: random_.choice(["a", "b", "A", "ü'\\%_", ""])
        for key in ("team", "Cost Center", "aws:createdBy")
        if random_.random() < 0.5
    }
    category = random_.choice(["Usage", "Usage", "Usage", "Credit", "Tax"])
    return {
        "ChargePeriodStart": start + timedelta(hours=random_.randrange(24 * 40) - 48),
        "ServiceName": random_.choice(["Compute", "Storage", "Log's", None]),
        "SubAccountId": random_.choice(["a1", "a2"]),
        "RegionId": random_.choice(["eu", "us", None]),
        "ResourceId": random_.choice(["r1", "r2", "r3", None]),
        "SkuPriceId": random_.choice(["p1", "p2"]),
        "CommitmentDiscountStatus": random_.choice(["Used", "Unused", None]),
        "ChargeCategory": category,
        "BillingCurrency": currency,
        "ConsumedQuantity": random_.choice([None, "1.5", "0.333333333333333333333"]),
        "Tags": tags,
        **{cost: _amount(random_) for cost in ("EffectiveCost", "BilledCost", "ListCost")},
        "ContractedCost": _amount(random_),
        **more,
    }


@pytest.fixture(scope="session")
def rich_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallLake]:
    """Three slices of different columns; days spill over month ends, sources over columns."""
    random_ = random.Random(20260101)
    lake = SmallLake(tmp_path_factory.mktemp("rich"))
    january, february = datetime(2026, 1, 1), datetime(2026, 2, 1)
    kinds = ["Usage", "Tax", None]
    lake.add(
        "2026-01",
        [
            _charge(random_, january, "USD", x_LineItemType=random_.choice(kinds), x_Rare=str(n))
            for n in range(60)
        ],
        source="aws",
        columns=("x_LineItemType", "x_Rare"),
        context=("x_LineItemType",),
    )
    lake.add("2026-02", [_charge(random_, february, "USD") for _ in range(60)], source="aws")
    lake.add("2026-02", [_charge(random_, february, "EUR") for _ in range(30)], source="focus")
    yield lake


class Charges(list[dict[str, Any]]):
    """Every charge of a lake; a failing test need not print them all."""

    def __repr__(self) -> str:
        return f"<{len(self)} charges>"


@pytest.fixture(scope="session")
def rich_charges(rich_lake: SmallLake) -> Charges:
    with rich_lake.connect() as connection:
        cursor = connection.execute(f"SELECT * FROM {rich_lake.charges_sql()}")
        names = [column[0] for column in cursor.description or ()]
        return Charges(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
