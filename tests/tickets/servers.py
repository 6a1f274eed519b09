"""Servers on loopback that behave like Jira, GitHub and ServiceNow: what is kept, what is refused,
what is asked of rate limits. Written after the vendors' references of their REST APIs."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Reply:
    """What is answered."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False


class Server:
    """A server with a log; `answers` go before its own, one a request: a failure to come. With
    `after` they come once the request was done: the answer is lost."""

    def __init__(self) -> None:
        self.log: list[Request] = []
        self.answers: list[Reply] = []
        self.lost: list[Reply] = []
        self.url = ""
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Reply:
        """One answer."""
        with self._lock:
            self.log.append(request)
            if self.answers:
                return self.answers.pop(0)
            reply = self.reply(request)
            if self.lost and request.method == "POST":
                return self.lost.pop(0)
            return reply

    def reply(self, request: Request) -> Reply:
        """The server's own answer."""
        raise NotImplementedError

    def asked(self, method: str, pattern: str) -> list[Request]:
        """The requests of a method whose path fits."""
        return [r for r in self.log if r.method == method and re.search(pattern, r.path)]


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            body = json.loads(raw, parse_float=Decimal) if raw else None
            reply = server.handle(
                Request(self.command, unquote(parts.path), query, body, dict(self.headers))
            )
            if reply.broken:
                self.close_connection = True
                return
            content = b"" if reply.body is None else json.dumps(reply.body, default=str).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Silent."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def basic(user: str, secret: str) -> str:
    """What signs in with a user and a secret."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime())


class Jira(Server):
    """Jira Cloud: a workflow of To Do → In Progress → Done, and Won't Do from anywhere."""

    STATES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done", "Won't Do": "done"}

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, dict[str, Any]] = {}
        self.transitions = {name: list(self.STATES) for name in self.STATES}
        self.resolutions: dict[str, list[str]] = {}
        self.indexed = True

    def reply(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != basic("bot@acme.example", "jira-secret-token"):
            return Reply(401, {"errorMessages": ["Basic authentication with a token is needed"]})
        path = request.path.removeprefix("/rest/api/3")
        if (request.method, path) == ("POST", "/issue"):
            return self._create(request.body["fields"])
        if (request.method, path) == ("GET", "/search/jql"):
            return self._search(request.query["jql"])
        match = re.fullmatch(r"/issue/([^/]+)(/\w+)?", path)
        issue = self._issue(match[1]) if match else None
        if match is None or issue is None:
            return Reply(
                404, {"errorMessages": ["Issue does not exist or you do not have permission"]}
            )
        return self._of(request, issue, match[2] or "")

    def _issue(self, name: str) -> dict[str, Any] | None:
        return next((i for i in self.issues.values() if name in (i["key"], i["id"])), None)

    def _create(self, fields: dict[str, Any]) -> Reply:
        errors = {}
        if fields["project"]["key"] != "FIN":
            errors["project"] = "valid project is required"
        if fields.get("description", {}).get("type") != "doc":
            errors["description"] = "Operation value must be an Atlassian Document"
        if any(" " in label for label in fields.get("labels", ())):
            errors["labels"] = "The label can't contain spaces"
        amount = fields.get("customfield_10042")
        if amount is not None and not isinstance(amount, int | Decimal):
            errors["customfield_10042"] = "Operation value must be a number"
        if errors:
            return Reply(400, {"errorMessages": [], "errors": errors})
        number = len(self.issues) + 1
        key = f"FIN-{number}"
        self.issues[key] = {
            "id": str(10000 + number), "key": key, "fields": fields, "status": "To Do",
            "resolution": None, "changed": _stamp(), "comments": [], "links": {}, "log": [],
        }  # fmt: skip
        return Reply(201, {"id": str(10000 + number), "key": key, "self": f"{self.url}/x"})

    def _search(self, jql: str) -> Reply:
        label = re.search(r'labels = "([^"]+)"', jql)
        assert label is not None
        assert 'project = "FIN"' in jql
        found = [
            {"id": i["id"], "key": i["key"]}
            for i in self.issues.values()
            if self.indexed and label[1] in i["fields"]["labels"]
        ]
        return Reply(200, {"issues": found, "isLast": True})

    def _of(self, request: Request, issue: dict[str, Any], part: str) -> Reply:
        if part == "":
            return Reply(200, {"id": issue["id"], "key": issue["key"], "fields": {
                "status": self._status(issue["status"]),
                "resolution": {"name": issue["resolution"]} if issue["resolution"] else None,
                "statuscategorychangedate": issue["changed"],
            }})  # fmt: skip
        if part == "/transitions" and request.method == "GET":
            return Reply(200, {"transitions": [
                {"id": str(list(self.STATES).index(name)), "name": f"to {name}",
                 "to": self._status(name), "fields": self._screen(name)}
                for name in self.transitions[issue["status"]] if name != issue["status"]
            ]})  # fmt: skip
        if part == "/transitions":
            name = list(self.STATES)[int(request.body["transition"]["id"])]
            given = request.body.get("fields", {}).get("resolution", {}).get("name")
            if given and given not in self.resolutions.get(name, ()):
                return Reply(400, {"errors": {"resolution": "Field cannot be set"}})
            self.put(issue["key"], name, given)
            return Reply(204)
        if part == "/comment" and request.method == "POST":
            body = request.body["body"]
            if body.get("type") != "doc":
                return Reply(400, {"errorMessages": ["Comment body is not valid!"]})
            self.comment(issue["key"], body, "Outlay bot")
            return Reply(201, {"id": issue["comments"][-1]["id"]})
        if part == "/comment":
            newest = request.query["orderBy"] == "-created"
            kept = issue["comments"][::-1] if newest else issue["comments"]
            return Reply(200, _page_of(request, "comments", kept))
        if part == "/changelog":
            return Reply(200, _page_of(request, "values", issue["log"]))
        if part == "/remotelink":
            issue["links"][request.body["globalId"]] = request.body["object"]
            return Reply(201, {"id": 1})
        return Reply(405)

    def _status(self, name: str) -> dict[str, Any]:
        place = str(list(self.STATES).index(name))
        return {"id": place, "name": name, "statusCategory": {"key": self.STATES[name]}}

    def _screen(self, name: str) -> dict[str, Any]:
        allowed = self.resolutions.get(name)
        if not allowed:
            return {}
        return {"resolution": {"allowedValues": [{"name": one} for one in allowed]}}

    def put(self, key: str, status: str, resolution: str | None = None) -> None:
        """What a person does in Jira. Its date of a change is that of the category."""
        issue = self.issues[key]
        if self.STATES[issue["status"]] != self.STATES[status]:
            issue["changed"] = _stamp()
        issue |= {"status": status, "resolution": resolution}
        items = [{"field": "status", "toString": status}]
        issue["log"].append({"created": _stamp(), "items": items})

    def comment(self, key: str, body: Any, author: str = "Ana") -> None:
        """What a person says in Jira."""
        issue = self.issues[key]
        if isinstance(body, str):
            body = {"type": "doc", "version": 1, "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": body}]}]}  # fmt: skip
        issue["comments"].append({
            "id": str(20000 + len(issue["comments"])), "author": {"displayName": author},
            "body": body, "created": _stamp(),
        })  # fmt: skip


