"""A listening socket that is bound before anything is promised to a person."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on host and port (0: a free one); WorkspaceError when the port is taken."""
    from outlay.app import WorkspaceError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WorkspaceError(
            f"port {port} of {host} cannot be used: {error.strerror}. Stop what listens there, "
            "or choose another with --port (0 takes a free one)."
        ) from None
    try:
        yield listener
    finally:
        listener.close()
