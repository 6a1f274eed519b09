"""A SQL warehouse of Databricks over HTTP: statements, polling, chunks, rate limits."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "dapi-secret"
Row = dict[str, Any]


@dataclass
class Warehouse:
    """What it holds and how it behaves; what it was asked."""

    usage: list[Row] = field(default_factory=list)
    list_prices: list[Row] = field(default_factory=list)
    account_prices: list[Row] | None = None
    chunk: int = 2
    inline: bool = False
    polls: int = 1
    """How often a statement is found running."""
    throttle: int = 0
    """How many answers are 429 first."""
    break_after: int | None = None
    """After how many chunks the storage refuses."""
    requests: list[str] = field(default_factory=list)
    leaked: bool = False
    address: str = ""
    _statements: dict[str, tuple[list[str], list[list[Any]]]] = field(default_factory=dict)
    _running: dict[str, int] = field(default_factory=dict)

    @property
    def location(self) -> str:
        """Where a source finds it."""
        return f"databricks://{self.address}"

    def execute(self, sql: str, parameters: dict[str, str]) -> str:
        """Run one of the statements that the source asks; gives its id."""
        table = re.search(r"system\.billing\.(\w+)", sql)
        assert table is not None, sql
        rows = getattr(self, table[1])
        if rows is None:
            raise LookupError(f"[TABLE_OR_VIEW_NOT_FOUND] system.billing.{table[1]}")
        if "GROUP BY 1" in sql:
            found = self._months(parameters["since"])
        elif table[1] == "usage":
            found = sorted(
                (
                    row
                    for row in rows
                    if parameters["first"] <= row["usage_date"] < parameters["next"]
                    and row["record_id"] > parameters["after"]
                ),
                key=lambda row: row["record_id"],
            )
        else:
            found = [
                row
                for row in rows
                if row["price_start_time"][:10] < parameters["next"]
                and (not row["price_end_time"] or row["price_end_time"][:10] > parameters["first"])
            ]
        names = _selected(sql)
        name = f"s{len(self._statements) + 1}"
        self._statements[name] = (names, [[_text(row[n]) for n in names] for row in found])
        self._running[name] = self.polls
        return name

    def _months(self, since: str) -> list[Row]:
        by_month: dict[str, list[Row]] = {}
        for row in self.usage:
            if row["usage_date"] >= since:
                by_month.setdefault(row["usage_date"][:7], []).append(row)
        return [
            {
                "month": month,
                "records": len(rows),
                "newest": max(row["ingestion_date"] for row in rows),
            }
            for month, rows in sorted(by_month.items())
        ]

    def status(self, name: str) -> dict[str, Any]:
        """The answer to a look at a statement."""
        if self._running[name] > 0:
            self._running[name] -= 1
            return {"statement_id": name, "status": {"state": "RUNNING"}}
        columns, rows = self._statements[name]
        return {
            "statement_id": name,
            "status": {"state": "SUCCEEDED"},
            "manifest": {
                "schema": {"columns": [{"name": column} for column in columns]},
                "total_row_count": len(rows),
            },
            "result": self.result(name, 0),
        }

    def result(self, name: str, at: int) -> dict[str, Any]:
        """One chunk: its rows, or the link to them."""
        rows = self._statements[name][1]
        if not rows:
            return {}
        following = (
            {"next_chunk_internal_link": f"/api/2.0/sql/statements/{name}/result/chunks/{at + 1}"}
            if (at + 1) * self.chunk < len(rows)
            else {}
        )
        if self.inline:
            return {"data_array": self.rows(name, at), **following}
        link = f"http://{self.address}/storage/{name}/{at}?X-Amz-Signature=signed"
        return {"external_links": [{"chunk_index": at, "external_link": link, **following}]}

    def rows(self, name: str, at: int) -> list[list[Any]]:
        """The rows of a chunk."""
        return self._statements[name][1][at * self.chunk : (at + 1) * self.chunk]


def _selected(sql: str) -> list[str]:
    listed = sql.split("FROM system")[0].removeprefix("SELECT ")
    parts = re.split(r",(?![^(]*\))", listed)
    return [part.strip().split(" AS ")[-1].strip() for part in parts]


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value)
    return None if value is None else str(value)


@contextmanager
def serving(warehouse: Warehouse) -> Iterator[Warehouse]:
    """The warehouse at a port of the loopback address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(warehouse))
    warehouse.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield warehouse
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(warehouse: Warehouse) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def answer(self, status: int, body: object, **headers: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def allowed(self) -> bool:
            warehouse.requests.append(f"{self.command} {self.path.split('?')[0]}")
            if warehouse.throttle > 0:
                warehouse.throttle -= 1
                self.answer(429, {"message": "too many requests"}, Retry_After="0.01")
                return False
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.answer(403, {"error_code": "403", "message": "Invalid access token."})
                return False
            return True

        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            if not self.allowed():
                return
            assert self.path == "/api/2.0/sql/statements"
            assert body["warehouse_id"] == "wh1"
            parameters = {one["name"]: one["value"] for one in body["parameters"]}
            try:
                name = warehouse.execute(body["statement"], parameters)
            except LookupError as error:
                said = {"error_code": "BAD_REQUEST", "message": str(error)}
                self.answer(200, {"status": {"state": "FAILED", "error": said}})
                return
            self.answer(200, warehouse.status(name))

        def do_GET(self) -> None:  # noqa: N802
            path = self.path.split("?")[0]
            parts = path.strip("/").split("/")
            if parts[0] == "storage":
                warehouse.requests.append(f"GET /{parts[0]}")
                warehouse.leaked |= "Authorization" in self.headers
                if warehouse.break_after is not None:
                    warehouse.break_after -= 1
                    if warehouse.break_after < 0:
                        self.answer(410, {"message": "gone"})
                        return
                self.answer(200, warehouse.rows(parts[1], int(parts[2])))
            elif self.allowed():
                name = parts[4]
                if len(parts) > 5:
                    self.answer(200, warehouse.result(name, int(parts[-1])))
                else:
                    self.answer(200, warehouse.status(name))

    return Handler
