"""The S3 transport: ``s3://bucket/prefix``, with credentials by the normal AWS chain."""

import importlib
import io
import os
from pathlib import Path
from typing import Any, BinaryIO

from outlay.sources.contract import FileRef, TransportError
from outlay.sources.transports.names import is_hidden
from outlay.sources.transports.s3_errors import changed, translated

_READ_AHEAD = 256 * 1024
_CHUNK = 1024 * 1024
# Attempts to go on with a broken download, beside the SDK's own retries of a request.
_DOWNLOAD_ATTEMPTS = 4
_REQUEST_ATTEMPTS = 5


class S3Transport:
    """Reads one object, or every object below a prefix (``/`` is understood as a folder).

    Endpoint, region, profile and credentials come from the AWS configuration of the process
    (``AWS_PROFILE``, ``AWS_ENDPOINT_URL``, instance roles…); none is taken from the location.
    """

    def __init__(self, location: str, client: Any = None) -> None:
        self.location = location
        bucket, _, key = location[len("s3://") :].partition("/")
        if not bucket:
            raise TransportError(f"{location!r} names no bucket; write s3://bucket/prefix")
        if "@" in bucket or ":" in bucket:
            # Not repeated in the message: what stands before the @ may be a secret.
            raise TransportError(
                "an s3:// location takes no credentials or port; write s3://bucket/prefix, set "
                "AWS_PROFILE or AWS_ACCESS_KEY_ID, and AWS_ENDPOINT_URL for another endpoint"
            )
        self._bucket = bucket
        self._key = key.rstrip("/")
        self._as_folder = key.endswith("/") or not key
        self._made_client = client
        self._base: str | None = None

    @property
    def _client(self) -> Any:
        if self._made_client is None:
            self._made_client = connect()
        return self._made_client

    def list(self, prefix: str = "") -> list[FileRef]:
        """Objects whose key below the location starts with `prefix`; see the contract."""
        base = self._resolve_base()
        if base is not None:
            found = _pages(self._client, self._bucket, base + prefix, len(base))
            return [ref for ref in found if not is_hidden(ref.path)]
        name = self._key.rpartition("/")[2]
        start = len(self._key) - len(name)
        if not name.startswith(prefix):
            return []
        found = _pages(self._client, self._bucket, self._key, start)
        return [ref for ref in found if ref.path == name]

    def open(self, path: str) -> BinaryIO:
        """A seekable reader that fetches byte ranges on demand."""
        key = self._full_key(path)
        with translated(self._bucket, key):
            head = self._client.head_object(Bucket=self._bucket, Key=key)
        return io.BufferedReader(
            _RangeReader(self._client, self._bucket, key, head["ContentLength"], head["ETag"]),
            _READ_AHEAD,
        )

    def fetch(self, ref: FileRef, target: Path) -> None:
        """Download an object, going on where a broken connection ended.

        Raises RetryableTransportError when the object is no longer the listed one or stays short.
        """
        key = self._full_key(ref.path)
        try:
            with translated(self._bucket, key), target.open("wb") as out:
                for attempt in range(1, _DOWNLOAD_ATTEMPTS + 1):
                    if self._download(key, ref, out) or attempt == _DOWNLOAD_ATTEMPTS:
                        break
                if out.tell() != ref.size:
                    raise changed(self._bucket, key, ref.size, out.tell())
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _download(self, key: str, ref: FileRef, out: BinaryIO) -> bool:
        """Append what is missing; False when the connection broke and the rest is to be asked."""
        if ref.size == 0:
            return True
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": key, "IfMatch": ref.version}
        if out.tell():
            request["Range"] = f"bytes={out.tell()}-"
        answer = self._client.get_object(**request)
        broken = _broken_stream_errors()
        try:
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                out.write(chunk)
        except broken:
            return False
        return out.tell() >= ref.size

    def _resolve_base(self) -> str | None:
        """The key prefix that is the location's folder; None when the location is one object."""
        if self._base is None and not self._as_folder:
            with translated(self._bucket, self._key):
                page = self._client.list_objects_v2(
                    Bucket=self._bucket, Prefix=self._key, MaxKeys=1
                )
            # Keys are listed in order, so that an object with exactly this key comes first.
            if any(item["Key"] == self._key for item in page.get("Contents", ())):
                return None
        self._base = f"{self._key}/" if self._key else ""
        return self._base

    def _full_key(self, path: str) -> str:
        base = self._resolve_base()
        if base is not None:
            return base + path
        return self._key


def _pages(client: Any, bucket: str, prefix: str, cut: int) -> list[FileRef]:
    """Every object under a key prefix, page by page; paths are keys without `cut` characters."""
    refs = []
    with translated(bucket, prefix):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):
                    refs.append(FileRef(item["Key"][cut:], item["Size"], item["ETag"]))
    return sorted(refs)


class _RangeReader(io.RawIOBase):
    """Reads one object by byte ranges; every range is of the version that was first seen."""

    def __init__(self, client: Any, bucket: str, key: str, size: int, etag: str) -> None:
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key
        self._size, self._etag = size, etag
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot seek before the start of {self._key}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        with translated(self._bucket, self._key):
            answer = self._client.get_object(
                Bucket=self._bucket,
                Key=self._key,
                IfMatch=self._etag,
                Range=f"bytes={self._at}-{self._at + wanted - 1}",
            )
            data = answer["Body"].read()
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def connect() -> Any:
    """A client of S3 by the normal AWS chain; TransportError says what is missing."""
    try:
        boto3 = importlib.import_module("boto3")
        config = importlib.import_module("botocore.config")
    except ModuleNotFoundError:
        raise TransportError(
            "s3:// locations need the AWS SDK, which is not installed; "
            "install it with: pip install 'outlay[aws]'"
        ) from None
    settings: dict[str, Any] = {
        "retries": {"mode": "standard", "total_max_attempts": _REQUEST_ATTEMPTS},
        "connect_timeout": 10,
        "read_timeout": 60,
        "user_agent_extra": "outlay",
    }
    if os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        # Other S3 servers rarely resolve bucket names as host names.
        settings["s3"] = {"addressing_style": "path"}
    with translated("", ""):
        # A session of its own: the SDK's default one is not safe between threads and keeps
        # credentials that were changed since.
        return boto3.session.Session().client("s3", config=config.Config(**settings))


def _broken_stream_errors() -> tuple[type[Exception], ...]:
    errors = importlib.import_module("botocore.exceptions")
    return (
        errors.IncompleteReadError,
        errors.ReadTimeoutError,
        errors.ResponseStreamingError,
        ConnectionError,
    )
