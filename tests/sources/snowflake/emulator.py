"""An emulator of Snowflake over HTTP (fakesnow), with usage views as tables."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.shared import ROOT
from tests.sources.snowflake.exports import Row

_SECONDS = 60


def program() -> Path:
    """The emulator's program; the test is skipped, with the reason, where it cannot be had."""
    script = ROOT / "scripts" / "fakesnow.sh"
    try:
        made = subprocess.run(
            [str(script)], capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the emulator of Snowflake cannot be installed: {error}")
    if made.returncode:
        reason = " ".join(made.stderr.split())[-300:]
        pytest.skip(f"the emulator of Snowflake cannot be installed: {reason}")
    return Path(made.stdout.strip())


@contextmanager
def emulator() -> Iterator[str]:
    """An emulator of its own; gives its host and port."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(program()), "--server", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, server)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise AssertionError(f"the emulator ended with {server.returncode}")
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the emulator does not answer")


class Administrator:
    """Makes the emulator's SNOWFLAKE database hold what it is given."""

    def __init__(self, address: str) -> None:
        import snowflake.connector as driver

        host, _, port = address.partition(":")
        self._connection = driver.connect(
            account="acme-prod",
            host=host,
            port=int(port),
            protocol="http",
            user="admin",
            password="admin",
            session_parameters={"CLIENT_TELEMETRY_ENABLED": False},
        )
        self.run("CREATE DATABASE IF NOT EXISTS SNOWFLAKE")
        for schema in ("ORGANIZATION_USAGE", "ACCOUNT_USAGE"):
            self.run(f"CREATE SCHEMA IF NOT EXISTS SNOWFLAKE.{schema}")

    def run(self, sql: str) -> Any:
        """Run one statement."""
        return self._connection.cursor().execute(sql)

    def close(self) -> None:
        """Log out."""
        self._connection.close()

    def put(self, views: Mapping[str, Sequence[Row]]) -> None:
        """Replace views, named `organization_usage.usage_in_currency_daily` and the like."""
        for name, rows in views.items():
            table = f"SNOWFLAKE.{name.upper()}"
            columns = ", ".join(f"{column} {_type(column)}" for column in rows[0])
            self.run(f"CREATE OR REPLACE TABLE {table} ({columns})")
            self.add(name, rows)

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """Add rows to a view."""
        for row in rows:
            values = ", ".join(_value(column, value) for column, value in row.items())
            self.run(f"INSERT INTO SNOWFLAKE.{name.upper()} VALUES ({values})")

    def drop(self, name: str) -> None:
        """Take a view away, as from a role that may not read it."""
        self.run(f"DROP TABLE IF EXISTS SNOWFLAKE.{name.upper()}")


def _type(column: str) -> str:
    if column in ("START_TIME", "END_TIME"):
        return "TIMESTAMP_LTZ"
    if column in ("USAGE_DATE", "DATE"):
        return "DATE"
    if column in ("USAGE_IN_CURRENCY", "EFFECTIVE_RATE"):
        return "NUMBER(38,2)"
    if column == "USAGE":
        return "NUMBER(38,3)"
    if column.startswith("CREDITS") or column.endswith("BALANCE"):
        return "NUMBER(38,9)"
    if column == "IS_ADJUSTMENT":
        return "BOOLEAN"
    return "VARCHAR"


def _value(column: str, value: str) -> str:
    if value == "":
        return "NULL"
    kind = _type(column)
    if kind.startswith(("NUMBER", "BOOLEAN")):
        return value
    text = value.replace("'", "''")
    if kind == "TIMESTAMP_LTZ":
        return f"'{text.removesuffix(' +0000')}+00:00'::TIMESTAMP_LTZ"
    return f"'{text}'"
