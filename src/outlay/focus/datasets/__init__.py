"""The datasets of FOCUS beside Cost and Usage, worked out from the ledger's charges."""

from datetime import date

from outlay.focus.datasets.billing import DETAIL_ID, billing_periods, invoice_details
from outlay.focus.datasets.commitments import contract_commitments
from outlay.focus.datasets.made import DeliveryFact, Derived, Ledger, Made, Missing, Stated
from outlay.focus.datasets.schema import DATASETS, DERIVED, Dataset, DatasetName, dataset

__all__ = [
    "DATASETS",
    "DERIVED",
    "DETAIL_ID",
    "Dataset",
    "DatasetName",
    "DeliveryFact",
    "Derived",
    "Ledger",
    "Made",
    "Missing",
    "Stated",
    "dataset",
    "derive",
]


def derive(ledger: Ledger, name: str, today: date) -> Made:
    """A derived dataset of a ledger; `today` (UTC) decides what is still running.

    KeyError for a name that is none of `DERIVED`.
    """
    if name == "billing-period":
        return billing_periods(ledger)
    if name == "invoice-detail":
        return invoice_details(ledger)
    if name == "contract-commitment":
        return contract_commitments(ledger, today)
    raise KeyError(name)
