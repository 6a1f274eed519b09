"""FOCUS rows of any version as charges: the SQL of every column, with what it rests on."""

import re
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass

from outlay.focus.lift import lift
from outlay.focus.schema import COLUMNS, COSTS, LAKE_COLUMNS, Type, focus_names, version_of
from outlay.focus.sql import literal, money_sql, money_unfit_sql, quantity_sql
from outlay.focus.tags import tags_sql
from outlay.sources.contract import Mapping, Raw, RawColumn, Reject, Rows, SourceError
from outlay.sources.focus.facts import Facts, gather, refuse_mixed_currencies, value_sql

_NEEDED = ("BilledCost", "EffectiveCost", "ChargePeriodStart")
_FILLED = ("ListCost", "ContractedCost")


@dataclass(frozen=True)
class FocusReader:
    """Builds the mapping of one delivery."""

    raw: Raw
    columns: MappingABC[str, RawColumn]
    """Raw columns by the FOCUS column they are (ChargeSubcategory of 1.0-preview included)."""
    facts: Facts
    currency: str | None
    version: str

    @classmethod
    def of(
        cls, raw: Raw, *, currency: str | None, version: str | None, null_texts: bool
    ) -> "FocusReader":
        """Look at the rows; raises SourceError when a needed column is missing, when the
        currency is unknown, or when one bill's rows have several."""
        names = focus_names(raw.columns)
        columns = {focus: raw.columns[name] for focus, name in names.items()}
        if "ChargeSubcategory" in raw.columns:
            columns["ChargeSubcategory"] = raw.columns["ChargeSubcategory"]
        _require(columns, list(raw.columns), currency)
        facts = gather(raw, columns, null_texts=null_texts)
        reader = cls(raw, columns, facts, currency, version or version_of(raw.columns))
        if "BillingCurrency" in columns:
            keys = [name for name in ("BillingAccountId", "InvoiceId") if name in columns]
            refuse_mixed_currencies(raw, map(reader.value, keys), reader._currency())
        return reader

    def value(self, name: str) -> str:
        """SQL of the raw cell of a FOCUS column, no value made null."""
        return value_sql(self.columns[name], self.facts.null_texts)

    def mapping(self) -> Mapping:
        """The whole mapping."""
        costs = self._costs()
        typed = self._typed() | costs | {"BillingCurrency": self._currency()} | self._periods()
        charges = lift(typed, self.facts.words)
        charges |= {name: sql for name, sql in self._custom().items() if name not in charges}
        charges["x_FocusVersion"] = literal(self.version)
        start = typed["BillingPeriodStart"]
        return Mapping(
            main=Rows("charges", "TRUE", charges),
            formulas=costs,
            period=f"CAST(date_trunc('month', {start}) AS DATE)",
            currency=self._currency(),
            rejects=tuple(self._rejects()),
            notes=tuple(self._notes()),
        )

    def _typed(self) -> dict[str, str]:
        """Each FOCUS column that is there, as its own type."""
        found = {}
        for name, column in self.columns.items():
            if name in COSTS:
                continue
            kind = COLUMNS[name].type if name in COLUMNS else Type.STRING
            found[name] = self._typed_one(name, column, kind)
        return found

    def _typed_one(self, name: str, column: RawColumn, kind: Type) -> str:
        value = self.value(name)
        if kind is Type.DECIMAL:
            return quantity_sql(value)
        if kind is Type.TIME:
            return self.facts.dates.sql(value, column.type)
        if name in ("Tags", "AllocatedTags"):
            return tags_sql(value, column.type)
        return text_sql(value, column.type)

    def _costs(self) -> dict[str, str]:
        """The four costs, exact. A missing one is filled by a rule that claims no saving.

        FOCUS allows no null in them, yet vendors leave ListCost and ContractedCost empty:
        ContractedCost becomes BilledCost (EffectiveCost where a commitment covers the row, whose
        BilledCost is 0), ListCost becomes ContractedCost.
        """
        found = {
            name: money_sql(self.value(name), self.columns[name].type)
            for name in COSTS
            if name in self.columns
        }
        covered = self._covered()
        contracted = (
            f"CASE WHEN {covered} THEN {found['EffectiveCost']} ELSE {found['BilledCost']} END"
        )
        for name, instead in (("ContractedCost", contracted), ("ListCost", "")):
            rule = instead or found["ContractedCost"]
            if name not in found:
                found[name] = rule
            elif name in self.facts.missing:
                found[name] = f"coalesce({found[name]}, {rule})"
        return found

    def _covered(self) -> str:
        if "CommitmentDiscountStatus" in self.columns:
            return f"{self.value('CommitmentDiscountStatus')} IS NOT NULL"
        if "ChargeSubcategory" in self.columns:
            return f"{self.value('ChargeSubcategory')} IN ('Used Commitment', 'Unused Commitment')"
        return "FALSE"

    def _currency(self) -> str:
        given = literal(self.currency)
        if "BillingCurrency" not in self.columns:
            return given
        value = text_sql(self.value("BillingCurrency"), self.columns["BillingCurrency"].type)
        return f"coalesce({value}, {given})" if self.currency else value

    def _periods(self) -> dict[str, str]:
        """Billing periods; a file without them is taken to bill by calendar month."""
        if "BillingPeriodStart" in self.columns:
            return {}
        charged = self.facts.dates.sql(
            self.value("ChargePeriodStart"), self.columns["ChargePeriodStart"].type
        )
        month = f"CAST(date_trunc('month', {charged}) AS TIMESTAMP)"
        return {
            "BillingPeriodStart": month,
            "BillingPeriodEnd": f"CAST({month} + INTERVAL 1 MONTH AS TIMESTAMP)",
        }

    def _custom(self) -> dict[str, str]:
        """The vendor's own columns as `x_` text, those that are no FOCUS column renamed."""
        focus = {column.name for name, column in self.columns.items() if name in COLUMNS}
        found: dict[str, str] = {}
        taken: set[str] = set()
        for name, column in self.raw.columns.items():
            if name in focus or name in LAKE_COLUMNS:
                continue
            own = custom_name(name, taken)
            taken.add(own.lower())
            found[own] = text_sql(value_sql(column, self.facts.null_texts), column.type)
        return found

    def _rejects(self) -> list[Reject]:
        rejects = []
        for name in COSTS:
            if name in self.columns:
                value = self.value(name)
                if name not in _FILLED:
                    rejects.append(Reject(f"{name} is empty", f"{value} IS NULL"))
                unfit = money_unfit_sql(value, self.columns[name].type)
                rejects.append(Reject(f"{name} is no amount that the ledger can hold", unfit))
        for name, column in self.columns.items():
            value, kind = self.value(name), COLUMNS[name].type if name in COLUMNS else None
            if kind is Type.DECIMAL and name not in COSTS:
                unfit = f"({value} IS NOT NULL AND {quantity_sql(value)} IS NULL)"
                rejects.append(Reject(f"{name} is no number", unfit))
            if kind is Type.TIME:
                date = self.facts.dates.sql(value, column.type)
                empty = "" if name.endswith("Start") else f"{value} IS NOT NULL AND "
                rejects.append(Reject(f"{name} is no date", f"({empty}{date} IS NULL)"))
        rejects.append(Reject("BillingCurrency is empty", f"{self._currency()} IS NULL"))
        return rejects

    def _notes(self) -> list[str]:
        notes = list(self.facts.dates.notes)
        if self.facts.null_texts:
            names = ", ".join(sorted(self.facts.null_texts))
            count = sum(self.facts.null_texts.values())
            notes.append(f"{count} cells with the word null are taken as no value, in {names}")
        for name in _FILLED:
            if name in self.facts.missing:
                rule = (
                    "ContractedCost"
                    if name == "ListCost"
                    else "BilledCost, or EffectiveCost where a commitment covers the row"
                )
                notes.append(f"{self.facts.missing[name]} rows have no {name}: filled with {rule}")
        for name, count in self.facts.unreadable.items():
            notes.append(f"{count} rows have {name} that are no JSON object: left out")
        if "BillingCurrency" not in self.columns:
            notes.append(f"the file names no currency: {self.currency} by the source's option")
        if "BillingPeriodStart" not in self.columns:
            notes.append("the file has no BillingPeriodStart: calendar months of the charges")
        if self.facts.words.virtual:
            names = ", ".join(self.facts.words.virtual)
            notes.append(f"PricingCurrency {names} is no currency: kept in x_PricingCurrency")
        notes += self._renamed()
        return notes

    def _renamed(self) -> list[str]:
        own = [
            f"{name} → {custom_name(name, set())}"
            for name in self.raw.columns
            if not name.startswith("x_")
            and name not in {column.name for n, column in self.columns.items() if n in COLUMNS}
        ]
        return (
            [f"columns that are not FOCUS, kept under own names: {', '.join(own)}"] if own else []
        )


def text_sql(value: str, duckdb_type: str) -> str:
    """SQL of a cell as text: nested values as JSON, numbers in full."""
    kind = duckdb_type.upper()
    if kind == "VARCHAR":
        return value
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"CAST(to_json({value}) AS VARCHAR)"
    return f"CAST({value} AS VARCHAR)"


def custom_name(name: str, taken: set[str]) -> str:
    """The `x_` name of a vendor's own column; a number follows where it differs by case alone."""
    own = name
    if not name.startswith("x_"):
        words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
        own = "x_" + "".join(word[0].upper() + word[1:] for word in words)
    base, number = own, 2
    while own.lower() in taken:
        own, number = f"{base}_{number}", number + 1
    return own


def _require(columns: MappingABC[str, RawColumn], names: list[str], currency: str | None) -> None:
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        raise SourceError(
            f"the bill lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}, which "
            f"FOCUS requires; it has {', '.join(names[:12])}{' …' * (len(names) > 12)}. Export "
            "the bill with all cost columns, or load it as another kind."
        )
    if "BillingCurrency" not in columns and not currency:
        raise SourceError(
            "the bill has no BillingCurrency column, so that its amounts have no currency. Say "
            "it with the option currency, e.g. --option currency=USD."
        )
