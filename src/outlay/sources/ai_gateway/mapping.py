"""A gateway's requests as usage: hours by model, team, user and key."""

from dataclasses import dataclass, replace

from outlay.focus.sql import literal, money_sql
from outlay.sources.ai.cells import Cells
from outlay.sources.ai.prices import (
    PRICE_SOURCE,
    Priced,
    join_prices,
    make_prices,
    price_column,
    unknown_note,
)
from outlay.sources.ai.usage import WHOLE, Metric, tokens, usage_rows
from outlay.sources.ai_gateway.otlp import METRIC, SPAN
from outlay.sources.ai_gateway.providers import make_providers
from outlay.sources.contract import NO_CHARGES, Fold, Mapping, Raw, Reject

SPEND_SOURCE = "the gateway's own price"
"""PriceSource of an estimate that the gateway made."""

# Spans that sum up the calls of others, of OpenTelemetry's conventions: theirs are counted below.
_SUMS = ("invoke_agent", "invoke_workflow", "create_agent", "execute_tool")
_COUNTS = ("prompt_tokens", "completion_tokens", "tokens")
_SUMMED = ("input", "cached_input", "cache_write", "output", "requests", "from_cache", "spend")


@dataclass(frozen=True)
class GatewayReader:
    """Builds the mapping of one delivery."""

    raw: Raw
    cells: Cells
    spend: bool
    notes: tuple[str, ...]

    @classmethod
    def of(cls, raw: Raw, *, spend: bool) -> "GatewayReader":
        """Look at the rows, add up the hours, and make the tables that the mapping joins.

        `spend`: the gateway's own price is the estimate, rather than the price table.
        """
        cells = Cells(raw.columns)
        make_providers(raw, cells.text("custom_llm_provider"), cells.text("model"))
        _make_places(raw, cells)
        reader = cls(raw, cells, spend, ())
        raw.make("hours", reader._hours())
        asked = [
            Priced(*row)
            for row in raw.ask(
                "SELECT DISTINCT h_prices, h_model, '', CAST(h_hour AS DATE) FROM hours "
                "WHERE h_model IS NOT NULL AND h_prices IS NOT NULL"
            )
        ]
        unknown = make_prices(raw, "prices", asked)
        notes = [] if spend else list(filter(None, [unknown_note(unknown)]))
        return cls(raw, cells, spend, (*reader._notes(), *notes))

    def mapping(self) -> Mapping:
        """The whole mapping: usage alone."""
        metrics = self._metrics("hours")
        rows, _ = usage_rows(metrics, self._common(), "true")
        source = "hours" + join_prices(
            "prices", "h_prices", "h_model", "''", "CAST(h_hour AS DATE)"
        )
        return Mapping(
            main=NO_CHARGES,
            formulas={},
            period=f"CAST(date_trunc('month', {self._start()}) AS DATE)",
            currency="CAST(NULL AS VARCHAR)",
            rejects=tuple(self._rejects()),
            folds=self._folds(),
            notes=self.notes,
            source=self._source(),
            usage=tuple(replace(one, source=source) for one in rows),
            usage_formulas={
                f"{name}_tokens": f"coalesce(CASE WHEN {self._counts()} THEN {sql} END, 0)"
                for name, sql in self._tokens().items()
            },
        )

    def _source(self) -> str:
        return (
            "raw LEFT JOIN places ON g_file = _file AND g_line = _line "
            f"LEFT JOIN providers ON v_named = coalesce({self.cells.text('custom_llm_provider')}, "
            f"'') AND v_model = coalesce({self.cells.text('model')}, '')"
        )

    def _start(self) -> str:
        return start_sql(self.cells)

    def _rejects(self) -> list[Reject]:
        start = self._start()
        rejects = [Reject("the start time is no date", f"{start} IS NULL")]
        for name in _COUNTS:
            if self.cells.has(name):
                text = self.cells.text(name)
                unfit = f"{text} IS NOT NULL AND {self.cells.count(name)} IS NULL"
                rejects.append(Reject(f"{name} is no number", unfit))
        return rejects

    def _folds(self) -> tuple[Fold, ...]:
        return (
            Fold("the same request again: counted once", "g_again"),
            Fold("a span that sums up the calls below it", self._is_sum()),
            Fold("sums of calls that are there as spans", "g_beside_spans"),
            Fold("usage: a gateway's log is no bill", "true"),
        )

    def _is_sum(self) -> str:
        names = ", ".join(map(literal, _SUMS))
        return f"coalesce({self.cells.text('operation')} IN ({names}), false)"

    def _counts(self) -> str:
        """SQL condition: the row counts."""
        bad = " OR ".join(f"coalesce({reject.when}, false)" for reject in self._rejects())
        return f"(NOT g_again AND NOT g_beside_spans AND NOT {self._is_sum()} AND NOT ({bad}))"

    def _tokens(self) -> dict[str, str]:
        """SQL of a raw row's tokens by type. A gateway's prompt tokens include the cache's; where
        they are fewer than those, the caller counted them beside."""
        c = self.cells
        hit = f"lower(coalesce({c.text('cache_hit')}, '')) = 'true'"
        prompt, out = c.counted("prompt_tokens"), c.counted("completion_tokens")
        read, write = self._cached("read"), self._cached("creation")
        text = (
            f"CASE WHEN {prompt} >= {read} + {write} THEN {prompt} - {read} - {write} "
            f"ELSE {prompt} END"
        )
        kind = f"lower(coalesce({c.text('token_type')}, ''))"
        point = f"coalesce({c.text('signal')}, '') = '{METRIC}'"
        nothing = f"CAST(0 AS {WHOLE})"

        def of(request: str, *kinds: str) -> str:
            listed = ", ".join(map(literal, kinds))
            return (
                f"CASE WHEN {point} THEN CASE WHEN {kind} IN ({listed}) THEN g_tokens "
                f"ELSE {nothing} END WHEN {hit} THEN {nothing} ELSE {request} END"
            )

        return {
            "input": of(text, "input"),
            "cached_input": of(read, "cache_read", "cached_input", "input_cached"),
            "cache_write": of(write, "cache_creation", "cache_write"),
            "output": of(out, "output", "completion"),
        }

    def _cached(self, which: str) -> str:
        """SQL of tokens read from or written to the provider's cache, wherever they are said."""
        c = self.cells
        column = {"read": "cache_read_tokens", "creation": "cache_write_tokens"}[which]
        parts = [c.count(column)] if c.has(column) else []
        if c.has("metadata"):
            paths = [
                f"$.additional_usage_values.cache_{which}_input_tokens",
                f"$.usage_object.cache_{which}_input_tokens",
            ]
            if which == "read":
                paths += [
                    "$.additional_usage_values.prompt_tokens_details.cached_tokens",
                    "$.usage_object.prompt_tokens_details.cached_tokens",
                ]
            parts += [f"TRY_CAST({self._meta(path)} AS {WHOLE})" for path in paths]
        return f"coalesce({', '.join([*parts, f'CAST(0 AS {WHOLE})'])})"

    def _meta(self, path: str) -> str:
        text = self.cells.text("metadata")
        return f"CASE WHEN json_valid({text}) THEN json_extract_string({text}, {literal(path)}) END"

    def _first(self, column: str, *paths: str) -> str:
        """SQL of a column's text, else of the metadata's."""
        parts = [self.cells.text(column)]
        if self.cells.has("metadata"):
            parts += [f"nullif({self._meta(path)}, '')" for path in paths]
        return f"coalesce({', '.join(parts)})"

    def _hours(self) -> str:
        """SELECT of the hours: one row per hour and who asked whom for what."""
        c = self.cells
        point = f"coalesce({c.text('signal')}, '') = '{METRIC}'"
        hit = f"lower(coalesce({c.text('cache_hit')}, '')) = 'true'"
        asked = (
            f"CASE WHEN {point} THEN CASE WHEN lower({c.text('token_type')}) = 'input' "
            f"THEN g_count ELSE 0 END WHEN {hit} THEN 0 ELSE 1 END"
        )
        spend = money_sql(c.text("spend"), "VARCHAR")
        kinds = self._tokens()
        sums = {
            **{kind: f"sum({sql})" for kind, sql in kinds.items()},
            "requests": f"sum({asked})",
            "from_cache": f"count_if({hit})",
            "spend": f"sum({spend})",
        }
        keys = {
            "h_hour": f"date_trunc('hour', {self._start()})",
            "h_provider": "v_name",
            "h_service": "v_service",
            "h_prices": "v_prices",
            "h_model": c.text("model"),
            "h_one_name": "v_one_name",
            "h_key": self._first("api_key_alias", "$.user_api_key_alias"),
            "h_key_id": self._first("api_key", "$.user_api_key_hash", "$.user_api_key"),
            "h_user": self._first("user", "$.user_api_key_user_id"),
            "h_end_user": c.text("end_user"),
            "h_team": self._first("team_alias", "$.user_api_key_team_alias"),
            "h_team_id": self._first("team_id", "$.user_api_key_team_id"),
            "h_tags": c.text("request_tags"),
            "h_labels": c.text("labels"),
        }
        listed = ", ".join(f"{sql} AS {name}" for name, sql in keys.items())
        added = ", ".join(f"{sums[name]} AS h_{name}" for name in _SUMMED)
        return (
            f"SELECT {listed}, {added}, min(_file) AS _file, arg_min(_line, (_file, _line)) "
            f"AS _line FROM {self._source()} WHERE {self._counts()} GROUP BY ALL"
        )

    def _common(self) -> dict[str, str]:
        return {
            "UsagePeriodStart": "h_hour",
            "UsagePeriodEnd": "h_hour + INTERVAL 1 HOUR",
            "ServiceProviderName": "h_provider",
            "ServiceName": "h_service",
            "Tags": _tags(),
            "x_Model": "h_one_name",
            "x_VendorModel": "h_model",
            "x_User": "coalesce(h_user, h_end_user)",
            "x_EndUser": "h_end_user",
            "x_ApiKey": "coalesce(h_key, h_key_id)",
            "x_Team": "coalesce(h_team, h_team_id)",
        }

    def _metrics(self, table: str) -> list[Metric]:
        """The hours' counts. Where the gateway's own price is the estimate, it stands with the
        requests, since it is of whole ones."""
        priced = [] if self.spend else ["input", "cached_input", "cache_write", "output"]
        known = f"{price_column('input')} IS NOT NULL"
        own = "h_spend" if self.spend else f"CASE WHEN NOT {known} THEN h_spend END"
        found = [
            tokens(kind, f"CAST({table}.h_{kind} AS {WHOLE})")
            for kind in ("input", "cached_input", "cache_write", "output")
        ]
        if not priced:
            found = [Metric(m.name, m.unit, m.quantity, None, m.token_type) for m in found]
        requests = f"CAST({table}.h_requests AS {WHOLE})"
        return [
            *found,
            Metric("requests", "Requests", requests, cost=own, cost_source=literal(SPEND_SOURCE)),
            Metric("requests_from_cache", "Requests", f"CAST({table}.h_from_cache AS {WHOLE})"),
        ]

    def _notes(self) -> list[str]:
        ((again, beside, sums),) = self.raw.ask(
            f"SELECT count_if(g_again), count_if(g_beside_spans), count_if({self._is_sum()}) "
            f"FROM {self._source()}"
        )
        notes = []
        if again:
            notes.append(f"{again} requests are there more than once: counted once")
        if beside:
            notes.append(f"{beside} sums of tokens are left out: their calls are there as spans")
        if sums:
            notes.append(f"{sums} spans that sum up others are left out")
        source = SPEND_SOURCE if self.spend else PRICE_SOURCE
        notes.append(f"estimates go by {source}; the bill supersedes them")
        return notes


