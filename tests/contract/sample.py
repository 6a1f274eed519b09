"""What a source gives to the contract suite: bills of its kind, made to order.

A source of kind `a-b` has a module `tests/sources/a_b/sample.py` with

    OPTIONS: dict[str, object]                                  # options to load it with
    def write(folder: Path, lines: Sequence[Line], format: str) -> None

that writes a bill into an empty folder as its vendor would: one plain usage line, billed as it
is, for each given line, in files of the format (`csv` or `parquet`). CSV has the amount as the
text that it is, Parquet has it as a double.

It may also have

    FORMATS: tuple[str, ...]      # the formats that the vendor has; default ("csv", "parquet");
                                  # any other than parquet has the amount as text
    DATASET = "usage"             # its deliveries are usage alone: nothing of money is tested
    DETECTED = False              # its files are taken for it only when its kind is named
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from pathlib import Path

FORMATS = ("csv", "parquet")


@dataclass(frozen=True)
class Line:
    """One usage line of a day in USD."""

    amount: str
    day: date = date(2026, 10, 5)
    account: str = "111111111111"

    def on(self, day: date) -> "Line":
        """The same on another day."""
        return replace(self, day=day)

    @property
    def month(self) -> tuple[date, date]:
        """First day of its month, and of the next."""
        first = self.day.replace(day=1)
        return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


@dataclass(frozen=True)
class Sample:
    """The sample module of one source."""

    kind: str
    options: dict[str, object]
    write: Callable[[Path, Sequence[Line], str], None]
    formats: tuple[str, ...] = FORMATS
    dataset: str = "charges"
    detected: bool = True

    @property
    def text(self) -> str | None:
        """The format that has amounts as text, if the vendor has one."""
        return next((format for format in self.formats if format != "parquet"), None)


def sample_of(kind: str) -> Sample:
    """The sample of a kind; an AssertionError says what is missing."""
    name = f"tests.sources.{kind.replace('-', '_')}.sample"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        raise AssertionError(
            f"source {kind} has no {name.replace('.', '/')}.py: every source gives the contract "
            "suite bills of its kind (see tests/contract/sample.py)"
        ) from error
    return Sample(
        kind,
        module.OPTIONS,
        module.write,
        getattr(module, "FORMATS", FORMATS),
        getattr(module, "DATASET", "charges"),
        getattr(module, "DETECTED", True),
    )
