"""A proposal of how a table becomes charges: from its headings and values, with its reasons.

It proposes; the user decides. Whatever could be read in two ways is a doubt that is said.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from outlay.sources.contract import FileRef, Transport
from outlay.sources.csv_mapped.forms import ISO, NUMBERS, SYMBOLS, currency_of, is_month
from outlay.sources.csv_mapped.profiles import Profile, Sample, readings, sample
from outlay.sources.csv_mapped.words import (
    CATEGORIES,
    INVOICE_DATE,
    LESS,
    TAG_PREFIXES,
    TAGS,
    TOTALS,
    WITH_TAX,
    meaning,
    says,
)

Sureness = Literal["sure", "likely", "guess"]
_FEW = 30
_NOISE = {
    "account", "allocation", "bill", "billing", "bills", "cost", "costs", "csv", "data", "detail",
    "detailed", "export", "invoice", "invoices", "monthly", "rechnung", "report", "reports",
    "standard", "usage",
}  # fmt: skip
_MONTHS = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "okt",
    "dez",
}  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """One line of the proposal: the FOCUS column (or `tags.KEY`), how it is read, and why."""

    target: str
    cell: dict[str, Any]
    because: str
    sureness: Sureness

    @property
    def tag(self) -> str | None:
        """The tag's key, where it is one."""
        return self.target[5:] if self.target.startswith("tags.") else None


@dataclass
class Proposal:
    """A mapping as plain data (what the YAML file has), its evidence, and what is doubtful.

    `missing` are required columns for which nothing was found.
    """

    vendor: str
    evidence: list[Evidence] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    tax: dict[str, Any] | None = None
    tags_from: list[dict[str, str]] = field(default_factory=list)
    skip: list[dict[str, Any]] = field(default_factory=list)

    def mapping(self) -> dict[str, Any]:
        """The mapping as data, in the order of the file format."""
        found: dict[str, Any] = {
            "vendor": self.vendor,
            "columns": {
                e.target: e.cell for e in self.evidence if not e.target.startswith("tags.")
            },
        }
        tags = {e.target[5:]: e.cell for e in self.evidence if e.target.startswith("tags.")}
        for key, value in (
            ("tax", self.tax), ("tags", tags), ("tags_from", self.tags_from), ("skip", self.skip),
        ):  # fmt: skip
            if value:
                found[key] = value
        return found


def propose(transport: Transport, file: FileRef) -> Proposal:
    """Look at a table and propose how it is read. Raises SourceError when it is none."""
    return _Guess(sample(transport, file), _vendor(transport, file)).proposal()


def _vendor(transport: Transport, file: FileRef) -> str:
    """A name from the file's: `loomlight-invoice-2026-10.csv` → Loomlight."""
    stem = PurePosixPath(file.path or transport.location).name.split(".")[0]
    words = [word for word in re.split(r"[^A-Za-z]+", stem) if word]
    named = [w for w in words if w.lower() not in _NOISE and w.lower()[:3] not in _MONTHS]
    return (named or words or ["Vendor"])[0].title()


