"""Right-sizing of machines and databases, by processors and memory together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.catalog import Machine, baseline, machine, smaller
from outlay.savings.detectors.aws.measured import (
    FULL,
    LIVES,
    PEAK,
    Measured,
    Stat,
    TypePrices,
    evidence_of,
    insufficient,
    lacks,
    measured,
    with_headroom,
)
from outlay.savings.detectors.aws.parts import PROVIDER, Part, cost_of, found, metered, parts, seen
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Headroom, Insufficient

_METRICS = ("cpu", "memory", "memory_available")
_WHOLE = Decimal(100)
_AGENT = "CloudWatch's agent measures it; without it no machine is made smaller"
_FREE = "the minimum of FreeableMemory; without it no database is made smaller"

LIMITS = (
    Parameter("cpu_headroom", Decimal(20), "What is to be left of the processors at their peak",
              "percent of the smaller size", least=Decimal(5), most=Decimal(80)),
    Parameter("memory_headroom", Decimal(20), "What is to be left of the memory at its peak",
              "percent of the smaller size", least=Decimal(5), most=Decimal(80)),
    Parameter("least_days", Decimal(14), "On how many days of the window it must be measured",
              "days", least=Decimal(7), most=Decimal(30)),
)  # fmt: skip


@dataclass(frozen=True)
class _Busy:
    """How busy a machine gets: percent of its processors and memory, the mean of its processors
    (None where no average was measured), and the figures that say it."""

    cpu: Decimal
    memory: Decimal
    mean: Decimal | None
    cpu_statistic: str
    memory_statistic: str
    evidence: tuple[Evidence, ...]


def _instances(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    where = f"resource <> '' AND NOT spot AND code = 'AmazonEC2' AND {LIVES}"
    yield from _sizes(facts, settings, INSTANCES, "^BoxUsage:", where)


def _databases(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    meters = "^(InstanceUsage|Multi-AZUsage):db[.]"
    yield from _sizes(facts, settings, DATABASES, meters, "resource <> '' AND code = 'AmazonRDS'")


def _sizes(
    facts: Facts, settings: Settings, detector: Detector, meters: str, where: str
) -> Iterator[Finding | Insufficient]:
    days = detector.window_days
    billed = [
        part for part in parts(facts, meters, days, where=where, by=("meter",))
        if part.there and part.span >= detector.minimum_days
    ]  # fmt: skip
    if not billed:
        return
    known = measured(facts, _METRICS, billed, days)
    prices = TypePrices(facts, days)
    for part in billed:
        now = machine(part.meter.partition(":")[2])
        if now is None or not smaller(now):
            continue
        if part.a_month(part.falls) < settings.minimum_saving:
            continue  # nothing of it can be saved: a commitment pays for it
        busy = _busy(known, part, now, settings)
        if isinstance(busy, _Busy):
            one = _smaller(part, now, busy, prices, settings, detector)
            if one:
                yield one
        else:
            yield insufficient(detector, part, busy)


def _busy(known: Measured, part: Part, now: Machine, settings: Settings) -> _Busy | tuple[str, ...]:
    """How busy it gets; what is missing, in words, where that is not known."""
    days = int(settings.number("least_days"))
    cpu = known.of(part.resource, "cpu", PEAK)
    memory = known.of(part.resource, "memory", FULL)
    free = known.of(part.resource, "memory_available", ("minimum",))
    if memory is None and free is not None:
        memory = _used(free, now)
    mean = known.of(part.resource, "cpu", ("average",))
    missing = (
        lacks(cpu, days, "processors", f"{', '.join(PEAK)}: an average hides peaks"),
        lacks(memory, days, "memory", _AGENT if not now.family.startswith("db.") else _FREE),
    )
    if cpu is None or memory is None or any(missing):
        return missing
    if baseline(now) is not None and (mean is None or mean.days < days):
        return ("processors, average: a burstable machine is sized by it",)
    figures = [evidence_of(cpu, "cpu", "percent"), evidence_of(memory, "memory", "percent")]
    if mean is not None:
        figures.append(
            Evidence("cpu, mean", mean.mean, "percent", f"cpu average, {mean.days} days")
        )
    return _Busy(
        cpu.highest, memory.highest, mean.mean if mean else None, cpu.statistic, memory.statistic,
        tuple(figures),
    )  # fmt: skip


def _used(free: Stat, now: Machine) -> Stat:
    """Memory that was free as the percent that was used, by the size of the machine."""
    used = max(Decimal(0), 1 - free.lowest / now.memory_bytes) * _WHOLE
    value = rounded(Fraction(used), 2)
    return Stat("maximum", value, value, value, value, free.days)


def _smaller(
    part: Part, now: Machine, busy: _Busy, prices: TypePrices, settings: Settings,
    detector: Detector,
) -> Finding | None:  # fmt: skip
    """The smallest machine that leaves the headroom; None where there is none that costs less."""
    cpu_limit = _WHOLE - settings.number("cpu_headroom")
    memory_limit = _WHOLE - settings.number("memory_headroom")
    for target in reversed(smaller(now)):
        cpu = rounded(Fraction(busy.cpu) * now.vcpu / target.vcpu, 2)
        memory = rounded(Fraction(busy.memory) * Fraction(now.memory) / Fraction(target.memory), 2)
        if cpu > cpu_limit or memory > memory_limit:
            continue
        allowed = baseline(target)
        if allowed is not None and busy.mean is not None:
            steady = rounded(Fraction(busy.mean) * now.vcpu / target.vcpu, 2)
            if steady > allowed:
                continue
        quotient = prices.quotient(part, target.type)
        if quotient is None or quotient.value >= 1:
            continue
        off = 1 - quotient.value
        one = found(
            detector, part, rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
            f"Run {part.called} on {target.type} instead of {now.type}",
            f"{rounded(off * 100, 2)} % of what it costs outside commitments in {part.span} days, "
            f"as {MONTH_DAYS} days; by {quotient.source}",
            saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
            where=metered(part, f"{part.meter.partition(':')[0]}:%"),
            current=now.type, recommended=target.type,
            evidence=(cost_of(part), seen(part), *busy.evidence, *quotient.evidence),
            reasons=(
                f"{now.vcpu} processors and {now.memory.normalize():f} GiB now, {target.vcpu} and "
                f"{target.memory.normalize():f} GiB after",
            ),
            confidence=detector.confidence if busy.cpu_statistic != "maximum" else "high",
        )  # fmt: skip
        return with_headroom(one, (
            Headroom("cpu", busy.cpu_statistic, rounded(Fraction(busy.cpu), 2), cpu),
            Headroom("memory", busy.memory_statistic, rounded(Fraction(busy.memory), 2), memory),
        ))  # fmt: skip
    return None


_PREDICATE = (
    "At its peak (p99 or maximum of the processors, maximum or p99 of the memory) over {days} days "
    "it would still leave the headroom of processors and of memory on a smaller size of its own "
    "family{more}. Without a measurement of memory nothing is said."
)
_FORMULA = (
    "What it cost outside commitments × (1 − list price of the smaller size ÷ its own): the list "
    "prices of this bill in the region where it has both, else AWS's list prices by their day."
)

INSTANCES = Detector(
    id="aws-ec2-rightsize",
    title="Machines larger than their load",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate=_PREDICATE.format(
        days=14, more=", and a burstable one stays below the baseline of the smaller"
    ),
    formula=_FORMULA,
    verification="The machine's charges are BoxUsage of the smaller type, and its processors and "
    "memory stay below their limits.",
    action="Rightsize",
    group="size",
    effort="Medium",
    confidence="medium",
    find=_instances,
    restart=True,
    risk="Loads that come once a month are not in the window; the machine is stopped to change it.",
    metrics=("cpu", "memory", "memory_available"),
    exclusions=(
        "machines of autoscaling groups, and spot machines",
        "nodes whose cost pods share out",
        "machines younger than 14 days",
        "other architectures and families: they are recommendations of their own",
    ),
    parameters=LIMITS,
    source="OptScale rightsizing_instances (with memory), AWS Compute Optimizer",
)

DATABASES = Detector(
    id="aws-rds-rightsize",
    title="Databases larger than their load",
    provider=PROVIDER,
    service="AmazonRDS",
    inputs=("daily", "utilization"),
    window_days=14,
    minimum_days=14,
    predicate=_PREDICATE.format(
        days=14, more=" of RDS, memory by FreeableMemory and the class's size"
    ),
    formula=_FORMULA,
    verification="The database's charges are of the smaller class, and its processors and memory "
    "stay below their limits.",
    action="Rightsize",
    group="size",
    effort="Medium",
    confidence="medium",
    find=_databases,
    restart=True,
    risk="Databases use free memory as a cache: with less of it they read more from disk. The "
    "change takes the database away for some minutes, less with a standby.",
    metrics=("cpu", "memory", "memory_available"),
    exclusions=(
        "databases younger than 14 days",
        "Aurora Serverless, which sizes itself",
        "storage and its operations, which a smaller class keeps",
    ),
    parameters=LIMITS,
    source="OptScale rightsizing_rds (with memory), AWS Compute Optimizer",
)

DETECTORS = (INSTANCES, DATABASES)
