"""Several server processes on one workspace, read and written by many at once, one killed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from outlay.access.people import People
from outlay.app import Workspace
from tests.state.serving import Served, serve, total
from tests.web.company import AUGUST, AUGUST_TOTAL, SEPTEMBER, SEPTEMBER_TOTAL, csv_text, load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PASSWORD = "seven ponies cross a river"
PEOPLE = 6
ROUNDS = 8


@pytest.fixture(
    params=[2, pytest.param(3, marks=pytest.mark.postgres)], ids=["sqlite", "postgresql"]
)
def servers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, list[Served]]]:
    """Two servers on SQLite, or three on PostgreSQL with the lake's catalog in it too."""
    if request.param == 3:
        from tests.state.test_catalog import database

        server = request.getfixturevalue("postgres_server")
        with database(server) as url:
            monkeypatch.setenv("OUTLAY_DATABASE_URL", url)
            monkeypatch.setenv("OUTLAY_CATALOG_URL", url)
            yield from _started(tmp_path, request.param)
    else:
        yield from _started(tmp_path, request.param)


def _started(folder: Path, number: int) -> Iterator[tuple[Path, list[Served]]]:
    workspace = Workspace.init(folder / "ws", name="Acme")
    load(workspace, folder / "bills", "acme", AUGUST)
    source = workspace.resources.get("Source", "acme")
    spec = source.spec.model_dump() | {"cadence": "hourly"}
    workspace.put_resource("Source", "acme", spec, author="ana")
    workspace.close()
    started = [serve(folder / "ws", folder / f"server-{n}.log") for n in range(number)]
    try:
        yield folder / "ws", started
    finally:
        for one in started:
            one.stop()
        for n in range(number):
            text = (folder / f"server-{n}.log").read_text()
            assert "Traceback" not in text, text


class Person(threading.Thread):
    """Somebody who reads and writes through whichever server answers; `kept` is what was promised
    to them, `refused` the conflicts that they met."""

    def __init__(self, number: int, servers: list[Served]) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.servers = servers
        self.random = random.Random(number)
        self.kept: list[str] = []
        self.raised: list[int] = []
        self.refused = 0
        self.failures: list[str] = []

    def run(self) -> None:
        """Many small pieces of work."""
        try:
            for round_ in range(ROUNDS):
                self._view(round_)
                self._count()
                self._read()
        except Exception as error:
            self.failures.append(repr(error))

    def _ask(self, method: str, path: str, **words: Any) -> httpx.Response | None:
        """The answer of some server that lives; None where it died with the question, so that
        nobody knows whether it was done."""
        server = self.random.choice(self.servers)
        try:
            return httpx.request(method, server.address + path, timeout=60, **words)
        except httpx.ConnectError:
            others = [one for one in self.servers if one is not server]
            return httpx.request(
                method, self.random.choice(others).address + path, timeout=60, **words
            )
        except httpx.TransportError:
            return None

    def _view(self, round_: int) -> None:
        name = f"view-{self.number}-{round_}"
        spec = {"title": name, "query": {"by": ["ServiceName"]}}
        done = self._ask("PUT", f"/api/v1/resources/View/{name}", json=spec)
        if done is not None:
            if done.status_code not in (200, 201):
                self.failures.append(f"{done.status_code} {done.text}")
            self.kept.append(name)

    def _count(self) -> None:
        """Raise a common number by one: read, then write only if it is as it was read."""
        for _ in range(200):
            read = self._ask("GET", "/api/v1/resources/View/counter")
            if read is None:
                continue
            limit = read.json()["spec"]["query"]["limit"]
            spec = {"title": "Counter", "query": {"by": ["ServiceName"], "limit": limit + 1}}
            done = self._ask(
                "PUT",
                "/api/v1/resources/View/counter",
                json=spec,
                headers={"If-Match": read.headers["ETag"]},
            )
            if done is None:
                return
            if done.status_code == 200:
                self.raised.append(done.json()["version"])
                return
            if done.status_code != 409:
                self.failures.append(f"{done.status_code} {done.text}")
                return
            self.refused += 1
        self.failures.append("the counter was never free")

    def _read(self) -> None:
        done = self._ask("POST", "/api/v1/query", json={"to": "2026-09-01"})
        if done is not None and (
            done.status_code != 200 or done.json()["total"]["EffectiveCost"] != AUGUST_TOTAL
        ):
            self.failures.append(f"{done.status_code} {done.text}")
        page = self._ask("GET", "/explore?by=ServiceName")
        if page is not None and page.status_code != 200:
            self.failures.append(f"{page.status_code} {page.text[:200]}")


