"""Every file goes to the kind with the best evidence; ambiguity and silence are errors."""

from collections.abc import Sequence
from typing import ClassVar

import pytest

from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.detect import AmbiguousKind, detect
from outlay.sources.registry import SOURCES, source
from tests.shared import needs_shared, shared_data
from tests.sources.places import Place


class Claims(Source):
    """A source that recognises what it is told to."""

    title: ClassVar[str] = "Claims"
    description: ClassVar[str] = "whatever the test says"
    example: ClassVar[str] = ""
    mapping_version: ClassVar[int] = 1

    def __init__(self, kind: str, *claims: tuple[str, int]) -> None:
        self.kind = kind  # type: ignore[misc]
        self.claims = claims

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        return [
            Feed(self.kind, root or "all", root, f"{self.kind} says so", score)
            for root, score in self.claims
        ]

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        return []

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        raise NotImplementedError


PLACE = Place({"a/1.csv": b"x,y\n", "b/2.csv": b"x,y\n"})


def test_the_highest_score_wins_a_file() -> None:
    strong, weak = Claims("strong", ("a", 90)), Claims("weak", ("a", 50), ("b", 50))
    assert [(feed.kind, feed.root) for feed in detect(PLACE, [weak, strong])] == [
        ("strong", "a"),
        ("weak", "b"),
    ]


def test_equal_scores_are_an_ambiguity_that_lists_the_candidates() -> None:
    with pytest.raises(AmbiguousKind) as caught:
        detect(PLACE, [Claims("one", ("a", 50)), Claims("other", ("", 50))])
    assert [feed.kind for feed in caught.value.candidates] == ["one", "other"]
    said = str(caught.value)
    assert "--kind one  a: one says so" in said
    assert "--kind other  .: other says so" in said
    assert "Name the kind with --kind" in said


def test_of_one_kind_the_deeper_root_wins() -> None:
    found = detect(PLACE, [Claims("one", ("", 50), ("a", 50))])
    assert [feed.root for feed in found] == ["", "a"]


def test_a_root_is_a_folder_and_no_beginning_of_a_name() -> None:
    place = Place({"a/1.csv": b"x,y\n", "ab/2.csv": b"x,y\n"})
    found = detect(place, [Claims("one", ("a", 50)), Claims("other", ("ab", 50))])
    assert [feed.kind for feed in found] == ["one", "other"]


def test_nothing_recognised_says_what_is_there_and_what_was_looked_for() -> None:
    place = Place({"notes.txt": b"hello", "a.csv": b"x,y\n", "b.csv": b"x,y\n"})
    with pytest.raises(SourceError) as caught:
        detect(place, [Claims("one")])
    said = str(caught.value)
    assert "it holds 3 files (2 .csv, 1 .txt)" in said
    assert "  one: whatever the test says" in said


def test_an_empty_location_says_so() -> None:
    with pytest.raises(SourceError, match="it is empty"):
        detect(Place({}))


def test_a_broken_file_is_the_likelier_reason() -> None:
    with pytest.raises(SourceError, match="cut short or damaged"):
        detect(Place({"bill.csv.gz": b"\x1f\x8b\x08broken"}))


def test_a_broken_file_beside_good_ones_is_not_left_out_in_silence() -> None:
    place = Place({"a/1.csv": b"x,y\n", "b/2.csv.gz": b"\x1f\x8b\x08broken"})
    with pytest.raises(SourceError, match=r"b/2\.csv\.gz is a gzip file that is cut short"):
        detect(place, [Claims("one", ("a", 50))])


def test_a_file_of_no_known_kind_beside_good_ones_is_left_alone() -> None:
    place = Place({"a/1.csv": b"x,y\n", "people.csv": b"name,birthday\n", "broken.json": b"{"})
    assert [feed.root for feed in detect(place, [Claims("one", ("a", 50))])] == ["a"]


def test_an_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(
        SourceError, match=r"no source kind 'gcp'; the kinds are .*aws-focus.*focus"
    ):
        source("gcp")


def test_kinds_are_listed_in_order_and_made_once() -> None:
    assert list(SOURCES) == sorted(SOURCES)
    assert source("focus") is SOURCES["focus"]


@needs_shared
@pytest.mark.parametrize(
    ("folder", "feeds"),
    [
        ("focus", [("focus", "")]),
        ("focus/small-1.3.csv", [("focus", "small-1.3.csv")]),
        ("aws/synthetic/focus12", [("aws-focus", "acme-focus")]),
        ("aws/focus12-s3-fixture/costroid-demo", [("aws-focus", "")]),
        ("aws/focus12-sample.csv.gz", [("aws-focus", "focus12-sample.csv.gz")]),
    ],
)
def test_sample_bills_are_recognised(folder: str, feeds: list[tuple[str, str]]) -> None:
    from outlay.sources.transports.file import FileTransport

    found = detect(FileTransport(str(shared_data(folder))))
    assert [(feed.kind, feed.root) for feed in found] == feeds
    assert all("FOCUS columns of version" in feed.evidence for feed in found)


@needs_shared
def test_a_mixed_folder_gives_each_export_its_kind() -> None:
    from outlay.sources.transports.file import FileTransport

    found = {feed.root: feed.kind for feed in detect(FileTransport(str(shared_data("aws"))))}
    assert found["synthetic/focus12/acme-focus"] == "aws-focus"
    assert found["focus12-s3-restated/costroid-demo"] == "aws-focus"
    assert found["focus12-sample.csv.gz"] == "aws-focus"
    assert "focus" not in found.values()
