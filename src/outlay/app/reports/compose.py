"""A report as it would be sent now: the document, and its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from outlay.access import Principal, acting, whole_ledger
from outlay.app.reports import panels, results
from outlay.app.reports import statements as of_statements
from outlay.app.reports.owners import scope_text
from outlay.app.runs import utc_now
from outlay.money.display import moment
from outlay.query import MEASURES, CostQuery
from outlay.reports.document import Block, Document, File, Note
from outlay.reports.model import ReportSpec
from outlay.reports.render.files import files as rendered

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Composed:
    """A document with the way to its files. `own` are forms that do not come from the document
    (statements have files of their own)."""

    document: Document
    own: Callable[[Sequence[str]], list[File]] | None = None
    own_forms: tuple[str, ...] = ()

    def files(self, forms: Sequence[str]) -> list[File]:
        """The files of some forms, in their order."""
        found: list[File] = []
        for form in forms:
            if self.own is not None and form in self.own_forms:
                found += self.own([form])
            else:
                found += rendered(self.document, [form])
        return found


@dataclass(frozen=True)
class _Told:
    """What a content gives: its parts of the document, and files of its own."""

    parts: dict[str, Any]
    own: Callable[[Sequence[str]], list[File]] | None = None


def compose(
    workspace: Workspace,
    name: str,
    spec: ReportSpec,
    principal: Principal,
    *,
    now: datetime | None = None,
    late: str = "",
) -> Composed:
    """What a report says with the eyes of a principal.

    `now` (UTC, naive) is what relative ranges count from. Raises what its content raises when it
    cannot be answered: a report is whole or it is not sent.
    """
    at = now or utc_now()

    def as_principal(forms: Sequence[str]) -> list[File]:
        assert told.own is not None
        with acting(principal):
            return told.own(forms)

    with acting(principal):
        told = _CONTENTS[spec.content.kind](workspace, spec, at)
    parts: dict[str, Any] = {
        "title": spec.title or name,
        "company": workspace.name,
        "made_at": utc_now(),
        "scope": scope_text(principal),
        "freshness": freshness(workspace),
        "late": late,
        "footer": _footer(workspace, name, principal),
        "name": name,
    }
    parts |= told.parts
    if spec.title:
        parts["title"] = spec.title
    parts["blocks"] = said_once(parts["blocks"])
    document = Document(**parts)
    if told.own is None:
        return Composed(document)
    return Composed(document, as_principal, of_statements.OWN_FORMS)


def said_once(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks without notes that were read before: panels share their rates and warnings."""
    seen: set[Note] = set()
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Note):
            if block in seen:
                continue
            seen.add(block)
        found.append(block)
    return tuple(found)


def freshness(workspace: Workspace) -> str:
    """How new the figures are: the newest delivery, and what is late."""
    # A count and a time, whoever asks: it must not depend on the part that is seen.
    with whole_ledger():
        sources = workspace.sources()
    newest = max((s.last_delivery_at for s in sources if s.last_delivery_at), default=None)
    if newest is None:
        return "No bill was delivered yet."
    behind = [s for s in sources if s.error or s.freshness in ("late", "missing")]
    late = (
        f" {len(behind)} of {len(sources)} sources {'is' if len(behind) == 1 else 'are'} late."
        if behind
        else ""
    )
    return f"Last delivery {moment(newest)}.{late}"


def link_to(workspace: Workspace, path: str) -> str:
    """A page's address as people can open it; '' where the workspace has no public address."""
    base = workspace.settings.login.public_url
    return f"{base}{path}" if base and path else ""


def _footer(workspace: Workspace, name: str, principal: Principal) -> str:
    where = link_to(workspace, f"/reports/{quote(name)}")
    made = f"Report {name}, made with the eyes of {principal.title}."
    return f"{made} When and to whom it is sent: {where}" if where else made


# --- contents -----------------------------------------------------------------------------------


def _view(workspace: Workspace, spec: ReportSpec, now: datetime) -> _Told:
    resource = workspace.view(spec.content.view)
    query = workspace.view_query(spec.content.view)
    return _Told(of_query(workspace, query, now, spec.content.view, resource.spec))


