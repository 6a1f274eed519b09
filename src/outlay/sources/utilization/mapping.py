"""Measurements as rows of the usage table, one statistic of one resource and period each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outlay.focus.sql import literal
from outlay.focus.utilization import METRICS, PREFIX, STATISTIC
from outlay.sources.contract import NO_CHARGES, Fold, Mapping, Raw, Reject, Rows
from outlay.sources.utilization.names import Name, name_of, statistic_of

if TYPE_CHECKING:
    from outlay.sources.utilization.options import UtilizationOptions

_QUANTITY = "DECIMAL(38,12)"
_FAR = 110
"""Percent from which on a share is no share: rounding and bursts end below it."""

_SHOWN = 8


@dataclass(frozen=True)
class Reader:
    """Builds the mapping of one delivery."""

    raw: Raw
    options: UtilizationOptions
    unknown: tuple[tuple[str, str, int], ...]
    strange: tuple[tuple[str, int], ...]
    fine: int

    @classmethod
    def of(cls, raw: Raw, options: UtilizationOptions) -> Reader:
        """Look at the rows: name their metrics and statistics, mark what is there twice."""
        reader = cls(raw, options, (), (), 0)
        unknown, strange = reader._make_names(), reader._make_statistics()
        reader._make_again()
        ((fine,),) = raw.ask(
            f"SELECT count(*) FROM {reader._source()} WHERE {reader._counts()} AND {reader._fine()}"
        )
        found = cls(raw, options, unknown, strange, fine)
        if fine:
            raw.make("hours", found._hours())
        return found

    def mapping(self) -> Mapping:
        """The whole mapping: usage alone."""
        own = self._columns("n_name", self._statistic(), self._start(), self._end(), self._value())
        rows = [Rows("measurements", f"{self._counts()} AND NOT {self._fine()}", own)]
        if self.fine:
            hours = {name: f'"h_{name}"' for name in own}
            rows.append(Rows("hours of finer measurements", "true", hours, source="hours"))
        known = "SELECT DISTINCT n_name FROM names WHERE n_name IS NOT NULL ORDER BY 1"
        names = [str(row[0]) for row in self.raw.ask(known)]
        # What was made into hours adds up to something else; the others are proven.
        proven = () if self.fine else names
        return Mapping(
            main=NO_CHARGES,
            formulas={},
            period=f"CAST(date_trunc('month', {self._start()}) AS DATE)",
            currency="CAST(NULL AS VARCHAR)",
            rejects=tuple(self._rejects()),
            folds=self._folds(),
            notes=tuple(self._notes()),
            source=self._source(),
            usage=tuple(rows),
            usage_formulas={
                f"{PREFIX}{name}": f"coalesce(CASE WHEN {self._counts()} AND n_name = "
                f"{literal(name)} THEN {self._value()} END, 0)"
                for name in proven
            },
        )

    def _text(self, name: str) -> str:
        """SQL of a cell as text; NULL where no file has the column."""
        if name not in self.raw.columns:
            return "CAST(NULL AS VARCHAR)"
        return f"nullif(trim(CAST({self.raw.columns[name].sql} AS VARCHAR)), '')"

    def _source(self) -> str:
        return (
            f"raw LEFT JOIN names ON n_space = coalesce({self._text('Namespace')}, '') "
            f"AND n_metric = coalesce({self._text('Metric')}, '') "
            f"LEFT JOIN statistics ON s_text = coalesce({self._text('Statistic')}, '') "
            "LEFT JOIN again ON a_file = _file AND a_line = _line"
        )

    def _resource(self) -> str:
        label = self.options.resource_label
        if label is None or "Labels" not in self.raw.columns:
            return self._text("ResourceId")
        path = '$."' + label.replace('"', "") + '"'
        return f"nullif(json_extract_string({self._text('Labels')}, {literal(path)}), '')"

    def _moment(self, name: str) -> str:
        text = self._text(name)
        # The engine's cast to TIMESTAMP leaves an offset out of account.
        zone = f"regexp_matches(substr({text}, 12), '([+-]\\d\\d(:?\\d\\d)?|Z)$')"
        zoned = f"TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
        return f"CASE WHEN {zone} THEN {zoned} ELSE TRY_CAST({text} AS TIMESTAMP) END"

    def _start(self) -> str:
        return self._moment("PeriodStart")

    def _end(self) -> str:
        return self._moment("PeriodEnd")

    def _number(self) -> str:
        return f"TRY_CAST({self._text('Value')} AS {_QUANTITY})"

    def _value(self) -> str:
        scaled = f"CAST({self._number()} * n_times AS {_QUANTITY})"
        return f"(CASE WHEN n_complement THEN 100 - {scaled} ELSE {scaled} END)"

    def _statistic(self) -> str:
        """SQL of the statistic; what is most of what is free is least of what is used."""
        said = (
            f"CASE WHEN {self._text('Statistic')} IS NULL "
            f"THEN coalesce(n_kind, {literal(self.options.statistic)}) ELSE s_name END"
        )
        return (
            f"(CASE WHEN NOT coalesce(n_complement, false) THEN {said} "
            f"WHEN {said} = 'maximum' THEN 'minimum' WHEN {said} = 'minimum' THEN 'maximum' "
            f"WHEN {said} = 'average' THEN 'average' END)"
        )

    def _fine(self) -> str:
        return f"coalesce({self._end()} - {self._start()} < INTERVAL 1 HOUR, false)"

    def _rejects(self) -> list[Reject]:
        known = f"n_name IS NOT NULL AND {self._statistic()} IS NOT NULL AND NOT a_again"
        percents = [name for name, (unit, _) in METRICS.items() if unit == "Percent"]
        states = [name for name, (unit, _) in METRICS.items() if unit == "State"]
        value = self._value()
        found = [
            Reject("no resource is named", f"{self._resource()} IS NULL"),
            Reject("the value is no number", f"{self._number()} IS NULL"),
            Reject("the period's begin is no moment", f"{self._start()} IS NULL"),
            Reject("the period's end is no moment", f"{self._end()} IS NULL"),
            Reject("the period ends before it begins", f"{self._end()} <= {self._start()}"),
            Reject(
                f"a percent below 0 or above {_FAR}",
                f"{_among('n_name', percents)} AND ({value} < 0 OR {value} > {_FAR})",
            ),
            Reject(
                "a state that is neither 0 nor 1",
                f"{_among('n_name', states)} AND {value} NOT BETWEEN 0 AND 1",
            ),
            Reject("a value below 0", f"{value} < 0"),
        ]
        return [Reject(one.reason, f"({known}) AND ({one.when})") for one in found]

    def _folds(self) -> tuple[Fold, ...]:
        return (
            Fold("the same measurement again: counted once", "a_again"),
            Fold("a metric that has no name here", "n_name IS NULL"),
            Fold("a statistic that has no name here", f"{self._statistic()} IS NULL"),
            Fold("measurements, kept beside the charges", "true"),
        )

    def _counts(self) -> str:
        """SQL condition: the row counts."""
        bad = " OR ".join(f"coalesce({reject.when}, false)" for reject in self._rejects())
        return (
            f"(n_name IS NOT NULL AND {self._statistic()} IS NOT NULL AND NOT a_again "
            f"AND NOT ({bad}))"
        )

    def _columns(
        self, name: str, statistic: str, start: str, end: str, value: str
    ) -> dict[str, str]:
        o = self.options
        return {
            "UsagePeriodStart": start, "UsagePeriodEnd": end,
            "Metric": f"{literal(PREFIX)} || {name}", "Unit": "n_unit", "Quantity": value,
            "ServiceProviderName": f"coalesce({self._text('ServiceProviderName')}, "
            f"{literal(o.provider)})",
            "SubAccountId": f"coalesce({self._text('SubAccountId')}, {literal(o.account)})",
            "RegionId": self._text("RegionId"),
            "ResourceId": self._resource(),
            "ResourceName": self._text("ResourceName"),
            "ResourceType": self._text("ResourceType"),
            STATISTIC: statistic,
            "x_VendorMetric": "trim(concat_ws(' ', nullif(n_space, ''), n_metric))",
        }  # fmt: skip

    def _hours(self) -> str:
        """SELECT of the hours of finer measurements: averages are averaged, sums added, and of
        percentiles the highest stands (never less than the hour's own)."""
        own = self._columns(
            "n_name", self._statistic(), f"date_trunc('hour', {self._start()})",
            f"date_trunc('hour', {self._start()}) + INTERVAL 1 HOUR", self._value(),
        )  # fmt: skip
        keys = {name: sql for name, sql in own.items() if name != "Quantity"}
        rows = ", ".join(f'{sql} AS "h_{name}"' for name, sql in keys.items())
        value = (
            f"CASE \"h_{STATISTIC}\" WHEN 'average' THEN CAST(avg(v) AS {_QUANTITY}) "
            "WHEN 'sum' THEN sum(v) WHEN 'minimum' THEN min(v) ELSE max(v) END"
        )
        names = ", ".join(f'"h_{name}"' for name in keys)
        return (
            f'SELECT {names}, {value} AS "h_Quantity", min(f) AS _file, '
            "arg_min(l, (f, l)) AS _line FROM ("
            f"SELECT {rows}, {self._value()} AS v, _file AS f, _line AS l FROM {self._source()} "
            f"WHERE {self._counts()} AND {self._fine()}) GROUP BY {names}"
        )

    def _make_names(self) -> tuple[tuple[str, str, int], ...]:
        """Make the table `names` of the distinct metrics; what has no name is told."""
        found = self.raw.ask(
            f"SELECT coalesce({self._text('Namespace')}, ''), coalesce({self._text('Metric')}, ''),"
            f" count(*) FROM raw GROUP BY 1, 2 ORDER BY 1, 2"
        )
        rows, unknown = [], []
        for space, metric, count in found:
            name = name_of(space if space != "prometheus" else "", metric)
            if name is None and self.options.metric and (not metric or space == "prometheus"):
                name = Name(self.options.metric)
            if name is None:
                unknown.append((str(space), str(metric), int(count)))
                rows.append(_values(space, metric, None, None, "NULL", "NULL", None))
                continue
            unit = METRICS[name.name][0]
            flag = "true" if name.complement else "false"
            kind = name.kind or None
            rows.append(_values(space, metric, name.name, unit, f"{name.times}", flag, kind))
        self._table(
            "names",
            rows,
            (
                ("n_space", "VARCHAR"),
                ("n_metric", "VARCHAR"),
                ("n_name", "VARCHAR"),
                ("n_unit", "VARCHAR"),
                ("n_times", "DECIMAL(20,6)"),
                ("n_complement", "BOOLEAN"),
                ("n_kind", "VARCHAR"),
            ),  # fmt: skip
        )
        return tuple(unknown)

    def _make_statistics(self) -> tuple[tuple[str, int], ...]:
        found = self.raw.ask(
            f"SELECT coalesce({self._text('Statistic')}, ''), count(*) FROM raw "
            "GROUP BY 1 ORDER BY 1"
        )
        rows = [f"({literal(text)}, {literal(statistic_of(text))})" for text, _ in found]
        self._table("statistics", rows, (("s_text", "VARCHAR"), ("s_name", "VARCHAR")))
        return tuple(
            (str(text), int(count)) for text, count in found if text and not statistic_of(text)
        )

    def _make_again(self) -> None:
        """Mark measurements that are there more than once: collections overlap. The last counts."""
        keys = ", ".join(
            self._text(name)
            for name in ("ResourceId", "SubAccountId", "Namespace", "Metric", "Statistic",
                         "PeriodStart", "PeriodEnd", "Labels")
        )  # fmt: skip
        self.raw.make(
            "again",
            "SELECT _file AS a_file, _line AS a_line, row_number() OVER (PARTITION BY "
            f"{keys} ORDER BY _file DESC, _line DESC) > 1 AS a_again FROM raw",
        )

    def _table(self, name: str, rows: Sequence[str], columns: Sequence[tuple[str, str]]) -> None:
        nothing = f"({', '.join('NULL' for _ in columns)})"
        given = ", ".join(rows) or nothing
        listed = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in columns)
        names = ", ".join(column for column, _ in columns)
        where = "" if rows else " WHERE false"
        self.raw.make(name, f"SELECT {listed} FROM (VALUES {given}) AS given({names}){where}")

    def _notes(self) -> Iterable[str]:
        if self.unknown:
            count = sum(one[2] for one in self.unknown)
            names = [
                f"{space} {metric}".strip() or "(no name)" for space, metric, _ in self.unknown
            ]
            yield (
                f"{count} measurements of {len(names)} metric{'s' * (len(names) > 1)} that have no "
                f"name here are left out: {_listed(names)}"
            )
        if self.strange:
            count = sum(number for _, number in self.strange)
            yield (
                f"{count} values of statistics that have no name here are left out: "
                f"{_listed([text for text, _ in self.strange])}"
            )
        if self.fine:
            yield f"{self.fine} measurements finer than an hour were made into hours"


def _values(
    space: str, metric: str, name: str | None, unit: str | None, times: str, complement: str,
    kind: str | None,
) -> str:  # fmt: skip
    return (
        f"({literal(space)}, {literal(metric)}, {literal(name)}, {literal(unit)}, {times}, "
        f"{complement}, {literal(kind)})"
    )


def _among(column: str, names: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(literal, names))})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