def test_nothing_is_lost_and_nothing_doubled(servers: tuple[Path, list[Served]]) -> None:
    folder, running = servers
    first = running[0].client
    begin = {"title": "Counter", "query": {"by": ["ServiceName"], "limit": 1}}
    assert first.put("/api/v1/resources/View/counter", json=begin).status_code == 201
    people = [Person(number, list(running)) for number in range(PEOPLE)]
    for person in people:
        person.start()
    # Meanwhile one server dies without a word, and the bill is delivered anew, twice at once.
    time.sleep(1.5)
    running[-1].kill()
    _deliver(folder, running[:-1])
    for person in people:
        person.join(300)
        assert not person.is_alive()
    assert [person.failures for person in people] == [[]] * PEOPLE

    kept = {name for person in people for name in person.kept}
    left = running[0].client.get("/api/v1/resources/View").json()
    names = Counter(one["name"] for one in left)
    assert kept <= set(names)
    assert set(names.values()) == {1}
    raised = sorted(version for person in people for version in person.raised)
    assert len(raised) == len(set(raised)), "two people were told that theirs was the same version"
    counter = running[0].client.get("/api/v1/resources/View/counter").json()
    # Each acknowledged raise counts; one that died with its server may or may not.
    unknown = PEOPLE * ROUNDS - len(raised)
    assert len(raised) <= counter["spec"]["query"]["limit"] - 1 <= len(raised) + unknown
    assert counter["version"] == counter["spec"]["query"]["limit"]
    history = running[0].client.get("/api/v1/resources/View/counter/history").json()
    assert [one["version"] for one in history] == list(range(1, counter["version"] + 1))
    for server in running[:-1]:
        assert Decimal(total(server.client)) == Decimal(AUGUST_TOTAL) + Decimal(SEPTEMBER_TOTAL)
    _looked_after(folder)


def _deliver(folder: Path, running: list[Served]) -> None:
    """Deliver the bill anew and ask every server at once to sync it."""
    bill = folder.parent / "bills" / "acme.csv"
    bill.write_text(csv_text([*AUGUST, *SEPTEMBER]), encoding="utf-8")
    done: list[httpx.Response] = []
    threads = [
        threading.Thread(
            target=lambda s=server: done.append(
                httpx.post(f"{s.address}/api/v1/sync", json={"sources": ["acme"]}, timeout=120)
            )
        )
        for server in running
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert all(one.status_code < 300 for one in done), [one.text for one in done]
    deadline = time.monotonic() + 120
    want = Decimal(AUGUST_TOTAL) + Decimal(SEPTEMBER_TOTAL)
    while time.monotonic() < deadline and Decimal(total(running[0].client)) != want:
        time.sleep(0.2)


def _looked_after(folder: Path) -> None:
    """The lake is whole, and runs of a source never overlapped."""
    workspace = Workspace.open(folder)
    assert workspace.lake.verify() == []
    assert {str(one.billing_period) for one in workspace.deliveries()} == {"2026-08", "2026-09"}
    spans = sorted(
        (run.started_at, run.ended_at) for run in workspace.runs("acme", 100) if run.ended_at
    )
    for (_, ended), (started, _) in zip(spans, spans[1:], strict=False):
        assert ended <= started
    workspace.close()


def test_logins_and_tokens_hold_on_every_server(
    servers: tuple[Path, list[Served]], tmp_path: Path
) -> None:
    folder, _ = servers
    workspace = Workspace.open(folder)
    People(workspace.resources).add("ana", "admin", password=PASSWORD)
    workspace.close()
    gates = [serve(folder, tmp_path / f"gate-{n}.log", "--login", "--no-sync") for n in range(2)]
    try:
        here, there = gates
        form = {"name": "ana", "password": PASSWORD, "next": "/"}
        done = here.client.post("/login", data=form, headers={"Origin": here.address})
        assert done.status_code == 303
        key = done.cookies["outlay"]
        session = {"Cookie": f"outlay={key}", "Sec-Fetch-Site": "same-origin"}
        assert there.client.get("/api/v1/query", headers=session).status_code == 200
        made = there.client.post(
            "/api/v1/tokens", json={"name": "ci", "level": "viewer"}, headers=session
        )
        assert made.status_code == 201, made.text
        bearer = {"Authorization": f"Bearer {made.json()['token']}"}
        here.client.cookies.clear()
        assert here.client.get("/api/v1/query", headers=bearer).status_code == 200
        number = made.json()["id"]
        gone = here.client.delete(f"/api/v1/tokens/{number}", headers=session)
        assert gone.status_code == 200, gone.text
        here.client.cookies.clear()
        there.client.cookies.clear()
        assert there.client.get("/api/v1/query", headers=bearer).status_code == 401
        out = there.client.post("/logout", headers=session)
        assert out.status_code in (200, 303)
        there.client.cookies.clear()
        after = here.client.get("/api/v1/query", headers=session)
        assert after.status_code == 401
    finally:
        for gate in gates:
            gate.stop()
