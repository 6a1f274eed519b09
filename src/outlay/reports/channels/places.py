"""Places where files are kept: a folder of the workspace, and S3.

A delivery that is repeated writes the same names again, so that it is there once.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import orjson

from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.channels.webhook import payload
from outlay.reports.document import File
from outlay.reports.errors import PermanentError, TemporaryError
from outlay.reports.model import ChannelSpec
from outlay.reports.render.files import files as rendered
from outlay.sources.contract import RetryableTransportError, TransportError

_NOTICES = "notices"


def contents(parcel: Parcel) -> list[File]:
    """The files of a delivery: what was asked for (else the mail as a page), and the document as
    JSON with the delivery's key."""
    found = list(parcel.files) or rendered(parcel.document, ["html"])
    data = orjson.dumps(payload(parcel, files=False), option=orjson.OPT_INDENT_2)
    return [*found, File("document.json", "application/json", data)]


def place(parcel: Parcel) -> tuple[str, str]:
    """The two folders of a delivery: the report, and the moment for which it was made. A notice,
    and what was asked for by hand, is told from others of the minute by its key."""
    name = parcel.report or _NOTICES
    return name, f"{parcel.stamp}-{parcel.key[:8]}"


def send_folder(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Write the files below the channel's folder, each whole or not at all."""
    base = (ways.folder / channel.folder).resolve()
    target = base.joinpath(*place(parcel))
    made = contents(parcel)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in made:
            _write(target / Path(file.name).name, file.content)
    except OSError as error:
        raise TemporaryError(
            f"the folder {channel.folder} cannot be written: {error.strerror or error}."
        ) from None
    where = f"{channel.folder}/{'/'.join(place(parcel))}"
    return Delivered(f"{len(made)} files in {where}")


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with fresh.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def send_s3(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Put the files below the channel's location, with the credentials of the AWS chain."""
    from outlay.sources.transports.s3 import connect
    from outlay.sources.transports.s3_errors import translated

    bucket, _, prefix = channel.location.removeprefix("s3://").partition("/")
    folder = "/".join([*filter(None, [prefix.strip("/")]), *place(parcel)])
    made = contents(parcel)
    try:
        client = connect()
        for file in made:
            key = f"{folder}/{file.name}"
            with translated(bucket, key):
                client.put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=file.content,
                    ContentType=file.media,
                    Metadata={"outlay-delivery": parcel.key},
                )
    except RetryableTransportError as error:
        raise TemporaryError(f"{str(error).rstrip('.')}.") from None
    except TransportError as error:
        raise PermanentError(f"{str(error).rstrip('.')}.") from None
    return Delivered(f"{len(made)} objects in s3://{bucket}/{folder}")
