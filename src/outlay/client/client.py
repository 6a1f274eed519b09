"""The client."""

from __future__ import annotations

from typing import Any

from outlay import __version__
from outlay.client.transport import Transport, part


class Client(Transport):
    """A server, asked."""

    def call(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        """Do a use case as `outlay --server` does; for the same version on both sides."""
        found: dict[str, Any] = self.json(
            "POST",
            f"/calls/{part(name)}",
            body=message,
            headers={"Outlay-Version": __version__},
        )
        return found
