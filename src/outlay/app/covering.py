"""Coverage as a page and a table show it: by month and value, what would catch the rest."""

from __future__ import annotations

import csv
import io

from outlay.money import money_text
from outlay.query.allocating import Coverage

HEADER = ("month", "currency", "allocated", "unallocated", "total", "share")


def coverage_csv(found: Coverage) -> str:
    """One row a month and currency, amounts in full; the share from 0 to 1."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    for month, covered in found.months:
        for currency in sorted(covered.total):
            share = covered.share[currency]
            writer.writerow(
                [f"{month:%Y-%m}", currency, money_text(covered.allocated[currency]),
                 money_text(covered.unallocated[currency]), money_text(covered.total[currency]),
                 "" if share is None else f"{share:f}"]
            )  # fmt: skip
    return buffer.getvalue()
