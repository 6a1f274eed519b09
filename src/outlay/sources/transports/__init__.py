"""Transports: read access to the place where a bill lies, chosen by the location's scheme."""

import re
from collections.abc import Callable

from outlay.sources.contract import Transport, TransportError

__all__ = ["SCHEMES", "open_transport"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def _open_file(location: str) -> Transport:
    from outlay.sources.transports.file import FileTransport

    return FileTransport(location)


def _open_s3(location: str) -> Transport:
    from outlay.sources.transports.s3 import S3Transport

    return S3Transport(location)


def _open_azure(location: str) -> Transport:
    from outlay.sources.transports.azure import AzureTransport

    return AzureTransport(location)


def _open_gcs(location: str) -> Transport:
    from outlay.sources.transports.gcs import GcsTransport

    return GcsTransport(location)


# A cloud's SDK is imported only by the location that needs it, so that the command line starts
# fast and an installation without the extra still reads files.
SCHEMES: dict[str, Callable[[str], Transport]] = {
    "az": _open_azure,
    "file": _open_file,
    "gs": _open_gcs,
    "s3": _open_s3,
}


def open_transport(location: str) -> Transport:
    """The transport of a location: a path (``~`` allowed), ``file://…``, ``s3://bucket/prefix``,
    ``az://account/container/prefix`` or ``gs://bucket/prefix``.

    Nothing is read yet. Raises TransportError for an empty location or an unknown scheme.
    """
    text = location.strip()
    if not text:
        raise TransportError("the location is empty; give a file, a folder or a URL")
    match = _SCHEME.match(text)
    if match is None:
        return _open_file(text)
    opener = SCHEMES.get(match[1].lower())
    if opener is None:
        allowed = ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES))
        raise TransportError(
            f"locations that begin with {match[1]}:// cannot be read; "
            f"allowed are a path on this machine, {allowed}; "
            "copy the files to one of them and name that place"
        )
    return opener(text)
