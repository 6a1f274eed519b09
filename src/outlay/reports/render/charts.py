"""Charts as pictures: PNG for mails, SVG for paper. The table beside a chart has its figures.

Floats are only what is drawn; no amount comes back from here.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from outlay.money.display import short
from outlay.reports.document import Chart

COLOURS = (
    "#2f6bd0", "#e38b22", "#1b9a88", "#c64b74", "#7b62d0", "#8b9a22",
    "#4fb0e6", "#9a5b33", "#dd8fb5", "#2f7d4f", "#c9a30c", "#55678f",
)  # fmt: skip
OTHER = "#98a2b0"
NOBODY = "#c3c9d2"
_INK, _FAINT, _GRID = "#17202e", "#5d6979", "#dde1e8"
_FONTS = ["Noto Sans", "Liberation Sans", "DejaVu Sans", "Arial", "sans-serif"]
_WIDTH = 6.6  # inches: a mail's column, and that of an A4 page
_MOST_TICKS = 13
_PNG_DPI = 180
_LONGEST_NAME = 34


def can_draw() -> bool:
    """Whether the drawing library is installed; without it documents have their tables alone."""
    return importlib.util.find_spec("matplotlib") is not None


def png(chart: Chart) -> bytes:
    """The chart as a picture on white, which is legible in light and in dark mails."""
    return _saved(chart, "png")


def svg(chart: Chart) -> str:
    """The chart as an ``<svg>`` element, its texts as texts."""
    text = _saved(chart, "svg").decode()
    return text[text.index("<svg") :]


def colour(name: str, place: int) -> str:
    """The colour of a series: Other and what has no value are grey."""
    if name == "Other":
        return OTHER
    return NOBODY if name == "(none)" else COLOURS[place % len(COLOURS)]


def _saved(chart: Chart, form: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {
        "font.family": "sans-serif",
        "font.sans-serif": _FONTS,
        "font.size": 8.5,
        "svg.fonttype": "none",
        "svg.hashsalt": "outlay",  # the same chart gives the same bytes
        "axes.unicode_minus": False,
    }
    with mpl.rc_context(settings):
        height = _rank_height(chart) if chart.form == "rank" else 2.7
        figure = Figure(figsize=(_WIDTH, height), facecolor="white", layout="constrained")
        axes = figure.add_subplot()
        _frame(axes)
        if chart.form == "rank":
            _rank(axes, chart)
        else:
            _over_time(figure, axes, chart)
        buffer = io.BytesIO()
        kept = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(buffer, format=form, dpi=_PNG_DPI, metadata=kept)
    return buffer.getvalue()


def _frame(axes: Any) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    axes.tick_params(length=0, colors=_FAINT)
    axes.set_axisbelow(True)


def _over_time(figure: Any, axes: Any, chart: Chart) -> None:
    places = range(len(chart.labels))
    if chart.form == "stack":
        _stacks(axes, chart)
    else:
        for index, line in enumerate(chart.series):
            tint = colour(line.name, index)
            axes.plot(places, _floats(line.values, None), color=tint, label=line.name, lw=1.8)
    axes.grid(axis="y", color=_GRID, lw=0.6)
    axes.axhline(0, color=_GRID, lw=0.8)
    axes.yaxis.set_major_formatter(lambda value, _: _tick(value))
    step = max(1, -(-len(chart.labels) // _MOST_TICKS))
    axes.set_xticks(list(places)[::step], list(chart.labels)[::step])
    axes.set_xlim(-0.6, len(chart.labels) - 0.4)
    if len(chart.series) > 1:
        names = [_short_name(line.name) for line in chart.series]
        handles = axes.get_legend_handles_labels()[0]
        figure.legend(
            handles, names, loc="outside lower center", ncols=min(3, len(names)), frameon=False,
            fontsize=7.5, labelcolor=_INK, handlelength=0.9, handleheight=0.9, columnspacing=1.4,
        )  # fmt: skip


def _tick(value: Any) -> str:
    """A round number of an axis: 50k, 0, 1.5M."""
    return (
        re.sub(r"\.?0+(?=[kMB]?$)", "", text) if "." in (text := short(_decimal(value))) else text
    )


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _stacks(axes: Any, chart: Chart) -> None:
    """Bars on one another; what is below zero hangs from it."""
    up = [0.0] * len(chart.labels)
    down = [0.0] * len(chart.labels)
    for index, line in enumerate(chart.series):
        values = _floats(line.values, 0.0)
        bottoms = [d if v < 0 else u for v, u, d in zip(values, up, down, strict=True)]
        axes.bar(
            range(len(values)), values, 0.72, bottom=bottoms, label=line.name,
            color=colour(line.name, index), edgecolor="white", linewidth=0.4,
        )  # fmt: skip
        up = [u + max(v, 0.0) for u, v in zip(up, values, strict=True)]
        down = [d + min(v, 0.0) for d, v in zip(down, values, strict=True)]


def _rank(axes: Any, chart: Chart) -> None:
    (line,) = chart.series
    values = _floats(line.values, 0.0)
    places = range(len(values))
    tints = [NOBODY if name == "(none)" else OTHER if name == "Other" else COLOURS[0]
             for name in chart.labels]  # fmt: skip
    bars = axes.barh(places, values, 0.66, color=tints)
    texts = [short(value) if value is not None else "" for value in line.values]
    axes.bar_label(bars, texts, padding=4, color=_INK, fontsize=8)
    axes.set_yticks(places, [_short_name(name) for name in chart.labels], color=_INK)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=_GRID, lw=0.8)
    axes.margins(x=0.12)


def _rank_height(chart: Chart) -> float:
    return 0.5 + 0.27 * max(2, len(chart.labels))


def _short_name(name: str) -> str:
    # matplotlib reads $…$ as a formula and hides names that begin with an underscore.
    plain = name.replace("$", r"\$")
    plain = f" {plain}" if plain.startswith("_") else plain
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "…"


def _floats(values: Sequence[Decimal | None], missing: Any) -> list[Any]:
    return [missing if value is None else float(value) for value in values]
