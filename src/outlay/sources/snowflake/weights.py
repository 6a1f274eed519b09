"""What divides a row of the bill: credits and bytes by day, account, service and consumer.

`outlay_weights` has one row a (account, day, service, resource, consumer, state): its weight is a
whole number of 10^-12 credits, or of bytes.
"""

from collections.abc import Sequence

from outlay.focus.share import shared_sql, units_sql
from outlay.focus.sql import literal, quantity_sql
from outlay.sources.cells import Cells
from outlay.sources.contract import Raw
from outlay.sources.snowflake.bill import BILL_TABLE
from outlay.sources.snowflake.views import (
    ACCOUNT_SQL,
    ATTRIBUTION,
    DATABASES,
    METERING,
    QUERIES,
    STORAGE,
    WAREHOUSES,
    is_view,
)

WEIGHTS_TABLE = "outlay_weights"
COMPUTE_TABLE = "outlay_warehouse_days"
CONSUMED_TABLE = "outlay_consumed"
SPLIT_TABLE = "outlay_warehouse_split"
_QUERY_TABLE = "outlay_queries"
_CREDIT_SCALE = 12

IDLE = "Idle"
ATTRIBUTED = "Attributed"
UNLISTED = "Unlisted queries"
WHOLE = "Not attributed"

# Credits of queries are binary numbers, whose sum may miss the hour's by less than 10^-9.
UNLISTED_WHEN = "attributed - listed >= 0.000000001"
IDLE_WHEN = "compute - attributed >= 0.000000001"

_COMPUTE = "WAREHOUSE_METERING"
_ACCELERATION = "QUERY_ACCELERATION"
_STORAGE = "STORAGE"
# Every column that a weight may have: not all kinds of weights have all.
_COLUMNS = ("service", "id", "name", "type", "state", "user", "role", "tags", "size")
_NONE = (
    "SELECT CAST(NULL AS VARCHAR) AS account, CAST(NULL AS DATE) AS day, "
    + ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in _COLUMNS)
    + ", CAST(NULL AS HUGEINT) AS weight WHERE false"
)


