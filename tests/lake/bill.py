"""A small bill source for the lake's own tests: CSV or Parquet, one vendor, nothing special."""

import csv
import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from outlay.focus.sql import money_sql, money_unfit_sql
from outlay.money import BillingPeriod
from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Fold,
    Raw,
    Reject,
    Rows,
    Source,
    SourceError,
    SourceOptions,
    Stated,
    Transport,
    TransportError,
)
from outlay.sources.contract import (
    Mapping as BillMapping,
)

HEADER = ["day", "account", "service", "resource", "type", "cost", "currency", "team"]


class Folder:
    """A local folder as a transport; counts what it fetched."""

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self.path = path
        self.fetched: list[str] = []

    def list(self, prefix: str = "") -> list[FileRef]:
        found = []
        for file in sorted(p for p in self.path.rglob("*") if p.is_file()):
            name = file.relative_to(self.path).as_posix()
            if name.startswith(prefix):
                found.append(FileRef(name, file.stat().st_size, str(file.stat().st_mtime_ns)))
        return found

    def open(self, path: str) -> BinaryIO:
        return (self.path / path).open("rb")

    def fetch(self, ref: FileRef, target: Path) -> None:
        data = (self.path / ref.path).read_bytes()
        if len(data) != ref.size:
            raise TransportError(f"{ref.path} changed while it was read")
        self.fetched.append(ref.path)
        target.write_bytes(data)


class BillOptions(SourceOptions):
    """Options of the test bill."""

    service_prefix: str = ""


class Bill(Source):
    """Files below a folder named YYYY-MM are that period's; others are loose.

    Types: Usage; Fee (also gives an unused row); Negation (folded when they cancel).
    """

    kind: ClassVar[str] = "bill"
    title: ClassVar[str] = "Test bill"
    description: ClassVar[str] = "A bill for tests"
    example: ClassVar[str] = "folder"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = BillOptions
    stated: Stated = Stated()
    wrong: bool = False

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        return []

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        dated: dict[str, list[FileRef]] = {}
        loose = []
        for ref in transport.list(root):
            folder = re.match(r"(\d{4}-\d{2})/", ref.path)
            if folder:
                dated.setdefault(folder[1], []).append(ref)
            else:
                loose.append(ref)
        found = [
            Delivery(BillingPeriod.parse(period), tuple(refs), stated=self.stated)
            for period, refs in sorted(dated.items())
        ]
        return found + ([Delivery(None, tuple(loose))] if loose else [])

    def mapping(self, raw: Raw, options: SourceOptions) -> BillMapping:
        assert isinstance(options, BillOptions)
        missing = [name for name in HEADER if name not in raw.columns]
        if missing:
            raise SourceError(f"no column {missing}")
        column = {name: raw.columns[name].sql for name in raw.columns}
        cost = money_sql(column["cost"], raw.columns["cost"].type)
        kind, day = column["type"], f"TRY_CAST({column['day']} AS TIMESTAMP)"
        cancels = raw.ask(
            f"SELECT coalesce(sum(CASE WHEN {kind} = 'Negation' THEN {cost} END), 0), "
            f"count_if({kind} = 'Negation') FROM raw"
        )[0]
        folds = (Fold("negation", f"{kind} = 'Negation'"),) if not cancels[0] else ()
        team = column["team"]
        shared = {
            "BillingAccountId": "'payer'",
            "SubAccountId": column["account"],
            "ServiceName": f"'{options.service_prefix}' || {column['service']}",
            "ResourceId": column["resource"],
            "ChargePeriodStart": day,
            "ChargePeriodEnd": f"{day} + INTERVAL 1 DAY",
            "BillingCurrency": column["currency"],
            "Tags": f"CASE WHEN {team} IS NOT NULL THEN MAP {{'team': {team}}} END",
            "x_LineItemType": kind,
            "x_FocusVersion": "'1.4'",
        }
        main = {
            **shared,
            "BilledCost": f"{cost} + 1" if self.wrong else cost,
            "EffectiveCost": f"CASE WHEN {kind} = 'Fee' THEN 0 ELSE {cost} END",
            "ListCost": cost,
            "ContractedCost": cost,
            "ConsumedQuantity": "1",
            "ChargeCategory": f"CASE WHEN {kind} = 'Fee' THEN 'Purchase' ELSE 'Usage' END",
        }
        unused = {
            **shared,
            "BilledCost": "0",
            "EffectiveCost": cost,
            "ListCost": "0",
            "ContractedCost": "0",
            "ChargeCategory": "'Usage'",
        }
        return BillMapping(
            main=Rows("main", "true", main),
            extra=(Rows("unused", f"{kind} = 'Fee'", unused),),
            rejects=(
                Reject("the cost is no amount", money_unfit_sql(column["cost"], "VARCHAR"))
                if raw.columns["cost"].type == "VARCHAR"
                else Reject("the cost is missing", f"{column['cost']} IS NULL"),
            ),
            folds=folds,
            formulas={
                name: cost for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
            },
            period=f"CAST(date_trunc('month', {day}) AS DATE)",
            currency=column["currency"],
        )


def row(
    day: str,
    cost: str,
    *,
    account: str = "a1",
    service: str = "Compute",
    resource: str = "r1",
    type: str = "Usage",
    currency: str = "USD",
    team: str = "",
) -> list[str]:
    return [day, account, service, resource, type, cost, currency, team]


def write_bill(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def billed(lake: Any, pin: Any = None) -> dict[tuple[str, str], Decimal]:
    """(period, currency) → BilledCost of a pin, from its charges files."""
    pin = pin or lake.pin()
    found: dict[tuple[str, str], Decimal] = {}
    connection = lake.connect()
    try:
        for current in pin.slices:
            for currency, amount in connection.execute(
                "SELECT BillingCurrency, sum(BilledCost) FROM read_parquet(?) GROUP BY 1",
                [str(current.charges_path)],
            ).fetchall():
                found[(str(current.billing_period), currency)] = amount
    finally:
        connection.close()
    return found


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


Options = Mapping[str, object]
