"""Options of Azure cost exports."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from outlay.focus.currencies import is_currency
from outlay.sources.contract import SourceOptions


def _listed(value: object) -> object:
    """`a,b` on a command line is the list of a and b."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class AzureExportOptions(SourceOptions):
    """Options of Azure cost exports.

    `exports`: names of the export folders (or exports) to read, where a location holds the same
    bill more than once. `currency`: ISO 4217 code for lines whose currency is missing or none.
    `date_format`: which number of `4/1/2026` is the month, where the file does not tell.
    """

    exports: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    currency: str | None = Field(
        None, description="ISO 4217 code for lines without a currency of ISO 4217, e.g. EUR"
    )
    date_format: Literal["auto", "month-first", "day-first"] = "auto"

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str | None) -> str | None:
        if code is not None and not is_currency(code):
            raise ValueError(f"{code!r} is no ISO 4217 currency code; expected e.g. USD or EUR")
        return code
