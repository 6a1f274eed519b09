"""A loaded company for reports, and servers that receive them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from tests.reports.servers import HttpServer, SmtpServer, http_server, smtp_server
from tests.web.company import Company, company

SERVICES = {
    "title": "Services",
    "description": "What each service costs.",
    "query": {
        "by": ["ServiceName"],
        "range": "2026-09-01..2026-10-01",
        "compare": "previous",
        "sort": "-EffectiveCost",
    },
}


@pytest.fixture(scope="session")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a loaded company, copied by each test that changes it."""
    folder = tmp_path_factory.mktemp("reports")
    found: Company = company(folder)
    found.workspace.resources.put("View", "services", SERVICES, author="ana")
    found.workspace.close()
    return folder / "workspace"


@pytest.fixture
def workspace(bills: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A company of one's own, with webhooks to this machine allowed."""
    folder = tmp_path / "workspace"
    shutil.copytree(bills, folder)
    settings = folder / "outlay.yaml"
    settings.write_text(settings.read_text() + "delivery: {private_addresses: true}\n")
    found = Workspace.open(folder)
    yield found
    found.close()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def put_channel(workspace: Workspace, name: str, **spec: Any) -> None:
    workspace.resources.put("Channel", name, spec, author="ana")


def put_mail(workspace: Workspace, smtp: SmtpServer, name: str = "mail", **more: Any) -> None:
    spec = {
        "type": "mail",
        "server": "127.0.0.1",
        "port": smtp.port,
        "security": "none",
        "sender": "Outlay <outlay@acme.example>",
        "to": ["finance@acme.example"],
        "allow": ["@acme.example"],
    }
    put_channel(workspace, name, **(spec | more))


def put_report(workspace: Workspace, name: str = "services", **spec: Any) -> None:
    whole = {"content": {"view": "services"}, "channels": ["mail"], **spec}
    workspace.resources.put("Report", name, whole, author=spec.pop("author", "ana"))
