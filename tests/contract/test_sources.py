"""The contract of every bill source: a new one in the registry is tested here unasked."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.focus.schema import COSTS, CURRENT, MANDATORY
from outlay.focus.sql import literal
from outlay.lake import Lake, LoadOutcome
from outlay.money import BillingPeriod, total
from outlay.sources.contract import Source, SourceOptions
from outlay.sources.detect import detect
from outlay.sources.registry import SOURCES
from outlay.sources.transports.file import FileTransport
from tests.contract.sample import Line, Sample, sample_of
from tests.contract.staged import charges, rejected, staged
from tests.shared import ROOT

LINES = (
    Line("1.5"),
    Line("0.000000000123"),
    Line("-0.25", account="222222222222"),
    Line("1E-7", date(2026, 9, 30)),
    Line("0", date(2026, 9, 1)),
)
SEPTEMBER, OCTOBER = BillingPeriod(2026, 9), BillingPeriod(2026, 10)

KINDS = list(SOURCES)
BILLS = [kind for kind in KINDS if sample_of(kind).dataset == "charges"]
DETECTED = [kind for kind in KINDS if sample_of(kind).detected]

every = pytest.mark.parametrize("kind", KINDS)
bills = pytest.mark.parametrize("kind", BILLS)
with_format = pytest.mark.parametrize(
    ("kind", "format"), [(kind, format) for kind in BILLS for format in sample_of(kind).formats]
)


class Loader:
    """One source's bill in a folder, and a lake to load it into."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.source: Source = SOURCES[kind]
        self.sample: Sample = sample_of(kind)
        self.bill = folder / "bill"
        self.lake = Lake.open(folder / "lake", threads=1)
        self.write(LINES)

    def write(self, lines: Sequence[Line], format: str | None = None) -> None:
        """Replace the whole bill; amounts are text unless the format is given."""
        shutil.rmtree(self.bill, ignore_errors=True)
        self.bill.mkdir()
        self.sample.write(self.bill, lines, format or self.sample.formats[0])

    @property
    def options(self) -> SourceOptions:
        return self.source.Options(**self.sample.options)

    @property
    def transport(self) -> FileTransport:
        return FileTransport(str(self.bill))

    def load(self, max_rejected: Decimal = Decimal(0)) -> list[LoadOutcome]:
        """Load as a sync does; outcomes by period."""
        (feed,) = detect(self.transport, None if self.sample.detected else [self.source])
        return sorted(
            self.lake.load(
                "acme",
                self.source,
                self.transport,
                self.options,
                root=feed.root,
                max_rejected=max_rejected,
            ),
            key=lambda outcome: str(outcome.billing_period),
        )

    def billed(self) -> dict[BillingPeriod, Decimal]:
        """The lake's BilledCost by period."""
        found = {}
        with duckdb.connect() as reader:
            for current in self.lake.pin().slices:
                path = literal(str(current.charges_path))
                row = reader.execute(f"SELECT sum(BilledCost) FROM {path}").fetchone()
                assert row is not None
                found[current.billing_period] = row[0]
        return found


@pytest.fixture
def loader(kind: str, tmp_path: Path) -> Loader:
    return Loader(kind, tmp_path)


@every
def test_it_says_what_it_is(kind: str) -> None:
    source = SOURCES[kind]
    assert source.kind == kind
    assert source.title
    assert len(source.description) > 20
    assert f"--kind {kind}" in source.example
    assert source.mapping_version >= 1


@every
def test_it_has_a_page_that_explains_every_option(kind: str) -> None:
    page = ROOT / "docs" / "sources" / f"{kind}.md"
    assert page.is_file(), f"source {kind} has no docs/sources/{kind}.md"
    text = page.read_text()
    assert f"`{kind}`" in text
    for option in SOURCES[kind].Options.model_fields:
        assert f"`{option}`" in text, f"docs/sources/{kind}.md does not explain {option}"


@pytest.mark.parametrize(
    ("kind", "format"),
    [(kind, format) for kind in DETECTED for format in sample_of(kind).formats],
)
def test_its_bill_is_recognised_by_it_alone_and_always_alike(
    kind: str, format: str, loader: Loader
) -> None:
    loader.write(LINES, format)
    (feed,) = detect(loader.transport)
    assert feed.kind == kind
    assert feed.evidence and feed.name and feed.score > 0
    files = loader.transport.list()
    claims = {name: SOURCES[name].recognise(loader.transport, files) for name in SOURCES}
    assert claims[kind] == loader.source.recognise(loader.transport, list(files))
    assert {name for name, feeds in claims.items() if feeds} == {kind}


