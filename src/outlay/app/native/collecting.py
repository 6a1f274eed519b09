"""The files of one delivery: from a place, an address or a vendor's API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from outlay.app.native.model import RecommendationSourceSpec
from outlay.app.reaching import reaching_of
from outlay.savings.native.formats import LARGEST, is_answer
from outlay.sources.contract import Progress, TransportError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

File = tuple[str, bytes]
MOST_FILES = 2000


def collected(
    workspace: Workspace, spec: RecommendationSourceSpec, progress: Progress | None = None
) -> list[File]:
    """Every file (name, content) that the source offers now, in the order of names or pages.

    SourceError when one of them cannot be had, InnerAddressError where an address may not be asked:
    then none is.
    """
    with reaching_of(workspace):
        if spec.asks:
            return _asked(spec, progress)
        if spec.location.lower().startswith(("https://", "http://")):
            return _addressed(spec, progress)
        return _placed(workspace, spec, progress)


def _asked(spec: RecommendationSourceSpec, progress: Progress | None) -> list[File]:
    from outlay.app.native.apis import aws, rest

    vendor = aws if spec.format.startswith("aws-") else rest
    return list(vendor.collect(spec.format, spec.options, progress))


def _addressed(spec: RecommendationSourceSpec, progress: Progress | None) -> list[File]:
    from outlay.app.native.apis.rest import fetched

    if not spec.location.lower().startswith("https://"):
        raise TransportError(
            "an address begins with https://, so that nobody reads along; name a folder, s3://, "
            "az:// or gs:// otherwise"
        )
    name = urlsplit(spec.location).path.rpartition("/")[2] or "answer"
    return [(name, fetched(spec.location, spec.options, progress))]


def _placed(
    workspace: Workspace, spec: RecommendationSourceSpec, progress: Progress | None
) -> list[File]:
    from outlay.sources.transports import open_transport

    location = spec.location
    if "://" not in location:
        location = str(workspace.path / location)
    transport = open_transport(location)
    refs = transport.list()
    # A file that was named as such is read whatever its name.
    wanted = refs if len(refs) == 1 else [ref for ref in refs if is_answer(ref.path)]
    if len(wanted) > MOST_FILES:
        raise TransportError(
            f"{spec.location} has {len(wanted)} files; one delivery has at most {MOST_FILES}: "
            "name the folder of the newest export"
        )
    found = []
    for number, ref in enumerate(wanted, 1):
        if progress:
            progress(f"reading {ref.path}", number, len(wanted))
        if ref.size > LARGEST:
            raise TransportError(f"{ref.path} has more than {LARGEST >> 20} MiB")
        with transport.open(ref.path) as stream:
            found.append((ref.path, stream.read()))
    return found
