"""Statements on paper: one HTML document that stands alone, and the same as PDF."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from outlay.money.cents import to_unit
from outlay.statements.documents import Line, Statement, StatementMonth
from outlay.statements.errors import StatementError
from outlay.statements.sections import COLUMNS, SECTIONS, Section


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("outlay.statements"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        money=money, sections_of=sections_of, columns=COLUMNS, rest_of=rest_of
    )
    return environment


def money(amount: Decimal | int, digits: int) -> str:
    """An amount in whole units with separators."""
    return f"{to_unit(Decimal(amount), digits):,f}"


def sections_of(statement: Statement) -> list[tuple[Section, list[Line]]]:
    """The sections of a statement that have lines, in order."""
    found = [
        (section, [line for line in statement.lines if line.section == section.name])
        for section in SECTIONS.values()
    ]
    return [(section, lines) for section, lines in found if lines]


def rest_of(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The lines that show an amount, and those that come to nought."""
    return [line for line in lines if line.amount], [line for line in lines if not line.amount]


def statement_html(month: StatementMonth, statement: Statement) -> str:
    """One statement as a document."""
    return _html(month, [statement], whole=False)


def month_html(month: StatementMonth) -> str:
    """The table of a month and all its statements, each on a page of its own."""
    return _html(month, month.statements, whole=True)


def _html(month: StatementMonth, statements: Sequence[Statement], *, whole: bool) -> str:
    template = _environment().get_template("paper.html")
    return template.render(month=month, statements=statements, whole=whole)


def pdf(html: str) -> bytes:
    """The document as PDF. StatementError says what is missing where it cannot be made."""
    try:
        from weasyprint import HTML, urls
    except ImportError:
        raise StatementError(
            "PDF needs WeasyPrint: pip install 'outlay[pdf]'. HTML, XLSX and CSV need nothing more."
        ) from None
    except OSError as error:
        raise StatementError(
            f"PDF needs the system library Pango, which cannot be loaded ({_first_line(error)}). "
            "Debian and Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install "
            "pango. HTML, XLSX and CSV need nothing more."
        ) from None
    # A statement has no external part: whatever a name in the bill says, nothing is fetched.
    fetcher = getattr(urls, "URLFetcher", None)
    nothing = fetcher(allowed_protocols=()) if fetcher is not None else _refuse
    document: bytes = HTML(string=html, url_fetcher=nothing).write_pdf()
    return document


def _first_line(error: OSError) -> str:
    return str(error).strip().splitlines()[0]


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a statement has no external part, but names {url}")
