"""OpenAI's costs as charges, and its usage as usage rows beside them."""

from dataclasses import dataclass

from outlay.focus.schema import COSTS as COST_COLUMNS
from outlay.focus.sql import literal, money_sql, money_unfit_sql, quantity_sql
from outlay.sources.ai.cells import Cells, tags
from outlay.sources.ai.charge import charge_columns, names_a_credit
from outlay.sources.ai.models import NAME, join_models, make_models
from outlay.sources.ai.overlap import (
    KEPT,
    SUPERSEDED,
    join_buckets,
    make_buckets,
    missing_days,
)
from outlay.sources.ai.prices import Priced, join_prices, make_prices, price_column, unknown_note
from outlay.sources.ai.usage import Metric, tokens, usage_rows
from outlay.sources.contract import Fold, Mapping, Raw, Reject, Rows
from outlay.sources.openai.answers import COSTS, EMPTY
from outlay.sources.openai.line_items import TABLE, make_line_items

_PROVIDER = "openai"  # in the price table
_VENDOR = "OpenAI"
_UNITS = {
    "tokens": "Tokens",
    "1000_tokens": "1000 Tokens",
    "duration_seconds": "Seconds",
    "duration_minutes": "Minutes",
    "duration_hours": "Hours",
    "gibibyte_hours": "GiB-Hours",
    "images": "Images",
    "characters": "Characters",
}
_PRICED_TOKENS = (
    "input", "cached_input", "cache_write", "output", "audio_input", "audio_cached_input",
    "audio_output", "image_input", "image_cached_input", "image_output",
)  # fmt: skip


