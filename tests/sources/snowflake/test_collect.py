"""Collecting by the connector, from an emulator of Snowflake over HTTP."""

import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from outlay.money import BillingPeriod, total
from outlay.sources.collecting import Collection
from outlay.sources.contract import SourceError, TransportError
from outlay.sources.snowflake import Snowflake, SnowflakeOptions, collect
from outlay.sources.snowflake.connector import Place, exact, place_of
from tests.sources.snowflake.emulator import Administrator, emulator
from tests.sources.snowflake.exports import (
    CLOUD,
    DAY,
    Loaded,
    Row,
    bill,
    history,
    hour,
    query,
    rate,
)

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 20)
TOKEN = "pat-secret-token"

UIC = "organization_usage.usage_in_currency_daily"
QUERIES = "account_usage.query_attribution_history"
HISTORY = "account_usage.query_history"
HOURS = "account_usage.warehouse_metering_history"

SEPTEMBER = "2026-09-10"


def views() -> dict[str, list[Row]]:
    return {
        UIC: [
            bill("30.00"),
            bill("4.45", "1.484", **CLOUD),
            bill("12.34", "4", USAGE_DATE=SEPTEMBER),
        ],
        "organization_usage.rate_sheet_daily": [rate("3.00", "2026-09-01")],
        HOURS: [hour("10", "7.123456789")],
        QUERIES: [
            query(1, "3", "ANA", '{"team": "search"}'),
            query(2, "2.123456789", "BOB", "it's"),
            query(3, "2", "ANA"),
        ],
        HISTORY: [history(1, "ANALYST"), history(2, "LOADER"), history(3, "ANALYST")],
    }


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with emulator() as found:
        yield found


@pytest.fixture
def admin(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Administrator]:
    monkeypatch.setenv("SNOWFLAKE_TEST_TOKEN", TOKEN)
    made = Administrator(address)
    made.put(views())
    for name in ("remaining_balance_daily",):
        made.drop(f"organization_usage.{name}")
    yield made
    made.close()


def options(**changes: Any) -> SnowflakeOptions:
    given = {"user": "OUTLAY", "token": "env:SNOWFLAKE_TEST_TOKEN", "since": "2026-09"}
    return SnowflakeOptions(**(given | changes))


def run(
    address: str,
    into: Path,
    now: datetime = NOW,
    periods: list[BillingPeriod] | None = None,
    **changes: Any,
) -> None:
    Snowflake().collect(
        f"snowflake://ACME-PROD?host={address}",
        options(**changes),
        into,
        periods=periods,
        now=now,
        progress=None,
    )


def load(folder: Path) -> Loaded:
    found = Loaded(folder, folder / "spool")
    assert {o.status for o in found.outcomes} <= {"loaded", "unchanged"}, found.outcomes
    return found


def test_months_are_collected_exactly_and_divided(
    admin: Administrator, address: str, tmp_path: Path
) -> None:
    run(address, tmp_path / "spool")
    found = load(tmp_path)
    assert [str(o.billing_period) for o in found.outcomes] == ["2026-09", "2026-10"]
    assert found.rows("BilledCost", where="ChargePeriodStart < '2026-10-01'") == [
        (Decimal("12.34"),)
    ]
    compute = "x_ServiceCode = 'WAREHOUSE_METERING' AND ChargePeriodStart > '2026-10-01'"
    assert found.rows(
        "x_User", "x_Role", "x_AllocationState", "ConsumedQuantity", where=compute
    ) == [
        ("ANA", "ANALYST", "Attributed", Decimal(2)),
        ("ANA", "ANALYST", "Attributed", Decimal(3)),
        ("BOB", "LOADER", "Attributed", Decimal("2.123456789")),
        (None, None, "Idle", Decimal("2.876543211")),
    ]
    assert total(row[0] for row in found.rows("BilledCost")) == Decimal("46.79")
    # The rate of September holds in October.
    assert set(found.rows("x_EffectiveRate", where=compute)) == {("3",)}
    assert "another billing period" not in found.notes
    text = "".join(path.read_text() for path in (tmp_path / "spool").rglob("*.jsonl"))
    assert "select secret" not in text, "texts of queries are not collected"


