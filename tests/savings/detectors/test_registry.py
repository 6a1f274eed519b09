"""Every detector's declaration: complete, bounded, of the vocabulary; and it runs on nothing."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from outlay.focus.utilization import METRICS
from outlay.savings.detectors.contract import INPUTS, Detector
from outlay.savings.detectors.registry import AREAS, areas, detectors
from outlay.savings.model import ACTIONS, CONFIDENCES, EFFORTS, PURCHASES, Finding
from tests.savings.facts import TableFacts

ALL = list(detectors().values())
GROUPS = {
    "existence", "size", "hours", "storage", "purchase", "traffic", "configuration", "support",
}  # fmt: skip
LEAST = {"AWS": 12, "Azure": 6, "Google Cloud": 5, "Kubernetes": 3, "Data platforms": 3, "AI": 3}


def test_there_are_enough_of_each_area() -> None:
    counts = Counter(areas().values())
    assert {area: counts[area] for area in LEAST if counts[area] < LEAST[area]} == {}
    assert set(counts) <= set(AREAS.values())


def test_ids_are_words_with_hyphens_and_titles_are_told_apart() -> None:
    for name in detectors():
        assert name == name.lower() and name.replace("-", "").isalnum() and "-" in name, name
        assert not name.startswith("-") and not name.endswith("-") and "--" not in name
    titles = Counter((areas()[one.id], one.title) for one in ALL)
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("one", ALL, ids=[one.id for one in ALL])
def test_a_declaration_is_complete(one: Detector) -> None:
    of = () if areas()[one.id] == "Any provider" else ("provider", "service")
    for said in ("title", *of, "predicate", "formula", "verification"):
        text = getattr(one, said)
        assert text.strip() == text and text, f"{said} is empty or padded"
    assert one.source, "where the rule is from"
    assert one.exclusions, "what is left out, and why"
    assert one.inputs and set(one.inputs) <= set(INPUTS)
    assert one.action in ACTIONS and one.effort in EFFORTS and one.confidence in CONFIDENCES
    assert one.group in GROUPS
    assert (one.group == "purchase") == (one.action in PURCHASES) or one.group == "purchase"
    assert 1 <= one.minimum_days <= one.window_days <= 400
    assert set(one.metrics) <= set(METRICS)
    if one.metrics:
        assert "utilization" in one.inputs


@pytest.mark.parametrize("one", ALL, ids=[one.id for one in ALL])
def test_parameters_have_a_meaning_and_bounds_that_hold_the_default(one: Detector) -> None:
    names = [parameter.name for parameter in one.parameters]
    assert len(names) == len(set(names))
    for parameter in one.parameters:
        assert parameter.name.replace("_", "").isalnum() and parameter.name.islower()
        assert len(parameter.meaning.split()) > 1
        if isinstance(parameter.default, Decimal):
            plain = parameter.name.endswith("_factor")
            assert parameter.unit or plain, f"{parameter.name} has no unit"
            assert parameter.least is not None and parameter.most is not None
            assert parameter.least <= parameter.default <= parameter.most
            for bound, step in ((parameter.least, -1), (parameter.most, 1)):
                assert one.settings({parameter.name: bound}).number(parameter.name) == bound
                with pytest.raises(ValueError, match="lies between"):
                    one.settings({parameter.name: bound + step})
    with pytest.raises(ValueError, match="has no parameter"):
        one.settings({"no-such-parameter": Decimal(1)})


@pytest.fixture(scope="module")
def empty() -> TableFacts:
    return TableFacts()


@pytest.mark.parametrize("one", ALL, ids=[one.id for one in ALL])
def test_it_finds_nothing_in_an_empty_ledger(one: Detector, empty: TableFacts) -> None:
    assert list(one.find(empty, one.settings())) == []


@pytest.mark.parametrize("one", ALL, ids=[one.id for one in ALL])
def test_it_runs_with_each_number_at_its_bounds(one: Detector, empty: TableFacts) -> None:
    for parameter in one.parameters:
        for bound in (parameter.least, parameter.most):
            if bound is not None:
                assert list(one.find(empty, one.settings({parameter.name: bound}))) == []


PROVIDERS = (
    "AWS", "Microsoft", "Google Cloud", "Snowflake", "Databricks", "OpenAI", "Anthropic", "Oracle",
)  # fmt: skip


@pytest.fixture(scope="module")
def strange() -> TableFacts:
    """A ledger of one day, with little in it and much that is null."""
    day = date(2026, 11, 15)
    start = datetime.combine(day, time())
    daily = [
        {
            "ChargeDay": day, "ServiceProviderName": provider, "BillingCurrency": "USD",
            "ChargeCategory": "Usage", "x_Model": "gpt-5", "x_Cluster": "c", "x_SourceName": "s",
            "EffectiveCost": Decimal(1), "ConsumedQuantity": Decimal(0),
        }
        for provider in PROVIDERS
    ]  # fmt: skip
    charges = [
        {**{k: v for k, v in row.items() if k != "ChargeDay"}, "ChargePeriodStart": start,
         "ChargePeriodEnd": start + timedelta(days=1)}
        for row in daily
    ]  # fmt: skip
    usage = [
        {"UsagePeriodStart": start, "UsagePeriodEnd": start + timedelta(hours=1), "Metric": metric,
         "Quantity": Decimal(0), "x_Cluster": "c", "x_SourceName": "s",
         "ServiceProviderName": "OpenAI", "x_Model": "gpt-5"}
        for metric in ("cpu_request", "requests", "warehouse_credits")
    ]  # fmt: skip
    return TableFacts(daily, charges=charges, usage=usage)


@pytest.mark.parametrize("one", ALL, ids=[one.id for one in ALL])
def test_it_promises_nothing_where_next_to_nothing_is_known(
    one: Detector, strange: TableFacts
) -> None:
    told = list(one.find(strange, one.settings()))
    assert [each for each in told if isinstance(each, Finding)] == []
