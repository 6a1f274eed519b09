"""Currency codes by ISO 4217, the only ones that FOCUS 1.4 allows in a currency column."""

from iso4217 import Currency

# Codes for no currency, tests and metals: in the standard, but nobody is billed in them.
_NO_MONEY = {"XXX", "XTS", "XAU", "XAG", "XPD", "XPT", "XBA", "XBB", "XBC", "XBD", "XSU", "XUA"}

# Withdrawn after the clouds began to bill in them: bills of those years stay valid.
_WITHDRAWN = {"BGN", "HRK", "LTL", "LVL", "EEK", "SLL", "VEF", "BYR", "MRO", "STD", "ZWL", "ANG"}

ISO_4217: frozenset[str] = frozenset(
    {str(currency.code) for currency in Currency} - _NO_MONEY | _WITHDRAWN
)
"""Codes that an amount of money may have."""


def is_currency(code: str) -> bool:
    """Whether the text is a currency code of ISO 4217, exactly as the standard spells it."""
    return code in ISO_4217