class _Guess:
    """Takes the columns one meaning after another; a column has one meaning."""

    def __init__(self, table: Sample, vendor: str) -> None:
        self.table = table
        self.found = Proposal(vendor)
        self.form = ""
        self.free = {profile.name: profile for profile in table.profiles}

    def proposal(self) -> Proposal:
        """The whole proposal."""
        self._nameless()
        cost = self._cost()
        self._currency(cost)
        self._dates()
        self._tax(cost)
        self._category()
        self._quantity()
        for what in ("InvoiceId", "RegionId", "ResourceId"):
            self._text(what)
        self._tags()
        for what in ("ServiceName", "ChargeDescription", "SubAccountName", "BillingAccountId"):
            self._text(what)
        self._seller()
        self._totals(cost)
        return self.found

    # --- taking columns -----------------------------------------------------------------------

    def _best(
        self, what: str, fits: Callable[[Profile], bool], less: tuple[str, ...] = ()
    ) -> tuple[Profile | None, str]:
        """The free column whose heading means it most clearly and whose values fit."""
        ranked = []
        for at, profile in enumerate(self.free.values()):
            score, word = meaning(profile.name, what)
            if score and profile.filled and fits(profile):
                weak = sum(bool(says(profile.name, w)) for w in (less, LESS.get(what, ())))
                ranked.append((score - 300 * weak, -at, profile, word))
        if not ranked:
            return None, ""
        _, _, profile, word = max(ranked, key=lambda item: item[:2])
        return profile, word

    def _take(
        self, target: str, profile: Profile, because: str, sureness: Sureness, **more: Any
    ) -> None:
        self.free.pop(profile.name, None)
        self.found.evidence.append(
            Evidence(target, {"column": profile.name} | more, because, sureness)
        )

    def _say(self, text: str) -> None:
        self.found.doubts.append(text)

    # --- money ----------------------------------------------------------------------------------

    def _nameless(self) -> None:
        nameless = [name for name in self.free if re.fullmatch(r"column_\d+", name)]
        if nameless:
            self._say(
                f"{len(nameless)} columns have no heading: if lines stand above the header row, "
                "remove them, since the first row names the columns"
            )

    def _cost(self) -> Profile | None:
        profile, word = self._best("BilledCost", lambda p: bool(p.numbers), less=WITH_TAX)
        sureness: Sureness = "likely"
        because = f"the heading says “{word}” and the values are numbers"
        if profile is None:
            numeric = [p for p in self.free.values() if p.numbers and _has_cents(p)]
            if not numeric:
                self.found.missing.append("BilledCost")
                self._say("no column looks like an amount: say which one with BilledCost")
                return None
            profile, sureness = numeric[-1], "guess"
            because = "the last column of numbers with decimals"
        elif profile.filled == profile.rows:
            sureness = "sure"
        others = [
            p.name
            for p in self.free.values()
            if p.numbers and p is not profile and meaning(p.name, "BilledCost")[0]
        ]
        if others:
            self._say(
                f"BilledCost is {profile.name!r}; {', '.join(map(repr, others))} may be amounts "
                "too: take the one that the invoice adds up, without tax"
            )
        form = self._number_form(profile, "BilledCost")
        self._take("BilledCost", profile, because, sureness, **form)
        if says(profile.name, WITH_TAX):
            self._say(f"{profile.name!r} seems to have the tax in it, and tax is no usage")
        return profile

    def _number_form(self, profile: Profile, target: str) -> dict[str, str]:
        """`number` of a cell, left out for the plain form; a doubt where two forms fit."""
        forms = profile.numbers
        read = readings(profile.distinct, forms)
        chosen = forms[0]
        other = next((form for form in forms if _differ(read[form], read[chosen])), None)
        if other is not None and self.form in forms:
            chosen, other = self.form, None  # a file writes all its numbers alike
        elif other is None and target == "BilledCost":
            self.form = chosen
        if other is not None:
            comma = self.table.header.delimiter == ";"
            if comma:
                chosen = next((f for f in forms if NUMBERS[f].decimal == ","), chosen)
            other = next(form for form in forms if _differ(read[form], read[chosen]))
            text = next(
                value
                for value, one, two in zip(profile.distinct, read[chosen], read[other], strict=True)
                if one != two
            )
            self._say(
                f"{target}: {text!r} is {_plain(text, chosen)} in the form {chosen!r} and "
                f"{_plain(text, other)} in {other!r}; taken as the first"
                + (" since the file's delimiter is a semicolon" if comma else "")
            )
        return {} if chosen == "1234.56" else {"number": chosen}

    def _currency(self, cost: Profile | None) -> None:
        columns = [p for p in self.free.values() if p.is_currency]
        columns.sort(key=lambda p: -meaning(p.name, "BillingCurrency")[0])
        if columns:
            profile = columns[0]
            marks = {m: SYMBOLS[m] for m in profile.distinct if m in SYMBOLS}
            more = {"map": marks} if marks else {}
            because = f"its values are {', '.join(profile.distinct[:3])}"
            self._take("BillingCurrency", profile, because, "sure", **more)
            if marks:
                told = ", ".join(f"{mark} = {code}" for mark, code in marks.items())
                self._say(f"currency symbols are taken for {told}: several countries use $")
            return
        named = currency_of(cost.name) if cost else None
        if named:
            self._constant("BillingCurrency", named, f"the heading {cost.name!r} says it")  # type: ignore[union-attr]
        elif cost and cost.currencies:
            code = cost.currencies[0]
            self._constant("BillingCurrency", code, f"it stands beside amounts: {cost.example!r}")
            if len(cost.currencies) > 1:
                self._say(
                    f"amounts are in {', '.join(cost.currencies)}: one column cannot say which; "
                    "export a column of currencies"
                )
        else:
            self.found.missing.append("BillingCurrency")
            self._say("no currency was found: say it with BillingCurrency: {constant: EUR}")

    def _constant(self, target: str, value: str, because: str) -> None:
        self.found.evidence.append(Evidence(target, {"constant": value}, because, "likely"))

    # --- times ----------------------------------------------------------------------------------

    def _dates(self) -> None:
        end, end_word = self._best("ChargePeriodEnd", lambda p: bool(p.dates), less=INVOICE_DATE)
        if end:
            del self.free[end.name]
        start, word = self._best("ChargePeriodStart", lambda p: bool(p.dates), less=INVOICE_DATE)
        sureness: Sureness = "sure" if start else "guess"
        because = f"the heading says “{word}” and the values are dates"
        if start is None:
            start = next((p for p in self.free.values() if p.dates), None)
            because = "the first column of dates"
        if start is None:
            self.found.missing.append("ChargePeriodStart")
            self._say("no column has dates: say what a row's day or month is")
            if end:
                self.free[end.name] = end
            return
        if end and says(end.name, INVOICE_DATE) and not says(start.name, INVOICE_DATE):
            end = None  # the invoice's end is not that of a row
        if says(start.name, INVOICE_DATE):
            sureness = "likely"
            self._say(
                f"{start.name!r} is the invoice's date: charges count on that day, whenever they "
                "were used"
            )
        form = self._date_form(start, "ChargePeriodStart")
        self._take("ChargePeriodStart", start, because, sureness, **form)
        if end:
            form = self._date_form(end, "ChargePeriodEnd")
            because = f"the heading says “{end_word}”"
            self._take(
                "ChargePeriodEnd", end, because, "likely", **form, **self._last_day(end, form)
            )

    def _date_form(self, profile: Profile, target: str) -> dict[str, str]:
        forms = profile.dates
        read = readings(profile.distinct, forms)
        chosen = forms[0]
        other = next((form for form in forms if _differ(read[form], read[chosen])), None)
        if other is not None:
            if self.table.header.delimiter == ";":
                chosen = next((form for form in forms if form.startswith("DD")), chosen)
            other = next(form for form in forms if _differ(read[form], read[chosen]))
            text = next(
                value
                for value, one, two in zip(profile.distinct, read[chosen], read[other], strict=True)
                if one != two
            )
            self._say(
                f"{target}: all dates can be read as {chosen} and as {other} ({text!r}); taken as "
                f"{chosen}: check it, or say {other}"
            )
        return {} if chosen == ISO else {"date": chosen}

    def _last_day(self, end: Profile, form: dict[str, str]) -> dict[str, bool]:
        """Whether ends are last days: then most are no first of a month, yet some the 28th+."""
        named = form.get("date", ISO)
        if is_month(named) or "HH" in named or "hh" in named:
            return {}
        days = [day for day in readings(end.distinct, [named])[named] if day is not None]
        if any((day.hour, day.minute, day.second) != (0, 0, 0) for day in days):
            return {}
        last = sum(day.day >= 28 for day in days)
        if last > sum(day.day == 1 for day in days):
            self._say(
                f"ChargePeriodEnd: {end.example!r} is taken for the last day itself (inclusive); "
                "remove that if it is the day after"
            )
            return {"inclusive": True}
        return {}

    # --- other columns ----------------------------------------------------------------------------

    def _tax(self, cost: Profile | None) -> None:
        profile, word = self._best("tax", lambda p: bool(p.numbers) and _has_cents(p))
        if profile is None or cost is None or says(cost.name, WITH_TAX):
            return
        self.found.tax = {"column": profile.name} | self._number_form(profile, "tax")
        self.free.pop(profile.name)
        self._say(
            f"{profile.name!r} is taken for the tax of a row (“{word}”): it becomes a charge of "
            "its own; remove tax if the amount has it in it"
        )

    def _category(self) -> None:
        profile, word = self._best(
            "ChargeCategory", lambda p: not p.numbers and 0 < len(p.distinct) <= _FEW
        )
        if profile is None:
            return
        known = {v: c for v in profile.distinct for c, w in CATEGORIES.items() if says(v, w)}
        if not known:
            return
        more: dict[str, Any] = {"map": known}
        unknown = [value for value in profile.distinct if value not in known]
        if unknown or profile.filled < profile.rows:
            more["default"] = "Usage"
        if unknown:
            self._say(f"ChargeCategory: {', '.join(map(repr, unknown[:5]))} is taken for Usage")
        self._take("ChargeCategory", profile, f"the heading says “{word}”", "likely", **more)

    def _quantity(self) -> None:
        profile, word = self._best("ConsumedQuantity", lambda p: bool(p.numbers))
        if profile is None:
            return
        because = f"the heading says “{word}” and the values are numbers"
        form = self._number_form(profile, "ConsumedQuantity")
        self._take("ConsumedQuantity", profile, because, "likely", **form)
        unit, word = self._best("ConsumedUnit", lambda p: not p.numbers and len(p.distinct) <= _FEW)
        if unit:
            self._take("ConsumedUnit", unit, f"the heading says “{word}”", "likely")

    def _text(self, what: str) -> None:
        """A column of text by its heading. Ids may be numbers; what people read may not."""
        digits = what in ("InvoiceId", "BillingAccountId")
        profile, word = self._best(
            what, lambda p: not p.dates and not p.is_json and (digits or not p.numbers)
        )
        if profile:
            self._take(what, profile, f"the heading says “{word}”", "likely")

    def _tags(self) -> None:
        for prefix in TAG_PREFIXES:
            names = [name for name in self.free if name.lower().startswith(prefix)]
            if len(names) > 0 and all(len(name) > len(prefix) for name in names):
                self.found.tags_from.append({"prefix": names[0][: len(prefix)]})
                for name in names:
                    del self.free[name]
        for profile in [p for p in self.free.values() if p.is_json]:
            self.found.tags_from.append({"json": profile.name})
            del self.free[profile.name]
        for key, words in TAGS.items():
            for profile in list(self.free.values()):
                word = says(profile.name, words)
                if word and profile.filled and not profile.dates:
                    self._take(f"tags.{key}", profile, f"the heading says “{word}”", "likely")
                    break

    def _seller(self) -> None:
        profile, word = self._best("vendor", lambda p: not p.numbers and not p.dates)
        if profile is None:
            self._say(f"the vendor is called {self.found.vendor!r} after the file's name")
            return
        if len(profile.distinct) == 1:
            self.found.vendor = profile.distinct[0]
        self._take("ServiceProviderName", profile, f"the heading says “{word}”", "likely")

    def _totals(self, cost: Profile | None) -> None:
        """Rows that add up others: counted, they would double the bill."""
        if cost is None:
            return
        start = next((e for e in self.found.evidence if e.target == "ChargePeriodStart"), None)
        if start is None:
            return
        dates = self.table.column(start.cell["column"])
        for profile in self.table.profiles:
            if profile.numbers or profile.dates:
                continue
            undated = {
                value.strip()
                for value, day in zip(self.table.column(profile.name), dates, strict=True)
                if not day.strip() or profile.name == start.cell["column"]
            }
            starts = {
                value
                for value in profile.distinct
                if value in undated
                and says(value.split(" ")[0].strip(":"), tuple(f"={word}" for word in TOTALS))
            }
            if starts:
                self.found.skip.append({"column": profile.name, "is": sorted(starts)})
                self._say(
                    f"rows whose {profile.name!r} is {' or '.join(map(repr, sorted(starts)))} seem "
                    "to add up others and are skipped"
                )
                return


def _differ(one: list[Any], other: list[Any]) -> bool:
    """Whether two readings of the same values contradict each other."""
    return any(a != b and None not in (a, b) for a, b in zip(one, other, strict=True))


def _has_cents(profile: Profile) -> bool:
    """Whether some value has decimals: a count has none."""
    return any(
        number is not None and number != number.to_integral_value()
        for number in readings(profile.distinct, profile.numbers[:1])[profile.numbers[0]]
    )


def _plain(text: str, form: str) -> str:
    (number,) = readings([text], [form])[form]
    return f"{number:f}" if number is not None else "none"
