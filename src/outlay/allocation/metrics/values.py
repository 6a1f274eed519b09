"""Values of a metric as they are delivered: read from CSV, JSON or a result, row by row, whole or
not at all. A number is never changed on the way: what does not fit is refused with its row."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any

from outlay.allocation.metrics.model import MetricSpec
from outlay.expression.errors import near_names
from outlay.money import MONEY_SCALE, MoneyError, parse_money
from outlay.sources.contract import SourceError

TIME_COLUMNS = ("date", "day", "hour", "time", "timestamp")
VALUE_COLUMN = "value"
MAX_ROWS = 2_000_000
"""The most rows of one delivery."""

_MAX_PROBLEMS = 50
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WIDE = Context(prec=400)


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with one row: `row` counts from 1 (a CSV's line, the header being line 1; an
    entry of a JSON list), `field` is the column."""

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: {self.message}"


class MetricDataError(SourceError):
    """Values cannot be taken; nothing of the delivery was. `problems` names rows (at most 50;
    `count` is how many there are)."""

    def __init__(
        self, message: str, problems: Iterable[RowProblem] = (), count: int | None = None
    ) -> None:
        self.problems = tuple(problems)
        self.count = len(self.problems) if count is None else count
        lines = [message, *(f"  {problem}" for problem in self.problems[:10])]
        if self.count > 10:
            lines.append(f"  and {self.count - 10} more")
        super().__init__("\n".join(lines))
        self.what = message

    def to_dict(self) -> dict[str, object]:
        """The rows that are not right, for machines."""
        return {
            "count": self.count,
            "rows": [{"row": p.row, "field": p.field, "message": p.message} for p in self.problems],
        }


