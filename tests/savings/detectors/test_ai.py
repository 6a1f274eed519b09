"""Language models: which model, what is cached, what could wait.

Public prices of the day (genai-prices), in dollars a million tokens: claude-sonnet-4-5 3 in, 0.30
cached, 15 out; claude-haiku-4-5 1, 0.10, 5; gpt-5 1.25, 0.125, 10; batches at half of them.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.expression import parse
from outlay.savings.detectors.ai import batch, model_choice, prompt_cache
from outlay.savings.detectors.contract import Detector
from outlay.savings.model import Finding, Insufficient
from tests.savings.facts import TODAY, TableFacts, each_day

Rows = list[dict[str, Any]]
SONNET, GPT5 = "claude-sonnet-4-5", "gpt-5"


def bill(
    cost: str, model: str = SONNET, provider: str = "Anthropic", key: str | None = "key_rank",
    tier: str | None = None, days: int = 30,
) -> Rows:  # fmt: skip
    return each_day(
        {
            "ServiceProviderName": provider, "ServiceName": "API", "ChargeCategory": "Usage",
            "BillingCurrency": "USD", "SubAccountId": "proj", "x_SourceName": "vendor",
            "x_ApiKey": key, "x_Model": model, "x_VendorModel": model, "x_ServiceTier": tier,
            "x_TokenType": "input", "EffectiveCost": Decimal(cost),
        },
        days,
    )  # fmt: skip


def used(
    metrics: dict[str, int], model: str = SONNET, provider: str = "Anthropic",
    key: str | None = "key_rank", tier: str | None = None, days: int = 30, source: str = "vendor",
    hours: tuple[int, ...] = (), user: str | None = None,
) -> Rows:  # fmt: skip
    """Usage of each day; by `hours` where the vendor counts by the hour."""
    rows: Rows = []
    for day in range(days):
        midnight = datetime.combine(TODAY - timedelta(days=days - day), time())
        periods = [(midnight + timedelta(hours=hour), 1) for hour in hours]
        for start, length in periods or [(midnight, 24)]:
            end = start + timedelta(hours=length)
            for metric, count in metrics.items():
                rows.append(
                    {
                        "UsagePeriodStart": start, "UsagePeriodEnd": end,
                        "Metric": metric, "Unit": "Tokens", "ServiceProviderName": provider,
                        "Quantity": Decimal(count) / (len(hours) or 1), "SubAccountId": "proj",
                        "x_SourceName": source, "x_ApiKey": key, "x_Model": model, "x_User": user,
                    }
                )  # fmt: skip
    return rows


def found(
    detector: Detector, rows: Rows, usage: Rows, **values: Decimal | str
) -> list[Finding | Insufficient]:
    facts = TableFacts(rows, usage=usage)
    return list(detector.find(facts, detector.settings(dict(values))))


def one(results: list[Finding | Insufficient]) -> Finding:
    (result,) = results
    assert isinstance(result, Finding)
    return result


SHORT = {"requests": 1000, "input_tokens": 1_000_000, "output_tokens": 100_000}
"""A day: 1,000 tokens in and 100 out a request."""


class TestModelChoice:
    def test_the_bill_falls_in_the_proportion_of_public_prices(self) -> None:
        # A day at public prices: Sonnet 3 + 1.5 = 4.50, Haiku 1 + 0.5 = 1.50: two thirds less.
        # The bill says 4.05 (a tenth off): 2.70 × 30 = 81.
        finding = one(found(model_choice.DETECTOR, bill("4.05"), used(SHORT)))
        assert finding.monthly_saving == Decimal("81.00")
        assert finding.monthly_cost == Decimal("121.50")
        assert finding.confidence == "low" and any("no bill" in why for why in finding.reasons)
        assert finding.scope == "proj/key_rank/claude-sonnet-4-5"
        assert "claude-haiku-4-5" in finding.recommended
        parse(finding.where)

    def test_cached_tokens_count_at_their_own_price(self) -> None:
        # Sonnet 3 × 0.2 + 0.30 × 0.8 + 15 × 0.1 = 2.34 a day, Haiku 0.2 + 0.08 + 0.5 = 0.78.
        cached = {"requests": 1000, "input_tokens": 200_000, "cached_input_tokens": 800_000,
                  "output_tokens": 100_000}  # fmt: skip
        finding = one(found(model_choice.DETECTOR, bill("2.34"), used(cached)))
        assert finding.monthly_saving == Decimal("46.80")

    @pytest.mark.parametrize(
        "longer",
        [
            {"output_tokens": 201_000},
            {"input_tokens": 4_001_000},
            {"input_tokens": 1_000_000, "cached_input_tokens": 3_100_000},
            {"requests": 49, "input_tokens": 49_000, "output_tokens": 4_900},
        ],
    )
    def test_long_or_rare_requests_are_left_alone(self, longer: dict[str, int]) -> None:
        assert found(model_choice.DETECTOR, bill("4.05"), used(SHORT | longer)) == []

    def test_the_bounds_count_as_short(self) -> None:
        edge = {"requests": 1000, "input_tokens": 4_000_000, "output_tokens": 200_000}
        assert len(found(model_choice.DETECTOR, bill("15"), used(edge))) == 1
        assert found(
            model_choice.DETECTOR, bill("15"), used(edge), output_tokens=Decimal(199)
        ) == []  # fmt: skip

    def test_the_smallest_of_a_family_is_left_alone(self) -> None:
        small = "claude-haiku-4-5"
        rows = bill("4.05", model=small)
        assert found(model_choice.DETECTOR, rows, used(SHORT, model=small)) == []

    def test_without_the_vendors_usage_it_is_not_judged(self) -> None:
        (lacking,) = found(model_choice.DETECTOR, bill("4.05"), [])
        assert isinstance(lacking, Insufficient)
        assert lacking.monthly_cost == Decimal("121.50") and "usage" in lacking.missing
        # A gateway's log of the same requests is not the bill's own usage.
        log = used(SHORT, source="gateway")
        assert isinstance(found(model_choice.DETECTOR, bill("4.05"), log)[0], Insufficient)

    def test_a_model_without_a_price_is_not_judged(self) -> None:
        rows = [row | {"x_VendorModel": "claude-unheard-of"} for row in bill("4.05")]
        (lacking,) = found(model_choice.DETECTOR, rows, used(SHORT))
        assert isinstance(lacking, Insufficient) and "public price" in lacking.missing

    def test_new_keys_and_ended_ones_are_left_out(self) -> None:
        assert found(model_choice.DETECTOR, bill("4.05", days=6), used(SHORT, days=6)) == []
        gone = [r for r in bill("4.05") if (TODAY - r["ChargeDay"]).days > 4]
        assert found(model_choice.DETECTOR, gone, used(SHORT)) == []


class TestPromptCache:
    PROMPTS = {"requests": 1000, "input_tokens": 4_000_000, "output_tokens": 100_000}

    def _found(self, cost: str = "6", metrics: dict[str, int] | None = None, **more: Any) -> Any:
        rows = bill(cost, GPT5, "OpenAI", **more)
        return found(
            prompt_cache.DETECTOR, rows, used(metrics or self.PROMPTS, GPT5, "OpenAI", **more)
        )

    def test_half_of_the_input_at_the_price_of_cached_input(self) -> None:
        # A day: 4 × 1.25 + 0.1 × 10 = 6. Half of the input, 2 million: 1.25 each now; then nine
        # tenths at 0.125 and a tenth, the writes, at 1.25: 0.2375. 2 × 1.0125 = 2.025; × 30.
        finding = one(self._found())
        assert finding.monthly_saving == Decimal("60.75")
        assert finding.confidence == "low"
        parse(finding.where)

    def test_a_discount_stays_in_it(self) -> None:
        assert one(self._found("3")).monthly_saving == Decimal("30.38")  # half of 60.75

    def test_anthropics_writes_cost_a_quarter_more(self) -> None:
        # A day: 4 × 3 + 0.1 × 15 = 13.50. Half of the input: 3 now, then 0.9 × 0.30 + 0.1 × 3.75
        # = 0.645: 2 × 2.355 = 4.71; × 30 = 141.30.
        rows = bill("13.50")
        finding = one(found(prompt_cache.DETECTOR, rows, used(self.PROMPTS)))
        assert finding.monthly_saving == Decimal("141.30")

    def test_prompts_that_are_cached_short_or_rare_are_left_alone(self) -> None:
        # 0.5 of 4.5 million is 11 % cached.
        assert self._found(metrics=self.PROMPTS | {"cached_input_tokens": 500_000}) == []
        assert self._found(metrics=self.PROMPTS | {"input_tokens": 1_023_000}) == []
        assert len(self._found(metrics=self.PROMPTS | {"input_tokens": 1_024_000})) == 1
        rare = {"requests": 99, "input_tokens": 396_000, "output_tokens": 9_900}
        assert self._found(metrics=rare) == []

    def test_batches_are_left_out(self) -> None:
        rows = bill("6", GPT5, "OpenAI", tier="batch")
        usage = [row | {"x_ServiceTier": "batch"} for row in used(self.PROMPTS, GPT5, "OpenAI")]
        assert found(prompt_cache.DETECTOR, rows, usage) == []

    def test_embeddings_have_no_cheaper_cached_input(self) -> None:
        model = "text-embedding-3-small"
        rows = bill("1", model, "OpenAI")
        assert found(prompt_cache.DETECTOR, rows, used(self.PROMPTS, model, "OpenAI")) == []

    def test_without_usage_it_is_not_judged(self) -> None:
        (lacking,) = found(prompt_cache.DETECTOR, bill("6", GPT5, "OpenAI"), [])
        assert isinstance(lacking, Insufficient)
        assert lacking.monthly_cost == Decimal("180.00")


class TestBatch:
    DAY = {"requests": 2000, "input_tokens": 2_000_000, "output_tokens": 200_000}

    def _found(self, **more: Any) -> list[Finding | Insufficient]:
        key = more.pop("key", "nightly-labels")
        settings = more.pop("settings", {})
        tier = more.pop("tier", None)
        rows = bill("4.50", GPT5, "OpenAI", key=key, tier=tier)
        return found(
            batch.DETECTOR, rows, used(self.DAY, GPT5, "OpenAI", key=key, **more), **settings
        )

    def test_a_job_by_its_name_is_half_the_price(self) -> None:
        # 4.50 a day is 135 a month; a batch is half.
        finding = one(self._found())
        assert finding.monthly_saving == Decimal("67.50")
        assert finding.action == "ChangePurchaseOption"
        parse(finding.where)

    def test_a_key_without_such_a_name_is_left_alone(self) -> None:
        assert self._found(key="chat-window") == []
        # Words, not letters: "labelling" is not "label".
        assert self._found(key="labelling-window") == []
        assert len(self._found(key="chat-window", settings={"words": "chat"})) == 1

    def test_hours_tell_where_they_are_known(self) -> None:
        assert len(self._found(key="chat-window", hours=(1, 2, 3))) == 1
        all_day = tuple(range(8, 18))
        assert self._found(key="nightly-labels", hours=all_day) == []  # 40 % in four hours

    def test_a_volume_that_moves_is_peoples(self) -> None:
        """Next to nothing on ten of thirty days: days differ by 70.7 % of their mean."""
        rows = bill("4.50", GPT5, "OpenAI", key="nightly-labels")
        usage = [
            row | ({"Quantity": Decimal(1)} if row["UsagePeriodStart"].weekday() > 4 else {})
            for row in used(self.DAY, GPT5, "OpenAI", key="nightly-labels")
        ]
        assert found(batch.DETECTOR, rows, usage) == []
        assert len(found(batch.DETECTOR, rows, usage, spread_percent=Decimal(71))) == 1

    def test_people_batches_and_other_vendors_are_left_out(self) -> None:
        assert self._found(user="ana@example.com") == []
        assert self._found(tier="batch") == []
        rows = bill("4.50", "gemini-2.5-flash", "Google Cloud", key="nightly-labels")
        usage = used(self.DAY, "gemini-2.5-flash", "Google Cloud", key="nightly-labels")
        assert found(batch.DETECTOR, rows, usage) == []

    def test_a_fortnight_is_needed(self) -> None:
        rows = bill("4.50", GPT5, "OpenAI", key="nightly-labels", days=13)
        usage = used(self.DAY, GPT5, "OpenAI", key="nightly-labels", days=13)
        assert found(batch.DETECTOR, rows, usage) == []

    def test_a_model_without_a_batch_price_in_the_table_is_half(self) -> None:
        model = "text-embedding-3-small"
        rows = bill("2", model, "OpenAI", key="search-index")
        usage = used({"requests": 2000, "input_tokens": 100_000_000}, model, "OpenAI",
                     key="search-index")  # fmt: skip
        finding = one(found(batch.DETECTOR, rows, usage))
        assert finding.monthly_saving == Decimal("30.00")
        assert any("in no table" in why for why in finding.reasons)


def test_every_smaller_model_is_cheaper_at_public_prices() -> None:
    from outlay.savings.detectors.ai.asked import price_of
    from outlay.savings.detectors.ai.families import SMALLER

    for model, smaller in SMALLER.items():
        vendor = "OpenAI" if model.startswith(("gpt", "text")) else ""
        own, other = (price_of(vendor, name, "", TODAY) for name in (model, smaller))
        assert own and other, f"{model} or {smaller} is not in the table"
        assert other["input"] <= own["input"] / 2, f"{smaller} is not much cheaper than {model}"
        if "output" in own:
            assert other["output"] < own["output"]


def test_next_to_nothing_saves_nothing_and_fails_nothing() -> None:
    """A saving that rounds to no cent is none: the detector goes on."""
    assert found(model_choice.DETECTOR, bill("0.00001"), used(SHORT)) == []
    rows = bill("0.00001", GPT5, "OpenAI", key="nightly-labels")
    usage = used(TestBatch.DAY, GPT5, "OpenAI", key="nightly-labels")
    assert found(batch.DETECTOR, rows, usage) == []
