"""A document on paper: one HTML page that stands alone, and the same as PDF."""

from __future__ import annotations

import logging
from typing import Any

from markupsafe import Markup

from outlay.reports.document import Chart, Document, File
from outlay.reports.errors import PermanentError
from outlay.reports.render import charts
from outlay.reports.render.templates import environment

ROWS = 400
"""The most rows of a table on paper; workbook and CSV have all."""


def html(document: Document) -> str:
    """The document as it is printed."""

    def drawn(chart: Chart) -> Markup:
        return Markup(charts.svg(chart)) if charts.can_draw() else Markup()

    template = environment().get_template("paper.html")
    return template.render(document=document, drawn=drawn, rows=ROWS)


def pdf(document: Document) -> File:
    """The document as PDF. PermanentError says what is missing where it cannot be made."""
    try:
        from weasyprint import HTML, urls
    except ImportError:
        raise PermanentError(
            "PDF needs WeasyPrint on the server: pip install 'outlay[pdf]'. HTML, XLSX and CSV "
            "need nothing more."
        ) from None
    except OSError as error:
        reason = str(error).strip().splitlines()[0]
        raise PermanentError(
            f"PDF needs the system library Pango, which cannot be loaded ({reason}). Debian and "
            "Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango."
        ) from None
    # A report has no external part: whatever a name in the bill says, nothing is fetched.
    fetcher = getattr(urls, "URLFetcher", None)
    nothing = fetcher(allowed_protocols=()) if fetcher is not None else _refuse
    # It warns of every attribute of a drawing that is no property of style sheets.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    content: bytes = HTML(string=html(document), url_fetcher=nothing).write_pdf()
    return File(f"{document.name}.pdf", "application/pdf", content)


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a report has no external part, but names {url}")
