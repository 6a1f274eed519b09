"""A BigQuery that holds a few tables and speaks the REST API's JSON, for tests.

It knows the two statements that the source asks: what months a table has, and a month's rows.
Anything else is a 400, so that a test cannot pass by an answer to another question.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_EXPORTED = r"UNIX_MICROS\(IFNULL\((\w+), TIMESTAMP_MICROS\(0\)\)\)"
_OVERVIEW = re.compile(
    rf"SELECT (?P<month>.+?) AS month, COUNT\(\*\) AS row_count, MAX\({_EXPORTED}\) AS newest "
    r"FROM `(?P<table>[^`]+)` WHERE (?P=month) >= '(?P<first>\d{6})' "
    r"GROUP BY month ORDER BY month"
)
_ROWS = re.compile(
    r"SELECT TO_JSON_STRING\(t\) AS line FROM `(?P<table>[^`]+)` AS t "
    rf"WHERE .+? = '(?P<month>\d{{6}})' AND {_EXPORTED} <= (?P<newest>\d+)"
    rf"( AND {_EXPORTED} > (?P<since>\d+))?"
    r"( AND \(_PARTITIONTIME IS NULL OR \(_PARTITIONTIME >= TIMESTAMP\('(?P<from>[\d-]+)'\)"
    r"( AND _PARTITIONTIME < TIMESTAMP\('(?P<until>[\d-]+)'\))?\)\))?"
)

EXPORT_FIELDS = ("billing_account_id", "cost", "invoice", "export_time")


@dataclass
class FakeTable:
    """Rows as their JSON text, and how the table is partitioned."""

    lines: list[str] = field(default_factory=list)
    fields: tuple[str, ...] = EXPORT_FIELDS
    by_ingestion: bool = True

    def parsed(self) -> Iterator[tuple[str, str, int, str]]:
        """(line, invoice month, export time in microseconds, day of ingestion) of each row."""
        for line in self.lines:
            row = json.loads(line)
            text = row.get("export_time") or row["x_ExportTime"]
            text = text.removesuffix("Z").removesuffix(" UTC")
            moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
            month = row["invoice"]["month"] if "invoice" in row else row["BillingPeriodStart"][:7]
            yield line, month.replace("-", ""), int(moment.timestamp() * 10**6), text[:10]


@dataclass
class FakeBigQuery:
    """The server: `tables` by name in dataset, what was asked, and refusals to come."""

    tables: dict[str, FakeTable]
    dataset: str = "billing"
    requests: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    refusals: list[tuple[str, int, str]] = field(default_factory=list)
    """(part of "METHOD path", status, reason): each refuses one matching request."""
    jobs: dict[str, tuple[list[dict[str, str]], list[list[str]]]] = field(default_factory=dict)
    url: str = ""

    def forget_jobs(self) -> None:
        """As a day later: no answer is kept."""
        self.jobs.clear()

    def run(self, job: str, sql: str) -> None:
        """Run a statement; ValueError for one that is not known."""
        self.statements.append(sql)
        if match := _OVERVIEW.fullmatch(sql):
            months: dict[str, list[int]] = {}
            for _, month, exported, _ in self._table(match["table"]).parsed():
                if month >= match["first"]:
                    months.setdefault(month, []).append(exported)
            schema = [
                {"name": "month", "type": "STRING"},
                {"name": "row_count", "type": "INTEGER"},
                {"name": "newest", "type": "INTEGER"},
            ]
            rows = [[m, str(len(times)), str(max(times))] for m, times in sorted(months.items())]
            self.jobs[job] = (schema, rows)
        elif match := _ROWS.fullmatch(sql):
            table = self._table(match["table"])
            found = [
                [line]
                for line, month, exported, day in table.parsed()
                if month == match["month"]
                and exported <= int(match["newest"])
                and exported > int(match["since"] or -1)
                and (match["from"] or "") <= day < (match["until"] or "9")
            ]
            self.jobs[job] = ([{"name": "line", "type": "STRING"}], found)
        else:
            raise ValueError(sql)

    def _table(self, name: str) -> FakeTable:
        return self.tables[name.rpartition(".")[2]]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        """The JSON of an answer; KeyError for what is not there."""
        parts = path.split("/")
        match method, parts[4:]:
            case "GET", ["datasets", dataset, "tables"] if dataset == self.dataset:
                listed = [self._reference(parts[3], name) for name in self.tables]
                return {"kind": "bigquery#tableList", "tables": listed}
            case "GET", ["datasets", dataset, "tables", name] if dataset == self.dataset:
                table = self.tables[name]
                fields = [{"name": one, "type": "STRING"} for one in table.fields]
                found = {**self._reference(parts[3], name), "schema": {"fields": fields}}
                if table.by_ingestion:
                    found["timePartitioning"] = {"type": "DAY"}
                return found
            case "POST", ["queries"]:
                job = f"query_{len(self.statements)}"
                self.run(job, body["query"])
                return self._page(parts[3], job, query)
            case "POST", ["jobs"]:
                job = body["jobReference"]["jobId"]
                self.run(job, body["configuration"]["query"]["query"])
                return self._job(parts[3], job)
            case "GET", ["jobs", job]:
                return self._job(parts[3], job)
            case "GET", ["queries", job]:
                return self._page(parts[3], job, query)
        raise KeyError(path)

    def _reference(self, project: str, name: str) -> dict[str, Any]:
        reference = {"projectId": project, "datasetId": self.dataset, "tableId": name}
        return {"kind": "bigquery#table", "tableReference": reference, "type": "TABLE"}

    def _job(self, project: str, job: str) -> dict[str, Any]:
        self.jobs[job]
        return {
            "kind": "bigquery#job",
            "jobReference": {"projectId": project, "jobId": job, "location": "EU"},
            "configuration": {"jobType": "QUERY", "query": {"query": ""}},
            "statistics": {"query": {"statementType": "SELECT"}},
            "status": {"state": "DONE"},
        }

    def _page(self, project: str, job: str, query: dict[str, str]) -> dict[str, Any]:
        schema, rows = self.jobs[job]
        at = int(query.get("pageToken") or query.get("startIndex") or 0)
        size = int(query.get("maxResults", 10_000))
        page = rows[at : at + size]
        answer: dict[str, Any] = {
            "jobReference": {"projectId": project, "jobId": job, "location": "EU"},
            "jobComplete": True,
            "schema": {"fields": schema},
            "totalRows": str(len(rows)),
            "rows": [{"f": [{"v": cell} for cell in row]} for row in page],
        }
        if at + len(page) < len(rows) and page:
            answer["pageToken"] = str(at + len(page))
        return answer


@contextmanager
def serving(fake: FakeBigQuery) -> Iterator[FakeBigQuery]:
    """Serve on a free port of this machine; `fake.url` is the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._respond("GET", None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._respond("POST", json.loads(self.rfile.read(length) or b"{}"))

        def _respond(self, method: str, body: Any) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            fake.requests.append(f"{method} {self.path}")
            for refusal in fake.refusals:
                if refusal[0] in f"{method} {self.path}":
                    fake.refusals.remove(refusal)
                    return self._send(refusal[1], _error(refusal[1], refusal[2]))
            try:
                self._send(
                    200, fake.answer(method, parts.path.removeprefix("/bigquery"), query, body)
                )
            except ValueError as error:
                self._send(400, _error(400, f"invalidQuery: {error}"))
            except KeyError as error:
                self._send(404, _error(404, f"notFound: {error}"))
            return None

        def _send(self, status: int, answer: Any) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _error(status: int, text: str) -> dict[str, Any]:
    reason, _, message = text.partition(": ")
    errors = [{"reason": reason, "message": message or reason}]
    return {"error": {"code": status, "message": message or reason, "errors": errors}}
