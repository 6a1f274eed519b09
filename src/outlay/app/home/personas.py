"""The six personas as data: who they are, their three questions, the cards that answer them."""

from __future__ import annotations

from outlay.app.home.cards import (
    ahead,
    bills,
    books,
    bought,
    commitments,
    owned,
    saving,
    spend,
    watched,
)
from outlay.app.home.model import CardKind, Persona, Question
from outlay.expression.errors import QueryError, near_names

CARDS: dict[str, CardKind] = {
    kind.name: kind
    for kind in (
        CardKind("spend", "Spend", spend.spend, terms=("EffectiveCost", "Change")),
        CardKind("movers", "What changed most", spend.movers, terms=("EffectiveCost", "Change")),
        CardKind("owners", "Who owns it", spend.owners, terms=("EffectiveCost", "Change")),
        CardKind("trend", "The last months", spend.trend, terms=("EffectiveCost", "Change")),
        CardKind("outlook", "What it is heading for", ahead.outlook, kept="",
                 terms=("EffectiveCost", "Forecast")),
        CardKind("anomalies", "Anomalies", watched.anomalies, kept="",
                 terms=("Anomaly", "Impact", "Expected")),
        CardKind("plan", "Plan", watched.plan, whole=True, kept="",
                 terms=("Plan", "Latest estimate", "Variance")),
        CardKind("budgets", "Budgets", ahead.budgets, kept="", terms=("Budget",)),
        CardKind("allocated", "Allocated", owned.allocated,
                 terms=("Allocated", "EffectiveCost", "Change")),
        CardKind("mine", "Own and shared", owned.mine, terms=("Direct", "Shared in")),
        CardKind("resources", "Largest resources", owned.resources,
                 terms=("EffectiveCost", "Change")),
        CardKind("untagged", "Untagged", owned.untagged, terms=("EffectiveCost", "Change")),
        CardKind("unused", "Unused", owned.unused, terms=("EffectiveCost", "Change")),
        CardKind("bills", "Bills", bills.bills, whole=True, kept="",
                 terms=("Freshness", "Rejected row")),
        CardKind("reconciled", "Invoices", bills.reconciled, whole=True, kept="",
                 terms=("Invoice", "Unexplained")),
        CardKind("booked", "What to book", books.booked, whole=True, kept="books",
                 terms=("Statement", "EffectiveCost", "Adjustment")),
        CardKind("prepaid", "Effective against billed", books.prepaid, whole=True,
                 terms=("EffectiveCost", "BilledCost", "Prepaid")),
        CardKind("close", "Month close", books.close, whole=True, kept="sources",
                 terms=("Month close",)),
        CardKind("disputes", "Disputes", books.disputes, whole=True, kept="", terms=("Dispute",)),
        CardKind("accounts", "What moved", books.accounts, terms=("BilledCost", "Change")),
        CardKind("vendors", "Vendors", books.vendors, terms=("BilledCost", "Change")),
        CardKind("commitments", "Use of commitments", commitments.commitments,
                 terms=("Utilisation", "Unused commitment")),
        CardKind("saved", "Discounts", commitments.saved,
                 terms=("NegotiatedSaving", "CommitmentSaving", "Change")),
        CardKind("credits", "Credits", commitments.credits, terms=("Credits", "Change")),
        CardKind("ending", "What comes to an end", commitments.ending, whole=True,
                 terms=("Prepaid",)),
        CardKind("savings", "Savings", saving.savings, kept="savings",
                 terms=("Recommendation", "Net saving")),
        CardKind("realised", "Realised savings", saving.realised, whole=True, kept="savings",
                 terms=("Realised saving",)),
        CardKind("kpis", "KPIs", saving.kpis, whole=True, kept="savings",
                 terms=("Effective savings rate", "Waste share", "Utilisation")),
        CardKind("contracts", "Contracts", saving.contracts, whole=True,
                 terms=("Contract",)),
        CardKind("units", "What it bought", bought.units, whole=True,
                 terms=("Unit cost", "Change")),
        CardKind("margin", "Margin", bought.margin, whole=True, terms=("Margin",)),
        CardKind("unit-drivers", "What moved the unit cost", bought.unit_drivers, whole=True,
                 terms=("Volume effect", "Mix effect", "Price effect", "Without units effect")),
    )
}  # fmt: skip
"""Every card by name."""

PERSONAS: dict[str, Persona] = {
    persona.name: persona
    for persona in (
        Persona(
            "practitioner",
            "FinOps practitioner",
            "You keep the ledger complete, allocated and explained, for everybody else.",
            (
                Question("Is every bill here, and does it reconcile?",
                         ("bills", "reconciled", "disputes")),
                Question("What changed, and why?", ("spend", "anomalies", "movers", "units")),
                Question("Does every charge have an owner?", ("allocated", "unused", "savings")),
            ),
            current=True,
        ),
        Persona(
            "engineer",
            "Engineer",
            "You run services and want to see what they cost, and what you can turn off.",
            (
                Question("What does my team cost, and what changed?",
                         ("spend", "mine", "movers", "anomalies", "budgets")),
                Question("Which resources drive it?", ("resources",)),
                Question("What of mine can be saved, is unused or untagged?",
                         ("savings", "unused", "untagged")),
            ),
            focus="owner",
            current=True,
        ),
        Persona(
            "finance",
            "Finance",
            "You close the month, book it, and explain it against the invoices.",
            (
                Question("What do I book for the month?", ("booked", "prepaid")),
                Question("How far is the close, and what keeps it open?",
                         ("close", "reconciled", "disputes")),
                Question("What moved against the month before, and what is still to come?",
                         ("accounts", "plan", "budgets", "outlook", "owners", "credits")),
            ),
        ),
        Persona(
            "procurement",
            "Procurement",
            "You buy: vendors, discounts, commitments, and what has to be renewed.",
            (
                Question("What does each vendor cost?", ("vendors", "saved")),
                Question("How well are commitments used, and what else would save?",
                         ("commitments", "kpis", "savings", "realised")),
                Question("What comes to an end?", ("contracts", "ending", "credits")),
            ),
        ),
        Persona(
            "executive",
            "Executive",
            "You want the direction, the reason, and what the money bought.",
            (
                Question("How much is it, which way does it go, and why?",
                         ("spend", "outlook", "plan", "trend")),
                Question("What does it buy, and what is saved?",
                         ("units", "margin", "realised", "kpis")),
                Question("Who owns it?", ("owners", "budgets", "allocated")),
            ),
        ),
        Persona(
            "product-owner",
            "Product owner",
            "You answer for a product: what one unit costs, and whether the margin holds.",
            (
                Question("What does one unit of my product cost?", ("units",)),
                Question("Is the margin moving?", ("margin", "trend", "outlook")),
                Question("What drove it?", ("unit-drivers", "spend", "movers")),
            ),
            focus="product",
        ),
    )
}  # fmt: skip
"""The personas by name, in the order in which they are offered."""


def persona_of(name: str) -> Persona:
    """One persona; QueryError lists those there are."""
    if name in PERSONAS:
        return PERSONAS[name]
    raise QueryError(
        f"there is no home for {name!r}", field="persona", text=name,
        near=near_names(name, PERSONAS), allowed=PERSONAS,
    )  # fmt: skip


def card_of(name: str) -> CardKind:
    """One card; QueryError lists those there are."""
    if name in CARDS:
        return CARDS[name]
    raise QueryError(f"there is no card {name!r}", field="card", text=name,
                     near=near_names(name, CARDS), allowed=CARDS)  # fmt: skip
