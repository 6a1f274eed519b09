"""Whatever a warehouse did: direct + by usage + idle + unattributed = charge, to the last digit."""

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.lake import Lake
from outlay.money import total
from outlay.query.platforms import PlatformQuery, prove
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.snowflake import exports

D = Decimal
cents = st.decimals("-50", "500", places=2, allow_nan=False)
credits = st.decimals("0", "9", places=9, allow_nan=False)
warehouses = st.sampled_from("123")
bills = st.lists(st.tuples(cents, st.sampled_from(["compute", "storage", "cloud"])), min_size=1,
                 max_size=4)  # fmt: skip
hours = st.lists(st.tuples(warehouses, credits, credits), max_size=4)
queries = st.lists(
    st.tuples(warehouses, credits, st.sampled_from(["ANA", "BO", ""]),
              st.sampled_from(["", '{"team": "shop"}', "plain", "[1]"])),
    max_size=6,
)  # fmt: skip
KINDS: Mapping[str, dict[str, str]] = {
    "compute": {}, "storage": exports.STORAGE, "cloud": exports.CLOUD,
}  # fmt: skip


@given(
    bills,
    hours,
    queries,
    st.sampled_from(["keep", "share"]),
    st.sampled_from(["x_User", "tags.team", "ResourceName"]),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_scope_adds_up_however_it_is_given(
    bill: list[tuple[Decimal, str]],
    ran: list[tuple[str, Decimal, Decimal]],
    asked: list[tuple[str, Decimal, str, str]],
    idle: str,
    by: str,
) -> None:
    views: dict[str, list[dict[str, str]]] = {
        "usage_in_currency_daily": [exports.bill(f"{a}", "3", **KINDS[k]) for a, k in bill],
        "warehouse_metering_history": [
            exports.hour(f"{max(c, a)}", f"{a}", name) for name, c, a in ran
        ],
        "query_attribution_history": [
            exports.query(number, f"{c}", user, tag, WAREHOUSE_ID=name,
                          WAREHOUSE_NAME=f"WH_{name}")
            for number, (name, c, user, tag) in enumerate(asked)
        ],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        lake = _loaded(Path(folder), {name: rows for name, rows in views.items() if rows})
        stated = total(amount for amount, _ in bill)
        parts: dict[str, Any] = {"idle": idle}
        found = prove(lake, PlatformQuery.of("snowflake", parts))
        if by in found.choices:
            found = prove(lake, PlatformQuery.of("snowflake", parts | {"by": by}))
        (all_,) = found.totals
        assert all_.charge == all_.allocated == stated
        assert found.proven and [tie.proven for tie in found.ties] == [True]
        assert all(scope.difference == 0 for scope in found.scopes)
        given_away = total(one.total for one in found.consumers)
        left = total(rest.amount for rest in found.unattributed)
        kept = total((all_.parts["idle"], all_.shared.copy_negate()))
        assert total((given_away, left, kept)) == stated


def _loaded(folder: Path, views: Mapping[str, list[dict[str, str]]]) -> Lake:
    lake = Lake.open(folder / "lake", threads=1)
    transport = FileTransport(str(exports.write(folder / "bill", views)))
    (feed,) = detect(transport)
    kind = source(feed.kind)
    outcomes = lake.load("snow", kind, transport, kind.Options(), root=feed.root)
    assert {outcome.status for outcome in outcomes} == {"loaded"}, outcomes
    return lake