@dataclass(frozen=True)
class OpenAiReader:
    """Builds the mapping of one delivery."""

    raw: Raw
    cells: Cells
    organization: str | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, raw: Raw, organization: str | None) -> "OpenAiReader":
        """Look at the rows and make the tables that the mapping joins."""
        cells = Cells(raw.columns)
        notes = list(
            make_buckets(
                raw,
                endpoint=cells.text("endpoint"),
                start=cells.unix("start_time"),
                end=cells.unix("end_time"),
                bucket=_bucket(cells),
            )
        )
        notes += missing_days(
            raw,
            when=f"{cells.text('endpoint')} = '{COSTS}'",
            start=cells.unix("start_time"),
            end=cells.unix("end_time"),
        )
        make_line_items(raw, cells.text("line_item"))
        make_models(raw, cells.text("model"))
        unknown = make_prices(raw, "prices", _asked(raw, cells))
        notes += filter(None, [unknown_note(unknown)])
        return cls(raw, cells, organization, tuple(notes))

    def mapping(self) -> Mapping:
        """The whole mapping."""
        cost = self._is_cost()
        kept = f"coalesce({KEPT}, true)"
        amount = self._amount()
        rows, formulas = usage_rows(self._metrics(), self._usage(), f"NOT {cost} AND {kept}")
        counted = f"CASE WHEN {cost} AND {kept} THEN {amount} END"
        return Mapping(
            main=Rows("costs", f"{cost} AND {kept}", self._charge()),
            formulas=dict.fromkeys(COST_COLUMNS, counted),
            period=f"CAST(date_trunc('month', {self.cells.unix('start_time')}) AS DATE)",
            currency=self._currency(),
            rejects=tuple(self._rejects(cost, kept)),
            folds=(
                SUPERSEDED,
                Fold("nothing was billed or used in this bucket", f"{self._object()} = '{EMPTY}'"),
                Fold("usage: stands beside the charges", f"NOT {cost}"),
            ),
            notes=self.notes,
            source=self._source(),
            usage=rows,
            usage_formulas=formulas,
        )

    def _source(self) -> str:
        c = self.cells
        model = f"coalesce({c.text('model')}, l_vendor_model)"
        day = f"CAST({c.unix('start_time')} AS DATE)"
        tier = f"CASE WHEN l_item IS NULL THEN {_tier(c)} ELSE coalesce(l_tier, '') END"
        return (
            "raw"
            + join_buckets(_bucket(c))
            + f" LEFT JOIN {TABLE} ON l_item = {c.text('line_item')}"
            + join_models(c.text("model"))
            + join_prices("prices", literal(_PROVIDER), model, tier, day)
        )

    def _object(self) -> str:
        return f"coalesce({self.cells.text('object')}, '')"

    def _is_cost(self) -> str:
        named = f"{self.cells.text('endpoint')} = '{COSTS}'"
        return f"({named} AND {self._object()} <> '{EMPTY}')"

    def _amount(self) -> str:
        return money_sql(self.cells.text("amount.value"), "VARCHAR")

    def _currency(self) -> str:
        return f"upper({self.cells.text('amount.currency')})"

    def _rejects(self, cost: str, kept: str) -> list[Reject]:
        value = self.cells.text("amount.value")
        unfit = money_unfit_sql(value, "VARCHAR")
        counts = f"{cost} AND {kept}"
        return [
            Reject("the cost amount.value is empty", f"{counts} AND {value} IS NULL"),
            Reject(
                "the cost amount.value is no amount that the ledger can hold",
                f"{counts} AND {unfit}",
            ),
        ]

    def _charge(self) -> dict[str, str]:
        c = self.cells
        amount, item = self._amount(), c.text("line_item")
        project, key, user = c.text("project_id"), c.text("api_key_id"), c.text("user_id")
        return {
            **charge_columns(
                vendor=_VENDOR,
                amount=amount,
                currency=self._currency(),
                start=c.unix("start_time"),
                end=c.unix("end_time"),
                credit=f"{project} IS NULL OR {names_a_credit(item)}",
            ),
            "BillingAccountId": self._account(),
            "BillingAccountName": c.text("organization_name"),
            "ChargeDescription": item,
            "ServiceName": "'OpenAI API'",
            "SubAccountId": project,
            "SubAccountName": c.text("project_name"),
            "SubAccountType": f"CASE WHEN {project} IS NOT NULL THEN 'Project' END",
            "Tags": tags({"api_key_id": key, "user_id": user}),
            "x_Model": "l_model",
            "x_VendorModel": "l_vendor_model",
            "x_TokenType": "l_token_type",
            "x_ServiceTier": "l_tier",
            "x_ApiKey": key,
            "x_User": user,
            **self._priced(f"{amount} >= 0"),
        }

    def _priced(self, when: str) -> dict[str, str]:
        """SKU, quantities and prices of what was used.

        OpenAI states no unit price. The public one is taken where it explains the amount to the
        last digit; a negotiated price stays unknown.
        """
        c = self.cells
        item = c.text("line_item")
        quantity = quantity_sql(c.text("quantity"))
        units = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _UNITS.items())
        given = c.text("quantity_unit")
        unit = (
            f"CASE {given} {units} ELSE coalesce({given}, "
            "CASE WHEN l_token_type IS NOT NULL THEN 'Tokens' ELSE 'Units' END) END"
        )
        whole = f"TRY_CAST({quantity} AS DECIMAL(20,0))"
        cases = " ".join(
            f"WHEN {literal(kind)} THEN {price_column(kind)}" for kind in _PRICED_TOKENS
        )
        public = f"CASE l_token_type {cases} END"
        explained = (
            f"{unit} = 'Tokens' AND {whole} = {quantity} AND {whole} * {public} = {self._amount()}"
        )
        there = f"{when} AND {quantity} IS NOT NULL"
        price = f"CASE WHEN {when} AND {explained} THEN {public} END"
        return {
            "SkuId": f"CASE WHEN {when} THEN {item} END",
            "SkuPriceId": f"CASE WHEN {when} THEN {item} END",
            "SkuMeter": "l_meter",
            "PricingCategory": f"CASE WHEN {when} THEN 'Standard' END",
            "PricingQuantity": f"CASE WHEN {there} THEN {quantity} END",
            "PricingUnit": f"CASE WHEN {there} THEN {unit} END",
            "ConsumedQuantity": f"CASE WHEN {there} THEN {quantity} END",
            "ConsumedUnit": f"CASE WHEN {there} THEN {unit} END",
            "ListUnitPrice": price,
            "ContractedUnitPrice": price,
        }

    def _account(self) -> str:
        own = literal(self.organization) if self.organization else "NULL"
        return f"coalesce({self.cells.text('organization_id')}, {own}, {literal(_VENDOR)})"

    def _usage(self) -> dict[str, str]:
        c = self.cells
        model = c.text("model")
        return {
            "UsagePeriodStart": c.unix("start_time"),
            "UsagePeriodEnd": c.unix("end_time"),
            "ServiceProviderName": literal(_VENDOR),
            "ServiceName": "'OpenAI API'",
            "SubAccountId": c.text("project_id"),
            "SubAccountName": c.text("project_name"),
            "x_Model": NAME,
            "x_VendorModel": model,
            "x_User": c.text("user_id"),
            "x_ApiKey": c.text("api_key_id"),
            "x_Endpoint": c.text("endpoint"),
            "x_ServiceTier": f"nullif({_tier(c)}, '')",
        }

    def _metrics(self) -> list[Metric]:
        """Counts of every endpoint. Token types are disjoint, as OpenAI's sums are not:
        input_tokens has everything that was read from or written to the cache."""
        c, n = self.cells, self.cells.counted
        cached_other = f"{n('input_cached_audio_tokens')} + {n('input_cached_image_tokens')}"
        cached = f"({n('input_cached_tokens')} - ({cached_other}))"
        write = n("input_cache_write_tokens")
        audio, image = n("input_audio_tokens"), n("input_image_tokens")
        text = f"({n('input_tokens')} - {n('input_cached_tokens')} - {write} - {audio} - {image})"
        out_other = f"{n('output_audio_tokens')} + {n('output_image_tokens')}"
        output = f"({n('output_tokens')} - ({out_other}))"
        endpoint = c.text("endpoint")
        # A web search says how many requests of a model searched: they are counted at the model.
        calls = c.count("num_model_requests")
        requests = f"CASE WHEN {endpoint} <> 'web_search_calls' THEN {calls} END"
        searches = c.count("num_requests")
        return [
            tokens("input", text),
            tokens("cached_input", cached),
            tokens("cache_write", write),
            tokens("output", output),
            tokens("audio_input", audio),
            tokens("audio_cached_input", n("input_cached_audio_tokens")),
            tokens("audio_output", n("output_audio_tokens")),
            tokens("image_input", image),
            tokens("image_cached_input", n("input_cached_image_tokens")),
            tokens("image_output", n("output_image_tokens")),
            Metric("requests", "Requests", requests),
            Metric(
                "web_searches",
                "Searches",
                f"CASE WHEN {endpoint} = 'web_search_calls' THEN {searches} END",
                "web_search",
            ),
            Metric(
                "file_searches",
                "Searches",
                f"CASE WHEN {endpoint} = 'file_search_calls' THEN {searches} END",
                "file_search",
            ),
            Metric("sessions", "Sessions", n("num_sessions")),
            Metric("images", "Images", n("images")),
            Metric("characters", "Characters", n("characters"), "characters"),
            Metric("audio_seconds", "Seconds", n("seconds"), "seconds"),
            Metric("stored_bytes", "Bytes", n("usage_bytes")),
        ]


