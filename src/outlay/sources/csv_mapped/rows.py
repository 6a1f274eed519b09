"""A mapping and the rows of a delivery become the contract's mapping, or the list of what is
wrong with it."""

import difflib
import json
from collections.abc import Iterable

from outlay.focus.currencies import is_currency
from outlay.focus.schema import COLUMNS, COSTS, CURRENT, MANDATORY, Type, duckdb_type
from outlay.focus.sql import literal
from outlay.focus.tags import json_map_sql
from outlay.sources.contract import Fold, Mapping, Raw, Reject, Rows, SourceError
from outlay.sources.csv_mapped.cells import Cells
from outlay.sources.csv_mapped.forms import ISO, is_month
from outlay.sources.csv_mapped.spec import Cell, CsvMapping
from outlay.sources.focus.mapping import custom_name

_EMPTY = "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"
_SHOWN = 5
# Of a purchase or usage that has a price; tax has none of them.
_PRICED = ("Sku", "Pricing", "Consumed", "List", "Contracted", "Commitment", "Capacity")


def mapped(raw: Raw, mapping: CsvMapping) -> Mapping:
    """The mapping of the rows; SourceError lists everything that does not fit the file."""
    reader = _Reader(raw, mapping)
    reader.check()
    return reader.mapping()


class _Reader:
    """The expressions of one delivery's rows."""

    def __init__(self, raw: Raw, mapping: CsvMapping) -> None:
        self.raw, self.spec = raw, mapping
        self.cells = Cells(raw.columns)
        self.given = mapping.columns

    # --- what does not fit ------------------------------------------------------------------

    def check(self) -> None:
        """Raise SourceError with every problem that the file shows."""
        problems = list(self._absent())
        if not problems:
            problems = [*self._strange_values(), *self._strange_currencies()]
        if problems:
            raise SourceError(
                "the mapping does not fit the file: " + "; ".join(problems) + ". Correct the "
                "mapping; `outlay source infer FILE --mapping mapping.yaml` tries it"
            )

    def _absent(self) -> Iterable[str]:
        names = list(self.raw.columns)
        for column, readers in self.spec.read_columns().items():
            if column not in self.raw.columns:
                near = difflib.get_close_matches(column, names, n=3, cutoff=0.5)
                hint = f"did you mean {' or '.join(map(repr, near))}?" if near else (
                    f"it has {', '.join(names[:_SHOWN])}{' …' * (len(names) > _SHOWN)}"
                )  # fmt: skip
                yield f"{', '.join(readers)}: the file has no column {column!r}; {hint}"

    def _strange_values(self) -> Iterable[str]:
        """Values that FOCUS does not know, of columns that have a list of values."""
        for name, cell in self.given.items():
            allowed = COLUMNS[name].allowed if name in COLUMNS else ()
            if allowed and cell.constant is None:
                value = self.cells.text(cell)
                known = ", ".join(map(literal, allowed))
                found = self._distinct(value, f"{value} NOT IN ({known})")
                if found:
                    yield (
                        f"{name} is {' or '.join(map(repr, found))} in some rows; give its map to "
                        f"{', '.join(allowed[:_SHOWN])}{' …' * (len(allowed) > _SHOWN)}, or a "
                        "default"
                    )

    def _strange_currencies(self) -> Iterable[str]:
        cell = self.given["BillingCurrency"]
        if cell.constant is None:
            value = self.cells.text(cell)
            every = self.raw.ask(f"SELECT DISTINCT {value} FROM raw WHERE {value} IS NOT NULL")
            strange = sorted(code for (code,) in every if not is_currency(code))
            if strange:
                yield (
                    f"BillingCurrency is {' or '.join(map(repr, strange[:_SHOWN]))} in some rows, "
                    "which is no code of ISO 4217; give its map, as map: {'€': EUR}"
                )

    def _distinct(self, value: str, where: str) -> list[str]:
        rows = self.raw.ask(
            f"SELECT {value} FROM raw WHERE ({where}) AND NOT {self._skipped()} "
            f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {_SHOWN}"
        )
        return [row[0] for row in rows]

    # --- the mapping ------------------------------------------------------------------------

    def mapping(self) -> Mapping:
        """The contract's mapping."""
        costs = self._costs()
        columns = self._typed() | costs
        columns |= self._periods() | {"Tags": self._tags()}
        columns = self._defaults(columns) | columns
        columns |= self._kept(columns) | {"x_FocusVersion": "'1.4'"}
        skipped = self._skipped()
        formulas = dict(costs)
        extra: tuple[Rows, ...] = ()
        if self.spec.tax:
            tax = self.cells.money(self.spec.tax)
            formulas = {name: f"{sql} + coalesce({tax}, 0)" for name, sql in costs.items()}
            extra = (Rows("tax", f"{tax} <> 0 AND NOT {skipped}", self._tax(columns, tax)),)
        if self.spec.skip:
            formulas = {n: f"CASE WHEN NOT {skipped} THEN {s} END" for n, s in formulas.items()}
        return Mapping(
            main=Rows("rows", "true", columns),
            formulas=formulas,
            period=f"CAST(date_trunc('month', {columns['BillingPeriodStart']}) AS DATE)",
            currency=columns["BillingCurrency"],
            extra=extra,
            rejects=tuple(self._rejects(costs)),
            folds=tuple(
                Fold(f"rows that the mapping skips: {skip.words}", self._condition(index))
                for index, skip in enumerate(self.spec.skip)
            ),
            notes=tuple(self._notes()),
        )

    def _costs(self) -> dict[str, str]:
        """The four costs; without their own column they claim no saving."""
        found = {n: self.cells.money(self.given[n]) for n in COSTS if n in self.given}
        for name, instead in (
            ("EffectiveCost", "BilledCost"),
            ("ContractedCost", "EffectiveCost"),
            ("ListCost", "ContractedCost"),
        ):
            found[name] = f"coalesce({found[name]}, {found[instead]})" if name in found else (
                found[instead]
            )  # fmt: skip
        return found

    def _typed(self) -> dict[str, str]:
        found = {}
        for name, cell in self.given.items():
            kind = COLUMNS[name].type if name in COLUMNS else Type.STRING
            if name in COSTS:
                continue
            if kind is Type.DECIMAL:
                found[name] = self.cells.quantity(cell)
            elif kind is Type.TIME:
                found[name] = self.cells.time(cell)
            else:
                found[name] = self.cells.text(cell)
        return found

    def _periods(self) -> dict[str, str]:
        """Charge periods end a day after they start (a month, where the file names months);
        billing periods are calendar months."""
        start = self.cells.time(self.given["ChargePeriodStart"])
        forms = self.given["ChargePeriodStart"].date or (ISO,)
        length = "1 MONTH" if all(is_month(form) for form in forms) else "1 DAY"
        end = f"{start} + INTERVAL {length}"
        if "ChargePeriodEnd" in self.given:
            end = f"coalesce({self.cells.time(self.given['ChargePeriodEnd'])}, {end})"
        month = f"CAST(date_trunc('month', {start}) AS TIMESTAMP)"
        if "BillingPeriodStart" in self.given:
            month = f"coalesce({self.cells.time(self.given['BillingPeriodStart'])}, {month})"
        month_end = f"{month} + INTERVAL 1 MONTH"
        if "BillingPeriodEnd" in self.given:
            month_end = f"coalesce({self.cells.time(self.given['BillingPeriodEnd'])}, {month_end})"
        return {
            "ChargePeriodStart": start,
            "ChargePeriodEnd": f"CAST({end} AS TIMESTAMP)",
            "BillingPeriodStart": month,
            "BillingPeriodEnd": f"CAST({month_end} AS TIMESTAMP)",
        }

    def _defaults(self, given: dict[str, str]) -> dict[str, str]:
        """What FOCUS needs and the mapping leaves out."""
        vendor = literal(self.spec.vendor)
        category = given.get("ChargeCategory", "'Usage'")
        found = {name: f"CAST(NULL AS {duckdb_type(name)})" for name in MANDATORY}
        found |= {
            "BillingAccountId": vendor,
            "ChargeCategory": category,
            "ChargeFrequency": (
                f"CASE {category} WHEN 'Usage' THEN 'Usage-Based' WHEN 'Purchase' "
                "THEN 'Recurring' ELSE 'One-Time' END"
            ),
            "HostProviderName": given.get("ServiceProviderName", vendor),
            "InvoiceIssuerName": vendor,
            "PricingCurrency": given["BillingCurrency"],
            "ServiceName": vendor,
            "ServiceProviderName": vendor,
        }
        if "ServiceCategory" not in given:
            found |= {"ServiceCategory": "'Other'", "ServiceSubcategory": "'Other (Other)'"}
        for kind in ("Consumed", "Pricing"):
            quantity = given.get(f"{kind}Quantity")
            if quantity and f"{kind}Unit" not in given:
                found[f"{kind}Unit"] = f"CASE WHEN {quantity} IS NOT NULL THEN 'Units' END"
        return found

    def _tax(self, columns: dict[str, str], tax: str) -> dict[str, str]:
        priced = [
            name
            for name in columns
            if name in CURRENT
            and name not in (*COSTS, "PricingCurrency")
            and name.startswith(_PRICED)
        ]
        return (
            columns
            | dict.fromkeys(priced, "NULL")
            | dict.fromkeys(COSTS, tax)
            | {"ChargeCategory": "'Tax'", "ChargeFrequency": "'One-Time'"}
        )

    def _tags(self) -> str:
        parts = [self._named_tags()] if self._single_tags() else []
        for source in self.spec.tags_from:
            if source.json_column:
                parts.append(json_map_sql(self.cells.raw(source.json_column)))
        filled = [f"coalesce({part}, {_EMPTY})" for part in parts]
        if not filled:
            return _EMPTY
        # Of a key that stands twice, map_concat keeps the last: a tag that was named.
        return filled[0] if len(filled) == 1 else f"map_concat({', '.join(reversed(filled))})"

    def _single_tags(self) -> dict[str, str]:
        found = {}
        for source in self.spec.tags_from:
            for name in self.raw.columns if source.prefix else ():
                if source.prefix and name.startswith(source.prefix) and name != source.prefix:
                    found[name[len(source.prefix) :]] = self.cells.raw(name)
        return found | {key: self.cells.text(cell) for key, cell in self.spec.tags.items()}

    def _named_tags(self) -> str:
        entries = ", ".join(
            f"{{'key': {literal(key)}, 'value': {sql}}}" for key, sql in self._single_tags().items()
        )
        return f"map_from_entries(list_filter([{entries}], lambda entry: entry.value IS NOT NULL))"

    def _kept(self, columns: dict[str, str]) -> dict[str, str]:
        """Columns of the file that nothing reads, as `x_` columns."""
        if not self.spec.keep:
            return {}
        prefixes = tuple(source.prefix for source in self.spec.tags_from if source.prefix)
        read = self.spec.read_columns()
        taken = {name.lower() for name in columns} | {"x_focusversion"}
        found = {}
        for name in self.raw.columns:
            if name not in read and not (prefixes and name.startswith(prefixes)):
                own = custom_name(name, taken)
                if own[2:3].isupper():
                    taken.add(own.lower())
                    found[own] = self.cells.raw(name)
        return found

    # --- rows that do not count ---------------------------------------------------------------

    def _skipped(self) -> str:
        if not self.spec.skip:
            return "false"
        return f"({' OR '.join(self._condition(index) for index in range(len(self.spec.skip)))})"

    def _condition(self, index: int) -> str:
        skip = self.spec.skip[index]
        value = self.cells.raw(skip.column)
        if skip.empty:
            return f"({value} IS NULL)"
        if skip.equals:
            return f"coalesce({value} IN ({', '.join(map(literal, skip.equals))}), false)"
        starts = " OR ".join(f"starts_with({value}, {literal(text)})" for text in skip.starts)
        return f"coalesce({starts}, false)"

    def _rejects(self, costs: dict[str, str]) -> Iterable[Reject]:
        kept = f"NOT {self._skipped()}"
        billed = self.given["BilledCost"]
        empty = f"{self.cells.text(billed)} IS NULL"
        yield Reject(f"BilledCost is empty{_from(billed)}", f"{kept} AND {empty}")
        cells = [(name, self.given[name]) for name in COSTS if name in self.given]
        cells += [("the tax", self.spec.tax)] if self.spec.tax else []
        for name, cell in cells:
            form = f" in the form {cell.number or '1234.56'}"
            reason = f"{name} is no cost that fits exactly{form}{_from(cell)}"
            yield Reject(reason, f"{kept} AND {self.cells.unfit(cell)}")
        for name, cell in self.given.items():
            kind = COLUMNS[name].type if name in COLUMNS else Type.STRING
            there = f"{kept} AND {self.cells.text(cell)} IS NOT NULL"
            if kind is Type.TIME:
                forms = " or ".join(cell.date or (ISO,))
                reason = f"{name} is no date in the form {forms}{_from(cell)}"
                yield Reject(reason, f"{there} AND {self.cells.time(cell)} IS NULL")
            elif kind is Type.DECIMAL and name not in COSTS:
                form = cell.number or "1234.56"
                reason = f"{name} is no number in the form {form}{_from(cell)}"
                yield Reject(reason, f"{there} AND {self.cells.quantity(cell)} IS NULL")

    def _notes(self) -> Iterable[str]:
        columns = {name: list(cell.columns()) for name, cell in self.given.items()}
        told = {n: c[0] if len(c) == 1 else c for n, c in columns.items() if c}
        yield f"read by a mapping: {json.dumps(told, ensure_ascii=False)}"
        if "BillingAccountId" not in self.given:
            yield f"the mapping names no BillingAccountId: it is the vendor, {self.spec.vendor}"


def _from(cell: Cell) -> str:
    names = list(cell.columns())
    return f" (column {' or '.join(names)})" if names else ""
