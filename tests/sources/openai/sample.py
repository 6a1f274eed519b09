"""OpenAI's costs for the contract suite: a page a month, a bucket a day."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.openai.answers import bucket, cost, page, text

OPTIONS: dict[str, object] = {}
FORMATS = ("json",)


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """Amounts as strings, as the API has them since 2026, so that any text can be one."""
    for month in sorted({line.month for line in lines}):
        mine = sorted((line for line in lines if line.month == month), key=lambda line: line.day)
        buckets = [
            bucket(day, *(cost(line.amount, project_id=f"proj_{line.account}") for line in of_day))
            for day, of_day in groupby(mine, key=lambda line: line.day)
        ]
        (folder / f"costs-{month[0]:%Y-%m}.json").write_text(text(page(buckets)))
