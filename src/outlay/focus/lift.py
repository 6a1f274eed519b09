"""Lifting of FOCUS 1.0 to 1.3 rows to 1.4, as SQL over the older columns.

What 1.4 says otherwise than before (FOCUS 1.4 migration guide and errata):

- ProviderName and PublisherName are gone. ServiceProviderName is the seller: the provider of a
  direct purchase, the publisher of a marketplace row. A blind rename is wrong: clouds spell
  themselves differently in the two columns. HostProviderName is the host where the bill shows
  one, else the seller. The old names stay in `x_ProviderName` and `x_PublisherName`.
- ContractApplied has the keys ContractId and ContractCommitmentId (1.3: …ID).
- A PricingCurrency is a currency of ISO 4217. Where 1.2 and 1.3 name a virtual one ("tokens",
  credits), money columns take the billing currency, and the name, price and cost in it stay in
  `x_PricingCurrency…` columns.
- 1.0-preview told the state of a commitment in ChargeSubcategory.

Amounts are never changed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outlay.focus.currencies import is_currency
from outlay.focus.schema import CURRENT, duckdb_type
from outlay.focus.sql import literal

# How the big sellers spell themselves in ProviderName, PublisherName and InvoiceIssuerName.
_COMPANIES = {
    "aws": ("aws", "amazon", "amazonwebservices"),
    "microsoft": ("microsoft", "azure"),
    "google": ("google", "gcp"),
    "oracle": ("oracle", "oci"),
    "alibaba": ("alibaba", "aliyun"),
    "tencent": ("tencent",),
    "ibm": ("ibm", "internationalbusinessmachines"),
}
_LEGAL = re.compile(r"[\s,.]+(inc|llc|ltd|limited|corp|corporation|gmbh|sarl|bv|plc|co)\.?$", re.I)

_VIRTUAL_COLUMNS = {
    "PricingCurrencyContractedUnitPrice": "ContractedUnitPrice",
    "PricingCurrencyEffectiveCost": "EffectiveCost",
    "PricingCurrencyListUnitPrice": "ListUnitPrice",
}
"""Column in the pricing currency → the column that has the same in the billing currency."""


@dataclass(frozen=True)
class Vocabulary:
    """The distinct values of a delivery on which its lifting depends.

    `sellers` are (ProviderName, PublisherName) pairs, `pricing_currencies` the values of
    PricingCurrency, both without nulls.
    """

    sellers: tuple[tuple[str, str], ...] = ()
    pricing_currencies: tuple[str, ...] = ()

    @property
    def marketplace(self) -> tuple[tuple[str, str], ...]:
        """The pairs whose publisher is another company than the provider."""
        return tuple(pair for pair in self.sellers if is_marketplace(*pair))

    @property
    def virtual(self) -> tuple[str, ...]:
        """The pricing currencies that are none by ISO 4217."""
        return tuple(name for name in self.pricing_currencies if not is_currency(name))


def is_marketplace(provider: str, publisher: str) -> bool:
    """Whether a row of this provider and publisher sells another company's product."""
    return _company(provider) != _company(publisher)


def _company(name: str) -> str:
    """One word for a company, however it spells itself."""
    bare = name.strip()
    while (shorter := _LEGAL.sub("", bare)) != bare:
        bare = shorter
    folded = re.sub(r"[^a-z0-9]", "", bare.lower())
    for company, spellings in _COMPANIES.items():
        if any(folded.startswith(spelling) for spelling in spellings):
            return company
    return folded


def company_sql(column: str) -> str:
    """SQL of one word for the company that a column names, as `is_marketplace` compares them."""
    suffix = "(inc|llc|ltd|limited|corp|corporation|gmbh|sarl|bv|plc|co)"
    bare = f"regexp_replace({column}, '([\\s,.]+{suffix}\\.?)+$', '', 'i')"
    folded = f"regexp_replace(lower({bare}), '[^a-z0-9]', '', 'g')"
    cases = " ".join(
        f"WHEN regexp_matches({folded}, '^({'|'.join(spellings)})') THEN {literal(company)}"
        for company, spellings in _COMPANIES.items()
    )
    return f"(CASE {cases} ELSE {folded} END)"


