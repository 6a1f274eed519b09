"""A vendor's service codes as FOCUS services, by the shipped vocabulary."""

from collections.abc import Iterable, Mapping

from outlay.focus.sql import literal
from outlay.focus.vocabulary import Vocabulary

Names = tuple[str, str, str]
"""ServiceName, ServiceCategory, ServiceSubcategory."""


def services_of(provider: str, codes: Iterable[str]) -> dict[str, Names]:
    """Code → its names; a code that is not known is named by its own words (`TIME_TRAVEL` is
    `Time Travel`)."""
    vocabulary = Vocabulary()
    found = {}
    for code in codes:
        known = vocabulary.service(provider, None, None, code, None, None)
        name = known.name if known.name and known.name != code else _words(code)
        found[code] = (name, known.category, known.subcategory)
    return found


def service_columns(code: str, services: Mapping[str, Names], other: str) -> dict[str, str]:
    """SQL of the three columns by the SQL of a code; `other` names a row without one."""
    unknown = (other, "Other", "Other (Other)")
    columns = {}
    for at, column in enumerate(("ServiceName", "ServiceCategory", "ServiceSubcategory")):
        cases = " ".join(
            f"WHEN {literal(one)} THEN {literal(names[at])}" for one, names in services.items()
        )
        fallback = literal(unknown[at])
        columns[column] = f"CASE {code} {cases} ELSE {fallback} END" if cases else fallback
    return columns


def _words(code: str) -> str:
    return " ".join(word.capitalize() for word in code.replace("-", "_").split("_") if word)