@every
def test_a_strange_folder_is_not_recognised(kind: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,birthday\nAda,1815-12-10\n")
    (tmp_path / "manifest.json").write_text("{}")
    transport = FileTransport(str(tmp_path))
    assert SOURCES[kind].recognise(transport, transport.list()) == []


@every
def test_deliveries_come_oldest_first_and_name_files_that_are_there(loader: Loader) -> None:
    (feed,) = detect(loader.transport, [loader.source])
    found = loader.source.deliveries(loader.transport, loader.options, feed.root)
    assert found == loader.source.deliveries(loader.transport, loader.options, feed.root)
    periods = [str(delivery.billing_period or "") for delivery in found]
    assert periods == sorted(periods)
    there = set(loader.transport.list())
    assert all(set(delivery.files) <= there for delivery in found)
    assert sum(len(delivery.files) for delivery in found) >= 1


@with_format
def test_its_mapping_gives_every_mandatory_column_and_a_formula_for_each_cost(
    format: str, loader: Loader
) -> None:
    loader.write(LINES, format)
    with staged(loader.lake, loader.source, loader.options, loader.bill) as raw:
        mapping = loader.source.mapping(raw, loader.options)
    for rows in (mapping.main, *mapping.extra):
        # The category is the vocabulary's to give.
        assert not set(MANDATORY) - set(rows.columns) - {"ServiceCategory"}, rows.name
        own = set(rows.columns) - set(CURRENT)
        assert all(name.startswith("x_") and name[2].isupper() for name in own), own
        folded = [name.lower() for name in rows.columns]
        assert len(folded) == len(set(folded))
    assert set(mapping.formulas) == set(COSTS)


@every
def test_it_reads_all_columns_that_its_mapping_names(loader: Loader) -> None:
    with staged(loader.lake, loader.source, loader.options, loader.bill) as raw:
        wanted = loader.source.wanted(list(raw.columns))
        assert set(wanted) <= set(raw.columns)
        assert wanted


@with_format
def test_it_loads_proven_to_the_last_digit(format: str, loader: Loader) -> None:
    loader.write(LINES, format)
    outcomes = loader.load()
    assert [(outcome.billing_period, outcome.status) for outcome in outcomes] == [
        (SEPTEMBER, "loaded"),
        (OCTOBER, "loaded"),
    ], [outcome.message for outcome in outcomes]
    for outcome, rows in zip(outcomes, (2, 3), strict=True):
        assert outcome.record is not None
        assert outcome.record.proof.reconciled
        proof = outcome.record.proof
        assert proof.rows_read - sum(proof.rows_folded.values()) == rows
        assert {line.measure for line in outcome.record.proof.lines} == set(COSTS)
        assert {line.currency for line in outcome.record.proof.lines} == {"USD"}
    assert loader.billed() == {SEPTEMBER: Decimal("1E-7"), OCTOBER: Decimal("1.250000000123")}
    assert loader.lake.verify() == []


@bills
def test_the_same_again_is_no_work_and_a_restatement_replaces(loader: Loader) -> None:
    loader.load()
    before = loader.lake.pin()
    assert [outcome.status for outcome in loader.load()] == ["unchanged", "unchanged"]
    assert loader.lake.pin() == before
    loader.write([line if line.day.month == 9 else replace(line, amount="2") for line in LINES])
    assert [outcome.status for outcome in loader.load()] == ["unchanged", "loaded"]
    assert loader.billed() == {SEPTEMBER: Decimal("1E-7"), OCTOBER: Decimal(6)}
    assert loader.lake.pin(before.snapshot_id) == before


@bills
def test_text_in_an_amount_is_rejected_by_name_and_holds_the_slice_back(loader: Loader) -> None:
    loader.load()
    loader.write([*LINES, Line("convertible")])
    september, october = loader.load()
    assert (september.status, october.status) == ("unchanged", "held")
    assert loader.billed()[OCTOBER] == Decimal("1.250000000123")
    october = loader.load(max_rejected=Decimal("0.5"))[1]
    assert (october.status, october.rejected) == ("loaded", 1)
    assert october.record is not None
    assert october.record.proof.reconciled
    reason = loader.lake.quarantined(october.record.id).to_pylist()[0]["reason"]
    assert "cost" in reason.lower()
    assert loader.billed()[OCTOBER] == Decimal("1.250000000123")


# What fits DECIMAL(38,21), thirty times over: the sum has at most 17 digits before the point.
whole = st.integers(-(10**15), 10**15).map(Decimal)
small = st.integers(-(10**30), 10**30).map(lambda number: Decimal(number).scaleb(-21))
amounts = st.one_of(whole, small, st.decimals(-(10**6), 10**6, places=4))
texts = amounts.flatmap(lambda amount: st.sampled_from([f"{amount:f}", f"{amount:E}", str(amount)]))
doubles = st.floats(-1e9, 1e9, allow_subnormal=False).filter(
    lambda number: Decimal(repr(number)).as_tuple().exponent >= -21  # type: ignore[operator]
)


def conserved(kind: str, scratch: "Scratch", lines: Sequence[Line], format: str) -> None:
    """Assert that every charge has its line's amount, and the formulas their sum."""
    sample, source = sample_of(kind), SOURCES[kind]
    options = source.Options(**sample.options)
    shutil.rmtree(scratch.bill, ignore_errors=True)
    scratch.bill.mkdir()
    sample.write(scratch.bill, lines, format)
    with staged(scratch.lake, source, options, scratch.bill) as raw:
        mapping = source.mapping(raw, options)
        assert rejected(raw, mapping) == []
        expected = [Decimal(line.amount) for line in lines]
        found = charges(raw, mapping)
        for cost in ("BilledCost", "EffectiveCost"):
            assert [row[cost] for row in found] == expected
            sums = raw.ask(f"SELECT sum({mapping.formulas[cost]}) FROM {mapping.source}")
            assert sums == [(total(expected),)]


@dataclass(frozen=True)
class Scratch:
    """Where bills are written again and again, and a lake to stage them in."""

    bill: Path
    lake: Lake


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    folder = tmp_path_factory.mktemp("bills")
    return Scratch(folder / "bill", Lake.open(folder / "lake", threads=1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in BILLS if sample_of(kind).text])
@settings(max_examples=12, deadline=None)
@given(values=st.lists(texts, min_size=1, max_size=30))
def test_any_amount_that_fits_is_conserved(kind: str, scratch: Scratch, values: list[str]) -> None:
    format = sample_of(kind).text
    assert format is not None
    conserved(kind, scratch, [Line(value) for value in values], format)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in BILLS if "parquet" in sample_of(k).formats])
@settings(max_examples=12, deadline=None)
@given(values=st.lists(doubles, min_size=1, max_size=30))
def test_a_double_means_its_shortest_decimal(
    kind: str, scratch: Scratch, values: list[float]
) -> None:
    conserved(kind, scratch, [Line(repr(value)) for value in values], "parquet")
