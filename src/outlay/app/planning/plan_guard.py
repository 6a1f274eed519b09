"""What must hold between a plan's settings and its versions, asked within every change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from outlay.planning.plans.codec import frame_of_json
from outlay.planning.plans.kind import FRAME, PLAN, PlanSpec, frame_of
from outlay.planning.plans.store import forget_drafts, versions_kept
from outlay.resources import ResourceError, ResourceInUseError
from outlay.resources.tables import plan_versions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outlay.planning.plans.model import Frame
    from outlay.resources.store import Prospect


def check_plans(prospect: Prospect) -> None:
    """Let a change of plans pass, or raise: ResourceError when it changes what versions are of,
    ResourceInUseError when it removes a plan that was ever submitted. A draft goes with its plan.
    """
    for (kind, name), spec in prospect.put.items():
        if kind == PLAN.name and isinstance(spec, PlanSpec):
            _check_frame(prospect.connection, name, spec)
    for kind, name in sorted(prospect.removed - prospect.put.keys()):
        if kind != PLAN.name:
            continue
        kept = versions_kept(prospect.connection, name)
        if set(kept) - {"draft"}:
            raise ResourceInUseError(
                f"the plan {name!r} cannot be removed: versions of it were submitted or approved, "
                "and stay. Put it away with archived: true."
            )
        forget_drafts(prospect.connection, name)


def _check_frame(connection: Connection, name: str, spec: PlanSpec) -> None:
    frame = _kept_frame(connection, name)
    if frame is None:
        return
    new = frame_of(name, spec, frame.currency)
    pairs = {
        "starts": (str(new.first), str(frame.first)),
        "measure": (new.measure, frame.measure),
        "currency": (new.currency, frame.currency),
        "hierarchy": (new.hierarchy, frame.hierarchy),
        "where": (new.where, frame.where),
        "rates": (new.rates, frame.rates),
    }
    changed = [field for field in FRAME if pairs[field][0] != pairs[field][1]]
    if changed:
        raise ResourceError(
            f"{changed[0]} of the plan {name!r} cannot be changed: its versions are of "
            f"{pairs[changed[0]][1]!r}. Throw the draft away if there is nothing else, or make "
            "another plan."
        )


def _kept_frame(connection: Connection, name: str) -> Frame | None:
    t = plan_versions
    query = select(t.c.document).where(t.c.plan == name).order_by(t.c.version.desc()).limit(1)
    text = connection.execute(query).scalar()
    return None if text is None else frame_of_json(json.loads(text)["frame"])
