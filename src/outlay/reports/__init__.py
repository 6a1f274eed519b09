"""Delivery: one neutral document, its forms (mail, paper, workbook, tables), channels, and the
outbox in which each delivery stands before it is tried.

The room knows nothing of what is told: `outlay.app.reports` composes documents, this room sends
them. Reports and notices (`outlay.app.notify`) go the same way.
"""
