"""One engine a lake for questions: what it has read once, it keeps for the next question."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import duckdb

from outlay.lake.facts import LakeReader

_LOCK = threading.Lock()
_ENGINES: WeakKeyDictionary[LakeReader, duckdb.DuckDBPyConnection] = WeakKeyDictionary()


@contextmanager
def question_connection(lake: LakeReader) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one question; its temporary tables are its own and end with it.

    Connections of one lake share an engine and with it memory limit, threads and the footers of
    files, which never change once written.
    """
    with _LOCK:
        if lake not in _ENGINES:
            engine = lake.connect()
            engine.execute("SET parquet_metadata_cache = true")
            _ENGINES[lake] = engine
        connection = _ENGINES[lake].cursor()
    try:
        yield connection
    finally:
        connection.close()