def test_views_that_may_not_be_read_are_said_and_the_bill_is_an_error(
    admin: Administrator, address: str, tmp_path: Path
) -> None:
    admin.drop(HISTORY)
    run(address, tmp_path / "spool")
    found = load(tmp_path)
    assert "cannot read SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY" in found.notes
    assert "cannot read SNOWFLAKE.ORGANIZATION_USAGE.REMAINING_BALANCE_DAILY" in found.notes
    assert {row[0] for row in found.rows("x_Role")} == {None}
    admin.drop(UIC)
    with pytest.raises(TransportError, match=r"USAGE_IN_CURRENCY_DAILY.*snowflake\.md"):
        run(address, tmp_path / "other")
    assert not list((tmp_path / "other").glob("2*"))


def test_a_killed_collection_goes_on_behind_the_last_query(
    admin: Administrator, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "PAGE_ROWS", 1)
    land = Collection.land
    landed: list[str] = []

    def dying(self: Collection, stream: str, content: bytes, *rest: Any, **named: Any) -> None:
        if len([one for one in landed if one.startswith("query")]) == 2:
            raise KeyboardInterrupt
        land(self, stream, content, *rest, **named)
        landed.append(stream)

    monkeypatch.setattr(Collection, "land", dying)
    with pytest.raises(KeyboardInterrupt):
        run(address, tmp_path / "spool")
    assert not (tmp_path / "spool" / "2026-10").exists(), "half a month does not appear"
    monkeypatch.setattr(Collection, "land", land)
    # A query of the hours before arrives late: the pages that landed are not asked again.
    admin.add(QUERIES, [query(0, "0.5", "EVE")])
    run(address, tmp_path / "spool", periods=[BillingPeriod(2026, 10)])
    pages = sorted((tmp_path / "spool" / "2026-10").glob("query_attribution_history*"))
    assert [page.read_text().count("\n") for page in pages] == [1, 1, 1]
    assert load(tmp_path).usage("query_credits") == Decimal("7.123456789")
    # The next sync of the open month has it.
    run(address, tmp_path / "spool")
    assert load(tmp_path).usage("query_credits") == Decimal("7.623456789")


def test_a_settled_month_is_not_asked_again_and_an_open_one_is(
    admin: Administrator, address: str, tmp_path: Path
) -> None:
    run(address, tmp_path / "spool")
    admin.add(
        UIC, [bill("1.00", "1", USAGE_DATE=SEPTEMBER), bill("2.00", "1", SERVICE_TYPE="PIPE")]
    )
    run(address, tmp_path / "spool")
    sums = {
        month: total(
            row[0]
            for row in load(tmp_path).rows(
                "BilledCost", where=f"strftime(ChargePeriodStart, '%Y-%m') = '{month}'"
            )
        )
        for month in ("2026-09", "2026-10")
    }
    assert sums == {"2026-09": Decimal("12.34"), "2026-10": Decimal("36.45")}
    # Asked for by name, it is read whatever its state.
    run(address, tmp_path / "spool", periods=[BillingPeriod(2026, 9)])
    assert total(row[0] for row in load(tmp_path).rows("BilledCost")) == Decimal("49.79")


def test_further_accounts_divide_their_own_rows(
    admin: Administrator, address: str, tmp_path: Path
) -> None:
    admin.add(UIC, [bill("9.00", "3", ACCOUNT_NAME="DEV", ACCOUNT_LOCATOR="ZZ1")])
    run(address, tmp_path / "spool", accounts=["ACME-DEV"])
    rows = load(tmp_path).rows(
        "SubAccountId", "sum(BilledCost)", "count(*)",
        where=f"ChargePeriodStart = '{DAY}' AND x_ServiceCode = 'WAREHOUSE_METERING' "
        "GROUP BY SubAccountId",
    )  # fmt: skip
    # The emulator answers for both with the same views.
    assert rows == [("XY12345", Decimal(30), 4), ("ZZ1", Decimal(9), 4)]


def test_without_detail_only_the_organization_is_asked(
    admin: Administrator, address: str, tmp_path: Path
) -> None:
    run(address, tmp_path / "spool", detail="none")
    names = {path.name.partition("-")[0] for path in (tmp_path / "spool").rglob("*.jsonl")}
    assert names == {"usage_in_currency_daily", "rate_sheet_daily"}