def start_sql(cells: Cells) -> str:
    """SQL of the TIMESTAMP (UTC) at which a request began: ISO 8601, or seconds since 1970."""
    text = cells.text("startTime", "start_time")
    seconds = f"TRY_CAST(TRY_CAST({text} AS DECIMAL(20,6)) * 1000000 AS BIGINT)"
    number = f"regexp_matches({text}, '^\\d{{9,}}(\\.\\d+)?$')"
    iso = cells.iso("startTime", "start_time")
    return f"CASE WHEN {number} THEN make_timestamp({seconds}) ELSE {iso} END"


def _make_places(raw: Raw, cells: Cells) -> None:
    """Make the table `places`, one row per raw row: whether it repeats another (`g_again`) or
    sums up spans of its service (`g_beside_spans`), and what a sum of tokens adds (`g_tokens`,
    `g_count`): a running sum adds its growth since the point before."""
    request, start = cells.text("request_id"), start_sql(cells)
    signal = f"coalesce({cells.text('signal')}, '')"
    service = f"coalesce({cells.text('service')}, '')"
    series, running = cells.text("series"), f"coalesce({cells.text('cumulative')}, '') = 'true'"
    total, count = cells.count("tokens"), cells.count("count")
    by_series = f"PARTITION BY {series}, {start} ORDER BY {cells.iso('endTime')}, _file, _line"
    raw.make(
        "places",
        f"""
        WITH spans AS (
            SELECT DISTINCT {service} AS s_service, CAST({start} AS DATE) AS s_day
            FROM raw WHERE {signal} = '{SPAN}'
        )
        SELECT _file AS g_file, _line AS g_line,
            {request} IS NOT NULL AND row_number() OVER (
                PARTITION BY {request} ORDER BY _file DESC, _line DESC) > 1 AS g_again,
            {signal} = '{METRIC}' AND s_service IS NOT NULL AS g_beside_spans,
            CASE WHEN {running} THEN {total} - coalesce(lag({total}) OVER ({by_series}), 0)
                ELSE {total} END AS g_tokens,
            CASE WHEN {running} THEN {count} - coalesce(lag({count}) OVER ({by_series}), 0)
                ELSE {count} END AS g_count
        FROM raw LEFT JOIN spans ON s_service = {service} AND s_day = CAST({start} AS DATE)
        """,
    )


