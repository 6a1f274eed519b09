"""Values from CSV files: one, a folder of them (on this machine or in a bucket), or an address."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from outlay.allocation.metrics.model import CsvSource, MetricSpec
from outlay.allocation.metrics.pull import Pulled, Window
from outlay.allocation.metrics.values import MetricDataError, MetricValue, read_csv
from outlay.sources.contract import Progress, SourceError
from outlay.sources.http import Api
from outlay.sources.secrets import read_secret
from outlay.sources.transports import open_transport

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")
_LARGEST = 256 << 20


def pull_csv(spec: MetricSpec, window: Window, folder: Path, progress: Progress | None) -> Pulled:
    """Every value of the files, whatever the window: a file is read whole, and what is known
    already changes nothing. Files are read in order of their names; a later one restates."""
    source = spec.source
    assert isinstance(source, CsvSource)
    found: dict[tuple[object, object], MetricValue] = {}
    for name, content in _files(source, folder, progress):
        values = read_csv(
            content,
            spec,
            what=name,
            time=source.time,
            value=source.value,
            columns=source.columns,
            delimiter=source.delimiter,
        )
        found.update(((value.start, value.labels), value) for value in values)
    return Pulled(
        tuple(sorted(found.values(), key=lambda v: (v.start, v.labels))), f"csv {_shown(source)}"
    )


def _files(
    source: CsvSource, folder: Path, progress: Progress | None
) -> Iterator[tuple[str, bytes]]:
    """Names and contents, in order of the names."""
    if source.location.lower().startswith(("https://", "http://")):
        headers = {"Accept": "text/csv"}
        if source.token:
            token = read_secret(source.token, "the token of the metric's address")
            headers["Authorization"] = f"Bearer {token}"
        hint = "Check the metric's address and its token."
        with Api(source.location, headers, hint=hint, progress=progress) as api:
            yield _shown(source), _unpacked(api.get(source.location), _shown(source))
        return
    transport = open_transport(_place(source.location, folder))
    refs = transport.list()
    if len(refs) > 1 or (refs and not source.location.endswith(refs[0].path)):
        refs = [ref for ref in refs if ref.path.lower().endswith(_ENDINGS)]
    if not refs:
        raise SourceError(f"{source.location} has no CSV file ({', '.join(_ENDINGS)})")
    for number, ref in enumerate(refs):
        if progress:
            progress(f"reading {ref.path}", number, len(refs))
        if ref.size > _LARGEST:
            raise MetricDataError(f"{ref.path} has more than {_LARGEST >> 20} MiB; split it")
        with transport.open(ref.path) as stream:
            yield ref.path, _unpacked(stream.read(), ref.path)


def _place(location: str, folder: Path) -> str:
    """Paths are meant from the workspace's folder on."""
    if "://" in location or location.startswith("~"):
        return location
    return str(folder / location)


def _unpacked(content: bytes, name: str) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise SourceError(f"{name} is cut short or damaged ({error}); fetch it again") from None


def _shown(source: CsvSource) -> str:
    """The location without what may be secret in an address."""
    if "://" not in source.location:
        return source.location
    parts = urlsplit(source.location)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
