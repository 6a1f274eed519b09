"""What the store promises, on SQLite and on PostgreSQL."""

import threading

import pytest

from outlay.resources import (
    FieldChange,
    Prospect,
    ResourceConflictError,
    ResourceError,
    ResourceNotFoundError,
    ResourceStore,
    Write,
)
from tests.resources.conftest import thing_registry


def test_put_then_get_gives_the_typed_spec(store: ResourceStore) -> None:
    put = store.put("Thing", "a", {"location": "x"}, author="ann", note="first")
    got = store.get("thing", "a")
    assert got == put
    assert (got.version, got.author, got.note) == (1, "ann", "first")
    assert got.spec.model_dump() == {"location": "x", "cadence": "daily", "tags": {}}
    assert got.document() == {"kind": "Thing", "name": "a", "spec": {"location": "x"}}


def test_the_same_spec_again_is_no_new_version(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    again = store.put("Thing", "a", {"location": "x", "cadence": "daily"}, author="bob")
    assert (again.version, again.author) == (1, "ann")
    assert len(store.history("Thing", "a")) == 1


def test_list_and_names_are_sorted(store: ResourceStore) -> None:
    for name in ("c", "a", "b"):
        store.put("Thing", name, {"location": name}, author="ann")
    assert store.names("Thing") == ["a", "b", "c"]
    assert [r.name for r in store.list("Thing")] == ["a", "b", "c"]


def test_every_change_is_audited_with_who_what_and_diff(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x", "tags": {"k": "1", "l": "2"}}, author="ann")
    store.put("Thing", "a", {"location": "y", "tags": {"k": "1"}}, author="bob", note="moved")
    store.delete("Thing", "a", author="cyd")
    created, updated, deleted = store.history("Thing", "a")
    assert [c.action for c in (created, updated, deleted)] == ["create", "update", "delete"]
    assert [c.author for c in (created, updated, deleted)] == ["ann", "bob", "cyd"]
    assert [c.version for c in (created, updated, deleted)] == [1, 2, 3]
    assert updated.note == "moved"
    assert set(updated.diff) == {
        FieldChange("location", "x", "y"),
        FieldChange("tags.l", "2", None),
    }
    assert [c.action for c in store.audit(limit=2)] == ["delete", "update"]
    assert created.at <= updated.at <= deleted.at


def test_a_removed_resource_is_unknown_and_can_be_restored(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    store.put("Thing", "a", {"location": "y"}, author="ann")
    store.delete("Thing", "a", author="ann")
    assert store.find("Thing", "a") is None
    back = store.restore("Thing", "a", 1, author="bob")
    assert (back.version, back.spec.model_dump()["location"]) == (4, "x")
    assert store.history("Thing", "a")[-1].action == "restore"


def test_a_resource_made_anew_goes_on_where_its_history_ended(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    store.delete("Thing", "a", author="ann")
    assert store.put("Thing", "a", {"location": "z"}, author="ann").version == 3


def test_restore_of_an_unknown_version_lists_those_there_are(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    with pytest.raises(ResourceNotFoundError, match=r"no version 7\. Versions: 1\."):
        store.restore("Thing", "a", 7, author="ann")


def test_a_stale_writer_is_refused_and_nothing_changes(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    store.put("Thing", "a", {"location": "y"}, author="bob", expected_version=1)
    with pytest.raises(ResourceConflictError, match="at version 2, not 1"):
        store.put("Thing", "a", {"location": "z"}, author="ann", expected_version=1)
    with pytest.raises(ResourceConflictError, match="at version 2, not 1"):
        store.delete("Thing", "a", author="ann", expected_version=1)
    assert store.get("Thing", "a").spec.model_dump()["location"] == "y"
    assert len(store.history("Thing", "a")) == 2


def test_version_zero_means_it_must_not_exist(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann", expected_version=0)
    with pytest.raises(ResourceConflictError, match="exists already"):
        store.put("Thing", "a", {"location": "y"}, author="ann", expected_version=0)


def test_of_many_writers_who_saw_one_version_exactly_one_wins(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    outcomes: list[str] = []
    barrier = threading.Barrier(6)

    def write(number: int) -> None:
        barrier.wait()
        try:
            store.put(
                "Thing", "a", {"location": f"n{number}"}, author=f"w{number}", expected_version=1
            )
            outcomes.append("won")
        except ResourceConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["won"]
    assert store.get("Thing", "a").version == 2


def test_an_unknown_name_lists_those_there_are(store: ResourceStore) -> None:
    store.put("Thing", "alpha", {"location": "x"}, author="ann")
    with pytest.raises(ResourceNotFoundError, match="no thing 'beta'. There are: alpha"):
        store.get("Thing", "beta")
    with pytest.raises(ResourceNotFoundError, match="to remove. There are: alpha"):
        store.delete("Thing", "beta", author="ann")


def test_an_unknown_kind_lists_the_kinds(store: ResourceStore) -> None:
    with pytest.raises(ResourceError, match="no kind 'Other'. Kinds: Thing"):
        store.list("Other")


@pytest.mark.parametrize(
    ("name", "proposed"),
    [("Big Name", "big-name"), ("-a-", "a"), ("a_b", "a-b"), ("é" * 3, "unnamed"), ("", "unnamed")],
)
def test_a_bad_name_is_refused_with_a_good_one(
    store: ResourceStore, name: str, proposed: str
) -> None:
    with pytest.raises(ResourceError, match=f"Use '{proposed}' instead"):
        store.put("Thing", name, {"location": "x"}, author="ann")
    assert store.names("Thing") == []


def test_a_name_has_at_most_64_characters(store: ResourceStore) -> None:
    store.put("Thing", "a" * 64, {"location": "x"}, author="ann")
    with pytest.raises(ResourceError, match="at most 64"):
        store.put("Thing", "a" * 65, {"location": "x"}, author="ann")


def test_an_unknown_field_is_refused_with_the_allowed_ones(store: ResourceStore) -> None:
    with pytest.raises(ResourceError, match=r"cadens: .*Allowed fields: location, cadence, tags"):
        store.put("Thing", "a", {"location": "x", "cadens": "1"}, author="ann")


def test_a_wrong_value_of_a_known_field_does_not_list_the_others(store: ResourceStore) -> None:
    with pytest.raises(ResourceError) as refused:
        store.put("Thing", "a", {"location": []}, author="ann")
    assert "location: input should be a valid string. See `outlay get" in str(refused.value)


@pytest.mark.parametrize(
    "spec",
    [
        {"location": "https://ann:hunter2@example.com/bill"},
        {"location": "https://x.blob.core.windows.net/c/bill.csv?sv=1&sig=hunter2"},
        {"location": "https://s3.amazonaws.com/b/k?X-Amz-Signature=hunter2"},
        {"location": "x", "tags": {"password": "hunter2"}},
        {"location": "x", "tags": {"aws_secret_access_key": "hunter2"}},
        {"location": "x", "tags": {"note": "key AKIAIOSFODNN7EXAMPLE"}},
        {"location": "DefaultEndpointsProtocol=https;AccountKey=hunter2"},
        {"location": "x", "tags": {"api_key": "env:"}},
        {"location": "x", "tags": {"note": "sk-ant-admin01-hunter2hunter2hunter2"}},
    ],
)
def test_a_secret_is_refused_and_never_repeated(
    store: ResourceStore, spec: dict[str, object]
) -> None:
    with pytest.raises(ResourceError, match="Secrets are never stored") as caught:
        store.put("Thing", "a", spec, author="ann")
    assert "hunter2" not in str(caught.value)
    assert store.names("Thing") == []


@pytest.mark.parametrize("place", ["env:VENDOR_KEY", "file:~/.keys/vendor", "keyring:outlay/me"])
def test_where_a_secret_is_kept_is_no_secret(store: ResourceStore, place: str) -> None:
    spec = {"location": "x", "tags": {"api_key": place, "password": place}}
    assert store.put("Thing", "a", spec, author="ann").version == 1


@pytest.mark.parametrize("location", ["s3://bucket/prefix", "/home/a@b/bill.csv", "file:///x@y"])
def test_a_harmless_location_is_taken(store: ResourceStore, location: str) -> None:
    assert store.put("Thing", "a", {"location": location}, author="ann").version == 1


def test_a_batch_is_written_whole_or_not_at_all(store: ResourceStore) -> None:
    store.put("Thing", "a", {"location": "x"}, author="ann")
    store.put("Thing", "b", {"location": "x"}, author="ann")
    batch = [
        Write("Thing", "c", {"location": "z"}, 0),
        Write("Thing", "a", {"location": "y"}, 1),
        Write("Thing", "b", None, 7),
    ]
    with pytest.raises(ResourceConflictError, match="not 7"):
        store.apply(batch, author="bob", note="all at once")
    assert store.names("Thing") == ["a", "b"]
    assert store.get("Thing", "a").version == 1
    assert len(store.audit()) == 2
    done = store.apply([*batch[:2], Write("Thing", "b", None, 1)], author="bob", note="at once")
    assert [r and (r.name, r.version, r.note) for r in done] == [
        ("c", 1, "at once"),
        ("a", 2, "at once"),
        None,
    ]
    assert store.names("Thing") == ["a", "c"]


def test_a_guard_sees_what_will_be_and_nothing_is_written_when_it_refuses(
    database_url: str,
) -> None:
    seen: list[tuple[list[str], set[tuple[str, str]], list[tuple[str, str]]]] = []

    def guard(prospect: Prospect) -> None:
        specs = prospect.specs("Thing")
        seen.append((list(specs), prospect.removed, list(prospect.put)))
        if any(spec.model_dump()["location"] == "bad" for spec in specs.values()):
            raise ResourceError("a bad place")

    store = ResourceStore.open(database_url, thing_registry(), guard)
    store.put("Thing", "a", {"location": "x"}, author="ann")
    store.put("Thing", "a", {"location": "x"}, author="ann")
    assert len(seen) == 1, "what changes nothing is not asked about"
    with pytest.raises(ResourceError, match="a bad place"):
        store.apply(
            [Write("Thing", "b", {"location": "bad"}), Write("Thing", "a", None)], author=""
        )
    assert seen[-1] == (["b"], {("Thing", "a")}, [("Thing", "b")])
    assert store.names("Thing") == ["a"]
    assert [c.action for c in store.audit()] == ["create"]
    store.close()


def test_two_writers_cannot_break_together_what_each_alone_would_not(database_url: str) -> None:
    """Each removes one of two things of which one must stay."""

    def guard(prospect: Prospect) -> None:
        if not prospect.specs("Thing"):
            raise ResourceError("one must stay")

    store = ResourceStore.open(database_url, thing_registry(), guard)
    for name in ("a", "b"):
        store.put("Thing", name, {"location": "x"}, author="ann")
    refused: list[str] = []
    start = threading.Barrier(2)

    def remove(name: str) -> None:
        start.wait()
        try:
            store.delete("Thing", name, author=name)
        except ResourceError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=remove, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["one must stay"]
    assert len(store.names("Thing")) == 1
    store.close()
