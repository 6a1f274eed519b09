"""One vocabulary for all providers: services, categories, regions and kinds of resources.

`Vocabulary` answers by the shipped tables (`tables.VERSION`) and the user's rules before them.
"""

from outlay.focus.vocabulary.names import (
    How,
    RegionNames,
    ResourceTypeName,
    ServiceNames,
    Vocabulary,
)
from outlay.focus.vocabulary.rules import VocabularyRule, near
from outlay.focus.vocabulary.tables import VERSION, shipped

__all__ = [
    "VERSION",
    "How",
    "RegionNames",
    "ResourceTypeName",
    "ServiceNames",
    "Vocabulary",
    "VocabularyRule",
    "near",
    "shipped",
]
