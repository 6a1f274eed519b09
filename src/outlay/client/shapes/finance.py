"""Answers of the API: finance."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.configured import Change
from outlay.client.shapes.values import Day, Moment, Number


class StatementPlanMonth(TypedDict):
    """A part of `StatementPlan`."""

    month: str
    state: str


class StatementPlan(TypedDict):
    """The answer of `list_statements`."""

    name: str
    title: str
    tag: str
    currency: str
    measure: str
    rates: str
    mode: str
    version: int
    months: list[StatementPlanMonth]


class StatementMonthRate(TypedDict):
    """A part of `StatementMonth`."""

    day: Day
    publisher: str
    source: str
    value: Number


class StatementMonthStatement(TypedDict):
    """A part of `StatementMonth`."""

    adjustments: Number
    corrections: Number
    credits: Number
    digest: str
    direct: Number
    owner: str
    shared: Number
    tax: Number
    title: str
    total: Number
    value: str


class StatementMonth(TypedDict):
    """The answer of `get_statements`, `close_statements`."""

    adjustments: Number
    bill: Number
    bill_exact: Number
    closed_at: Moment | None
    closed_by: str
    currency: str
    format: int
    month: str
    note: str
    places: int
    plan: str
    previous: str
    rates: list[StatementMonthRate]
    rules_at: Moment
    snapshot: str | None
    spec: dict[str, Any]
    state: str
    statements: list[StatementMonthStatement]
    tag: str
    title: str
    total: Number
    problems: list[str]
    warnings: list[str]
    digest: str


class StatementDocumentLine(TypedDict):
    """A part of `StatementDocument`."""

    amount: Number
    exact: Number
    id: str
    name: str
    section: str
    splits: str
    where: str
    detail: NotRequired[str | None]


class StatementDocumentSection(TypedDict):
    """A part of `StatementDocument`."""

    amount: Number
    section: str
    title: str


class StatementDocument(TypedDict):
    """The answer of `get_statement`."""

    adjustments: Number
    base: Number
    basis: list[list[str]]
    currency: str
    footer: str
    format: int
    heading: str
    lines: list[StatementDocumentLine]
    measure: str
    mode: str
    month: str
    owner: str
    parent: str
    places: int
    plan: str
    savings: dict[str, Number]
    sections: list[StatementDocumentSection]
    state: str
    tag: str
    title: str
    total: Number
    value: str


class DisputesDispute(TypedDict):
    """A part of `Disputes`."""

    id: int
    plan: str
    month: str
    value: str
    line: str
    amount: Number
    currency: str
    proposed: str
    reason: str
    state: str
    answer: str
    answer_reason: str
    settled_month: str
    owner: str


class DisputesEvent(TypedDict):
    """A part of `Disputes`."""

    at: Moment
    author: str
    action: str
    plan: str
    month: str
    dispute: int | None
    note: str


class Disputes(TypedDict):
    """The answer of `list_disputes`."""

    disputes: list[DisputesDispute]
    events: list[DisputesEvent]


class Dispute(TypedDict):
    """The answer of `raise_dispute`, `answer_dispute`."""

    id: int
    plan: str
    month: str
    value: str
    line: str
    amount: Number
    currency: str
    proposed: str
    reason: str
    state: str
    answer: str
    answer_reason: str
    settled_month: str


class InvoiceReconciliationTotal(TypedDict):
    """A part of `InvoiceReconciliation`."""

    currency: str
    invoiced: Number
    compared: Number
    charged: Number
    unexplained: Number
    rows: int


class InvoiceRowCharged(TypedDict):
    """A part of `InvoiceRow`."""

    currency: str
    BilledCost: Number


class InvoiceRowExplanation(TypedDict):
    """A part of `InvoiceRow`."""

    reason: str
    amount: Number | None
    taken: bool
    text: str


class InvoiceRowInvoice(TypedDict):
    """A part of `InvoiceRow`."""

    name: str
    version: int
    issuer: str
    invoice_id: str
    billing_period: str
    currency: str
    amount: Number
    tax: Number | None
    credits: Number | None
    issued_on: Day | None
    due_on: Day | None
    account: str
    rate: Number | None
    source: str
    note: str


class InvoiceRow(TypedDict):
    """The answer of `enter_invoice`, `save_invoice`."""

    issuer: str
    invoice_id: str | None
    billing_period: str
    currency: str
    state: str
    amount: Number | None
    charges: Number | None
    difference: Number | None
    unexplained: Number | None
    explanations: list[InvoiceRowExplanation]
    charged: InvoiceRowCharged
    categories: dict[str, Number]
    lines: int
    sources: list[str]
    accounts: list[str]
    notes: list[str]
    invoice: InvoiceRowInvoice | None


class InvoiceReconciliation(TypedDict):
    """The answer of `list_invoices`."""

    billing_period: str | None
    periods: list[str]
    snapshot: str | None
    states: dict[str, int]
    totals: list[InvoiceReconciliationTotal]
    rows: list[InvoiceRow]


class InvoiceImport(TypedDict):
    """The answer of `import_invoices`."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]


class InvoiceWithHistory(InvoiceRow):
    """The answer of `get_invoice`."""

    history: list[Change]


class CloseOverviewMonth(TypedDict):
    """A part of `CloseOverview`."""

    month: str
    bills: int
    held: int
    rejected: int
    invoices: dict[str, int]
    plans: dict[str, str]


class CloseOverview(TypedDict):
    """The answer of `list_close`."""

    plans: list[str]
    months: list[CloseOverviewMonth]


class CloseStatusCheckFinding(TypedDict):
    """A part of `CloseStatusCheck`."""

    state: str
    text: str
    amounts: dict[str, Number]
    link: str


class CloseStatusCheck(TypedDict):
    """A part of `CloseStatus`."""

    check: str
    state: str
    final: bool
    text: str
    findings: list[CloseStatusCheckFinding]


class CloseStatus(TypedDict):
    """The answer of `get_close`, `run_close`."""

    plan: str
    month: str
    state: str
    ready: bool
    closed_at: Moment | None
    closed_by: str | None
    note: str | None
    total: Number
    currency: str
    checks: list[CloseStatusCheck]


class BridgeMonthCommitment(TypedDict):
    """A part of `BridgeMonth`."""

    commitment: str
    opening: Number
    moves: dict[str, Number]
    closing: Number
    stated: bool


class BridgeMonth(TypedDict):
    """A part of `Bridge`."""

    month: str
    source: str
    currency: str
    opening: Number
    bought: Number
    used_up: Number
    other: Number
    closing: Number
    EffectiveCost: Number
    BilledCost: Number
    difference: Number
    unassigned: Number
    commitments: list[BridgeMonthCommitment]


class BridgeGap(TypedDict):
    """A part of `Bridge`."""

    source: str
    currency: str
    commitment: str
    first_month: str
    below_nought_in: str
    at_least: Number


class Bridge(TypedDict):
    """The answer of `get_bridge`."""

    months: list[BridgeMonth]
    gaps: list[BridgeGap]
    conflicts: list[dict[str, Any]]


class Balance(TypedDict):
    """The answer of `list_balances`, `state_balance`."""

    name: str
    source: str
    currency: str
    billing_period: str
    amount: Number
    commitment: str
    note: str
