"""Anthropic's costs for the contract suite: a page of the Admin API a month."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.anthropic.answers import bucket, cents, cost, page

OPTIONS: dict[str, object] = {}
FORMATS = ("json",)


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """Amounts are in cents."""
    for month in sorted({line.month for line in lines}):
        mine = sorted((line for line in lines if line.month == month), key=lambda line: line.day)
        buckets = [
            bucket(
                day,
                *(cost(cents(one.amount), workspace_id=f"wrkspc_{one.account}") for one in of_day),
            )
            for day, of_day in groupby(mine, key=lambda line: line.day)
        ]
        path = folder / f"cost_report-{month[0]:%Y-%m}.json"
        path.write_text(json.dumps(page(buckets)))