def _tags() -> str:
    """SQL of a MAP of team, end user, the request's own tags and the caller's labels.

    A tag `key:value` is one of that key; another is a key whose value is true, as in FOCUS.
    LiteLLM's own tags of the client's program are left out.
    """
    listed = "coalesce(TRY(from_json(h_tags, '[\"VARCHAR\"]')), [])"
    own = (
        f"list_transform(list_filter({listed}, lambda t: NOT starts_with(t, 'User-Agent')), "
        "lambda t: CASE WHEN contains(t, ':') "
        "THEN {'key': split_part(t, ':', 1), 'value': trim(substr(t, strpos(t, ':') + 1))} "
        "ELSE {'key': t, 'value': 'true'} END)"
    )
    labels = (
        "coalesce(map_entries(TRY_CAST(TRY_CAST(h_labels AS JSON) AS MAP(VARCHAR, VARCHAR))), [])"
    )
    fixed = (
        "list_filter([CASE WHEN coalesce(h_team, h_team_id) IS NOT NULL "
        "THEN {'key': 'team', 'value': coalesce(h_team, h_team_id)} END, "
        "CASE WHEN h_end_user IS NOT NULL THEN {'key': 'end_user', 'value': h_end_user} END], "
        "lambda e: e IS NOT NULL)"
    )
    every = (
        f"list_filter(list_concat(list_concat({fixed}, {own}), {labels}), lambda e: e.key <> '')"
    )
    return (
        f"map_from_entries(list_filter({every}, lambda e, i: "
        f"list_position(list_transform({every}, lambda o: o.key), e.key) = i))"
    )
