"""DuckDB connections with bounded memory, our macros, and scratch space inside the lake."""

import os
import re
from pathlib import Path

import duckdb

from outlay.focus.sql import MACROS, literal
from outlay.lake.types import LakeError

_SHARE_OF_MEMORY = 0.7
_DEFAULT_CAP_BYTES = 8 << 30
_FLOOR_BYTES = 512 << 20
_SIZE = re.compile(r"\d+(\.\d+)?\s*(B|[KMGT]i?B)", re.IGNORECASE)


def memory_bytes() -> int:
    """Memory of this machine in bytes, the container's limit included where there is one."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit_file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit_file).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            return min(installed, int(text))
    return installed


def default_memory_limit() -> str:
    """70 % of the memory, at most 8 GiB: loads stay below 4 GiB by their own shape, and a
    laptop keeps room for the person who uses it."""
    share = int(memory_bytes() * _SHARE_OF_MEMORY)
    return f"{max(_FLOOR_BYTES, min(share, _DEFAULT_CAP_BYTES)) >> 20}MiB"


def parquet(*paths: Path, union_by_name: bool = False) -> str:
    """SQL that reads Parquet files and nothing else: a folder named a=b above them is no column."""
    listing = ", ".join(literal(str(path)) for path in paths)
    union = ", union_by_name = true" if union_by_name else ""
    return f"read_parquet([{listing}], hive_partitioning = false{union})"


def connect(
    temp: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB of its own, with our macros; the caller closes it.

    `memory_limit` is a size such as `4GiB` (default: see `default_memory_limit`); what does not
    fit goes to `temp`. Raises LakeError when the limit is no size.
    """
    limit = memory_limit or default_memory_limit()
    if not _SIZE.fullmatch(limit):
        raise LakeError(f"memory limit {limit!r} is no size; write for example 4GiB or 512MiB")
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET memory_limit = '{limit}'")
    connection.execute(f"SET temp_directory = {literal(str(temp))}")
    connection.execute("SET TimeZone = 'UTC'")
    # Roll-ups say their order themselves; keeping the input's order costs memory and time.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    # No extension is needed, and none may be fetched in the middle of a load.
    connection.execute("SET autoinstall_known_extensions = false")
    if threads is not None:
        connection.execute(f"SET threads = {int(threads)}")
    for macro in MACROS:
        connection.execute(macro)
    return connection
