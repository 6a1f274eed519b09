"""What no bill says and a person states: terms of payment, the terms of contracts.

`stated.yaml` in the workspace's folder, if it is there:

    invoices:
      Amazon Web Services, Inc.: {PaymentTerms: Net 30, PaymentDueDays: 30}
    commitments:
      arn:aws:savingsplans::111122223333:savingsplan/abc:
        ContractCommitmentPeriodStart: 2026-01-01T00:00:00Z
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.app.errors import WorkspaceError

if TYPE_CHECKING:
    from outlay.focus.datasets import Stated

FILE = "stated.yaml"
_INVOICE_KEYS = ("PaymentTerms", "PaymentDueDays", "PurchaseOrderNumber")


def read_stated(folder: Path) -> Stated:
    """The facts in a workspace's `stated.yaml`; nothing where there is none.

    WorkspaceError names the entry that is no issuer or commitment with known columns.
    """
    import yaml

    from outlay.focus.datasets import Stated
    from outlay.focus.datasets.commitments import stated_columns

    path = folder / FILE
    if not path.is_file():
        return Stated()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}") from None
    parts = {"invoices": _INVOICE_KEYS, "commitments": tuple(stated_columns())}
    if not isinstance(data, dict) or set(data) - set(parts):
        raise WorkspaceError(f"{path} has the parts {' and '.join(parts)}, and no other.")
    invoices, commitments = (
        _entries(path, part, data.get(part) or {}, known) for part, known in parts.items()
    )
    return Stated(invoices, commitments)


def _entries(
    path: Path, part: str, data: Any, known: tuple[str, ...]
) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(data, dict):
        raise WorkspaceError(f"{path}: {part} is a list of names, each with its facts.")
    found = {}
    for name, facts in data.items():
        unknown = sorted(set(facts) - set(known)) if isinstance(facts, dict) else [str(facts)]
        if unknown:
            raise WorkspaceError(
                f"{path}: {part}.{name}: {unknown[0]!r} cannot be stated. Allowed: "
                f"{', '.join(known)}."
            )
        found[str(name)] = {key: _text(value) for key, value in facts.items() if value is not None}
    return found


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
