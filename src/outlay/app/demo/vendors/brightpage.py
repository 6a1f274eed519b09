"""Brightpage renders the shop's product pictures and bills in euros, by a table of its own.

The table has semicolons, decimal commas and a line that sums it up; a mapping reads it. Two months
ago the renders of one campaign were billed twice, and credited a month later.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import digest
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod, total

_EURO = {"number": "1.234,56"}
_DAY = {"date": "DD.MM.YYYY"}
MAPPING: dict[str, Any] = {
    "vendor": "Brightpage",
    "columns": {
        "BilledCost": {"column": "Nettobetrag"} | _EURO,
        "BillingCurrency": "Währung",
        "ChargePeriodStart": {"column": "Von"} | _DAY,
        "ChargePeriodEnd": {"column": "Bis", "inclusive": True} | _DAY,
        "ChargeCategory": {
            "column": "Art",
            "map": {"Abo": "Purchase", "Verbrauch": "Usage", "Gutschrift": "Credit"},
        },
        "ChargeDescription": {
            "concat": ["Produkt", {"constant": "for"}, "Projekt"],
            "separator": " ",
        },
        "ConsumedQuantity": {"column": "Menge"} | _EURO,
        "ConsumedUnit": {"column": "Einheit", "map": {"Bilder": "Images", "Plätze": "Seats"}},
        "InvoiceId": "Rechnung",
        "ServiceCategory": {"constant": "Media"},
        "ServiceSubcategory": {"constant": "Content Creation"},
        "ServiceName": "Produkt",
        "SubAccountId": "Projekt",
    },
    "tags": {"team": "Team", "cost-center": "Kostenstelle"},
    "skip": [{"column": "Rechnung", "is": ["Summe"]}],
}
"""How the table is read; the demo's source has it as its option."""

_SEAT, _RENDER = Decimal("34.90"), Decimal("0.085")
_PROJECTS = (
    ("shop-catalogue", "storefront", "CC-2100", 1400),
    ("shop-campaigns", "storefront", "CC-2100", 620),
    ("app-previews", "mobile", "CC-2300", 310),
    ("press-room", "", "", 90),
)
_CENT = Decimal("0.01")


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's table: seats for the month, renders by the week up to the story's last day."""
    rows = list(_rows(month, story))
    amounts = total(Decimal(row["Nettobetrag"]) for row in rows)
    rows.append(dict.fromkeys(rows[0], "") | {"Rechnung": "Summe", "Nettobetrag": f"{amounts:f}"})
    for row in rows:
        for name in ("Menge", "Nettobetrag"):
            row[name] = _german(row[name])
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / f"brightpage-{month}.csv").write_text(text.getvalue(), encoding="utf-8")


def _rows(month: BillingPeriod, story: Story) -> Iterator[dict[str, str]]:
    last = month.end - timedelta(days=1)
    yield _row(month, "Brightpage Studio", "", ("studio", "storefront", "CC-2100"), month.start,
               last, Decimal(18), "Plätze", _SEAT, "Abo")  # fmt: skip
    if month == story.at(-1):
        twice = story.at(-2)
        images = -_images(_PROJECTS[1], twice.start + timedelta(days=14))
        yield _row(month, "Brightpage Render", "Gutschrift", _PROJECTS[1][:3], month.start,
                   month.start, images, "Bilder", _RENDER, "Gutschrift")  # fmt: skip
    start = month.start
    while start <= min(last, story.last_day):
        end = min(start + timedelta(days=6), last, story.last_day)
        for project in _PROJECTS:
            images = _images(project, start) * (end - start).days
            images += _images(project, start)
            if images:
                yield _row(month, "Brightpage Render", "", project[:3], start, end, images,
                           "Bilder", _RENDER, "Verbrauch")  # fmt: skip
        if month == story.at(-2) and start.day == 15:
            yield _row(month, "Brightpage Render", "", _PROJECTS[1][:3], start, start,
                       _images(_PROJECTS[1], start), "Bilder", _RENDER, "Verbrauch")  # fmt: skip
        start = end + timedelta(days=1)


def _images(project: tuple[str, str, str, int], day: date) -> Decimal:
    name, _, _, usual = project
    return Decimal(usual + digest(f"{name}/{day}") % (usual // 3))


def _row(
    month: BillingPeriod, product: str, note: str, project: tuple[str, str, str], start: date,
    end: date, quantity: Decimal, unit: str, price: Decimal, kind: str,
) -> dict[str, str]:  # fmt: skip
    name, team, center = project
    amount = (quantity * price).quantize(_CENT, ROUND_HALF_EVEN)
    return {
        "Rechnung": f"BP-{month.year}{month.month:02}",
        "Von": f"{start:%d.%m.%Y}",
        "Bis": f"{end:%d.%m.%Y}",
        "Produkt": product,
        "Hinweis": note,
        "Projekt": name,
        "Team": team,
        "Kostenstelle": center,
        "Menge": f"{quantity:f}",
        "Einheit": unit,
        "Nettobetrag": f"{amount:f}",
        "Währung": "EUR",
        "Art": kind,
    }


def _german(number: str) -> str:
    """`-1234.5` as `-1.234,5`."""
    if not number:
        return ""
    return f"{Decimal(number):,f}".replace(",", " ").replace(".", ",").replace(" ", ".")
