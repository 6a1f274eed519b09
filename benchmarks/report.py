"""Reports that measuring writes: sections between markers, and on what they were measured."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version


def machine() -> str:
    """Cores, memory and versions: never a host name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.machine()}, "
        f"Python {platform.python_version()}, DuckDB {version('duckdb')}"
    )


def replace_section(text: str, name: str, body: list[str]) -> str:
    """Put the section between its two markers; a new one goes to the end."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    block = "\n".join([start, *body, end])
    if start in text:
        return text[: text.index(start)] + block + text[text.index(end) + len(end) :]
    return text.rstrip() + "\n\n" + block + "\n"


def stamp(what: str) -> str:
    """When and on what it was measured."""
    return f"{what}, measured {datetime.now(UTC):%Y-%m-%d} on {machine()}."
