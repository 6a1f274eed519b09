"""Anthropic's costs as charges, and its usage as usage rows beside them."""

from dataclasses import dataclass

from outlay.focus.ai_tokens import token_type
from outlay.focus.schema import COSTS as COST_COLUMNS
from outlay.focus.sql import literal, money_sql, money_unfit_sql
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
from outlay.sources.ai.prices import Priced, join_prices, make_prices, unknown_note
from outlay.sources.ai.usage import Metric, tokens, usage_rows
from outlay.sources.anthropic.answers import ADMIN_COST, COSTS, EMPTY
from outlay.sources.anthropic.choices import Choices, choose
from outlay.sources.contract import Fold, Mapping, Raw, Reject, Rows

_PROVIDER = "anthropic"  # in the price table
_VENDOR = "Anthropic"
_TOKEN_TYPES = (
    "uncached_input_tokens",
    "cache_read_input_tokens",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
    "output_tokens",
)
_PRODUCTS = {
    "chat": "Claude",
    "claude_code": "Claude Code",
    "cowork": "Claude Cowork",
    "office_agent": "Claude for Office",
    "claude_in_chrome": "Claude in Chrome",
    "claude_design": "Claude Design",
    "claude_tag": "Claude in Slack",
}


@dataclass(frozen=True)
class AnthropicReader:
    """Builds the mapping of one delivery."""

    raw: Raw
    cells: Cells
    organization: str | None
    choices: Choices
    notes: tuple[str, ...]

    @classmethod
    def of(cls, raw: Raw, organization: str | None, prefer: str) -> "AnthropicReader":
        """Look at the rows and make the tables that the mapping joins. Raises SourceError when
        the answers cannot be added up."""
        cells = Cells(raw.columns)
        notes = list(
            make_buckets(
                raw,
                endpoint=f"concat({cells.text('endpoint')}, {cells.text('group_key')})",
                start=cells.iso("starting_at"),
                end=cells.iso("ending_at"),
                bucket=_bucket(cells),
            )
        )
        notes += missing_days(
            raw,
            when=f"{cells.text('endpoint')} = '{ADMIN_COST}'",
            start=cells.iso("starting_at"),
            end=cells.iso("ending_at"),
        )
        make_models(raw, cells.text("model"))
        start = cells.iso("starting_at")
        joined = "raw" + join_buckets(_bucket(cells))
        choices = choose(raw, cells, joined, prefer, _dollars(cells, "amount"), start)
        unknown = make_prices(raw, "prices", _asked(raw, cells))
        notes += [*choices.notes, *filter(None, [unknown_note(unknown)])]
        return cls(raw, cells, organization, choices, tuple(notes))

    def mapping(self) -> Mapping:
        """The whole mapping."""
        cost, kept = self._is_cost(), self._kept()
        rows, formulas = usage_rows(self._metrics(), self._usage(), f"NOT {cost} AND {kept}")
        counted = f"CASE WHEN {cost} AND {kept} THEN {{}} END"
        amount, listed = _dollars(self.cells, "amount"), self._list()
        return Mapping(
            main=Rows("costs", f"{cost} AND {kept}", self._charge()),
            formulas=dict.fromkeys(COST_COLUMNS, counted.format(amount))
            | {"ListCost": counted.format(listed)},
            period=f"CAST(date_trunc('month', {self.cells.iso('starting_at')}) AS DATE)",
            currency=self._currency(),
            rejects=(*self.choices.rejects, *self._rejects(cost, kept)),
            folds=(
                SUPERSEDED,
                *self.choices.folds,
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
        day = f"CAST({c.iso('starting_at')} AS DATE)"
        return (
            "raw"
            + join_buckets(_bucket(c))
            + join_models(c.text("model"))
            + join_prices("prices", literal(_PROVIDER), c.text("model"), _tier(c), day)
        )

    def _object(self) -> str:
        return f"coalesce({self.cells.text('object')}, '')"

    def _is_cost(self) -> str:
        ends = ", ".join(map(literal, COSTS))
        return f"({self.cells.text('endpoint')} IN ({ends}) AND {self._object()} <> '{EMPTY}')"

    def _kept(self) -> str:
        return f"(coalesce({KEPT}, true) AND NOT coalesce({self.choices.left_out}, false))"

    def _currency(self) -> str:
        return f"upper({self.cells.text('currency')})"

    def _list(self) -> str:
        amount = _dollars(self.cells, "amount")
        if not self.cells.has("list_amount"):
            return amount
        return f"coalesce({_dollars(self.cells, 'list_amount')}, {amount})"

    def _rejects(self, cost: str, kept: str) -> list[Reject]:
        counts = f"{cost} AND {kept}"
        value = self.cells.text("amount")
        rejects = [Reject("the cost amount is empty", f"{counts} AND {value} IS NULL")]
        for name in ("amount", "list_amount"):
            if self.cells.has(name):
                unfit = money_unfit_sql(_cents_as_dollars(self.cells.text(name)), "VARCHAR")
                reason = f"the cost {name} is no amount that the ledger can hold"
                rejects.append(Reject(reason, f"{counts} AND {unfit}"))
        return rejects

    def _charge(self) -> dict[str, str]:
        c = self.cells
        credit = f"{c.text('cost_type')} IS NULL OR {names_a_credit(c.text('description'))}"
        workspace = c.text("workspace_id")
        return {
            **charge_columns(
                vendor=_VENDOR,
                amount=_dollars(c, "amount"),
                currency=self._currency(),
                start=c.iso("starting_at"),
                end=c.iso("ending_at"),
                credit=credit,
            ),
            "ListCost": self._list(),
            "BillingAccountId": self._account(),
            "BillingAccountName": c.text("organization_name"),
            "ServiceName": self._service(),
            "SubAccountId": workspace,
            "SubAccountName": c.text("workspace_name"),
            "SubAccountType": f"CASE WHEN {workspace} IS NOT NULL THEN 'Workspace' END",
            "Tags": tags({"api_key_id": c.text("api_key_id"), "user": self._user()}),
            "x_ApiKey": c.text("api_key_id"),
            "x_User": self._user(),
            **self._what(),
        }

    def _what(self) -> dict[str, str]:
        """What a line is about: the report has neither quantities nor prices."""
        c = self.cells
        kind, model, token = c.text("cost_type"), c.text("model"), c.text("token_type")
        types = " ".join(f"WHEN {literal(t)} THEN {literal(token_type(t))}" for t in _TOKEN_TYPES)
        meters = " ".join(f"WHEN {literal(t)} THEN {literal(_meter(t))}" for t in _TOKEN_TYPES)
        named = f"concat_ws(' ', {model}, replace({kind}, '_', ' '), {token})"
        sku = f"concat_ws(', ', {model}, coalesce({token}, {kind}))"
        return {
            "ChargeDescription": f"coalesce({c.text('description')}, nullif({named}, ''))",
            "SkuId": f"CASE WHEN {_dollars(c, 'amount')} >= 0 THEN {sku} END",
            "SkuMeter": (
                f"CASE {token} {meters} ELSE CASE {kind} WHEN 'web_search' THEN 'Web Searches' "
                "WHEN 'code_execution' THEN 'Code Execution' WHEN 'session_usage' THEN "
                f"'Session Usage' ELSE coalesce({token}, {kind}) END END"
            ),
            "PricingQuantity": "NULL",
            "PricingUnit": "NULL",
            "x_Model": NAME,
            "x_VendorModel": model,
            "x_TokenType": f"CASE {token} {types} END",
            "x_CostType": kind,
            "x_ServiceTier": c.text("service_tier"),
            "x_ContextWindow": c.text("context_window"),
            "x_InferenceGeo": c.text("inference_geo"),
            "x_Product": c.text("product"),
        }

    def _service(self) -> str:
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _PRODUCTS.items())
        return f"CASE {self.cells.text('product')} {cases} ELSE 'Claude API' END"

    def _account(self) -> str:
        own = literal(self.organization) if self.organization else "NULL"
        return f"coalesce({self.cells.text('organization_id')}, {own}, {literal(_VENDOR)})"

    def _user(self) -> str:
        return self.cells.text(
            "actor.email_address", "actor.user_id", "account_id", "actor.service_account_id",
            "service_account_id",
        )  # fmt: skip

    def _usage(self) -> dict[str, str]:
        c = self.cells
        return {
            "UsagePeriodStart": c.iso("starting_at"),
            "UsagePeriodEnd": c.iso("ending_at"),
            "ServiceProviderName": literal(_VENDOR),
            "ServiceName": self._service(),
            "SubAccountId": c.text("workspace_id"),
            "SubAccountName": c.text("workspace_name"),
            "x_Model": NAME,
            "x_VendorModel": c.text("model"),
            "x_User": self._user(),
            "x_ApiKey": c.text("api_key_id"),
            "x_ServiceTier": c.text("service_tier"),
            "x_InferenceGeo": c.text("inference_geo"),
        }

    def _metrics(self) -> list[Metric]:
        """Anthropic's counts are disjoint already: uncached input has nothing of the cache."""
        n = self.cells.counted
        return [
            tokens("input", n("uncached_input_tokens")),
            tokens("cached_input", n("cache_read_input_tokens")),
            tokens("cache_write", n("cache_creation.ephemeral_5m_input_tokens")),
            tokens("cache_write_1h", n("cache_creation.ephemeral_1h_input_tokens")),
            tokens("output", n("output_tokens")),
            Metric(
                "web_searches", "Searches", n("server_tool_use.web_search_requests"), "web_search"
            ),
            Metric("requests", "Requests", n("requests")),
        ]


def _bucket(cells: Cells) -> str:
    return f"TRY_CAST({cells.text('bucket')} AS BIGINT)"


def _tier(cells: Cells) -> str:
    """SQL of the tier by which a row's usage is priced; empty for the standard one."""
    tier, speed = f"lower(coalesce({cells.text('service_tier')}, ''))", cells.text("speed")
    return (
        f"CASE WHEN {speed} = 'fast' THEN 'fast' WHEN {tier} IN ('', 'standard') THEN '' "
        f"ELSE {tier} END"
    )


def _asked(raw: Raw, cells: Cells) -> list[Priced]:
    day = f"CAST({cells.iso('starting_at')} AS DATE)"
    ends = ", ".join(map(literal, COSTS))
    found = raw.ask(
        f"SELECT DISTINCT {cells.text('model')}, {_tier(cells)}, {day} FROM raw "
        f"WHERE {cells.text('model')} IS NOT NULL AND {day} IS NOT NULL "
        f"AND {cells.text('endpoint')} NOT IN ({ends})"
    )
    return [Priced(_PROVIDER, *row) for row in found]


def _dollars(cells: Cells, name: str) -> str:
    """SQL of an amount, which Anthropic writes in cents and fractions of one, in dollars."""
    return money_sql(_cents_as_dollars(cells.text(name)), "VARCHAR")


def _cents_as_dollars(text: str) -> str:
    """SQL of the text of a hundredth: its exponent less two, so that no digit is lost."""
    exponent = f"TRY_CAST(regexp_extract({text}, '[eE]([+-]?\\d+)$', 1) AS INTEGER)"
    scaled = f"concat(regexp_extract({text}, '^(.*?)[eE]', 1), 'e', {exponent} - 2)"
    return (
        f"CASE WHEN regexp_matches({text}, '[eE][+-]?\\d+$') THEN {scaled} "
        f"WHEN {text} IS NOT NULL THEN concat({text}, 'e-2') END"
    )


def _meter(token: str) -> str:
    return (token_type(token) or token).replace("_", " ").title() + " Tokens"
