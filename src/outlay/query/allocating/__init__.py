"""Virtual tags before they are saved, and how much they cover: previews, coverage, suggestions.

Everything is worked out over combinations of what rules look at, never over charges, so that it
keeps up with typing.
"""

from outlay.query.allocating.coverage import coverage as tag_coverage
from outlay.query.allocating.effects import effects as allocating_effects
from outlay.query.allocating.labelled import Asking
from outlay.query.allocating.preview import preview as tag_preview
from outlay.query.allocating.shapes import (
    Caught,
    Coverage,
    Covered,
    Gap,
    Money,
    Move,
    Preview,
    RuleEffect,
    Scope,
    Suggestion,
    TagEffect,
    ValueChange,
)
from outlay.query.allocating.suggest import suggest as tag_suggestions

__all__ = [
    "Asking",
    "Caught",
    "Coverage",
    "Covered",
    "Gap",
    "Money",
    "Move",
    "Preview",
    "RuleEffect",
    "Scope",
    "Suggestion",
    "TagEffect",
    "ValueChange",
    "allocating_effects",
    "tag_coverage",
    "tag_preview",
    "tag_suggestions",
]
