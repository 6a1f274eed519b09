"""Short-lived machines on demand, and fleets that do not follow their load."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.savings.detectors.aws.fleets import ELASTIC, SPOT
from tests.savings.detectors.aws_bill import PLAN, asked, covered, line, savings, unused
from tests.savings.facts import TODAY, TableFacts, each_day

TAG: dict[str, Any] = {"Tags": {"app": "exports"}, "x_Operation": "RunInstances"}


def lives(days: int = 10, hours: str = "5", **more: Any) -> list[dict[str, Any]]:
    """Two new machines on each of the last days but one, of so many hours and a dollar each."""
    return [
        line(f"i-{n}-{m}", "BoxUsage:m6i.large", "1", hours, **TAG)
        | {"ChargeDay": TODAY - timedelta(days=n + 2)}
        | more
        for n in range(days)
        for m in range(2)
    ]


def test_machines_of_five_hours_a_day() -> None:
    (one,), _ = asked(SPOT, TableFacts(lives()))
    # 20 machines of a dollar in 30 days; spot takes 55 % off.
    assert (str(one.monthly_saving), str(one.monthly_cost)) == ("11.00", "20.00")
    assert one.where == (
        "SubAccountId = '111122223333' AND tags.app = 'exports' AND "
        "(SkuMeter LIKE '%Usage:m6i.large' OR x_UsageType LIKE '%Usage:m6i.large')"
    )
    assert one.action == "ChangePurchaseOption"


def test_machines_of_the_last_day_may_still_run() -> None:
    young = [
        line(f"i-new-{n}", "BoxUsage:m6i.large", "1", "5", **TAG)
        | {"ChargeDay": TODAY - timedelta(days=1)}
        for n in range(30)
    ]
    assert savings(SPOT, [*lives(), *young]) == ["11.00"]


def test_by_the_bills_own_price_of_spot() -> None:
    spot = line("i-s", "SpotUsage:m6i.large", "0.3", "10", ListCost=Decimal(1), x_Operation="x",
                PricingCategory="Dynamic")  # fmt: skip
    # 70 % off.
    assert savings(SPOT, [*lives(), *each_day(spot)]) == ["14.00"]


def test_parameters_at_their_edge() -> None:
    assert savings(SPOT, lives(hours="6")) == [], "not less than six"
    assert savings(SPOT, lives(hours="6"), most_hours=Decimal(7)) == ["11.00"]
    assert savings(SPOT, lives(4), least_machines=Decimal(8)) == [], "four days"
    assert savings(SPOT, lives(5)) == ["5.50"]
    assert savings(SPOT, lives(5), least_machines=Decimal(11)) == []


def test_machines_that_live_on_spot_licences_and_no_fleet() -> None:
    same = [row | {"ResourceId": "i-1"} for row in lives()]
    assert savings(SPOT, same) == []
    assert savings(SPOT, lives(PricingCategory="Dynamic")) == []
    assert savings(SPOT, lives(x_Operation="RunInstances:0002")) == []
    assert savings(SPOT, lives(Tags={})) == []
    rows = [covered(row, "0.5") for row in lives()]
    assert savings(SPOT, [*rows, *each_day(unused(PLAN, "1"))]) == []


APP: dict[str, Any] = {"Tags": {"aws:autoscaling:groupName": "web"}}
MACHINES = [line(f"i-{n}", "BoxUsage:m6i.large", "10", **APP) for n in range(2)]
LOAD = line("arn:lb/1", "LCUUsage", "1", "100", x_ServiceCode="AWSELB",
            ServiceName="Elastic Load Balancing", **APP)  # fmt: skip


def wave(low: str = "50") -> list[dict[str, Any]]:
    """Four weeks of a load of 100 on weekdays and `low` on weekends."""
    rows = each_day(LOAD, 28)
    for row in rows:
        if row["ChargeDay"].weekday() >= 5:
            row["ConsumedQuantity"] = Decimal(low)
    return rows


def fleet(rows: list[dict[str, Any]] = MACHINES, days: int = 28) -> list[dict[str, Any]]:
    return [day for row in rows for day in each_day(row, days)]


def test_a_flat_fleet_under_a_weekly_wave() -> None:
    (one,), lacking = asked(ELASTIC, TableFacts([*fleet(), *wave()]))
    # Eight weekend days of 28 need half of 20.00: 80.00, of which 80 % are counted: 64 × 30/28.
    assert (str(one.monthly_saving), one.action, lacking) == ("68.57", "ScaleIn", [])
    assert str(one.monthly_cost) == "600.00"
    assert "tags.\"aws:autoscaling:groupName\" = 'web'" in one.where


def test_the_floor_and_the_wave_at_their_edge() -> None:
    rows = fleet()
    # 10 % of the load would need 10 %, but 34 % stay: 8 × 20 × 0.66 × 0.8 × 30/28.
    assert savings(ELASTIC, [*rows, *wave("10")]) == ["90.51"]
    assert len(savings(ELASTIC, [*rows, *wave("80")])) == 1
    assert savings(ELASTIC, [*rows, *wave("81")]) == []
    assert savings(ELASTIC, [*rows, *wave("50")], floor_percent=Decimal(100)) == []


def test_a_fleet_that_follows_one_machine_and_a_month_too_short() -> None:
    follows = fleet()
    for row in follows:
        if row["ChargeDay"].weekday() >= 5:
            row["ConsumedQuantity"] = Decimal(21)
    assert savings(ELASTIC, [*follows, *wave()]) == [], "12.5 % less at weekends"
    assert savings(ELASTIC, [*fleet(MACHINES[:1]), *wave()]) == []
    assert savings(ELASTIC, [*fleet(days=27), *wave()]) == []


def hours(row: dict[str, Any], units: Any, days: int = 28) -> list[dict[str, Any]]:
    """A line for each hour of four weeks; `units` by the hour of the day."""
    first = datetime.combine(TODAY - timedelta(days=days), datetime.min.time())
    return [
        row | {
            "ChargePeriodStart": first + timedelta(hours=n),
            "ChargePeriodEnd": first + timedelta(hours=n + 1),
            "ConsumedQuantity": Decimal(units(n % 24)), "EffectiveCost": Decimal("0.5"),
        }
        for n in range(24 * days)
    ]  # fmt: skip


def test_a_flat_fleet_under_a_daily_wave_of_a_bill_by_the_hour() -> None:
    machines = [one for row in MACHINES for one in hours(row, lambda hour: 1)]
    # Every day has the same load: 100 from 8 to 20 o'clock, 40 at night.
    load = hours(LOAD, lambda hour: 100 if 8 <= hour < 20 else 40)
    by_day = [*fleet(), *each_day(LOAD, 28)]
    assert savings(ELASTIC, by_day) == [], "days are the same"
    (one,), lacking = asked(ELASTIC, TableFacts(by_day, charges=[*machines, *load]))
    # 12 of 24 hours at 1.00 need 40 %: 28 × 12 × 0.60 = 201.60, of which 80 %, × 30/28.
    assert (str(one.monthly_saving), str(one.monthly_cost), lacking) == ("172.80", "720.00", [])
    assert one.current == "as many machines every hour"
    # At night one machine of two stops: the hours follow.
    follows = hours(MACHINES[1], lambda hour: 1 if 8 <= hour < 20 else 0)
    rows = [*hours(MACHINES[0], lambda hour: 1), *follows, *load]
    assert asked(ELASTIC, TableFacts(charges=rows)) == ([], [])


def test_the_load_of_an_api_tells_where_there_is_no_balancer() -> None:
    api = {"x_ServiceCode": "AmazonApiGateway", "SkuMeter": "ApiGatewayRequest",
           "x_UsageType": None}  # fmt: skip
    assert savings(ELASTIC, [*fleet(), *(row | api for row in wave())]) == ["68.57"]
    queue = api | {"x_ServiceCode": "AWSQueueService"}
    assert savings(ELASTIC, [*fleet(), *(row | queue for row in wave())]) == []


def test_without_a_load_nobody_knows() -> None:
    found, (lacking,) = asked(ELASTIC, TableFacts(fleet()))
    assert (found, lacking.resource, str(lacking.monthly_cost)) == ([], "web", "600.00")
    other = [row | {"Tags": {"app": "else"}} for row in wave()]
    assert len(asked(ELASTIC, TableFacts([*fleet(), *other]))[1]) == 1
    assert asked(ELASTIC, TableFacts(fleet()), least_cost=Decimal(601)) == ([], [])


def test_what_a_plan_covers_of_a_fleet_saves_nothing() -> None:
    half = [MACHINES[0], covered(MACHINES[1], "6")]
    rows = [*fleet(half), *wave(), *each_day(unused(PLAN, "1"), 28)]
    (one,), _ = asked(ELASTIC, TableFacts(rows))
    # Half of the 68.57 above; all of it at list.
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("34.29", "68.57")
    assert any("commitment" in reason for reason in one.reasons)
    whole = [covered(row, "6") for row in MACHINES]
    assert savings(ELASTIC, [*fleet(whole), *wave(), *each_day(unused(PLAN, "1"), 28)]) == []
