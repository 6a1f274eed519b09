"""The files of a document, by the forms that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from outlay.reports.document import Document, File
from outlay.reports.errors import ReportError
from outlay.reports.render import mail, paper, tables, workbook


def files(document: Document, forms: Sequence[str]) -> list[File]:
    """A file for each form (CSV and Parquet: one for each table); ReportError for no form."""
    found: list[File] = []
    for form in forms:
        if form == "html":
            html = mail.body(document).alone()
            found.append(File(f"{document.name}.html", "text/html; charset=utf-8", html.encode()))
        elif form == "pdf":
            found.append(paper.pdf(document))
        elif form == "xlsx":
            found.append(workbook.xlsx(document))
        elif form == "csv":
            found += tables.csv_files(document)
        elif form == "parquet":
            found += tables.parquet_files(document)
        else:
            raise ReportError(
                f"{form!r} is no form of a report. Allowed: html, pdf, xlsx, csv, parquet."
            )
    return found