def lift(columns: Mapping[str, str], words: Vocabulary) -> dict[str, str]:
    """All 65 columns of 1.4 (and `x_` columns for what has no place in it) as SQL expressions.

    `columns` gives an SQL expression of the right type for each FOCUS column, of any version,
    that the delivery has; `words` its values of some of them. A column that is neither there
    nor derivable is a typed NULL.
    """
    lifted = {name: sql for name, sql in columns.items() if name in CURRENT}
    lifted |= _entities(columns, words)
    if "ContractApplied" in columns:
        lifted["ContractApplied"] = _contract_applied(columns["ContractApplied"])
    if "CommitmentDiscountStatus" not in columns and "ChargeSubcategory" in columns:
        lifted["CommitmentDiscountStatus"] = _commitment_status(columns["ChargeSubcategory"])
    lifted |= _pricing_currency(columns, words.virtual)
    missing = {name: f"CAST(NULL AS {duckdb_type(name)})" for name in CURRENT if name not in lifted}
    return dict(sorted((lifted | missing).items()))


def _entities(columns: Mapping[str, str], words: Vocabulary) -> dict[str, str]:
    provider, publisher = columns.get("ProviderName"), columns.get("PublisherName")
    stated = columns.get("ServiceProviderName")
    sellers = [stated] if stated else []
    if provider and publisher:
        seller = f"coalesce({provider}, {publisher})"
        if words.marketplace:
            pairs = _pairs(provider, publisher, words.marketplace)
            seller = f"CASE WHEN {pairs} THEN {publisher} ELSE {seller} END"
        sellers.append(seller)
    elif provider or publisher:
        sellers.append(provider or publisher or "")
    found: dict[str, str] = {}
    if sellers:
        found["ServiceProviderName"] = _first(sellers)
    hosts = [
        sql for sql in (columns.get("HostProviderName"), found.get("ServiceProviderName")) if sql
    ]
    if hosts:
        found["HostProviderName"] = _first(hosts)
    if provider:
        found["x_ProviderName"] = provider
    if publisher:
        found["x_PublisherName"] = publisher
    return found


def _pairs(provider: str, publisher: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Condition: the row's provider and publisher are one of the pairs."""
    listed = [f"({literal(one)}, {literal(other)})" for one, other in pairs]
    return f"({provider}, {publisher}) IN ({', '.join(listed)})"


def _contract_applied(text: str) -> str:
    return (
        f"replace(replace({text}, '\"ContractID\"', '\"ContractId\"'), "
        "'\"ContractCommitmentID\"', '\"ContractCommitmentId\"')"
    )


def _commitment_status(subcategory: str) -> str:
    states = {"Used Commitment": "Used", "Unused Commitment": "Unused"}
    cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in states.items())
    return f"CASE {subcategory} {cases} END"


def _pricing_currency(columns: Mapping[str, str], virtual: tuple[str, ...]) -> dict[str, str]:
    """Money in place of a virtual currency; what was in it, in `x_` columns."""
    currency = columns.get("PricingCurrency")
    if not currency or not virtual:
        return {}
    is_virtual = f"{currency} IN ({', '.join(literal(name) for name in virtual)})"
    billing = columns.get("BillingCurrency", "NULL")
    found = {
        "PricingCurrency": f"CASE WHEN {is_virtual} THEN {billing} ELSE {currency} END",
        "x_PricingCurrency": f"CASE WHEN {is_virtual} THEN {currency} END",
    }
    for name, in_money in _VIRTUAL_COLUMNS.items():
        if name in columns:
            own = columns[name]
            money = columns.get(in_money, f"CAST(NULL AS {duckdb_type(name)})")
            found[name] = f"CASE WHEN {is_virtual} THEN {money} ELSE {own} END"
            text = f"rtrim(rtrim(CAST({own} AS VARCHAR), '0'), '.')"
            found[f"x_{name}"] = f"CASE WHEN {is_virtual} THEN {text} END"
    return found


def _first(expressions: list[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"coalesce({', '.join(expressions)})"
