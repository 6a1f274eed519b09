"""One question in four spellings: URL, JSON, command line, Python."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from outlay.expression.dimensions import parse_dimension, split_names
from outlay.money import DateRange
from outlay.query import MEASURES, CostQuery, QueryError, ranges
from outlay.query.codec import URL_KEYS
from outlay.query.model import COMPARISONS, GRAINS
from outlay.query.ranges import Days, resolve

names = st.one_of(
    st.sampled_from(["ServiceName", "ChargeDay", "x_Foo", "tags.team", 'tags."Cost Center"']),
    st.text(min_size=1, max_size=6)
    .filter(lambda key: "\0" not in key)
    .map(lambda key: str(parse_dimension('tags."' + key.replace('"', '""') + '"'))),
)
day_texts = st.dates(date(2020, 1, 1), date(2029, 12, 31))
range_texts = st.one_of(
    st.sampled_from([*ranges.NAMED, "all", "last-7-days", "last-13-months", "last-2-weeks"]),
    st.tuples(day_texts, st.integers(1, 500)).map(
        lambda pair: f"{pair[0]}..{pair[0] + timedelta(days=pair[1])}"
    ),
    day_texts.map(lambda day: f"{day}.."),
    day_texts.map(lambda day: f"..{day}"),
)
moments = st.one_of(
    st.none(),
    st.integers(0, 2**63).map(str),
    day_texts.map(str),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda m: m.isoformat()),
)


@st.composite
def queries(draw: st.DrawFn) -> CostQuery:
    measures = draw(st.lists(st.sampled_from(list(MEASURES)), min_size=1, max_size=3, unique=True))
    by = tuple(draw(st.lists(names, max_size=3, unique=True)))
    compare = draw(st.sampled_from([None, *COMPARISONS]))
    grain = draw(st.sampled_from(GRAINS))
    sorts = ["", *measures, *by, *(f"-{name}" for name in (*measures, *by))]
    sorts += ["period", "-period"] if grain != "none" else []
    sorts += ["movers", f"{measures[0]}_change", f"-{measures[0]}_previous"] if compare else []
    return CostQuery(
        measures=tuple(measures),
        by=by,
        grain=grain,
        range=draw(range_texts),
        where=draw(st.sampled_from(["", "tags.team IS NULL", "ServiceName IN ('a', 'b,c&d=é+ ')"])),
        compare=compare,
        limit=draw(st.one_of(st.none(), st.integers(1, 1000))),
        sort=draw(st.sampled_from(sorts)),
        currency=draw(st.sampled_from([None, "EUR", "usd"])),
        as_of=draw(moments),
        rules_as_of=draw(moments),
    )


@given(queries())
def test_every_spelling_comes_back_as_the_same_question(query: CostQuery) -> None:
    assert CostQuery.from_params(query.to_params()) == query
    url = urlencode(query.to_params())
    assert CostQuery.from_params(dict(parse_qsl(url)), others=()) == query
    assert CostQuery.from_json(query.to_json()) == query
    assert CostQuery.from_json(json.dumps(query.to_json())) == query
    assert CostQuery.from_cli(query.to_cli()) == query
    assert CostQuery.model_validate(query.model_dump()) == query
    assert hash(CostQuery.from_params(query.to_params())) == hash(query)
    assert set(query.to_params()) <= set(URL_KEYS)


SPELLINGS = [
    (CostQuery(), {}, [], {"measures": ["EffectiveCost"]}),
    (
        CostQuery(
            measures=("BilledCost",),
            by=("ServiceName", 'tags."Cost, Center"'),
            grain="day",
            range="2026-01-01..2026-02-01",
            where="tags.team is null",
            compare="previous",
            limit=9,
            sort="movers",
            currency="eur",
            as_of="2026-01-31T12:00:00+02:00",
        ),
        {
            "m": "BilledCost",
            "by": 'ServiceName,tags."Cost, Center"',
            "grain": "day",
            "from": "2026-01-01",
            "to": "2026-02-01",
            "where": "tags.team IS NULL",
            "compare": "previous",
            "limit": "9",
            "sort": "movers",
            "currency": "EUR",
            "as_of": "2026-01-31T10:00:00Z",
        },
        [
            "--measure=BilledCost",
            '--by=ServiceName,tags."Cost, Center"',
            "--grain=day",
            "--from=2026-01-01",
            "--to=2026-02-01",
            "--where=tags.team IS NULL",
            "--compare=previous",
            "--limit=9",
            "--sort=movers",
            "--currency=EUR",
            "--as-of=2026-01-31T10:00:00Z",
        ],
        {
            "measures": ["BilledCost"],
            "by": ["ServiceName", 'tags."Cost, Center"'],
            "grain": "day",
            "from": "2026-01-01",
            "to": "2026-02-01",
            "where": "tags.team IS NULL",
            "compare": "previous",
            "limit": 9,
            "sort": "movers",
            "currency": "EUR",
            "as_of": "2026-01-31T10:00:00Z",
        },
    ),
    (
        CostQuery(range="last-month", sort="-EffectiveCost"),
        {"range": "last-month", "sort": "-EffectiveCost"},
        ["--range=last-month", "--sort=-EffectiveCost"],
        {"measures": ["EffectiveCost"], "range": "last-month", "sort": "-EffectiveCost"},
    ),
]


@pytest.mark.parametrize(("query", "params", "words", "data"), SPELLINGS)
def test_spellings(
    query: CostQuery, params: dict[str, str], words: list[str], data: dict[str, Any]
) -> None:
    assert query.to_params() == params
    assert query.to_cli() == words
    assert query.to_json() == data


def test_people_may_write_measure_and_from_in_a_document() -> None:
    written = {"measure": "BilledCost", "by": "ServiceName, tags.team", "from": "2026-01-01"}
    assert CostQuery.from_json(written) == CostQuery(
        measures=("BilledCost",), by=("ServiceName", "tags.team"), range="2026-01-01.."
    )


def test_keys_of_the_page_are_left_alone_and_others_refused_where_asked() -> None:
    assert CostQuery.from_params({"theme": "dark", "by": "ServiceName", "grain": ""}).by
    with pytest.raises(QueryError, match="'grian' is not a parameter"):
        CostQuery.from_params({"grian": "day"}, others=("theme",))
    assert CostQuery.from_params({"theme": "dark"}, others=("theme",)) == CostQuery()


WRONG = [
    ({"measures": "EfectiveCost"}, "measure", "Did you mean EffectiveCost"),
    ({"measures": []}, "measure", "no measure"),
    ({"by": "ServicName"}, "by", "Did you mean ServiceName"),
    ({"by": "BilledCost"}, "by", "not a dimension"),
    ({"by": 5}, "by", "list of names"),
    ({"by": "tags."}, "by", "not a dimension"),
    ({"grain": "dayly"}, "grain", "Did you mean day"),
    ({"range": "last-mont"}, "range", "Did you mean last-month"),
    ({"range": "2026-02-01..2026-01-01"}, "to", "exclusive"),
    ({"range": "2026-13-01..2026-01-01"}, "from", "YYYY-MM-DD"),
    ({"from": "1.1.2026"}, "from", "YYYY-MM-DD"),
    ({"from": "2026-01-01", "range": "last-month"}, "range", "exclude each other"),
    ({"where": "ServiceName ="}, "where", "missing"),
    ({"compare": "previos"}, "compare", "Did you mean previous"),
    ({"limit": 0}, "limit", "greater than or equal to 1"),
    ({"limit": "ten"}, "limit", "integer"),
    ({"sort": "BilledCost"}, "sort", "Allowed: EffectiveCost"),
    ({"sort": "movers"}, "sort", "cannot sort"),
    ({"sort": "-"}, "sort", "names nothing"),
    ({"currency": "EURO"}, "currency", "three letters"),
    ({"as_of": "yesterday"}, "as_of", "snapshot id"),
    ({"rules_as_of": "2026-02-30"}, "rules_as_of", "not a moment"),
    ({"grian": "day"}, "", "Did you mean grain"),
]


@pytest.mark.parametrize(("parts", "field", "message"), WRONG)
def test_an_invalid_value_says_what_where_and_what_is_allowed(
    parts: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        CostQuery.from_json(parts)
    assert caught.value.field == field
    assert message in str(caught.value)
    assert caught.value.to_dict()["error"]


def test_limit_in_a_url_must_be_a_number() -> None:
    with pytest.raises(QueryError, match="whole number"):
        CostQuery.from_params({"limit": "ten"})
    with pytest.raises(QueryError, match="not an option"):
        CostQuery.from_cli(["--grian", "day"])
    with pytest.raises(QueryError, match="needs a value"):
        CostQuery.from_cli(["--grain"])


def test_a_question_never_changes() -> None:
    query = CostQuery()
    with pytest.raises(ValidationError, match="frozen"):
        query.limit = 5  # type: ignore[misc]
    assert query.but(limit=5).limit == 5
    assert query.limit is None
    narrowed = query.but(where="RegionId = 'eu' OR RegionId = 'us'").narrowed("tags.team = 'a'")
    assert narrowed.where == "(RegionId = 'eu' OR RegionId = 'us') AND tags.team = 'a'"


def test_moments_of_as_of() -> None:
    def moment(text: Any) -> Any:
        return CostQuery(as_of=text).as_of_moment()

    assert moment("1234567890123456789") == 1234567890123456789
    assert moment("2026-01-31") == datetime(2026, 1, 31, 23, 59, 59, 999999)
    assert moment("2026-01-31T10:00:00Z") == datetime(2026, 1, 31, 10)
    # A plus sign in a URL arrives as a space.
    assert moment("2026-01-31T10:00:00 02:00") == datetime(2026, 1, 31, 8)
    zone = timezone(timedelta(hours=2))
    assert moment(datetime(2026, 1, 31, 10, tzinfo=zone)) == datetime(2026, 1, 31, 8)
    assert moment(datetime(2026, 1, 31, 10, tzinfo=UTC)) == datetime(2026, 1, 31, 10)
    assert moment(None) is None


TODAY = date(2026, 3, 10)  # a Tuesday
RESOLVED = [
    ("all", None, None),
    ("2026-01-01..2026-02-01", date(2026, 1, 1), date(2026, 2, 1)),
    ("2026-01-01..", date(2026, 1, 1), None),
    ("today", date(2026, 3, 10), date(2026, 3, 11)),
    ("yesterday", date(2026, 3, 9), date(2026, 3, 10)),
    ("this-week", date(2026, 3, 9), date(2026, 3, 16)),
    ("last-week", date(2026, 3, 2), date(2026, 3, 9)),
    ("this-month", date(2026, 3, 1), date(2026, 4, 1)),
    ("month-to-date", date(2026, 3, 1), date(2026, 3, 10)),
    ("last-month", date(2026, 2, 1), date(2026, 3, 1)),
    ("this-quarter", date(2026, 1, 1), date(2026, 4, 1)),
    ("last-quarter", date(2025, 10, 1), date(2026, 1, 1)),
    ("this-year", date(2026, 1, 1), date(2027, 1, 1)),
    ("year-to-date", date(2026, 1, 1), date(2026, 3, 10)),
    ("last-year", date(2025, 1, 1), date(2026, 1, 1)),
    ("last-30-days", date(2026, 2, 8), date(2026, 3, 10)),
    ("last-2-weeks", date(2026, 2, 23), date(2026, 3, 9)),
    ("last-13-months", date(2025, 2, 1), date(2026, 3, 1)),
]


@pytest.mark.parametrize(("text", "start", "end"), RESOLVED)
def test_ranges_on_a_day(text: str, start: date | None, end: date | None) -> None:
    assert resolve(ranges.range_text(text), TODAY) == Days(start, end)


def test_every_named_range_is_tested() -> None:
    assert set(ranges.NAMED) <= {text for text, _, _ in RESOLVED}


PREVIOUS = [
    ("last-month", "2026-02-01..2026-03-01", "2026-01-01..2026-02-01"),
    ("month-to-date", "2026-03-01..2026-03-10", "2026-02-01..2026-02-10"),
    # February is too short for the same part: the comparison ends with it.
    ("month-to-date", "2026-03-01..2026-03-31", "2026-02-01..2026-03-01"),
    ("year-to-date", "2026-01-01..2026-03-10", "2025-01-01..2025-03-10"),
    ("last-30-days", "2026-02-08..2026-03-10", "2026-01-09..2026-02-08"),
    ("all", "2026-01-01..2026-03-01", "2025-11-01..2026-01-01"),
]


@pytest.mark.parametrize(("text", "days", "before"), PREVIOUS)
def test_the_range_before(text: str, days: str, before: str) -> None:
    bounds, expected = ranges.bounds(days), ranges.bounds(before)
    assert bounds.start and bounds.end and expected.start and expected.end
    found = ranges.previous(text, DateRange(bounds.start, bounds.end))
    assert found == DateRange(expected.start, expected.end)


def test_the_same_days_a_year_before() -> None:
    leap = DateRange(date(2024, 2, 29), date(2024, 3, 1))
    assert ranges.previous_year(DateRange(date(2025, 2, 1), date(2025, 3, 1))) == DateRange(
        date(2024, 2, 1), date(2024, 3, 1)
    )
    # A lone leap day stands against the last day of February.
    assert ranges.previous_year(leap) == DateRange(date(2023, 2, 28), date(2023, 3, 1))


def test_names_are_split_at_commas_outside_of_quotes() -> None:
    assert split_names('ServiceName, tags."a,b" ,x_Y,,') == ["ServiceName", 'tags."a,b"', "x_Y"]