def test_the_session_is_in_utc_and_the_secret_is_not_shown(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import snowflake.connector as driver

    monkeypatch.setenv("SNOWFLAKE_TEST_TOKEN", TOKEN)
    asked: dict[str, Any] = {}

    def refuse(**arguments: Any) -> None:
        asked.update(arguments)
        raise driver.errors.DatabaseError("Incorrect username or password was specified.")

    monkeypatch.setattr(driver, "connect", refuse)
    with pytest.raises(TransportError) as caught:
        run(address, tmp_path / "spool", role="R", warehouse="W")
    assert asked["session_parameters"]["TIMEZONE"] == "UTC"
    assert (asked["role"], asked["warehouse"], asked["token"]) == ("R", "W", TOKEN)
    assert "cannot log in to ACME-PROD" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("phrase", [None, "open sesame"])
def test_a_private_key_is_read_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phrase: str | None
) -> None:
    import snowflake.connector as driver

    key = rsa.generate_private_key(65537, 2048)
    lock = BestAvailableEncryption(phrase.encode()) if phrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    (tmp_path / "key.p8").write_bytes(pem)
    monkeypatch.setenv("KEY_PHRASE", phrase or "")
    asked: dict[str, Any] = {}

    def refuse(**arguments: Any) -> None:
        asked.update(arguments)
        raise driver.errors.DatabaseError("no")

    monkeypatch.setattr(driver, "connect", refuse)
    changes: dict[str, Any] = {"token": None, "private_key": f"file:{tmp_path / 'key.p8'}"}
    if phrase:
        changes["private_key_passphrase"] = "env:KEY_PHRASE"
    with pytest.raises(TransportError):
        run("127.0.0.1:1", tmp_path / "spool", **changes)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert asked["private_key"] == plain
    (tmp_path / "key.p8").write_text("-----BEGIN PRIVATE KEY-----\nMIIsecret\n")
    with pytest.raises(SourceError, match="cannot be read") as caught:
        run("127.0.0.1:1", tmp_path / "spool", **changes)
    assert "MIIsecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "changes", "words"),
    [
        ("snowflake://", {}, "names no Snowflake account"),
        ("snowflake://user:pw@acme-prod", {}, "names no Snowflake account"),
        ("snowflake://acme-prod?password=x", {}, "names no Snowflake account"),
        ("snowflake://acme-prod?host=h:x", {}, "is no port"),
        ("snowflake://acme-prod", {"user": None}, "option user"),
        ("snowflake://acme-prod", {"token": None}, "private_key or token"),
        ("snowflake://acme-prod", {"private_key": "env:K"}, "private_key or token"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, location: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        Snowflake().collect(
            location, options(**changes), tmp_path, periods=None, now=NOW, progress=None
        )
    assert "pw" not in str(caught.value)


def test_without_the_connector_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "snowflake.connector", None)
    with pytest.raises(SourceError, match=r"pip install 'outlay\[snowflake\]'"):
        run("127.0.0.1:1", tmp_path)


def test_accounts_are_named_as_the_bill_names_them() -> None:
    assert place_of("snowflake://ACME-PROD") == Place("ACME-PROD")
    assert Place("ACME-PROD").name == "PROD"
    assert Place("xy12345.eu-west-1").name == "xy12345"
    linked = place_of("snowflake://ACME-PROD?host=acme-prod.privatelink.snowflakecomputing.com")
    assert linked.host == "acme-prod.privatelink.snowflakecomputing.com"


def test_values_keep_every_digit() -> None:
    zone = timezone(timedelta(hours=-7))
    values = {
        Decimal("12345678901234567890.000000001"): "12345678901234567890.000000001",
        Decimal("1E-9"): "0.000000001",
        1e-7: "0.0000001",
        True: "true",
        7: "7",
        date(2026, 10, 5): "2026-10-05",
        datetime(2026, 10, 4, 22, 0, 0, 1000, zone): "2026-10-05T05:00:00.001000Z",
    }
    assert [exact(value) for value in values] == list(values.values())
    assert exact(None) is None
