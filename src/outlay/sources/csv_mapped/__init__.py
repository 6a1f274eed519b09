"""Any vendor's table, read by a mapping that the user writes or corrects."""

from outlay.sources.csv_mapped.source import CsvMapped, CsvOptions
from outlay.sources.csv_mapped.spec import CsvMapping

__all__ = ["CsvMapped", "CsvMapping", "CsvOptions"]
