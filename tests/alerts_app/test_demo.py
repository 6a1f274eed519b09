"""The sample company's routes: they apply, and each team's alert goes to its own folder."""

from __future__ import annotations

from outlay.alerts.signal import Owner
from outlay.app import Workspace
from outlay.app.alerts import looking
from outlay.app.alerts.raising import raise_signal
from outlay.app.demo import alerts
from tests.alerts_app.conftest import put_channel, signal


def test_each_team_gets_its_own_and_what_a_person_changed_stays(workspace: Workspace) -> None:
    put_channel(workspace, "outbox", type="file", folder="outbox")
    alerts.configure(workspace)
    workspace.delete_resource("AlertRoute", "data-late", author="ana")
    alerts.configure(workspace)
    assert workspace.resources.names("AlertRoute") == ["finops", "teams"]
    for team in ("checkout", "ml", "nobody-knows"):
        owner = Owner(team, "team")
        raise_signal(workspace, signal(subject=team, severity="critical", owner=owner))
    looked = looking.look(workspace, ["alerts"])
    # Teams first, then FinOps, who hears of what is critical once, also where no team does.
    assert sorted(one.channel for one in looked.deliveries) == [
        "commerce-alerts", "outbox", "outbox", "outbox", "platform-alerts",
    ]  # fmt: skip
    assert {one.state for one in looked.deliveries} == {"sent"}
