"""Deliveries: whole or not at all, the newest counts, history stays."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.access import AccessDeniedError, Level, acting
from outlay.access.principal import Principal
from outlay.app import Workspace
from outlay.app.native import reading, syncing
from outlay.app.native.errors import NativeSourceError
from outlay.app.native.reading import native_findings
from outlay.app.runs import utc_now
from outlay.resources import ResourceError, ResourceNotFoundError
from tests.native import samples


def write(path: Path, *items: dict[str, Any], **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(samples.page(*items, **more))
    return path


def ids(workspace: Workspace) -> list[str]:
    return [one.native_id for one in native_findings(workspace)]


def test_a_file_that_is_loaded_once(acme: Workspace, tmp_path: Path) -> None:
    done = syncing.load(acme, str(write(tmp_path / "Hub Export.json", samples.hub())))
    assert (done.source, done.outcome) == ("hub-export", "delivered")
    assert ids(acme) == ["rec-1"]
    (status,) = reading.statuses(acme)
    assert (status.freshness, status.findings, status.sums) == (
        "manual", 1, {"USD": Decimal("39.71")},
    )  # fmt: skip
    again = syncing.load(acme, str(tmp_path / "Hub Export.json"))
    assert again.outcome == "unchanged"
    assert len(reading.source(acme, "hub-export").deliveries) == 1


def test_the_newest_delivery_of_each_source_counts(acme: Workspace, tmp_path: Path) -> None:
    hub = write(tmp_path / "a" / "hub.json", samples.hub())
    syncing.add(acme, "one", str(tmp_path / "a"))
    syncing.add(acme, "two", str(write(tmp_path / "b.json", samples.hub(recommendationId="b"))))
    syncing.sync(acme)
    assert ids(acme) == ["rec-1", "b"]
    write(hub, samples.hub(recommendationId="new"), samples.hub(recommendationId="newer"))
    assert [one.outcome for one in syncing.sync(acme)] == ["delivered", "unchanged"]
    assert ids(acme) == ["new", "newer", "b"]
    kept = reading.source(acme, "one").deliveries
    assert [one.items for one in kept] == [2, 1]  # history stays


def test_folders_are_read_whole_and_their_pages_must_be(acme: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "in" / "1.json", samples.hub(), nextToken="t")
    write(tmp_path / "in" / "2.json", samples.hub(recommendationId="rec-2"))
    (tmp_path / "in" / "readme.txt").write_text("not read")
    syncing.add(acme, "hub", str(tmp_path / "in"))
    syncing.sync(acme)
    assert ids(acme) == ["rec-1", "rec-2"]
    (tmp_path / "in" / "2.json").unlink()
    (failed,) = syncing.sync(acme)
    assert failed.outcome == "failed"
    assert "not complete" in failed.error
    assert ids(acme) == ["rec-1", "rec-2"]


@pytest.mark.parametrize(
    "content", ["", "{}", '{"error": "denied"}', '{"items": [{"recommendationId": "x"}', None]
)
def test_a_failed_answer_never_empties_the_list(
    acme: Workspace, tmp_path: Path, content: str | None
) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.add(acme, "hub", str(path))
    syncing.sync(acme)
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    (done,) = syncing.sync(acme)
    assert done.outcome == "failed"
    assert done.error
    assert ids(acme) == ["rec-1"]
    (status,) = reading.statuses(acme)
    assert (status.freshness, status.error) == ("failed", done.error)


def test_an_empty_answer_is_an_answer(acme: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.add(acme, "hub", str(path))
    syncing.sync(acme)
    write(path)
    assert syncing.sync(acme)[0].outcome == "delivered"
    assert ids(acme) == []


def test_one_that_fails_hides_no_other(acme: Workspace, tmp_path: Path) -> None:
    syncing.add(acme, "bad", str(tmp_path / "nowhere"))
    syncing.add(acme, "good", str(write(tmp_path / "hub.json", samples.hub())))
    bad, good = syncing.sync(acme)
    assert (bad.outcome, good.outcome) == ("failed", "delivered")
    with pytest.raises(ResourceNotFoundError, match="There are: bad, good"):
        syncing.sync(acme, ["other"])


def test_what_is_killed_while_it_lands_leaves_the_old(
    acme: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.add(acme, "hub", str(path))
    syncing.sync(acme)
    write(path, samples.hub(recommendationId="new"))

    with monkeypatch.context() as during:
        # After the delivery's row is written, before its items are.
        during.setattr("outlay.app.native.store.f", None)
        with pytest.raises(Exception, match="INSERT"):
            syncing.sync(acme)
    assert ids(acme) == ["rec-1"]
    syncing.sync(acme)
    assert ids(acme) == ["new"]


def test_paused_and_removed_sources_do_not_count(acme: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.load(acme, str(path), "hub")
    spec = acme.resources.get(syncing.KIND, "hub").spec.model_copy(update={"enabled": False})
    acme.put_resource(syncing.KIND, "hub", spec, author="test")
    assert ids(acme) == []
    assert reading.statuses(acme)[0].freshness == "paused"
    syncing.remove(acme, "hub")
    # Another of the same name begins anew.
    write(path)
    syncing.add(acme, "hub", str(path))
    assert ids(acme) == []
    assert reading.statuses(acme)[0].freshness == "missing"
    assert len(syncing.store(acme).deliveries("hub")) == 1


def test_freshness_goes_by_looks_that_worked(acme: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.add(acme, "hub", str(path))
    syncing.sync(acme)
    now = utc_now()
    assert reading.statuses(acme, now)[0].freshness == "fresh"
    assert reading.statuses(acme, now + timedelta(hours=30))[0].freshness == "fresh"
    late = reading.statuses(acme, now + timedelta(hours=40))[0]
    assert (late.freshness, late.reason) == ("late", "last read 40 hours ago; expected daily")
    due = syncing.due(acme, now + timedelta(hours=4))
    assert [name for _, name in due] == ["native:hub"]
    assert syncing.due(acme, now) == []


def test_places_inside_the_workspace_move_with_it(acme: Workspace) -> None:
    path = write(acme.path / "exports" / "hub.json", samples.hub())
    syncing.load(acme, str(path), "hub")
    assert syncing.spec_of(acme.resources.get(syncing.KIND, "hub")).location == "exports/hub.json"


def test_loading_does_not_take_a_synced_source(acme: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path / "hub.json", samples.hub())
    syncing.add(acme, "hub", str(path))
    with pytest.raises(NativeSourceError, match="is synced daily from"):
        syncing.load(acme, str(path), "hub")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(NativeSourceError, match="no recommendations that can be read"):
        syncing.load(acme, str(tmp_path / "bad.json"))
    assert acme.resources.names(syncing.KIND) == ["hub"]


def test_containers_without_a_bill_have_no_amount(acme: Workspace, tmp_path: Path) -> None:
    (tmp_path / "vpa.json").write_text(json.dumps(samples.vpa()))
    syncing.load(acme, str(tmp_path / "vpa.json"))
    assert native_findings(acme) == ()
    found = reading.source(acme, "vpa")
    assert (found.status.without_amount, found.findings) == (1, ())
    assert "the answer names no cluster: say it with the option `cluster`" in found.told[0].reason
    syncing.load(acme, str(tmp_path / "vpa.json"), options={"cluster": "prod"})
    assert "the cluster prod is on no bill" in reading.source(acme, "vpa").told[0].reason


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"location": "x", "format": "excel"}, "there is no format 'excel'"),
        ({"location": "api"}, "needs a format whose tool has one"),
        ({"location": "api", "format": "vpa"}, "needs a format whose tool has one"),
        ({"location": "api", "format": "azure-advisor"}, "options.subscriptions: it is needed"),
        ({"location": "x", "format": "aws-cost-hub", "options": {"term": "long"}},
         "options.term: not known; options of aws-cost-hub here are discounts"),
        ({"location": "https://a.example/x", "options": {"token": "abc123"}}, "token"),
        ({"location": ""}, "location"),
    ],
)  # fmt: skip
def test_sources_that_cannot_be(acme: Workspace, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ResourceError, match=message.replace(".", r"\.")):
        acme.put_resource(syncing.KIND, "x", spec, author="test")


def test_who_sees_a_part_of_the_ledger_sees_no_sources(acme: Workspace, tmp_path: Path) -> None:
    syncing.load(acme, str(write(tmp_path / "hub.json", samples.hub())))
    part = Principal("eve", Level.EDITOR, role="editor", via="session",
                     scope="tags.team = 'a'")  # fmt: skip
    with acting(part):
        for ask in (lambda: reading.statuses(acme), lambda: reading.source(acme, "hub"),
                    lambda: syncing.sync(acme)):  # fmt: skip
            with pytest.raises(AccessDeniedError):
                ask()