class Weights:
    """Makes the tables of weights from the views that a delivery has."""

    def __init__(
        self, raw: Raw, cells: Cells, account: str | None, tag_keys: Sequence[str] | None
    ) -> None:
        self._raw, self._cells = raw, cells
        self._tag_keys = tag_keys
        self.account = self._account_sql(account)
        """SQL of the account of a raw row of any view, as the bill names it."""

    def make_none(self) -> None:
        """Make the tables without rows: there is no bill, or nothing that divides it."""
        number = "CAST(NULL AS DECIMAL(38,21))"
        places = "CAST(NULL AS INTEGER) AS _file, CAST(NULL AS BIGINT) AS _line"
        numbers = ("compute", "listed", "attributed", "credits")
        columns = ", ".join(f"{number} AS {name}" for name in numbers)
        self._raw.make(WEIGHTS_TABLE, _NONE)
        for name in (SPLIT_TABLE, CONSUMED_TABLE):
            self._raw.make(name, f"SELECT *, {columns}, {places} FROM ({_NONE})")

    def make(self, *, consumers: bool, divide: bool) -> None:
        """Make `outlay_weights`, and the tables of credits that it and usage rows rest on.

        Without `divide` nothing has a weight, and the credits are usage alone.
        """
        self._make_compute()
        self._make_consumed()
        self._make_split()
        if not divide:
            self._raw.make(WEIGHTS_TABLE, _NONE)
            return
        parts = [_NONE, self._warehouses(consumers), self._cloud_services(), self._entities()]
        if consumers:
            parts.append(self._acceleration())
        parts.append(self._storage())
        self._raw.make(WEIGHTS_TABLE, " UNION ALL BY NAME ".join(parts))

    def _account_sql(self, named: str | None) -> str:
        """SQL of the account of a detail row, as the bill names it (`b_account`).

        Account views do not say whose they are: a column, the folder `account=…`, the option or
        the only account of the bill does.
        """
        known = self._raw.ask(
            f"SELECT DISTINCT b_account, b_name, b_locator FROM {BILL_TABLE} "
            "WHERE b_account IS NOT NULL ORDER BY ALL"
        )
        only = literal(known[0][0] if len({row[0] for row in known}) == 1 else None)
        said = (
            f"upper(coalesce({self._cells.text('account_locator')}, "
            f"{self._cells.text('account_name')}, {ACCOUNT_SQL}, {literal(named)}, {only}))"
        )
        spelled = {
            str(name).upper(): str(account)
            for account, *names in known
            for name in (account, *names)
            if name is not None
        }
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in spelled.items())
        return f"CASE {said} {cases} ELSE {said} END" if cases else said

    def _number(self, name: str) -> str:
        """SQL of a quantity; NULL where the column is not there."""
        return quantity_sql(self._cells.text(name))

    def _day(self, name: str) -> str:
        return f"CAST({self._cells.time(name)} AS DATE)"

    def _make_compute(self) -> None:
        """Credits of each warehouse and day; of METERING_HISTORY where there is no better."""
        c = self._cells
        used, billed = self._number("credits_used_compute"), self._number("credits_used")
        compute = f"coalesce({used}, {billed})"
        rows = f"""
            SELECT _file, _line, {self.account} AS account, {self._day("start_time")} AS day,
                {c.text("warehouse_id")} AS id, {c.text("warehouse_name")} AS name,
                {compute} AS compute, {self._number("credits_used_cloud_services")} AS cloud,
                {self._number("credits_attributed_compute_queries")} AS stated, 0 AS rank
            FROM raw WHERE {is_view(WAREHOUSES)}
            UNION ALL
            SELECT _file, _line, {self.account}, {self._day("start_time")}, {c.text("entity_id")},
                {c.text("name")}, {compute}, {self._number("credits_used_cloud_services")}, NULL, 1
            FROM raw WHERE {is_view(METERING)} AND upper({c.text("service_type")}) = '{_COMPUTE}'"""
        self._raw.make(
            COMPUTE_TABLE,
            f"""WITH hours AS ({rows}),
            better AS (SELECT account, day, min(rank) AS best FROM hours GROUP BY ALL)
            SELECT hours.account, hours.day, id, any_value(name) AS name,
                sum(compute) AS compute, sum(cloud) AS cloud, sum(stated) AS stated,
                min(_file) AS _file, arg_min(_line, (_file, _line)) AS _line
            FROM hours JOIN better ON hours.account = better.account AND hours.day = better.day
                AND rank = best
            WHERE hours.day IS NOT NULL AND coalesce(id, name) IS NOT NULL
            GROUP BY hours.account, hours.day, id, coalesce(id, name)""",
        )

    def _make_queries(self) -> None:
        """The queries, typed; each distinct query tag is read once."""
        c = self._cells
        started = c.time("start_time")
        self._raw.make(
            _QUERY_TABLE,
            f"""WITH tagged AS (SELECT DISTINCT {c.text("query_tag")} AS text FROM raw
                WHERE {is_view(ATTRIBUTION)} AND {c.text("query_tag")} IS NOT NULL),
            read AS (SELECT text, {self._tags("text")} AS tags FROM tagged)
            SELECT _file, _line, {self.account} AS account,
                {c.text("query_id")} AS query, {c.text("warehouse_id")} AS id,
                {c.text("warehouse_name")} AS name,
                coalesce({c.text("user_name")}, '(no user)') AS user,
                {c.text("role_name")} AS own_role, {c.text("warehouse_size")} AS own_size, tags,
                {started} AS started,
                greatest(coalesce({c.time("end_time")}, {started}), {started}) AS ended,
                coalesce({self._number("credits_attributed_compute")}, 0) AS credits,
                coalesce({self._number("credits_used_query_acceleration")}, 0) AS accelerated
            FROM raw LEFT JOIN read ON text = {c.text("query_tag")}
            WHERE {is_view(ATTRIBUTION)} AND {started} IS NOT NULL""",
        )

    def _make_consumed(self) -> None:
        """Credits of queries by warehouse, user, role and tags, each on the day it ran.

        A query that ran past midnight is cut by time, exactly.
        """
        c = self._cells
        self._make_queries()
        roles = f"""SELECT {self.account} AS r_account, {c.text("query_id")} AS r_query,
                any_value({c.text("role_name")}) AS role,
                any_value({c.text("warehouse_size")}) AS size
            FROM raw WHERE {is_view(QUERIES)} GROUP BY ALL"""
        last = "greatest(started, ended - INTERVAL 1 MICROSECOND)"
        same = f"CAST(started AS DATE) = CAST({last} AS DATE)"
        days = f"""SELECT *, unnest(generate_series(date_trunc('day', started),
                date_trunc('day', {last}), INTERVAL 1 DAY)) AS midnight
            FROM {_QUERY_TABLE} WHERE NOT {same}"""
        weighed = """SELECT * EXCLUDE (midnight), CAST(midnight AS DATE) AS day, greatest(1,
                epoch_us(least(ended, midnight + INTERVAL 1 DAY))
                - epoch_us(greatest(started, midnight))) AS spent FROM days"""
        cut = shared_sql(
            "weighed",
            by=["_file", "_line"],
            weight="spent",
            amounts={"mine": "credits", "mine_accelerated": "accelerated"},
            order=["day"],
            scale=_CREDIT_SCALE,
        )
        self._raw.make(
            CONSUMED_TABLE,
            f"""WITH roles AS ({roles}), days AS ({days}), weighed AS ({weighed}),
            cut AS (SELECT * EXCLUDE (spent) FROM ({cut}) UNION ALL BY NAME
                SELECT *, CAST(started AS DATE) AS day, credits AS mine,
                    accelerated AS mine_accelerated FROM {_QUERY_TABLE} WHERE {same})
            SELECT cut.account, day, id, name, user, coalesce(own_role, role) AS role,
                any_value(coalesce(own_size, size)) AS size, tags,
                sum(mine) AS credits, sum(mine_accelerated) AS accelerated,
                min(_file) AS _file, arg_min(_line, (_file, _line)) AS _line
            FROM cut LEFT JOIN roles ON r_account IS NOT DISTINCT FROM cut.account
                AND r_query = query
            WHERE date_trunc('month', day) IN
                (SELECT date_trunc('month', b_day) FROM {BILL_TABLE})
            GROUP BY cut.account, day, id, name, user, coalesce(own_role, role), tags""",
        )

    def _tags(self, text: str) -> str:
        """SQL of a query tag as JSON of scalars, keys in order; plain text is the tag
        `query_tag`, a list or broken JSON is none."""
        parsed = f"TRY_CAST({text} AS JSON)"
        if self._tag_keys is not None:
            keys = ", ".join(map(literal, self._tag_keys)) or "NULL"
            kept = f"k IN ({keys})"
            plain = "true" if "query_tag" in self._tag_keys else "false"
        else:
            kept, plain = "true", "true"
        path = "'$.\"' || replace(k, '\"', '\\\"') || '\"'"
        pairs = f"""list_transform(list_filter(list_sort(json_keys({parsed})),
            lambda k: {kept} AND k <> '' AND json_extract_string({parsed}, {path}) IS NOT NULL
                AND json_type(json_extract({parsed}, {path})) NOT IN ('OBJECT', 'ARRAY')),
            lambda k: struct_pack(key := k, value := json_extract_string({parsed}, {path})))"""
        as_map = f"TRY(map_from_entries({pairs}))"
        return f"""CASE WHEN {text} IS NULL THEN NULL
            WHEN coalesce(json_type({parsed}), '') = 'OBJECT'
            THEN nullif(CAST(to_json({as_map}) AS VARCHAR), '{{}}')
            WHEN {plain} AND left({text}, 1) NOT IN ('[', '{{')
            THEN CAST(json_object('query_tag', {text}) AS VARCHAR) END"""

    def _make_split(self) -> None:
        """Each warehouse's day: its credits, those of listed queries, and those attributed at all.

        Attributed is what the warehouse's hours say or the queries add up to, whichever is more:
        short queries are not listed, and a listed one may end in the hour after.
        """
        listed = f"""SELECT account, day, coalesce(id, name) AS key, sum(credits) AS listed
            FROM {CONSUMED_TABLE} GROUP BY ALL"""
        self._raw.make(
            SPLIT_TABLE,
            f"""SELECT h.account, h.day, h.id, h.name, coalesce(compute, 0) AS compute,
                coalesce(listed, 0) AS listed,
                CASE WHEN stated IS NOT NULL OR listed IS NOT NULL
                    THEN greatest(coalesce(stated, 0), coalesce(listed, 0)) END AS attributed,
                _file, _line
            FROM {COMPUTE_TABLE} AS h LEFT JOIN ({listed}) AS l ON h.account = l.account
                AND h.day = l.day AND coalesce(h.id, h.name) = l.key""",
        )

    def _warehouses(self, consumers: bool) -> str:
        """Compute by warehouse and consumer, what no query used as a row of its own."""
        shape = f"account, day, '{_COMPUTE}' AS service, id, name, 'Warehouse' AS type"
        if not consumers:
            return f"SELECT {shape}, {_units('compute')} AS weight FROM {SPLIT_TABLE}"
        rest = [
            f"SELECT {shape}, '{state}' AS state, {_units(credits)} AS weight "
            f"FROM {SPLIT_TABLE} WHERE {when}"
            for state, credits, when in (
                (UNLISTED, "(attributed - listed)", UNLISTED_WHEN),
                (IDLE, "(compute - attributed)", IDLE_WHEN),
                (WHOLE, "compute", "attributed IS NULL"),
            )
        ]
        mine = (
            f"SELECT {shape}, '{ATTRIBUTED}' AS state, user, role, tags, size, "
            f"{_units('credits')} AS weight FROM {CONSUMED_TABLE}"
        )
        return " UNION ALL BY NAME ".join([mine, *rest])

    def _cloud_services(self) -> str:
        """Cloud services by warehouse. What is free of them is a row of the day, not of any."""
        return (
            f"SELECT account, day, 'CLOUD_SERVICES' AS service, id, name, 'Warehouse' AS type, "
            f"{_units('coalesce(cloud, 0)')} AS weight FROM {COMPUTE_TABLE}"
        )

    def _acceleration(self) -> str:
        return (
            f"SELECT account, day, '{_ACCELERATION}' AS service, id, name, 'Warehouse' AS type, "
            f"'{ATTRIBUTED}' AS state, user, role, tags, {_units('accelerated')} AS weight "
            f"FROM {CONSUMED_TABLE} WHERE accelerated > 0"
        )

    def _entities(self) -> str:
        """Serverless services by what they worked for: pipe, task, table."""
        c = self._cells
        service = f"upper({c.text('service_type')})"
        return f"""SELECT account, day, service, id, name, 'Entity' AS type,
                {_units("sum(credits)")} AS weight
            FROM (SELECT {self.account} AS account, {self._day("start_time")} AS day,
                    {service} AS service, {c.text("entity_id")} AS id, {c.text("name")} AS name,
                    greatest(coalesce({self._number("credits_used")}, 0), 0) AS credits
                FROM raw WHERE {is_view(METERING)}
                    AND {service} NOT IN ('{_COMPUTE}', '{_ACCELERATION}', 'CLOUD_SERVICES'))
            WHERE day IS NOT NULL GROUP BY ALL"""

    def _storage(self) -> str:
        """Storage by database; stages; and the rest, which is in no database (dropped, cloned).

        The databases alone do not say what the rest is: without STORAGE_USAGE nothing is divided.
        """
        c = self._cells
        number = self._number
        whole = f"""SELECT {self.account} AS account, {self._day("usage_date")} AS day,
                sum(coalesce({number("storage_bytes")}, 0)
                    + coalesce({number("failsafe_bytes")}, 0)) AS stored,
                sum(coalesce({number("stage_bytes")}, 0)) AS staged
            FROM raw WHERE {is_view(STORAGE)} GROUP BY ALL"""
        held = f"""SELECT {self.account} AS account, {self._day("usage_date")} AS day,
                {c.text("database_id")} AS id, {c.text("database_name")} AS name,
                sum(coalesce({number("average_database_bytes")}, 0)
                    + coalesce({number("average_failsafe_bytes")}, 0)) AS bytes
            FROM raw WHERE {is_view(DATABASES)} GROUP BY ALL"""
        shape = f"'{_STORAGE}' AS service"
        return f"""(WITH whole AS ({whole}), held AS ({held}),
            databases AS (SELECT account, day, sum(bytes) AS bytes FROM held GROUP BY ALL)
            SELECT held.account, held.day, {shape}, id, name, 'Database' AS type,
                CAST(trunc(bytes) AS HUGEINT) AS weight
            FROM held JOIN whole ON held.account = whole.account AND held.day = whole.day
            UNION ALL BY NAME
            SELECT account, day, {shape}, NULL AS id, 'stages' AS name, 'Stage' AS type,
                CAST(trunc(staged) AS HUGEINT) AS weight FROM whole
            UNION ALL BY NAME
            SELECT whole.account, whole.day, {shape}, NULL AS id,
                'not in a database' AS name, 'Storage' AS type,
                CAST(trunc(stored - coalesce(bytes, 0)) AS HUGEINT) AS weight
            FROM whole LEFT JOIN databases ON whole.account = databases.account
                AND whole.day = databases.day
            WHERE stored > coalesce(bytes, 0))"""


def _units(credits: str) -> str:
    """SQL of a sum of credits as a whole number of 10^-12."""
    return units_sql(f"CAST({credits} AS DECIMAL(38,21))", _CREDIT_SCALE)