def _bucket(cells: Cells) -> str:
    return f"TRY_CAST({cells.text('bucket')} AS BIGINT)"


def _tier(cells: Cells) -> str:
    """SQL of a usage row's tier by which it is priced; empty for the standard one."""
    batch, tier = cells.text("batch"), f"lower(coalesce({cells.text('service_tier')}, ''))"
    plain = "('', 'default', 'standard', 'auto')"
    return f"CASE WHEN {batch} = 'true' THEN 'batch' WHEN {tier} IN {plain} THEN '' ELSE {tier} END"


def _asked(raw: Raw, cells: Cells) -> list[Priced]:
    """The prices that the rows need: of usage, and of line items."""
    day = f"CAST({cells.unix('start_time')} AS DATE)"
    model = f"coalesce({cells.text('model')}, l_vendor_model)"
    tier = f"CASE WHEN l_item IS NULL THEN {_tier(cells)} ELSE coalesce(l_tier, '') END"
    found = raw.ask(
        f"SELECT DISTINCT {model}, {tier}, {day} FROM raw "
        f"LEFT JOIN {TABLE} ON l_item = {cells.text('line_item')} "
        f"WHERE {model} IS NOT NULL AND {day} IS NOT NULL"
    )
    return [Priced(_PROVIDER, *row) for row in found]
