"""Why a change happened, in one sentence: what the drivers of the change say of the same days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outlay.query.drivers.model import DriversError

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery


def sentence_of(at: At, query: CostQuery) -> str:
    """How much a question changed and the largest reason; '' where the drivers tell of other days
    than the home (some are not complete), of amounts that no rate converts, or of no change."""
    from outlay.app.drivers import drivers
    from outlay.query.drivers.sentence import sentence

    asked = at.plain(query)
    try:
        report = drivers(at.workspace, asked, against=at.against(query), now=at.asked.now)
    except DriversError:
        return ""
    same = report.range == at.period.days and report.previous_range == at.period.before
    bridges = [bridge for bridge in report.bridges if bridge.currency == at.currency]
    if not same or len(bridges) != 1 or len(report.bridges) != 1:
        return ""
    bridge = bridges[0]
    if bridge.before <= 0 or bridge.after <= 0 or not bridge.change:
        return ""
    return sentence(report)
