"""`outlay serve` as processes of their own, and asking them."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass
class Served:
    """A server process and the way to it."""

    process: subprocess.Popen[str]
    address: str
    client: httpx.Client

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(30)
        self.client.close()

    def stop(self) -> None:
        """End it as a person would."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.client.close()


def serve(folder: Path, log: Path, *options: str) -> Served:
    """Start a server on a free port; fails with its log when it does not come up."""
    with log.open("a") as errors:
        words = [sys.executable, "-m", "outlay", "-w", str(folder), "serve", "--port", "0"]
        process = subprocess.Popen(
            [*words, "--json", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ,
        )
    assert process.stdout is not None
    said = ""
    while "}" not in said:
        line = process.stdout.readline()
        assert line, f"the server did not start: {log.read_text()}"
        said += line
    address = json.loads(said)["address"].rstrip("/")
    client = httpx.Client(base_url=address, timeout=120)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            answer = client.get("/api/v1/health")
            # Who has no login is told so: the server is there.
            if answer.status_code in (200, 401):
                return Served(process, address, client)
            said = answer.text
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer: {said} {log.read_text()}")


def total(client: httpx.Client, **question: Any) -> str:
    """The effective cost of a question."""
    done = client.post("/api/v1/query", json=question)
    assert done.status_code == 200, done.text
    found: str = done.json()["total"]["EffectiveCost"]
    return found
