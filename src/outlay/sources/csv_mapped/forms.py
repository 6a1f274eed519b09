"""How numbers and dates are written: named forms, and the SQL and Python that read them.

A form is strict: `1.5` is no number in the form `1.234,56`, rather than fifteen.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from outlay.focus.currencies import is_currency
from outlay.focus.sql import literal

ISO = "ISO"
UNIX, UNIX_MS = "unix", "unix-ms"

_SPACES = "\u00a0\u202f\u2009"
_SYMBOLS = r"\p{Sc}"


@dataclass(frozen=True)
class NumberForm:
    """A way to write numbers: the mark between thousands (a character class), and the decimal
    mark. `pattern` matches what is left when currency, brackets and blanks are off."""

    name: str
    thousands: str
    decimal: str

    @property
    def pattern(self) -> str:
        """A regular expression (RE2 and Python) of a whole number in this form."""
        mark = re.escape(self.decimal)
        if not self.thousands:
            return rf"^[+-]?(\d+({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?$"
        group = rf"({self.thousands}\d{{2,3}})*{self.thousands}\d{{3}}"  # 1,23,456 in India
        return rf"^[+-]?(\d{{1,3}}{group}|\d*)({mark}\d+)?$"


NUMBERS: dict[str, NumberForm] = {
    form.name: form
    for form in (
        NumberForm("1234.56", "", "."),
        NumberForm("1,234.56", "[,]", "."),
        NumberForm("1.234,56", "[.]", ","),
        NumberForm("1 234,56", " ", ","),
        NumberForm("1'234.56", "['’]", "."),
        NumberForm("1 234.56", " ", "."),
    )
}
"""Every form of numbers by its example."""


def number_sql(text: str, form: NumberForm) -> str:
    """SQL of a number's text as the engine reads it, NULL where it is not in the form.

    A currency's symbol or code around it is taken off; `(5)` and `5-` are negative.
    """
    blanks = f"translate({text}, '{_SPACES}−', '   -')"
    bare = (
        f"trim(regexp_replace(trim({blanks}), '^([A-Z]{{3}}\\b|{_SYMBOLS})|"
        f"([A-Z]{{3}}|{_SYMBOLS})$', '', 'g'))"
    )
    inside = f"trim(regexp_replace(trim({bare}, '() '), '^{_SYMBOLS}|{_SYMBOLS}$', '', 'g'))"
    signed = (
        f"CASE WHEN regexp_matches({bare}, '^\\(.*\\)$') THEN '-' || {inside} "
        f"WHEN {bare} LIKE '%-' THEN '-' || rtrim({bare}, '- ') "
        # A symbol may stand between the sign and the number: -€ 5.
        f"ELSE regexp_replace({bare}, '^([+-])\\s*{_SYMBOLS}?\\s*', '\\1') END"
    )
    pattern = literal(form.pattern)

    def read(number: str) -> str:
        plain = number
        if form.thousands:
            plain = f"regexp_replace({plain}, {literal(form.thousands)}, '', 'g')"
        if form.decimal != ".":
            plain = f"replace({plain}, {literal(form.decimal)}, '.')"
        return (
            f"CASE WHEN regexp_matches({number}, {pattern}) AND regexp_matches({number}, '\\d') "
            f"THEN {plain} END"
        )

    # Most numbers stand bare: only the others are taken apart.
    slow = f"list_transform([{signed}], lambda n: {read('n')})[1]"
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN {read(text)} ELSE {slow} END"


def parse_number(text: str, form: NumberForm) -> Decimal | None:
    """The same in Python, for looking at samples."""
    bare = text.translate({ord(space): " " for space in _SPACES} | {ord("−"): "-"}).strip()
    bare = re.sub(r"^[A-Z]{3}\b|[A-Z]{3}$", "", bare).strip()
    bare = _off_symbol(bare)
    if re.fullmatch(r"\(.*\)", bare):
        bare = "-" + _off_symbol(bare.strip("() "))
    elif bare.endswith("-"):
        bare = "-" + bare.rstrip("- ")
    elif bare[:1] in ("+", "-"):
        bare = bare[0] + _off_symbol(bare[1:])
    if not re.search(form.pattern, bare) or not re.search(r"\d", bare):
        return None
    plain = re.sub(form.thousands, "", bare) if form.thousands else bare
    try:
        return Decimal(plain.replace(form.decimal, "."))
    except InvalidOperation:
        return None


def currency_of(text: str) -> str | None:
    """The ISO code or symbol that stands around a number, or in a heading."""
    for code in re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", text):
        if is_currency(code):
            return str(code)
    return next((SYMBOLS[mark] for mark in text if mark in SYMBOLS), None)


SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY"}
"""Symbol → the currency that it usually means. `$` and `¥` are of several countries."""


def _off_symbol(text: str) -> str:
    return text.strip().strip("".join(SYMBOLS)).strip()


# --- dates -----------------------------------------------------------------------------------

_TOKENS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "DD": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "AM": "%p",
}  # fmt: skip
_TOKEN = re.compile("|".join(sorted(_TOKENS, key=len, reverse=True)))
DATE_WORDS = ", ".join(_TOKENS)


def strptime_format(form: str) -> str:
    """`DD.MM.YYYY` as `%d.%m.%Y`; ValueError for letters that are no part of a form."""
    if not _TOKEN.search(form):
        raise ValueError(f"{form!r} is no form of dates; write {ISO}, {UNIX} or parts {DATE_WORDS}")
    rest = _TOKEN.sub("", form)
    if strangers := sorted(set(re.findall(r"[A-Za-z%]", rest)) - {"T", "Z"}):
        raise ValueError(
            f"the date form {form!r} has {', '.join(strangers)}; its parts are {DATE_WORDS}"
        )
    found = _TOKEN.sub(lambda match: _TOKENS[match[0]], form)
    if "%Y" not in found and "%y" not in found:
        raise ValueError(f"the date form {form!r} has no year (YYYY or YY)")
    return found


def is_month(form: str) -> bool:
    """Whether a form names a month and no day."""
    return form not in (ISO, UNIX, UNIX_MS) and "DD" not in form


def date_sql(text: str, form: str) -> str:
    """SQL of a date's text as a UTC TIMESTAMP, NULL where it is not in the form."""
    if form == UNIX:
        return f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000000)"
    if form == UNIX_MS:
        return f"make_timestamp(TRY_CAST({text} AS BIGINT) * 1000)"
    if form == ISO:
        time = f"substr({text}, 12)"
        return (
            f"CASE WHEN NOT regexp_matches({text}, '^\\d{{4}}-\\d{{2}}-\\d{{2}}') THEN NULL "
            # The engine drops the offset of a text that it casts to TIMESTAMP.
            f"WHEN strpos({time}, '+') > 0 OR strpos({time}, '-') > 0 "
            f"THEN TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' "
            f"ELSE TRY_CAST({text} AS TIMESTAMP) END"
        )
    return f"try_strptime({text}, {literal(strptime_format(form))})"


def parse_date(text: str, form: str) -> datetime | None:
    """The same in Python, for looking at samples."""
    try:
        if form == ISO:
            whole = re.match(r"\d{4}-\d{2}-\d{2}", text)
            return datetime.fromisoformat(text) if whole else None
        return datetime.strptime(text, strptime_format(form))
    except ValueError:
        return None


def disagree(one: str, other: str) -> str | None:
    """A date that two forms read differently, or None."""
    for text in _examples(one):
        first, second = parse_date(text, one), parse_date(text, other)
        if first and second and first != second:
            return text
    return None


def _examples(form: str) -> list[str]:
    if form in (ISO, UNIX, UNIX_MS):
        return []
    pattern = strptime_format(form)
    return [datetime(year, month, day).strftime(pattern) for year, month, day in (
        (2026, 3, 4), (2011, 12, 10), (2010, 11, 12),
    )]  # fmt: skip
