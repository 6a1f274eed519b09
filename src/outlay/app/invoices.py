"""Invoices of a workspace: entered, imported, and held against the charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.app.errors import WorkspaceError
from outlay.app.served import served
from outlay.money import BillingPeriod, total
from outlay.resources.errors import ResourceError
from outlay.statements.resources import INVOICE, InvoiceSpec

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake.types import Pin
    from outlay.statements.invoices import Invoice, Row

KIND = INVOICE.name


@dataclass(frozen=True)
class Totals:
    """One currency of a reconciliation: what invoices ask for, what charges come to (those that
    an invoice is known for, and all), and the rest that nothing explains."""

    currency: str
    invoiced: Decimal
    compared: Decimal
    charged: Decimal
    unexplained: Decimal
    rows: int


@dataclass(frozen=True)
class Reconciliation:
    """Invoices against charges. `period` is what was asked for (None: all), `periods` all there
    are, newest first; `snapshot` is the lake's."""

    period: BillingPeriod | None
    periods: tuple[BillingPeriod, ...]
    rows: tuple[Row, ...]
    snapshot: str | None

    @property
    def totals(self) -> tuple[Totals, ...]:
        """By currency. Amounts are never added across two."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.currency].append(row)
            if row.charged_currency != row.currency:
                found.setdefault(row.charged_currency, [])
        return tuple(_totals(currency, self.rows) for currency in sorted(found))

    def count(self, state: str) -> int:
        """How many rows are in a state."""
        return sum(row.state == state for row in self.rows)


def _totals(currency: str, rows: Sequence[Row]) -> Totals:
    own = [row for row in rows if row.currency == currency]
    return Totals(
        currency,
        invoiced=total(row.invoice.spec.amount for row in own if row.invoice),
        compared=total(row.charges for row in own if row.charges is not None),
        charged=total(row.charged for row in rows if row.charged_currency == currency),
        unexplained=total(row.unexplained for row in own if row.unexplained is not None),
        rows=len(own),
    )


def invoices(workspace: Workspace) -> list[Invoice]:
    """Every invoice that is stated, by name; one that states no day to be paid by gets it from
    the PaymentDueDays of its issuer in `stated.yaml`."""
    whole_only("invoices")
    from outlay.statements.invoices import Invoice

    stated = workspace.stated().invoices
    found = []
    for resource in workspace.resources.list(KIND):
        spec = resource.spec
        assert isinstance(spec, InvoiceSpec)
        days = stated.get(spec.issuer, {}).get("PaymentDueDays", "")
        if spec.due_on is None and spec.issued_on is not None and days.isdigit():
            due = spec.issued_on + timedelta(days=int(days))
            spec = spec.model_copy(update={"due_on": due})
        found.append(Invoice(resource.name, resource.version, spec))
    return found


@served("GET /invoices")
def reconciliation(
    workspace: Workspace, period: BillingPeriod | None = None, pin: Pin | None = None
) -> Reconciliation:
    """Every invoice and every charge (of a billing period), with the difference explained."""
    whole_only("invoices")
    from outlay.app.evidence import LedgerEvidence
    from outlay.statements.billed import billed_sums
    from outlay.statements.invoices import reconcile

    pin = pin or workspace.pin()
    sums = billed_sums(workspace.lake, pin)
    stated = invoices(workspace)
    evidence = LedgerEvidence(workspace, pin, sums)
    if period is not None:
        # Charges of one invoice may stand in bills of other periods.
        wanted = {(one.issuer, one.invoice_id) for one in sums if one.period == period}
        asked = [one for one in stated if one.spec.period == period]
        wanted |= {(one.spec.issuer, one.spec.invoice_id) for one in asked}
        used = [o for o in sums if o.period == period or (o.issuer, o.invoice_id) in wanted]
        also = [o for o in stated if (o.spec.issuer, o.spec.invoice_id) in wanted]
        rows = reconcile(used, also, evidence)
    else:
        rows = reconcile(sums, stated, evidence)
    periods = {one.period for one in sums} | {one.spec.period for one in stated}
    return Reconciliation(
        period,
        tuple(sorted(periods, reverse=True)),
        tuple(row for row in rows if period in (None, row.period)),
        None if pin.snapshot_id is None else str(pin.snapshot_id),
    )


@served("GET /invoices/{name}")
def show(workspace: Workspace, name: str) -> Row:
    """The row of one invoice, by its name or its invoice id; WorkspaceError lists the names."""
    whole_only("an invoice")
    known = invoices(workspace)
    found = [one for one in known if name in (one.name, one.spec.invoice_id)]
    if len(found) != 1:
        names = ", ".join(one.name for one in found or known) or "none yet"
        what = "several are called" if found else "there is no invoice"
        raise WorkspaceError(f"{what} {name!r}. Invoices: {names}.")
    rows = reconciliation(workspace, found[0].spec.period).rows
    return next(row for row in rows if row.invoice and row.invoice.name == found[0].name)


@served("POST /invoices")
def save(
    workspace: Workspace, spec: InvoiceSpec | Mapping[str, Any], name: str = "", *, author: str
) -> Invoice:
    """Enter an invoice, or change the one of that name (default: made of issuer and id)."""
    from outlay.statements.invoices import Invoice

    typed = spec if isinstance(spec, InvoiceSpec) else INVOICE.parse(spec)
    assert isinstance(typed, InvoiceSpec)
    name = name or _name_of(workspace, typed)
    _check_twin(workspace, typed, name)
    done = workspace.resources.put(KIND, name, typed, author=author)
    return Invoice(done.name, done.version, typed)


@served("DELETE /invoices/{name}")
def remove(workspace: Workspace, name: str, *, author: str) -> None:
    """Remove an invoice; its history stays."""
    workspace.resources.delete(KIND, name, author=author)


def _key(spec: InvoiceSpec) -> tuple[str, str, str, str, str]:
    return spec.issuer, spec.invoice_id, spec.billing_period, spec.currency, spec.account


def _name_of(workspace: Workspace, spec: InvoiceSpec) -> str:
    """The name of the invoice that is meant: its own where it is known already."""
    for one in invoices(workspace):
        if _key(one.spec) == _key(spec):
            return one.name
    name, taken = spec.resource_name(), set(workspace.resources.names(KIND))
    choices = (name, *(f"{name[:61].rstrip('-')}-{number}" for number in range(2, 100)))
    return next(one for one in choices if one not in taken)


def _check_twin(workspace: Workspace, spec: InvoiceSpec, name: str) -> None:
    """Refuse the same invoice under a second name: its charges would be compared twice."""
    for one in invoices(workspace):
        if one.name != name and _key(one.spec) == _key(spec):
            raise ResourceError(
                f"the invoice {spec.invoice_id!r} of {spec.issuer!r} for {spec.billing_period} "
                f"in {spec.currency} is entered already, as {one.name!r}: change that one."
            )


@dataclass(frozen=True)
class Imported:
    """What an import did: names of invoices that are new, changed, and as they were."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


