"""The client: every operation of the API as a method with types."""

from __future__ import annotations

from typing import Any

from outlay import __version__
from outlay.client.methods.allocation import Allocation
from outlay.client.methods.boards import Boards
from outlay.client.methods.configured import Configured
from outlay.client.methods.finance import Finance
from outlay.client.methods.ledger import Ledger
from outlay.client.methods.operate import Operate
from outlay.client.methods.optimize import Optimize
from outlay.client.methods.people import People
from outlay.client.methods.planning import Planning
from outlay.client.methods.questions import Questions
from outlay.client.methods.usage import Usage
from outlay.client.transport import part


class Client(
    Questions,
    Ledger,
    Usage,
    Allocation,
    Finance,
    Configured,
    Boards,
    People,
    Operate,
    Optimize,
    Planning,
):
    """A server, asked. `Client(url, token)`; close it when done, or use it in a `with`.

    Money and quantities are Decimals, moments and days are theirs. A method raises a
    `ProblemError` with the server's own words, or `UnreachableError` where nothing answers.
    Lists have `iter_…` methods that go through all pages, bulk answers `…_table` methods that give
    an Arrow table.
    """

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        """Do a use case as `outlay --server` does; for the same version on both sides."""
        found: dict[str, Any] = self.json(
            "POST",
            f"/calls/{part(name)}",
            body=message,
            headers={"Outlay-Version": __version__},
        )
        return found