@dataclass(frozen=True)
class MetricValue:
    """One number: the start of its day or hour (UTC, naive), labels by name, and the value, or
    None to withdraw what was delivered before."""

    start: datetime
    labels: tuple[tuple[str, str], ...]
    value: Decimal | None

    @property
    def labels_text(self) -> str:
        """The labels as canonical JSON, by which a series is known."""
        return _text_of(self.labels)


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as canonical JSON: names in order, no white space."""
    return json.dumps(dict(sorted(labels.items())), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=65536)  # a series stands in a delivery once a day
def _text_of(labels: tuple[tuple[str, str], ...]) -> str:
    return labels_text(dict(labels))


def measured(value: object) -> Decimal:
    """A number of a measuring system (a binary double as text, an integer, a decimal), rounded
    half to even to 21 decimals where it has more. ValueError for NaN, infinity and what is none.
    """
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    except ArithmeticError:
        raise ValueError(f"{str(value)[:80]!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{number} is not a finite number")
    if int(number.as_tuple().exponent) < -MONEY_SCALE:
        quantum = Decimal(1).scaleb(-MONEY_SCALE)
        number = number.quantize(quantum, rounding=ROUND_HALF_EVEN, context=_WIDE)
    return parse_money(str(number))


class _Reader:
    """Reads rows of one metric and gathers what is wrong with them."""

    def __init__(self, spec: MetricSpec, *, rounding: bool = False) -> None:
        self.spec = spec
        self.rounding = rounding
        self.problems: list[RowProblem] = []
        self.count = 0
        self.rows: dict[tuple[datetime, tuple[tuple[str, str], ...]], tuple[int, MetricValue]] = {}

    def problem(self, row: int, field: str, message: str) -> None:
        """Note what is wrong."""
        self.count += 1
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(RowProblem(row, field, message))

    def take(self, row: int, time: object, value: object, labels: Mapping[str, object]) -> None:
        """Read one row; a value of None withdraws."""
        before = self.count
        start = self._start(row, time)
        number = self._number(row, value)
        named = self._labels(row, labels)
        if self.count > before or start is None:
            return
        found = MetricValue(start, named, number)
        key = (start, named)
        known = self.rows.get(key)
        if known is not None and known[1].value != number:
            what = " ".join(f"{k}={v}" for k, v in named) or "no label"
            self.problem(
                row,
                "value",
                f"{_text(number)} here and {_text(known[1].value)} in row {known[0]} for the same "
                f"{self.spec.grain} ({what}): give one value; add up what belongs together first",
            )
            return
        self.rows.setdefault(key, (row, found))
        if len(self.rows) > MAX_ROWS:
            raise MetricDataError(
                f"a delivery has at most {MAX_ROWS:,} values; deliver this one in parts, such as "
                "a file a year"
            )

    def done(self, what: str) -> tuple[MetricValue, ...]:
        """The values, in order of time and labels; MetricDataError when a row was refused."""
        if self.count:
            rows = "one row is" if self.count == 1 else f"{self.count} rows are"
            raise MetricDataError(
                f"{what}: {rows} not right; nothing was taken", self.problems, self.count
            )
        found = (value for _, value in self.rows.values())
        return tuple(sorted(found, key=lambda v: (v.start, v.labels)))

    def _start(self, row: int, time: object) -> datetime | None:
        try:
            if isinstance(time, str):
                return _start_of_text(time, self.spec.grain)
            return start_of(time, self.spec.grain)
        except ValueError as error:
            self.problem(row, "time", str(error))
            return None

    def _number(self, row: int, value: object) -> Decimal | None:
        if value is None:
            return None
        try:
            if self.rounding:
                return measured(value)
            if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
                raise ValueError(f"{value!r} is not a number; write it as 12.5 or as text")
            if isinstance(value, str) and not value.strip():
                raise ValueError(
                    "the value is empty: leave the row out where it is not known (that is not zero)"
                )
            return parse_money(str(value))
        except (MoneyError, ValueError) as error:
            self.problem(row, "value", _of_a_number(error))
            return None

    def _labels(self, row: int, labels: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
        found = []
        for name, text in labels.items():
            if name not in self.spec.labels:
                near = near_names(name, self.spec.labels)
                self.problem(
                    row,
                    name,
                    "the metric has no such label; "
                    + (f"did you mean {near[0]}? " if near else "")
                    + f"labels: {', '.join(self.spec.labels) or 'none'}",
                )
            elif text is None or text == "":
                continue
            elif not isinstance(text, str | int | Decimal) or isinstance(text, bool):
                self.problem(row, name, f"{text!r} is not a text")
            elif len(str(text)) > 1024:
                self.problem(row, name, "a label has at most 1,024 characters")
            else:
                found.append((name, str(text)))
        return tuple(sorted(found))


@lru_cache(maxsize=65536)  # a day stands in a delivery once a series
def _start_of_text(text: str, grain: str) -> datetime:
    return start_of(text, grain)


def start_of(time: object, grain: str) -> datetime:
    """The start of a day or hour (UTC, naive) from a day, a moment or its ISO text; a moment
    without a zone is UTC. ValueError when it is none, or not at the start of a day or hour."""
    moment: datetime
    if isinstance(time, datetime):
        moment = time
    elif isinstance(time, date):
        moment = datetime(time.year, time.month, time.day)
        if grain == "hour":
            raise ValueError(f"{time} is a day and the metric is hourly: write {time}T00:00Z")
    else:
        text = str(time).strip() if isinstance(time, str) else ""
        if _DAY.fullmatch(text):
            try:
                return start_of(date.fromisoformat(text), grain)
            except ValueError as error:
                if "hourly" in str(error):
                    raise
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            example = "2026-10-01" if grain == "day" else "2026-10-01T13:00Z"
            raise ValueError(f"{time!r} is not a {grain}; expected {example}") from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.minute or moment.second or moment.microsecond or (grain == "day" and moment.hour):
        raise ValueError(f"{moment.isoformat()}Z is not the start of a {grain} (UTC)")
    return moment


def read_json(data: Any, spec: MetricSpec) -> tuple[MetricValue, ...]:
    """Values of a JSON list (or of an object with a list `values`): objects with `date` (or day,
    hour, time, timestamp), `value` (text or an integer; null withdraws) and `labels`.

    Fractions must come as text or Decimal, never as binary numbers. MetricDataError names rows.
    """
    rows = data.get("values") if isinstance(data, Mapping) else data
    if not isinstance(rows, list):
        raise MetricDataError(
            'expected {"values": [{"date": "2026-10-01", "value": "12", "labels": {…}}, …]}'
        )
    if not rows:
        raise MetricDataError("the list of values is empty; nothing was taken")
    reader = _Reader(spec)
    for number, row in enumerate(rows, 1):
        _json_row(reader, number, row)
    return reader.done("values")


def _json_row(reader: _Reader, number: int, row: Any) -> None:
    if not isinstance(row, Mapping):
        reader.problem(number, "value", "is no object with date, value and labels")
        return
    unknown = sorted(set(row) - {*TIME_COLUMNS, VALUE_COLUMN, "labels"})
    if unknown:
        hint = "; labels go into labels" if unknown[0] in reader.spec.labels else ""
        reader.problem(
            number, unknown[0], f"is no field of a value (date, value, labels are){hint}"
        )
        return
    if VALUE_COLUMN not in row:
        reader.problem(number, VALUE_COLUMN, "is missing (null withdraws a value)")
        return
    labels = row.get("labels") or {}
    if not isinstance(labels, Mapping):
        reader.problem(number, "labels", 'is no object such as {"customer": "acme"}')
        return
    times = [row[name] for name in TIME_COLUMNS if name in row]
    if len(times) != 1:
        reader.problem(number, "date", "is missing" if not times else "the time stands twice")
        return
    reader.take(number, times[0], row[VALUE_COLUMN], labels)


def read_csv(
    text: str | bytes,
    spec: MetricSpec,
    *,
    what: str = "the file",
    time: str = "",
    value: str = "",
    columns: Mapping[str, str] | None = None,
    delimiter: str = ",",
) -> tuple[MetricValue, ...]:
    """Values of a CSV with a header, UTF-8: a column for the time, one for the value, one a label.

    `time`, `value` and `columns` (label → column) name columns that are called otherwise.
    MetricDataError names lines; a column that means nothing to the metric is refused.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise MetricDataError(f"{what} is no UTF-8 text ({error.reason}); save it so") from None
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        places = _places(header, spec, what, time, value, columns or {})
        reader = _Reader(spec)
        for row in lines:
            if any(cell.strip() for cell in row):
                _csv_row(reader, lines.line_num, row, header, places)
    except csv.Error as error:
        raise MetricDataError(f"{what}, line {lines.line_num}: {error}") from None
    if not reader.rows and not reader.count:
        raise MetricDataError(f"{what} has no values; nothing was taken")
    return reader.done(what)


