"""The example of the page runs: the files apply, an alert goes where it says."""

from __future__ import annotations

import re
from pathlib import Path

from outlay.alerts.signal import Owner
from outlay.app import Workspace
from outlay.app.alerts import looking
from outlay.app.alerts.raising import raise_signal
from tests.alerts_app.conftest import signal
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "alerts.md").read_text("utf-8")


def test_the_files_of_the_page_apply_and_an_alert_goes_to_its_owner(
    workspace: Workspace, tmp_path: Path
) -> None:
    (body,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "alerts.yaml"
    path.write_text(body)
    plan = workspace.plan_resources(workspace.read_resource_files([path]), effects=False)
    workspace.apply_resources(plan, author="ana")
    owner = Owner("checkout-web", "team")
    raise_signal(workspace, signal(severity="critical", owner=owner))
    looked = looking.look(workspace, ["alerts"])
    assert [(one.channel, one.state) for one in looked.deliveries] == [("checkout-room", "sent")]
    (document,) = (workspace.path / "outbox" / "checkout").rglob("document.json")
    assert "1234.560000000000000000001" in document.read_text()
