"""Machines and databases that do nothing, by what was measured of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.expression import text_literal
from outlay.savings.catalog import family_of
from outlay.savings.detectors.aws.measured import (
    HIGHEST,
    LIVES,
    Measured,
    evidence_of,
    insufficient,
    lacks,
    measured,
)
from outlay.savings.detectors.aws.parts import (
    PROVIDER,
    Part,
    cost_of,
    gone,
    metered,
    parts,
    seen,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import Evidence, Finding, Insufficient

_MEGABYTE = Decimal(10**6)
_RESTS = ("sum",)

LEAST_DAYS = Parameter(
    "least_days", Decimal(14), "On how many days of the window it must be measured", "days",
    least=Decimal(7), most=Decimal(14),
)  # fmt: skip


def _machines(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    where = f"resource <> '' AND NOT spot AND code = 'AmazonEC2' AND {LIVES}"
    billed = _there(facts, INSTANCES, "^BoxUsage:", where)
    known = measured(facts, INSTANCES.metrics, billed, INSTANCES.window_days)
    for part in billed:
        if part.a_month(part.falls) < settings.minimum_saving:
            continue
        one = _machine(known, part, settings)
        if one:
            yield one


def _machine(known: Measured, part: Part, settings: Settings) -> Finding | Insufficient | None:
    days = int(settings.number("least_days"))
    cpu = known.of(part.resource, "cpu", HIGHEST)
    received = known.of(part.resource, "network_in", _RESTS)
    sent = known.of(part.resource, "network_out", _RESTS)
    cpu_most = settings.number("cpu_most")
    if _works(known, part, "cpu", cpu_most):
        return None  # whatever else was measured
    missing = [
        lacks(cpu, days, "processors", "maximum or p99: an average hides peaks"),
        lacks(received, days, "network received", "the sum of bytes"),
        lacks(sent, days, "network sent", "the sum of bytes"),
    ]
    kind = family_of(part.meter.partition(":")[2])
    accelerated = kind is not None and kind[0][0] in "gp"
    gpu = known.of(part.resource, "gpu", HIGHEST)
    if accelerated:
        missing.append(lacks(gpu, days, "GPUs", "CloudWatch's agent measures them"))
    if cpu is None or received is None or sent is None or any(missing):
        return insufficient(INSTANCES, part, missing)
    traffic = received.day + sent.day
    if traffic >= settings.number("network_most") * _MEGABYTE:
        return None
    if _works(known, part, "gpu", cpu_most):
        return None
    figures = [evidence_of(cpu, "cpu", "percent")]
    if gpu is not None:
        figures.append(evidence_of(gpu, "gpu", "percent"))
    return gone(
        INSTANCES, part, f"Stop {part.called}: it does nothing",
        f"what the machine costs outside commitments, {part.span} days; its disks stay",
        where=metered(part, "BoxUsage:%"),
        current=part.meter.partition(":")[2], recommended="stopped",
        evidence=(
            cost_of(part), seen(part), *figures,
            Evidence("network of the busiest days", traffic, "bytes",
                     f"network_in and network_out, sum, {received.days} days"),
        ),
        reasons=(
            f"at most {cpu.highest.normalize():f} % of the processors and "
            f"{(traffic / _MEGABYTE).normalize():.3g} MB a day on every one of {cpu.days} days",
        ),
    )  # fmt: skip


def _works(known: Measured, part: Part, metric: str, least: Decimal) -> bool:
    """Whether any statistic says so: a p99 of more days does not undo a maximum of fewer."""
    stats = (known.of(part.resource, metric, (one,)) for one in HIGHEST)
    return any(stat is not None and stat.highest >= least for stat in stats)


def _databases(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    meters = "^(InstanceUsage|Multi-AZUsage):db[.]|^RDS:.*(Storage|IOPS)"
    billed = [
        part
        for part in _there(facts, DATABASES, meters, "resource <> '' AND code = 'AmazonRDS'")
        if ":db:" in part.resource or ":" not in part.resource
    ]
    classes = {
        part.resource
        for part in parts(facts, "^(InstanceUsage|Multi-AZUsage):", DATABASES.window_days)
    }
    known = measured(facts, DATABASES.metrics, billed, DATABASES.window_days)
    days = int(settings.number("least_days"))
    for part in billed:
        if part.resource not in classes or part.a_month(part.falls) < settings.minimum_saving:
            continue
        open_ = known.of(part.resource, "connections", ("maximum",))
        if open_ is not None and open_.highest > 0:
            continue
        missing = lacks(open_, days, "connections", "the maximum of DatabaseConnections")
        if open_ is None or missing:
            yield insufficient(DATABASES, part, (missing,))
            continue
        one = gone(
            DATABASES, part, f"Delete {part.called} after a snapshot: nobody connects to it",
            f"what the database and its storage cost outside commitments, {part.span} days; "
            "backups stay",
            where=f"{part.where} AND ({_meters()})",
            current="running", recommended="deleted, with a last snapshot",
            evidence=(cost_of(part), seen(part),
                      evidence_of(open_, "connections", "connections")),
            reasons=(f"no connection on every one of {open_.days} days",),
        )  # fmt: skip
        if one:
            yield one


def _meters() -> str:
    """The condition of charges of a database and its storage, whatever export they are from."""
    likes = ("%InstanceUsage:%", "%Multi-AZUsage:%", "%RDS:%Storage%", "%RDS:%IOPS%")
    return " OR ".join(
        f"{column} LIKE {text_literal(like)}"
        for column in ("x_UsageType", "SkuMeter")
        for like in likes
    )


def _there(facts: Facts, detector: Detector, meters: str, where: str) -> list[Part]:
    """Resources that are still on the bill, and were before the window's first days."""
    return [
        part for part in parts(facts, meters, detector.window_days, where=where)
        if part.there and part.span >= detector.minimum_days
    ]  # fmt: skip


