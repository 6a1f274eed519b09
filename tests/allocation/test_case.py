"""The engine does not tell names apart by case; tags do."""

from outlay.allocation.sql import column_of
from outlay.expression.dimensions import Dimension


def test_tags_that_differ_by_case_are_columns_of_their_own() -> None:
    keys = ("Team", "team", "tEAM", "^team", "TEAM", "^^team")
    columns = {column_of(Dimension("tag", key)).lower() for key in keys}
    assert len(columns) == len(keys)
