"""Who can reach a server, and what it asks of them: no login on loopback, else always one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from outlay.app import Workspace
    from outlay.app.access.login import Login

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Listening:
    """How a server listens. `proxies` are the addresses whose X-Forwarded-For and
    X-Forwarded-Proto are believed."""

    host: str = LOOPBACK[0]
    login: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxies: str = ""

    def checked(self) -> Listening:
        """The same, if it can be; WorkspaceError (wrong use) says what is missing."""
        from outlay.app import WorkspaceError

        if (self.tls_cert is None) != (self.tls_key is None):
            raise WorkspaceError(
                "TLS needs both: --tls-cert CERTIFICATES.pem and --tls-key KEY.pem.",
                wrong_use=True,
            )
        for file in (self.tls_cert, self.tls_key):
            if file is not None and not file.is_file():
                raise WorkspaceError(f"there is no file {file}.", wrong_use=True)
        for part in filter(None, (part.strip() for part in self.proxies.split(","))):
            try:
                ipaddress.ip_network(part, strict=False)
            except ValueError:
                raise WorkspaceError(
                    f"--trust-proxy: {part!r} is no address or network such as 10.0.0.5 or "
                    "10.0.0.0/24. Whoever is named may say where requests come from.",
                    wrong_use=True,
                ) from None
        return self

    @property
    def scheme(self) -> str:
        """How it is asked by itself."""
        return "https" if self.tls_cert else "http"

    @property
    def only_here(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK and not self.proxies

    def login_of(self, workspace: Workspace) -> Login | None:
        """The login that is asked for: always where others can reach the server. WorkspaceError
        when nobody could administer it."""
        required = self.login or workspace.settings.login.required
        if self.only_here and not required:
            return None
        from outlay.app.access.login import Login

        found = Login(workspace)
        found.check()
        return found

    def hosts(self, workspace: Workspace, login: Login | None) -> frozenset[str]:
        """The host names under which it may be asked."""
        if login is None:
            return frozenset(LOOPBACK)
        public = urlsplit(workspace.settings.login.public_url).hostname
        # A session's cookie is of one host name: under another nobody is logged in.
        return frozenset({*LOOPBACK, public}) if public else frozenset({"*"})

    def options(self) -> dict[str, Any]:
        """For the server that listens."""
        named = [part.strip() for part in self.proxies.split(",") if part.strip()]
        return {
            "proxy_headers": bool(named),
            "forwarded_allow_ips": named or [],
            "server_header": False,
            "ssl_certfile": str(self.tls_cert) if self.tls_cert else None,
            "ssl_keyfile": str(self.tls_key) if self.tls_key else None,
        }

    def words(self, login: Login | None) -> str:
        """Who gets in, in a few words."""
        if login is None:
            return "this machine only, no login"
        return "login required" if not self.only_here else "this machine only, login required"

    @property
    def warning(self) -> str:
        """What somebody who starts it should know; '' for nothing."""
        if self.only_here or self.tls_cert or self.proxies:
            return ""
        return (
            "Passwords and amounts travel unencrypted. Give --tls-cert and --tls-key, or put a "
            "proxy with TLS before it (--trust-proxy)."
        )
