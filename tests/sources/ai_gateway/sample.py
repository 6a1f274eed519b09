"""A gateway's log for the contract suite: a request a line."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.ai_gateway.logs import request
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
FORMATS = ("jsonl", "csv")
DATASET = "usage"


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """As LiteLLM's callbacks write it (JSON lines), or as its table is exported (CSV)."""
    requests = [
        request(number, startTime=f"{line.day}T10:20:30Z", spend=line.amount, team_id=line.account)
        for number, line in enumerate(lines, 1)
    ]
    if format == "csv":
        rows = [
            {k: json.dumps(v) if isinstance(v, list | dict) else str(v) for k, v in one.items()}
            for one in requests
        ]
        write_table(folder / "spend.csv", rows)
        return
    (folder / "spend.jsonl").write_text("".join(json.dumps(one) + "\n" for one in requests))