def _page_of(request: Request, name: str, kept: list[Any]) -> dict[str, Any]:
    start, most = int(request.query["startAt"]), min(int(request.query["maxResults"]), 100)
    return {name: kept[start : start + most], "total": len(kept), "startAt": start}


class GitHub(Server):
    """GitHub issues of acme/ops; its search finds nothing new for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[int, dict[str, Any]] = {}

    def reply(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != "Bearer github-secret-token":
            return Reply(401, {"message": "Bad credentials"})
        if request.path == "/search/issues":
            return Reply(200, {"total_count": 0, "items": []})
        match = re.fullmatch(r"/repos/acme/ops/issues(?:/(\d+)(/\w+)?)?", request.path)
        if match is None:
            return Reply(404, {"message": "Not Found"})
        if match[1] is None:
            return self._create(request.body) if request.method == "POST" else self._list(request)
        issue = self.issues.get(int(match[1]))
        if issue is None:
            return Reply(410, {"message": "This issue was deleted"})
        if match[2] == "/events":
            return self._listed(request, issue["_events"])
        if match[2]:
            return self._comments(request, issue)
        if request.method == "PATCH":
            return self._patch(issue, request.body)
        etag = f'W/"{hash(json.dumps([_public(issue), len(issue["_comments"])]))}"'
        if request.headers.get("If-None-Match") == etag:
            return Reply(304, headers={"ETag": etag})
        return Reply(200, _public(issue), {"ETag": etag})

    def _create(self, body: dict[str, Any]) -> Reply:
        number = len(self.issues) + 1
        self.issues[number] = {
            "number": number, "title": body["title"], "body": body["body"], "state": "open",
            "state_reason": None, "labels": [{"name": one} for one in body.get("labels", ())],
            "html_url": f"https://github.example/acme/ops/issues/{number}", "closed_at": None,
            "updated_at": _stamp(), "_comments": [], "_events": [],
        }  # fmt: skip
        return Reply(201, _public(self.issues[number]))

    def _list(self, request: Request) -> Reply:
        size, page = int(request.query["per_page"]), int(request.query["page"])
        label = request.query.get("labels")
        found = [
            _public(one) for one in reversed(self.issues.values())
            if label is None or label in [each["name"] for each in one["labels"]]
        ]  # fmt: skip
        return Reply(200, found[(page - 1) * size : page * size])

    def _patch(self, issue: dict[str, Any], body: dict[str, Any]) -> Reply:
        reason = body.get("state_reason")
        if reason not in (None, "completed", "not_planned", "reopened", "duplicate"):
            return Reply(422, {"message": "Validation Failed"})
        if body.get("state") == "closed":
            issue |= {"state": "closed", "state_reason": reason or "completed",
                      "closed_at": _stamp()}  # fmt: skip
            self.event(issue["number"], "closed")
        elif body.get("state") == "open" and issue["state"] == "closed":
            issue |= {"state": "open", "state_reason": "reopened", "closed_at": None}
            self.event(issue["number"], "reopened")
        if "labels" in body:
            had = {one["name"] for one in issue["labels"]}
            for name in sorted(had ^ set(body["labels"])):
                self.event(issue["number"], "unlabeled" if name in had else "labeled", name)
            issue["labels"] = [{"name": one} for one in body["labels"]]
        issue["updated_at"] = _stamp()
        return Reply(200, _public(issue))

    def _comments(self, request: Request, issue: dict[str, Any]) -> Reply:
        if request.method == "POST":
            self.comment(issue["number"], request.body["body"], "outlay-bot")
            return Reply(201, issue["_comments"][-1])
        since = request.query.get("since", "")
        kept = [one for one in issue["_comments"] if one["updated_at"][:19] >= since[:19]]
        return self._listed(request, kept)

    def _listed(self, request: Request, kept: list[Any]) -> Reply:
        """A page, and in its header whether there is another."""
        size, page = min(int(request.query["per_page"]), 100), int(request.query["page"])
        links = [f'<{self.url}{request.path}?page=1>; rel="first"'] if page > 1 else []
        if page * size < len(kept):
            links.append(f'<{self.url}{request.path}?page={page + 1}>; rel="next"')
        headers = {"Link": ", ".join(links)} if links else {}
        return Reply(200, kept[(page - 1) * size : page * size], headers)

    def comment(
        self, number: int, body: str, author: str = "ana", at: str = "", edited: str = ""
    ) -> None:
        """What somebody says there."""
        kept = self.issues[number]["_comments"]
        kept.append({"id": 900 + len(kept), "body": body, "user": {"login": author},
                     "created_at": at or _stamp(),
                     "updated_at": edited or at or _stamp()})  # fmt: skip
        self.issues[number]["updated_at"] = _stamp()

    def event(self, number: int, kind: str, label: str = "", at: str = "") -> None:
        """What happens there."""
        more = {"label": {"name": label}} if label else {}
        found = {"event": kind, "created_at": at or _stamp(), **more}
        self.issues[number]["_events"].append(found)


def _public(issue: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in issue.items() if not key.startswith("_")}


class ServiceNow(Server):
    """ServiceNow's table API over incidents and their journal."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, str]] = {}
        self.journal: list[dict[str, str]] = []
        self.hidden: set[str] = set()
        self.counts = True

    def reply(self, request: Request) -> Reply:
        if request.headers.get("Authorization") != basic("outlay", "snow-secret-password"):
            return Reply(401, {"error": {"message": "User Not Authenticated", "detail": ""}})
        if request.path == "/api/now/table/sys_journal_field":
            return self._journal(request)
        match = re.fullmatch(r"/api/now/table/incident(?:/(\w+))?", request.path)
        if match is None:
            return Reply(400, {"error": {"message": "Invalid table", "detail": None}})
        if match[1] is None:
            return self._create(request.body) if request.method == "POST" else self._find(request)
        record = self.records.get(match[1])
        if record is None:
            return Reply(
                404, {"error": {"message": "No Record found", "detail": "Record doesn't exist"}}
            )
        if request.method == "PATCH":
            return self._patch(record, request.body)
        return Reply(200, {"result": record})

    def _journal(self, request: Request) -> Reply:
        """Entries in pages. Those that may not be seen are counted and left out of their page."""
        query = request.query["sysparm_query"]
        match = re.match(r"element_id=(\w+)\^", query)
        assert match is not None
        since = re.search(r"sys_created_on>=([0-9: -]+)", query)
        found = [
            one
            for one in self.journal
            if one["element_id"] == match[1] and (not since or one["sys_created_on"] >= since[1])
        ]
        if query.endswith("^ORDERBYsys_created_on^ORDERBYsys_id"):
            found.sort(key=lambda one: (one["sys_created_on"], one["sys_id"]))
        start, most = int(request.query["sysparm_offset"]), int(request.query["sysparm_limit"])
        page = [one for one in found[start : start + most] if one["sys_id"] not in self.hidden]
        headers = {}
        if self.counts:
            headers["X-Total-Count"] = str(len(found))
        elif start + most < len(found):
            headers["Link"] = f'<{self.url}/x?sysparm_offset={start + most}>;rel="next"'
        else:
            headers["Link"] = f'<{self.url}/x?sysparm_offset=0>;rel="first"'
        return Reply(200, {"result": page}, headers)

    def _create(self, body: dict[str, str]) -> Reply:
        number = len(self.records) + 1
        record = {
            "state": "1", "close_code": "", "close_notes": "", **body,
            "sys_id": f"{number:032x}", "number": f"INC{10000 + number:07d}",
            "sys_updated_on": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        }  # fmt: skip
        self.records[record["sys_id"]] = record
        return Reply(201, {"result": record})

    def _find(self, request: Request) -> Reply:
        match = re.match(r"correlation_id=([\w-]+)\^", request.query["sysparm_query"])
        assert match is not None
        found = [r for r in self.records.values() if r.get("correlation_id") == match[1]]
        return Reply(200, {"result": found})

    def _patch(self, record: dict[str, str], body: dict[str, str]) -> Reply:
        if body.get("state") in ("6", "7", "8") and not body.get("close_notes"):
            return Reply(
                403,
                {
                    "error": {
                        "message": "Operation Failed",
                        "detail": "Data Policy Exception: Close notes is mandatory",
                    }
                },
            )
        self.put(record["sys_id"], **{k: v for k, v in body.items() if k != "work_notes"})
        if body.get("work_notes"):
            self.note(record["sys_id"], body["work_notes"], "outlay")
        return Reply(200, {"result": record})

    def put(self, sys_id: str, **values: str) -> None:
        """What somebody changes there."""
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        self.records[sys_id] |= {**values, "sys_updated_on": now}

    def note(self, sys_id: str, value: str, author: str = "ana", at: str = "") -> None:
        """What somebody says there."""
        self.journal.append({
            "sys_id": f"j{len(self.journal)}", "element_id": sys_id, "value": value,
            "element": "comments", "sys_created_by": author,
            "sys_created_on": at or time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        })  # fmt: skip


class Hook(Server):
    """A receiver that keeps what it is sent."""

    def reply(self, request: Request) -> Reply:
        if request.body["type"] == "ticket.opened":
            return Reply(201, {"id": "T-77", "url": "https://tickets.example/T-77"})
        return Reply(200)


Maker = Callable[[], Server]
