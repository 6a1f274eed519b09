"""Workspaces with routes and channels; what is sent arrives at real servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.alerts.signal import Owner, Signal
from outlay.app import Workspace
from outlay.reports.document import Figure
from tests.reports.conftest import http, put_channel, put_mail, smtp

__all__ = ["http", "put_channel", "put_mail", "put_route", "signal", "smtp", "workspace"]

NOW = datetime(2026, 11, 27, 10)
"""A Friday."""

SIGNAL = Signal(
    kind="anomaly",
    subject="17",
    occurrence="detected",
    title="Amazon EC2 costs more than expected",
    severity="warning",
    lines=("From 24 to 26 November it cost 1,834.56 EUR; 600.00 EUR were expected.",),
    figures=(Figure("Impact", Decimal("1234.560000000000000000001"), currency="EUR"),),
    driver="instance i-0abc in eu-central-1, by usage",
    link="/anomalies/17",
    amount=Decimal("1234.560000000000000000001"),
    currency="EUR",
    owner=Owner("storefront", "team"),
    where="team = 'storefront'",
)


TEAM = {
    "rules": [{"when": "tags.team is not null", "value": {"from": "tags.team"}}],
    "values": {"data": {"owner": "dora@acme.example"}},
}
"""The virtual tag `team`; it names the owner of one of its values."""


def signal(**given: Any) -> Signal:
    """An anomaly of the team storefront, with what is given changed."""
    return replace(SIGNAL, **given)


def made(folder: Path) -> Iterator[Workspace]:
    """A workspace without bills, with a tag `team` and a public address; closed at the end."""
    Workspace.init(folder, name="Acme GmbH").close()
    settings = folder / "outlay.yaml"
    settings.write_text(
        settings.read_text()
        + "delivery: {private_addresses: true}\n"
        + "login: {public_url: https://outlay.acme.example}\n"
    )
    found = Workspace.open(folder)
    found.resources.put("VirtualTag", "team", TEAM, author="ana")
    yield found
    found.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """One of one's own."""
    yield from made(tmp_path / "workspace")


def put_route(workspace: Workspace, name: str, **spec: Any) -> None:
    """Keep a route."""
    workspace.resources.put("AlertRoute", name, spec, author="ana")
