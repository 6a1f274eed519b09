"""A real HTTP server on this machine that answers as it is told, for tests of APIs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as the server got it; header names are in lower case."""

    method: str
    path: str
    parameters: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What to answer. `cut` is after how many bytes of the body the connection breaks."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class Server:
    """Answers with `reply(request)`; keeps what it was asked."""

    def __init__(self, reply: Callable[[Asked], Answer]) -> None:
        self.reply = reply
        self.asked: list[Asked] = []
        self.url = ""
        self._lock = Lock()

    def handle(self, request: Asked) -> Answer:
        """Note the request and answer it."""
        with self._lock:
            self.asked.append(request)
        return self.reply(request)


@contextmanager
def serving(reply: Callable[[Asked], Answer]) -> Iterator[Server]:
    """A server for the time of the block."""
    server = Server(reply)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            answer = server.handle(
                Asked(
                    self.command,
                    # A proxy is asked for the whole address.
                    parts.path,
                    parse_qs(parts.query, keep_blank_values=True),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_GET = do_POST = _answer  # noqa: N815 - the base class calls them so

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """Answers one after the other; the last one for ever."""
    left = list(answers)

    def reply(_: Asked) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return reply
