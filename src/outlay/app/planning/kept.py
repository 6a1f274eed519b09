"""Answers of plans that take seconds are kept as long as nothing that they stand on changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

from outlay.app import unchanged
from outlay.planning.plans.codec import digest_of, text_of
from outlay.planning.plans.model import Document

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

T = TypeVar("T")


def kept(
    workspace: Workspace, question: str, asked: Hashable, document: Document, make: Callable[[], T]
) -> T:
    """What `make` gives for a document, or gave for the same document and reader's scope before,
    while nothing has changed; see `outlay.app.unchanged.kept`."""
    arguments = (asked, digest_of(text_of(document)))
    return unchanged.kept(workspace, f"plans.{question}", arguments, make)
