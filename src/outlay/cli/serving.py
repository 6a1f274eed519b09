"""A listening socket that is bound before anything is promised to a person."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULT_PORT = 8710


@contextmanager
def bound_socket(host: str, port: int | None) -> Iterator[socket.socket]:
    """Listen on host and port (0: a free one; None: the default, or a free one if it is taken).

    WorkspaceError when the asked port cannot be had.
    """
    from outlay.app import WorkspaceError

    try:
        listener = _listen(host, DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is not None:
            raise WorkspaceError(
                f"port {port} of {host} cannot be used: {error.strerror}. Stop what listens "
                "there, or choose another with --port (0 takes a free one)."
            ) from None
        listener = _listen(host, 0)
    with listener:
        yield listener


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
