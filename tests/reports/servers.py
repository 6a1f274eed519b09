"""Servers that receive what is sent: real sockets on loopback; the wire itself is tested."""

from __future__ import annotations

import base64
import email
import email.policy
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mail:
    """A mail as the server took it."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class SmtpServer:
    """What an SMTP server does: `refuse` gives an answer to RCPT for an address, `logins` are the
    users and passwords that it takes (none: no login is asked for), `closing` ends each
    connection before a mail was taken."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    closing: bool = False


class _Smtp(socketserver.StreamRequestHandler):
    state: SmtpServer

    def handle(self) -> None:
        self.say("220 test ESMTP")
        sender, recipients, known = "", [], False
        for raw in self.rfile:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-test", "250-AUTH PLAIN", "250 SIZE 50000000")
            elif verb == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                known = self.state.logins.get(user) == password
                self.say("235 ok" if known else "535 5.7.8 authentication failed")
            elif verb == "MAIL":
                sender, recipients = line.partition("<")[2].partition(">")[0], []
                asked = self.state.logins and not known
                self.say("530 5.7.0 log in first" if asked else "250 ok")
            elif verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                answer = self.state.refuse.get(address, "250 ok")
                if answer.startswith("250"):
                    recipients.append(address)
                self.say(answer)
            elif verb == "DATA":
                if self.state.closing:
                    return
                self.say("354 go on")
                content = self.data()
                self.state.mails.append(Mail(sender, recipients, content))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self) -> bytes:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b"..") else raw)
        return b"".join(lines)

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def smtp_server(tls: ssl.SSLContext | None = None) -> Iterator[SmtpServer]:
    """An SMTP server on a free port of loopback; with `tls` it is encrypted from the start."""
    state = SmtpServer()
    handler = type("Handler", (_Smtp,), {"state": state})
    with _Threading(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        yield from _serving(server, state)


class _Threading(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@dataclass
class Request:
    """A request as the server took it; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpServer:
    """`answers` are statuses (and headers) for the next requests; then 200."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    before: Callable[[], None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Http(BaseHTTPRequestHandler):
    state: HttpServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.requests.append(Request(self.path, headers, body))
        if self.state.before is not None:
            self.state.before()
        status, more = self.state.answers.pop(0) if self.state.answers else (200, {})
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        # Many servers repeat what was asked: a secret in an address must not come back that way.
        self.wfile.write(b"ok" if status == 200 else f"cannot POST {self.path}".encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def http_server(tls: ssl.SSLContext | None = None) -> Iterator[HttpServer]:
    """An HTTP server on a free port of loopback; with `tls` an HTTPS server."""
    state = HttpServer()
    handler = type("Handler", (_Http,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        yield from _serving(server, state)


def certificate(folder: Path, *names: str) -> Path:
    """A certificate that vouches for itself, with its key, for names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    hosts: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        for name in names
    ]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def encrypted(path: Path) -> ssl.SSLContext:
    """The server's side of TLS with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _serving(server: Any, state: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
