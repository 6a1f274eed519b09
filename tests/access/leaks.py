"""Whether a file tells anything of what its reader may not see: of any form, opened to its bottom.

`assert_no_canary(content)` opens archives, spreadsheets, Parquet, PDF and compressed data, and
looks for the names and amounts of the hidden team of `tests.access.twoteams` in all that it finds.
Reports, mails and assistants' answers can be held against it too.
"""

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import pyarrow.parquet as pq

from tests.access.twoteams import ZEBRA_AMOUNTS
from tests.statements import pdftext

NAME = "zebra"
_AMOUNTS = [Decimal(text) for text in ZEBRA_AMOUNTS]
# The hidden amounts, and sums of them: with whatever is added to them, their first digits stay.
_SUMS = {
    *_AMOUNTS,
    _AMOUNTS[1] + _AMOUNTS[2],
    sum(_AMOUNTS, Decimal(0)),
}


def _digits(amount: Decimal) -> Iterator[str]:
    """The beginning of an amount as text, with and without thousands' commas, and in millions."""
    whole = f"{int(amount):,}"
    yield re.escape(whole[:-2])
    yield re.escape(whole.replace(",", "")[:-2])
    millions = f"{amount / 1_000_000:.2f}"
    yield rf"(?<![\d.]){re.escape(millions[:-1])}\d?\s?[Mm]\b"


PATTERN = re.compile("|".join([NAME, *sorted({p for one in _SUMS for p in _digits(one)})]), re.I)


def texts(content: bytes, name: str = "") -> Iterator[tuple[str, str]]:
    """Everything readable in a file: a place in it, and the text there."""
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.namelist():
                yield f"{name}/", entry
                yield from texts(archive.read(entry), f"{name}/{entry}")
    elif content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        yield f"{name} (Parquet)", f"{table.schema.names} {table.to_pylist()}"
        yield f"{name} (metadata)", str(table.schema.metadata)
    elif content[:5] == b"%PDF-":
        yield f"{name} (PDF)", "\n".join(pdftext.pages(content))
        yield f"{name} (PDF, as it is)", content.decode("latin-1")
    elif content[:2] == b"\x1f\x8b":
        yield from texts(gzip.decompress(content), f"{name} (gzip)")
    else:
        yield name, content.decode("utf-8", "replace")


def canaries(content: bytes) -> list[str]:
    """What a file tells of the hidden team, each with what stands around it."""
    found = []
    for place, text in texts(content):
        for match in PATTERN.finditer(text):
            around = text[max(0, match.start() - 60) : match.end() + 60].replace("\n", " ")
            found.append(f"{place or 'text'}: …{around}…")
    return found


def assert_no_canary(content: bytes, what: str = "the answer") -> None:
    """Fail where a file tells anything of the hidden team."""
    found = canaries(content)
    assert not found, f"{what} tells of the hidden team:\n" + "\n".join(found[:5])
