"""`outlay.yaml`: what is allowed, and what is said of the rest."""

from pathlib import Path

import pytest

from outlay.app import Workspace, WorkspaceError
from outlay.app.settings import Engine, Paths, Settings, read_settings, write_settings


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    settings = Settings(
        name="Ächme",
        currency="EUR",
        engine=Engine(memory_limit="3GB", threads=2),
        paths=Paths(lake="data/lake"),
    )
    write_settings(tmp_path, settings)
    assert read_settings(tmp_path) == settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: a\nenginee: {}\n", "enginee: extra inputs are not permitted"),
        ("name: a\nengine: {thread: 1}\n", "engine.thread: extra inputs"),
        ("name: a\ncurrency: EURO\n", "did you mean EUR"),
        ("name: a\ncurrency: usd\n", "'usd' is no ISO 4217 currency code"),
        ("currency: USD\n", "name: field required"),
        ("name: ''\n", "name: string should have at least 1 character"),
        ("name: a\nengine: {threads: 0}\n", "engine.threads"),
        ("name: a\nengine: {memory_limit: lots}\n", "engine.memory_limit"),
        ("name: a\nengine: {kind: spark}\n", "engine.kind: input should be 'duckdb'"),
        ("- a\n", "must be a mapping with name, currency, rates, holidays, engine"),
        ("name: [\n", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "outlay.yaml").write_text(text)
    with pytest.raises(WorkspaceError, match="outlay.yaml") as caught:
        Workspace.open(tmp_path)
    assert says in str(caught.value)


def test_a_folder_without_settings_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"outlay init .*outlay demo") as caught:
        Workspace.open(tmp_path)
    assert caught.value.wrong_use


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="no workspace can be made"):
        Workspace.init(tmp_path / "file" / "below")


def test_lake_and_database_lie_where_the_settings_say(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings(name="a", paths=Paths(lake="here/lake", database="there.db")))
    workspace = Workspace.open(tmp_path)
    assert workspace.deliveries() == []
    assert workspace.resources.names("Source") == []
    workspace.close()
    assert (tmp_path / "here" / "lake").is_dir() and (tmp_path / "there.db").is_file()


def test_the_database_of_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.init(tmp_path / "w")
    workspace.close()
    monkeypatch.setenv("OUTLAY_DATABASE_URL", f"sqlite:///{tmp_path / 'shared.db'}")
    workspace = Workspace.open(tmp_path / "w")
    workspace.add_source("a", "focus", "s3://bucket/a", author="ann")
    workspace.close()
    monkeypatch.delenv("OUTLAY_DATABASE_URL")
    assert Workspace.open(tmp_path / "w").resources.names("Source") == []
    assert (tmp_path / "shared.db").is_file()
