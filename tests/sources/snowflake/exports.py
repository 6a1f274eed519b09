"""Rows of Snowflake's usage views, made to order, and a lake to load them into."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.sql import literal
from outlay.lake import Lake, LoadOutcome
from outlay.sources.snowflake import Snowflake, SnowflakeOptions
from outlay.sources.transports.file import FileTransport

Row = dict[str, str]
DAY = "2026-10-05"

_ACCOUNT = {
    "ORGANIZATION_NAME": "ACME",
    "CONTRACT_NUMBER": "101",
    "ACCOUNT_NAME": "PROD",
    "ACCOUNT_LOCATOR": "XY12345",
    "REGION": "AWS_EU_CENTRAL_1",
    "SERVICE_LEVEL": "Enterprise",
}


def bill(amount: str, usage: str = "10", **changes: str) -> Row:
    """A day's warehouse compute on the bill."""
    return {
        **_ACCOUNT,
        "USAGE_DATE": DAY,
        "USAGE_TYPE": "compute",
        "USAGE": usage,
        "CURRENCY": "USD",
        "USAGE_IN_CURRENCY": amount,
        "BALANCE_SOURCE": "capacity",
        "BILLING_TYPE": "CONSUMPTION",
        "RATING_TYPE": "COMPUTE",
        "SERVICE_TYPE": "WAREHOUSE_METERING",
        "IS_ADJUSTMENT": "false",
        **changes,
    }


STORAGE = {"USAGE_TYPE": "storage", "RATING_TYPE": "STORAGE", "SERVICE_TYPE": "STORAGE"}
CLOUD = {"USAGE_TYPE": "cloud services", "SERVICE_TYPE": "CLOUD_SERVICES"}
FREE = {
    "USAGE_TYPE": "adj for incl cloud services",
    "SERVICE_TYPE": "CLOUD_SERVICES",
    "IS_ADJUSTMENT": "true",
}


def rate(value: str, day: str = DAY, **changes: str) -> Row:
    """A rate of warehouse compute."""
    return {
        "DATE": day,
        **_ACCOUNT,
        "USAGE_TYPE": "compute",
        "CURRENCY": "USD",
        "EFFECTIVE_RATE": value,
        "SERVICE_TYPE": "WAREHOUSE_METERING",
        **changes,
    }


def hour(compute: str, attributed: str, warehouse: str = "1", **changes: str) -> Row:
    """An hour of a warehouse, 02:00 to 03:00."""
    return {
        "START_TIME": f"{DAY} 02:00:00.000 +0000",
        "END_TIME": f"{DAY} 03:00:00.000 +0000",
        "WAREHOUSE_ID": warehouse,
        "WAREHOUSE_NAME": f"WH_{warehouse}",
        "CREDITS_USED": compute,
        "CREDITS_USED_COMPUTE": compute,
        "CREDITS_USED_CLOUD_SERVICES": "0",
        "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": attributed,
        **changes,
    }


def query(number: int, credits: str, user: str = "ANA", tag: str = "", **changes: str) -> Row:
    """A query of ten minutes in that hour."""
    return {
        "QUERY_ID": f"01b0-{number:04d}",
        "WAREHOUSE_ID": "1",
        "WAREHOUSE_NAME": "WH_1",
        "QUERY_TAG": tag,
        "USER_NAME": user,
        "START_TIME": f"{DAY} 02:05:00.000 +0000",
        "END_TIME": f"{DAY} 02:15:00.000 +0000",
        "CREDITS_ATTRIBUTED_COMPUTE": credits,
        "CREDITS_USED_QUERY_ACCELERATION": "",
        **changes,
    }


def history(number: int, role: str) -> Row:
    """The query's row of QUERY_HISTORY."""
    return {
        "QUERY_ID": f"01b0-{number:04d}",
        "QUERY_TEXT": "select secret from customers",
        "ROLE_NAME": role,
        "WAREHOUSE_SIZE": "X-Small",
        "START_TIME": f"{DAY} 02:05:00.000 +0000",
    }


def write(folder: Path, views: Mapping[str, Sequence[Row]]) -> Path:
    """CSV files named like the views."""
    for name, rows in views.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


class Loaded:
    """A folder's bill in a lake of its own."""

    def __init__(self, folder: Path, location: Path, **options: Any) -> None:
        self.lake = Lake.open(folder / "lake", threads=1)
        self.outcomes: list[LoadOutcome] = self.lake.load(
            "snow", Snowflake(), FileTransport(str(location)), SnowflakeOptions(**options)
        )

    def rows(self, *columns: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
        """Columns of the charges, in order of their values."""
        files = [literal(str(one.charges_path)) for one in self.lake.pin().slices]
        with duckdb.connect() as reader:
            return reader.execute(
                f"SELECT {', '.join(columns)} FROM read_parquet([{', '.join(files)}], "
                f"union_by_name = true) WHERE {where} ORDER BY ALL"
            ).fetchall()

    def usage(self, metric: str) -> Any:
        """The sum of a metric of the usage rows."""
        files = [
            literal(str(self.lake.layout.usage_file(one.delivery.id)))
            for one in self.lake.pin().slices
            if one.delivery.usage_rows
        ]
        with duckdb.connect() as reader:
            row = reader.execute(
                f"SELECT sum(Quantity) FROM read_parquet([{', '.join(files)}], "
                f"union_by_name = true) WHERE Metric = '{metric}'"
            ).fetchone()
        return row[0] if row else None

    @property
    def notes(self) -> str:
        """The notes of all slices."""
        return "\n".join(note for o in self.outcomes if o.record for note in o.record.notes)

    @property
    def broken_rules(self) -> list[str]:
        """FOCUS rules that a charge breaks."""
        return [check.rule for o in self.outcomes if o.record for check in o.record.checks]


def load(folder: Path, views: Mapping[str, Sequence[Row]], **options: Any) -> Loaded:
    """Write views and load them; the slices must reconcile."""
    loaded = Loaded(folder, write(folder / "bill", views), **options)
    assert [o.status for o in loaded.outcomes] == ["loaded"] * len(loaded.outcomes), [
        o.message for o in loaded.outcomes
    ]
    return loaded
