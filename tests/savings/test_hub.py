"""The Hub's file, read, merged and netted: what its notes say it adds up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from outlay.app.savings.counting import Looked, promises
from outlay.savings.merging import merged
from outlay.savings.model import Finding
from outlay.savings.netting import totals
from outlay.savings.recommendation import Recommendation
from tests.native.test_formats import of_shared
from tests.shared import needs_shared

NOW = datetime(2026, 11, 1)


def kept(number: int, key: str, findings: tuple[Finding, ...]) -> Recommendation:
    """A recommendation as a look keeps it, of a company whose bill does not tell."""
    one = findings[0]
    return Recommendation(
        id=number, key=key, state="identified", reason="", provider=one.provider,
        account=one.account, region=one.region, service=one.service, resource=one.resource,
        resource_name=one.resource_name, scope=one.scope, where=one.where, group=one.group,
        action=one.action, nature=one.nature, currency=one.currency, findings=findings,
        first_seen=NOW, last_seen=NOW, updated_at=NOW,
    )  # fmt: skip


@needs_shared
def test_the_hub_adds_up_to_what_its_notes_say() -> None:
    pages = [f"aws-cost-optimization-hub-page{number}.json" for number in (1, 2)]
    groups = merged(of_shared(*pages).findings)
    found = [kept(n, key, own) for n, (key, own) in enumerate(groups.items(), 1)]
    (sums,) = totals(promises(found, Looked()).values())
    assert (str(sums.all), str(sums.best)) == ("353.16", "244.23")
    # Stopping i-0aa2 takes its part of the usage that the reservation would cover.
    assert sums.net < sums.best
    again = totals(
        promises([replace(one, id=9 - one.id) for one in reversed(found)], Looked()).values()
    )
    assert again == (sums,)
