"""The same bucket twice in one delivery counts once.

Pages that were fetched twice, an early answer beside a late one, an answer by project beside one
by line item: each is the whole of its time, so that adding two of them would double it.
"""

from outlay.sources.contract import Fold, Raw

KEPT = "b_kept"
"""SQL: whether a raw row's bucket counts, in rows that `join_buckets` joined."""


def make_buckets(raw: Raw, *, endpoint: str, start: str, end: str, bucket: str) -> tuple[str, ...]:
    """Make the table `buckets`: one row per bucket of a file, with `b_kept`. Gives notes.

    All are SQL over `raw`; `bucket` numbers the buckets of a file. Of one endpoint's buckets with
    the same bounds, the last in file order counts. Where buckets of several widths cover the same
    time, the widest count: they are known to be whole.
    """
    raw.make(
        "buckets",
        f"""
        WITH each AS (
            SELECT DISTINCT _file AS f, {bucket} AS b, {endpoint} AS e,
                   {start} AS s, {end} AS t FROM raw
        ), last AS (
            SELECT *, row_number() OVER (PARTITION BY e, s, t ORDER BY f DESC, b DESC) AS place
            FROM each
        ), widths AS (
            SELECT *, max(t) OVER (
                PARTITION BY e ORDER BY s, t DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) >= t AS inside FROM (SELECT DISTINCT e, s, t FROM each)
        )
        SELECT f AS b_file, b AS b_bucket, coalesce(inside, false) AS b_inside,
               (place = 1 OR s IS NULL) AND NOT b_inside AS {KEPT}
        FROM last LEFT JOIN widths USING (e, s, t)
        """,
    )
    ((again, finer),) = raw.ask(
        f"SELECT count_if(NOT {KEPT} AND NOT b_inside), count_if(b_inside) FROM buckets"
    )
    notes = []
    if again:
        notes.append(f"{again} buckets are there more than once: the last in file order counts")
    if finer:
        notes.append(f"{finer} buckets lie inside wider ones, which count: these are left out")
    return tuple(notes)


def missing_days(raw: Raw, *, when: str, start: str, end: str) -> tuple[str, ...]:
    """A note on days between the first and the last bucket of a month that no file has.

    `when` is an SQL condition on the rows of an endpoint that answers with every day, used or not.
    """
    found = raw.ask(
        f"SELECT strftime({start}, '%Y-%m') AS m, date_diff('day', min({start}), max({end})) "
        f"- count(DISTINCT CAST({start} AS DATE)) AS days FROM raw "
        f"WHERE {when} AND {start} IS NOT NULL GROUP BY 1 HAVING days > 0 ORDER BY 1"
    )
    return tuple(
        f"{days} days between the first and the last of {month} are in no file: their costs are "
        "missing, not zero"
        for month, days in found
    )


def join_buckets(bucket: str) -> str:
    """SQL of the JOIN that gives each raw row `b_kept`."""
    return f" LEFT JOIN buckets ON b_file = _file AND b_bucket = {bucket}"


SUPERSEDED = Fold(
    "superseded: the same bucket is there again, later or wider", f"NOT coalesce({KEPT}, true)"
)
"""Rows of buckets that do not count."""
