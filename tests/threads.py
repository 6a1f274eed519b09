"""What must run in a thread of its own: a browser's driver keeps an event loop in the test's."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio


def run_async(function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """`anyio.run`, whatever loop the calling thread has."""
    with ThreadPoolExecutor(1) as pool:
        context = contextvars.copy_context()
        return pool.submit(context.run, anyio.run, function, *arguments).result()
