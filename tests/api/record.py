"""Record the examples of openapi.json from the firm: `python -m tests.api.record`."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from outlay.access.principal import login_name
from outlay.app import Workspace
from tests.api.firm import firm
from tests.api.samples import SAMPLES, Sample
from tests.api.samples_anomalies import ANOMALY, odd
from tests.api.samples_realised import SAVED, saved
from tests.api.samples_savings import FOUND, wasteful
from tests.shared import ROOT

EXAMPLES = ROOT / "src" / "outlay" / "api" / "openapi" / "examples.json"
_MOST = 2
_LINES = 3
_LONG = 300


class Asker:
    """Sends samples to a server of the firm, and keeps what later ones need from earlier ones."""

    def __init__(self, client: TestClient, workspace: Workspace, bills: Path) -> None:
        self.client = client
        self.found = {
            "bill": str(bills / "europe.csv"),
            "delivery": workspace.deliveries("acme")[0].delivery.id,
            "first_snapshot": str(workspace.snapshots()[2].snapshot_id),
        }

    def ask(self, sample: Sample) -> Any:
        """The response to a sample."""
        body = self.filled(sample.body)
        more: dict[str, Any] = {}
        if isinstance(body, str):
            more["content"] = body
        elif body is not None:
            more["json"] = body
        path = f"/api/v1{self.filled(sample.path)}"
        answer = self.client.request(sample.method, path, headers=sample.headers, **more)
        if sample.operation == "state_balance" and answer.status_code == 201:
            self.found["balance"] = answer.json()["name"]
        if sample.operation == "close_statements" and answer.status_code == 200:
            one = self.client.get("/api/v1/statements/showback/2026-09/data").json()
            self.found["line"] = one["lines"][0]["id"]
        return answer

    def filled(self, value: Any) -> Any:
        """A body or path with what earlier answers told."""
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda m: self.found.get(m[1], m[0]), value)
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        return value


def recorded(asker: Asker) -> Iterator[tuple[Sample, Any]]:
    """Every sample with its response, in order."""
    for sample in SAMPLES:
        yield sample, asker.ask(sample)


def shortened(value: Any) -> Any:
    """An answer as an example: the first items of each list, long texts cut."""
    if isinstance(value, list):
        return [shortened(one) for one in value[:_MOST]]
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, str) and len(value) > _LONG and " " in value:
        return value[:_LONG].rsplit(" ", 1)[0] + " …"
    return value


def keep(found: dict[str, Any], sample: Sample, answer: Any) -> None:
    """Add what an answer tells to the examples; a refusal is none."""
    if answer.status_code >= 300:
        return
    media = answer.headers.get("content-type", "").partition(";")[0]
    if media == "application/json":
        found[sample.operation] = shortened(answer.json())
    elif media == "text/csv":
        lines = answer.text.splitlines(keepends=True)[:_LINES]
        found[f"{sample.operation}.csv"] = "".join(lines)
    if isinstance(sample.body, dict):
        found[f"{sample.operation}.request"] = sample.body


def main() -> None:
    """Write the examples."""
    from tests.web.conftest import serving

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        workspace = firm(Path(folder) / "firm")
        asker = Asker(serving(workspace), workspace, Path(folder) / "firm" / "bills")
        for sample, answer in recorded(asker):
            keep(found, sample, answer)
        workspace.close()
        for company, requests in ((odd, ANOMALY), (saved, SAVED), (wasteful, FOUND)):
            with company(Path(folder)) as other:
                client = serving(other)
                for operation, method, path, body in requests:
                    answer = client.request(method, f"/api/v1{path}", json=body)
                    keep(found, Sample(operation, method, path, body), answer)
        text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True)
    # Nothing of the machine on which it was recorded.
    text = (
        text.replace(f"{folder}/firm", "/srv/acme")
        .replace(folder, "/srv/acme")
        .replace(f"{tempfile.gettempdir()}/outlay-samples", "/srv/acme")
        .replace(f': "{login_name()}"', ': "ana"')
    )
    EXAMPLES.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