@dataclass(frozen=True)
class _Places:
    time: int
    value: int
    labels: Mapping[str, int]


def _csv_row(
    reader: _Reader, line: int, row: list[str], header: list[str], places: _Places
) -> None:
    if len(row) != len(header):
        reader.problem(line, "row", f"has {len(row)} cells, the header {len(header)}")
        return
    labels = {name: row[place].strip() for name, place in places.labels.items()}
    reader.take(line, row[places.time], row[places.value], labels)


def _places(
    header: list[str],
    spec: MetricSpec,
    what: str,
    time: str,
    value: str,
    columns: Mapping[str, str],
) -> _Places:
    if not any(header):
        raise MetricDataError(f"{what} is empty; expected a header such as {expected_header(spec)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise MetricDataError(f"{what}: the column {twice[0]!r} stands twice in the header")
    folded = {name.lower(): place for place, name in enumerate(header)}

    def find(names: Iterable[str], meaning: str) -> int:
        for name in names:
            if name.lower() in folded:
                return folded[name.lower()]
        raise MetricDataError(
            f"{what} has no column for the {meaning} ({', '.join(names)}). Columns: "
            f"{', '.join(header)}. Expected a header such as {expected_header(spec)}."
        )

    places = _Places(
        find((time,) if time else TIME_COLUMNS, "time"),
        find((value,) if value else (VALUE_COLUMN,), "value"),
        {
            label: find((columns.get(label, label),), f"label {label}")
            for label in spec.labels
            if label in columns or label.lower() in folded
        },
    )
    used = {places.time, places.value, *places.labels.values()}
    spare = [name for place, name in enumerate(header) if place not in used]
    # In a file of somebody's own with named columns, others may stand beside them.
    if spare and not (time or value or columns):
        raise MetricDataError(
            f"{what}: the column {spare[0]!r} is neither time, value nor a label of the metric "
            f"(labels: {', '.join(spec.labels) or 'none'}). Take it out, or add the label."
        )
    return places


def expected_header(spec: MetricSpec) -> str:
    """The header that a CSV of the metric has."""
    return ",".join(["date" if spec.grain == "day" else "hour", *spec.labels, VALUE_COLUMN])


def read_rows(
    rows: Iterator[tuple[object, object, Mapping[str, object]]], spec: MetricSpec, what: str
) -> tuple[MetricValue, ...]:
    """Values of a database or a monitoring system: (time, value, labels); doubles are rounded to
    21 decimals. MetricDataError names rows."""
    reader = _Reader(spec, rounding=True)
    for number, (time, value, labels) in enumerate(rows, 1):
        if value is None:
            reader.problem(number, VALUE_COLUMN, "is null; leave the row out where none is known")
        else:
            reader.take(number, time, value, labels)
    return reader.done(what)


def _of_a_number(error: ValueError) -> str:
    """What is wrong with an amount, said of a number."""
    return str(error).replace("an amount", "a number").replace("amount", "number")


def _text(value: Decimal | None) -> str:
    return "nothing" if value is None else format(value, "f")
