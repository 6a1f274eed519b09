"""What a plan refuses, in words that say what to do."""

from __future__ import annotations


class PlanError(ValueError):
    """A plan, an edit or a file of one is not as it must be; the message says what is allowed."""


class PlanNotFoundError(PlanError):
    """There is no such plan, version, line or adjustment."""


class PlanConflictError(PlanError):
    """Somebody else changed the same cells meanwhile: nothing was written.

    `seen` is the revision that the edit was made on, `current` the one that there is now, and
    `changes` who changed what in between, newest last.
    """

    def __init__(self, seen: int, current: int, changes: tuple[str, ...]) -> None:
        self.seen, self.current, self.changes = seen, current, changes
        said = "; ".join(changes) or "the plan was changed"
        super().__init__(
            f"revision {seen} was edited, but the plan is at revision {current}: {said}. "
            "Nothing was written. Look at the plan as it is now and make the edit again."
        )


class PlanStateError(PlanError):
    """A version is in a state that does not allow it: an approved one never changes."""
