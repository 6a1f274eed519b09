"""Is the workspace well? Checks of the bills, and of what the workspace stands on."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
import time
from typing import TYPE_CHECKING

from outlay.app.status import CheckLine, DoctorLine

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_LIBRARIES = ("duckdb", "pyarrow", "pyiceberg", "sqlglot", "pydantic", "sqlalchemy", "alembic")
_DISK_NEEDED = 2 * 1024**3
_ORDER = {"error": 0, "warning": 1, "note": 2}


def checks(workspace: Workspace, source: str | None) -> list[CheckLine]:
    """See `Workspace.checks`."""
    lines = [
        CheckLine(
            source=item.source,
            billing_period=item.billing_period,
            rule=result.rule,
            description=result.description,
            severity=result.severity,
            rows=result.count,
            sample=result.sample,
        )
        for item in workspace.deliveries(source)
        for result in workspace.lake.checks(item)
        if result.count > 0
    ]
    return sorted(lines, key=lambda x: (_ORDER[x.severity], x.source, x.billing_period, x.rule))


def doctor(workspace: Workspace) -> list[DoctorLine]:
    """See `Workspace.doctor`. A check that cannot be made is a line that is not ok."""
    return [
        _python(),
        *_libraries(),
        _database(workspace),
        _catalog(workspace),
        _servers(workspace),
        *_lake(workspace),
        *_statements(workspace),
        _disk(workspace),
        _clock(),
        *_sources(workspace),
    ]


def _python() -> DoctorLine:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return DoctorLine("python", sys.version_info >= (3, 11), found, "Outlay needs Python 3.11+.")


def _libraries() -> list[DoctorLine]:
    lines = []
    for name in _LIBRARIES:
        try:
            lines.append(DoctorLine(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            lines.append(
                DoctorLine(name, False, "not installed", "Install Outlay anew: pip install outlay")
            )
    return lines


def _database(workspace: Workspace) -> DoctorLine:
    from outlay.resources import ResourceError
    from outlay.resources.database import HEAD, current_version

    try:
        engine = workspace.resources.engine
        version = current_version(engine)
    except ResourceError as error:
        return DoctorLine("database", False, str(error), "Correct OUTLAY_DATABASE_URL.")
    found = f"{engine.url.render_as_string(hide_password=True)}, schema {version}"
    return DoctorLine("database", version == HEAD, found, f"The schema should be {HEAD}.")


def _catalog(workspace: Workspace) -> DoctorLine:
    """Where the lake's catalog is, and that it can be read."""
    from outlay.lake import LakeError
    from outlay.lake.catalogs import catalog_of

    try:
        catalog = catalog_of(workspace.lake.layout)
        workspace.lake.history.head()
    except LakeError as error:
        return DoctorLine("catalog", False, str(error), "See docs/state.md.")
    engine = workspace.resources.engine
    if engine.dialect.name == "postgresql" and not catalog.shared:
        note = "; for servers on several hosts set OUTLAY_CATALOG_URL as well"
        return DoctorLine("catalog", True, catalog.shown + note)
    return DoctorLine("catalog", True, catalog.shown)


def _servers(workspace: Workspace) -> DoctorLine:
    """The processes that serve the workspace now. With SQLite they must be of one host."""
    from outlay.app.servers import keeps_house, running

    found = running(workspace)
    hosts = {one.host for one in found}
    told = ", ".join(f"{one.address} (process {one.pid} on {one.host})" for one in found)
    syncs = "one of them syncs what is due" if keeps_house(workspace) else "none of them syncs"
    alone = workspace.resources.engine.dialect.name == "sqlite" and len(hosts) > 1
    return DoctorLine(
        "servers",
        not alone,
        f"{told}; {syncs}" if found else "none is running",
        "SQLite serves one host: set OUTLAY_DATABASE_URL and OUTLAY_CATALOG_URL (docs/state.md).",
    )


def _statements(workspace: Workspace) -> list[DoctorLine]:
    """That every closed statement is what was closed; nothing where none was."""
    from outlay.resources import ResourceError
    from outlay.statements.errors import StatementError
    from outlay.statements.store import Books

    try:
        books = Books(workspace.resources.engine)
        closed = {plan: len(books.closed(plan)) for plan in books.plans()}
    except ResourceError:
        return []  # the line of the database says it
    except StatementError as error:
        return [DoctorLine("statements", False, str(error), "Restore the database from a backup.")]
    if not closed:
        return []
    found = ", ".join(f"{number} closed of {plan}" for plan, number in closed.items())
    return [DoctorLine("statements", True, f"{found}; every digest is as closed")]


def _lake(workspace: Workspace) -> list[DoctorLine]:
    from outlay.lake import LakeError

    try:
        problems = workspace.lake.verify()
        pin = workspace.lake.pin()
    except LakeError as error:
        return [DoctorLine("lake", False, str(error), "Restore the lake folder from a backup.")]
    if problems:
        fix = "Run `outlay sync`; what it cannot mend needs the lake from a backup."
        return [DoctorLine("lake", False, problem, fix) for problem in problems]
    rows = sum(item.delivery.rows for item in pin.slices)
    found = f"{len(pin.slices)} slices, {rows} rows, every file and total is as proven"
    return [DoctorLine("lake", True, found)]


def _disk(workspace: Workspace) -> DoctorLine:
    free = shutil.disk_usage(workspace.path).free
    return DoctorLine(
        "disk",
        free >= _DISK_NEEDED,
        f"{free / 1024**3:.1f} GiB free at {workspace.path}",
        "Loading needs room for a copy of each bill: free at least 2 GiB.",
    )


def _clock() -> DoctorLine:
    offset = -(time.altzone if time.localtime().tm_isdst else time.timezone) / 3600
    found = f"{'/'.join(time.tzname)} (UTC{offset:+g}); every date of Outlay is UTC"
    return DoctorLine("time zone", True, found)


def _sources(workspace: Workspace) -> list[DoctorLine]:
    from outlay.lake import LakeError
    from outlay.resources import ResourceError

    try:
        statuses = workspace.sources()
    except (LakeError, ResourceError):
        return []  # the lines of lake and database say it
    lines = []
    for status in statuses:
        well = status.freshness not in {"late", "missing"} and not status.error
        found = status.error or f"{status.freshness}: {status.freshness_reason}"
        next_step = f"Run `outlay sync {status.name}`."
        lines.append(DoctorLine(f"source {status.name}", well, found, next_step))
    return lines