INSTANCES = Detector(
    id="aws-ec2-idle",
    title="Machines that do nothing",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate="The highest load of its processors is below 5 %, and it receives and sends less "
    "than 5 MB a day, on every one of 14 days; GPUs, where it has some, are below 5 % too.",
    formula="What the machine cost outside commitments; disks and addresses go on.",
    verification="The machine has no charges of BoxUsage any more.",
    action="Stop",
    group="existence",
    effort="Low",
    confidence="high",
    find=_machines,
    restart=False,
    risk="Somebody may keep it for an emergency, or it works once a month.",
    metrics=("cpu", "network_in", "network_out", "gpu"),
    exclusions=(
        "machines of autoscaling groups, and spot machines",
        "nodes whose cost pods share out",
        "machines younger than 14 days",
    ),
    parameters=(
        Parameter("cpu_most", Decimal(5), "From this load of its processors on it works",
                  "percent", least=Decimal(1), most=Decimal(20)),
        Parameter("network_most", Decimal(5), "From so much traffic a day on it works", "MB",
                  least=Decimal(0), most=Decimal(1000)),
        LEAST_DAYS,
    ),
    source="AWS Compute Optimizer, idle EC2 instances",
)  # fmt: skip

DATABASES = Detector(
    id="aws-rds-idle",
    title="Databases that nobody connects to",
    provider=PROVIDER,
    service="AmazonRDS",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate="The highest number of connections is 0 on every one of 14 days.",
    formula="What the database and its storage cost outside commitments; backups go on.",
    verification="The database has no charges of instances and storage any more.",
    action="Delete",
    group="existence",
    effort="Medium",
    confidence="high",
    find=_databases,
    restart=False,
    risk="A replica that only waits for a failure has no connections either.",
    metrics=("connections",),
    exclusions=("databases younger than 14 days", "clusters' storage, which others may use"),
    parameters=(LEAST_DAYS,),
    source="AWS Trusted Advisor, idle RDS instances; Cloud Custodian (14 days)",
)

DETECTORS = (INSTANCES, DATABASES)