@served("POST /invoices/import")
def import_csv(workspace: Workspace, text: str, file: str, *, author: str) -> Imported:
    """Take every invoice of a CSV file, or none.

    The file has a row per invoice (`invoice_files.COLUMNS`) or is a FOCUS Invoice Detail dataset.
    ResourceError names the first line that cannot be read.
    """
    from outlay.resources import Write
    from outlay.statements.invoice_files import read_invoices

    specs = read_invoices(text, file)
    before = {one.name: one for one in invoices(workspace)}
    by_key = {_key(one.spec): one.name for one in before.values()}
    taken = set(before)
    writes: list[Write] = []
    for spec in specs:
        name = by_key.get(_key(spec)) or _free(spec.resource_name(), taken)
        taken.add(name)
        writes.append(Write(KIND, name, spec))
    done = workspace.resources.apply(writes, author=author, note=f"imported from {file}")
    added = tuple(w.name for w in writes if w.name not in before)
    versions = {one.name: one.version for one in done if one is not None}
    changed = tuple(
        w.name for w in writes if w.name in before and versions[w.name] != before[w.name].version
    )
    same = tuple(w.name for w in writes if w.name not in (*added, *changed))
    return Imported(added, changed, same)


def _free(name: str, taken: set[str]) -> str:
    choices = (name, *(f"{name[:61].rstrip('-')}-{number}" for number in range(2, 1000)))
    return next(one for one in choices if one not in taken)


def read_file(path: Path) -> str:
    """The text of a file; WorkspaceError says why it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror or error}") from None
    return decoded(data, path.name)


def decoded(data: bytes, file: str) -> str:
    """The text of a file's bytes; ResourceError where it is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ResourceError(
            f"{file} is no text in UTF-8 (byte {error.start}). Save it as CSV in UTF-8."
        ) from None
