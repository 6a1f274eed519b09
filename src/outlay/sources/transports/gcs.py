"""The Google Cloud Storage transport: ``gs://bucket/prefix``."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outlay.sources.contract import RetryableTransportError, TransportError
from outlay.sources.transports.objects import ObjectTransport, sdk

_FORM = "gs://bucket/prefix"
_TIMEOUT = (10, 60)


class GcsTransport(ObjectTransport):
    """Reads one object, or every object below a prefix of a bucket.

    Credentials are Google's Application Default Credentials (``gcloud auth application-default
    login``, ``GOOGLE_APPLICATION_CREDENTIALS``, the machine's service account);
    ``STORAGE_EMULATOR_HOST`` names another server.
    """

    def __init__(self, location: str, client: Any = None) -> None:
        bucket, _, key = location[len("gs://") :].partition("/")
        if not bucket:
            raise TransportError(f"{location!r} names no bucket; write {_FORM}")
        if "@" in bucket or ":" in bucket:
            # Not repeated in the message: what stands before the @ may be a secret.
            raise TransportError(
                f"a gs:// location takes no credentials or port; write {_FORM} and sign in with "
                "`gcloud auth application-default login`"
            )
        super().__init__(location, bucket, key)
        self._made_client = client

    @property
    def _client(self) -> Any:
        if self._made_client is None:
            with self._translated(""):
                self._made_client = _connect()
        return self._made_client

    def _listed(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        with self._translated(prefix):
            found = self._client.list_blobs(
                self._bucket, prefix=prefix or None, timeout=_TIMEOUT,
                fields="items(name,size,generation),nextPageToken",
            )  # fmt: skip
            for blob in found:
                yield blob.name, int(blob.size), str(blob.generation)

    def _stat(self, key: str) -> tuple[int, str]:
        with self._translated(key):
            blob = self._client.bucket(self._bucket).get_blob(key, timeout=_TIMEOUT)
        if blob is None:
            raise RetryableTransportError(
                f"gs://{self._bucket}/{key} is gone since it was listed; list the location and "
                "load again"
            )
        return int(blob.size), str(blob.generation)

    def _range(self, key: str, start: int, end: int, version: str) -> bytes:
        # Of that generation: Google keeps serving it only where versions are kept, else says 404.
        blob = self._client.bucket(self._bucket).blob(key, generation=int(version))
        with self._translated(key, generation=True):
            data: bytes = blob.download_as_bytes(
                start=start, end=end - 1, timeout=_TIMEOUT, raw_download=True
            )
        return data

    @contextmanager
    def _translated(self, key: str, *, generation: bool = False) -> Iterator[None]:
        """Run SDK calls; any error of the SDK is raised as TransportError about the location."""
        with sdk("gcp", "gs:// locations"):
            api = importlib.import_module("google.api_core.exceptions")
            auth = importlib.import_module("google.auth.exceptions")
        requests = importlib.import_module("requests")
        where = f"gs://{self._bucket}/{key}"
        try:
            yield
        except api.NotFound:
            if generation:
                raise self._changed(key) from None
            raise TransportError(
                f"the bucket {self._bucket!r} does not exist, or may not be seen with these "
                "credentials; check its name"
            ) from None
        except (api.Forbidden, api.Unauthorized) as error:
            raise TransportError(
                f"access to {where} is denied ({error.code}); the account needs the role Storage "
                "Object Viewer on the bucket"
            ) from None
        except (api.PreconditionFailed, api.RequestRangeNotSatisfiable):
            raise self._changed(key) from None
        except (api.TooManyRequests, api.ServerError, api.RetryError) as error:
            raise RetryableTransportError(
                f"Google asks to slow down or failed for {where} ({type(error).__name__}); try "
                "again later"
            ) from None
        except auth.GoogleAuthError as error:
            raise TransportError(
                f"no usable Google credentials for {where}: {type(error).__name__}; run `gcloud "
                "auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
            ) from None
        except (requests.ConnectionError, requests.Timeout, api.GoogleAPIError) as error:
            raise RetryableTransportError(
                f"{where} cannot be reached: {type(error).__name__}; check the network, then retry"
            ) from None


def _connect() -> Any:
    with sdk("gcp", "gs:// locations"):
        storage = importlib.import_module("google.cloud.storage")
        credentials = importlib.import_module("google.auth.credentials")
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        return storage.Client(project="outlay", credentials=credentials.AnonymousCredentials())
    return storage.Client()
