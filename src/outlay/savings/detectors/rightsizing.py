"""Right-sizing by processors and memory, for series whose price follows their size.

Both peaks must be known: a machine without a reading of its memory is never made smaller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import Billed, Window, finding, lacking, part
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import FILLS, PEAKS, Reading, readings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Finding, Headroom, Insufficient

LIMITS = (
    Parameter("cpu_limit", Decimal(60), "How busy the processors may be after it, at their peak",
              "percent", least=Decimal(10), most=Decimal(95)),
    Parameter("memory_limit", Decimal(80), "How full the memory may be after it, at its peak",
              "percent", least=Decimal(10), most=Decimal(95)),
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A smaller size: its name, its processors and the present size's."""

    name: str
    processors: int
    now: int

    def after(self, peak: Decimal) -> Decimal:
        """A peak of the present size, in percent, on this one: to two decimals."""
        return rounded(Fraction(peak) * self.now / self.processors, 2)


Peaks = Mapping[str, Mapping[str, Reading]]
"""Metric → resource → its peak."""


def all_peaks(facts: Facts, window: Window, bills: Sequence[Billed]) -> Peaks:
    """The peaks that right-sizing needs, asked once for all machines."""
    return {
        "cpu": readings(facts, "cpu", window, bills, PEAKS),
        "memory": readings(facts, "memory", window, bills, FILLS),
    }


def rightsized(
    detector: Detector,
    measured: Peaks,
    settings: Settings,
    window: Window,
    one: Billed,
    current: str,
    steps: Sequence[Step],
    where: str = "",
) -> Iterator[Finding | Insufficient]:
    """The smallest of `steps` (the smallest first) that both peaks fit on; Insufficient where a
    peak is missing, nothing where the size is right."""
    if not steps or monthly(one.open, one.span(window)) < settings.minimum_saving:
        return
    busy: dict[str, Reading] = {}
    for metric, known in measured.items():
        reading = known.get(one.resource)
        if reading is None or reading.days < detector.minimum_days:
            seen = "no peak measured" if reading is None else f"measured on {reading.days} days"
            missing = (
                f"{metric}: {seen} in the last {window.days} days; {detector.minimum_days} days of "
                f"{', '.join(PEAKS[:-1])} or {PEAKS[-1]} are needed, averages hide peaks"
            )
            yield lacking(detector, one, window, missing)
            return
        busy[metric] = reading
    limits = {name: settings.number(f"{name}_limit") for name in busy}
    for step in steps:
        if all(step.after(busy[name].highest) <= limits[name] for name in busy):
            break
    else:
        return
    freed = Fraction(step.now - step.processors, step.now)
    span = one.span(window)
    yield from finding(
        detector, one, window,
        title=f"Resize {one.name} from {current} to {step.name}",
        saving=part(one.open, freed, span),
        saving_list=part(one.open_list, freed, span),
        current=current, recommended=step.name, where=where,
        evidence=(
            *(Evidence(f"Highest peak of {name}", reading.highest, "percent",
                       f"utilization {name}, {reading.statistic}, {reading.days} days")
              for name, reading in busy.items()),
            Evidence("Processors now", Decimal(step.now)),
            Evidence("Processors after", Decimal(step.processors)),
        ),
        headroom=tuple(
            Headroom(name, reading.statistic, reading.highest, step.after(reading.highest))
            for name, reading in busy.items()
        ),
        reasons=(
            f"at their peaks processors would be {step.after(busy['cpu'].highest)} % busy and "
            f"memory {step.after(busy['memory'].highest)} % full",
        ),
    )  # fmt: skip