def of_query(
    workspace: Workspace, query: CostQuery, now: datetime, name: str, about: Any = None
) -> dict[str, Any]:
    """The parts of a document that one question gives."""
    from outlay.app.home.addresses import explore

    result = workspace.query(query, now=now)
    measures = ", ".join(c.title for c in result.columns if c.role == "measure")
    only = f"Only where {query.where}." if query.where else ""
    return {
        "title": str(getattr(about, "title", "") or name),
        "subtitle": str(getattr(about, "description", "")).rstrip("."),
        "period": results.period_text(result),
        "measure": f"{measures}, {result.currency}" if result.currency else measures,
        "link": link_to(workspace, explore(query)),
        "blocks": tuple([*results.blocks(result, name), *_small(only)]),
    }


def _small(text: str) -> list[Block]:
    return [Note(text)] if text else []


def _dashboard(workspace: Workspace, spec: ReportSpec, now: datetime) -> _Told:
    from outlay.app.dashboards.answers import answers
    from outlay.app.dashboards.keeping import find
    from outlay.query import ranges

    board = find(workspace, spec.content.dashboard)
    found = answers(workspace, board.spec, now)
    spans = {a.result.range for a in found if a.result is not None and a.result.range}
    measures = dict.fromkeys(
        c.title for a in found if a.result for c in a.result.columns if c.role == "measure"
    )
    period = results.days_text(spans.pop()) if len(spans) == 1 else ""
    if board.spec.range and not period and ranges.is_relative(board.spec.range):
        period = board.spec.range.replace("-", " ").capitalize()
    return _Told(
        {
            "title": board.title,
            "subtitle": board.spec.description.rstrip("."),
            "period": period,
            "measure": ", ".join(measures),
            "link": link_to(workspace, f"/dashboards/{quote(spec.content.dashboard)}"),
            "blocks": tuple(panels.blocks(found)),
        }
    )


def _statements(workspace: Workspace, spec: ReportSpec, now: datetime) -> _Told:
    from outlay.app import statements as app

    wanted = spec.content.statements
    assert wanted is not None
    period = of_statements.month_of(workspace, wanted, now.date())
    if wanted.value:
        whole, one = app.statement(workspace, wanted.plan, period, wanted.value)
        path = f"/statements/{quote(wanted.plan)}/{period}/{quote(wanted.value, safe='')}"
    else:
        whole, one = app.month(workspace, wanted.plan, period), None
        path = "/statements?" + urlencode({"tag": wanted.plan, "month": str(period)})
    parts = {
        "title": f"{whole.title}: {one.label}" if one else whole.title,
        "subtitle": f"{whole.spec['mode'].capitalize()}, {whole.state}",
        "period": f"{period.start:%B %Y}",
        "measure": f"{MEASURES[whole.spec['measure']].title}, {whole.currency}",
        "link": link_to(workspace, path),
        "blocks": tuple(of_statements.blocks(whole, one)),
    }

    def own(forms: Sequence[str]) -> list[File]:
        return of_statements.files(workspace, wanted, period, forms)

    return _Told(parts, own)


def _home(workspace: Workspace, spec: ReportSpec, now: datetime) -> _Told:
    from outlay.app.reports import homes

    home = homes.home_of(workspace, spec.content.home, now)
    return _Told(
        {
            "title": f"Home of {home.asked.persona.title.lower()}",
            "subtitle": home.asked.persona.about.rstrip("."),
            "link": link_to(workspace, f"/home/{quote(spec.content.home)}"),
            "blocks": tuple(homes.blocks(home)),
        }
    )


_CONTENTS: dict[str, Callable[[Workspace, ReportSpec, datetime], _Told]] = {
    "view": _view,
    "dashboard": _dashboard,
    "statements": _statements,
    "home": _home,
}


def dated(composed: Composed, stamp: str) -> Composed:
    """The same with files named by the moment for which it is made."""
    document = replace(composed.document, name=f"{composed.document.name}-{stamp}")
    return replace(composed, document=document)
