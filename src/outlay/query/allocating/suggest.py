"""Rules that the data suggests, each with the money that it would allocate; none is applied."""

from outlay.allocation.rules import Ruleset
from outlay.query.allocating.labelled import Asking
from outlay.query.allocating.shapes import Suggestion
from outlay.query.run import PinnableLake


def suggest(lake: PinnableLake, rules: Ruleset, tag: str, asking: Asking) -> tuple[Suggestion, ...]:
    """Rules for a tag, the one that would allocate most first; raises like a question."""
    rules.tag(tag, "tag")
    return ()
