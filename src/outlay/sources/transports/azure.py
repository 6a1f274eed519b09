"""The Azure Blob transport: ``az://account/container/prefix``."""

import importlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outlay.sources.contract import RetryableTransportError, TransportError
from outlay.sources.transports.objects import ObjectTransport, sdk

_FORM = "az://account/container/prefix"
_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_SAS = "AZURE_STORAGE_SAS_TOKEN"
_KEY = "AZURE_STORAGE_KEY"


class AzureTransport(ObjectTransport):
    """Reads one blob, or every blob below a prefix of a container.

    Credentials come from the environment: ``AZURE_STORAGE_CONNECTION_STRING``,
    ``AZURE_STORAGE_SAS_TOKEN`` or ``AZURE_STORAGE_KEY`` where one is set, otherwise the default
    Azure chain (managed identity, workload identity, ``az login``, ``AZURE_CLIENT_ID``…).
    """

    def __init__(self, location: str, client: Any = None) -> None:
        account, _, rest = location[len("az://") :].partition("/")
        container, _, key = rest.partition("/")
        if not account or not container:
            raise TransportError(f"{location!r} names no container; write {_FORM}")
        # An account is one label of a host's name: with anything else it would be another host.
        if not re.fullmatch(r"[A-Za-z0-9-]+", account) or "?" in location:
            # Not repeated in the message: it may hold a SAS token.
            raise TransportError(
                f"an az:// location takes no credentials; write {_FORM} and set {_SAS}, {_KEY} or "
                f"{_CONNECTION}, or sign in with `az login`"
            )
        super().__init__(location, container, key)
        self._account = account
        self._made_client = client

    @property
    def _container(self) -> Any:
        if self._made_client is None:
            with self._translated(""):
                self._made_client = _service(self._account).get_container_client(self._bucket)
        return self._made_client

    def _listed(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        with self._translated(prefix):
            for blob in self._container.list_blobs(name_starts_with=prefix or None):
                # Storage with folders of its own lists them too, as blobs of no size.
                if not (blob.metadata or {}).get("hdi_isfolder"):
                    yield blob.name, int(blob.size), str(blob.etag).strip('"')

    def _stat(self, key: str) -> tuple[int, str]:
        with self._translated(key):
            found = self._container.get_blob_client(key).get_blob_properties()
        return int(found.size), str(found.etag).strip('"')

    def _range(self, key: str, start: int, end: int, version: str) -> bytes:
        core = importlib.import_module("azure.core")
        with self._translated(key):
            stream = self._container.get_blob_client(key).download_blob(
                offset=start,
                length=end - start,
                etag=f'"{version}"',
                match_condition=core.MatchConditions.IfNotModified,
            )
            data: bytes = stream.readall()
        return data

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        """Run SDK calls; any error of the SDK is raised as TransportError about the location."""
        with sdk("azure", "az:// locations"):
            errors = importlib.import_module("azure.core.exceptions")
        where = f"az://{self._account}/{self._bucket}/{key}"
        try:
            yield
        except errors.ClientAuthenticationError as error:
            raise TransportError(
                f"Azure refused the credentials for {where} ({_code(error)}); run `az login`, give "
                f"the identity the role Storage Blob Data Reader on the container, or set {_SAS}, "
                f"{_KEY} or {_CONNECTION}"
            ) from None
        except errors.ResourceModifiedError as error:
            raise self._changed(key) from error
        except errors.ResourceNotFoundError as error:
            if _code(error) == "BlobNotFound":
                raise RetryableTransportError(
                    f"{where} is gone since it was listed; list the location and load again"
                ) from None
            raise TransportError(
                f"{where}: there is no such container ({_code(error)}); check the names of account "
                "and container"
            ) from None
        except errors.HttpResponseError as error:
            raise _by_status(error, where) from None
        except (errors.ServiceRequestError, errors.ServiceResponseError) as error:
            raise RetryableTransportError(
                f"{where} cannot be reached: {type(error).__name__}; check the network and the "
                "account's name, then retry"
            ) from None
        except (errors.AzureError, ValueError) as error:
            raise TransportError(
                f"{where} cannot be read: {type(error).__name__}; check the Azure configuration"
            ) from None


def _service(account: str) -> Any:
    with sdk("azure", "az:// locations"):
        blobs = importlib.import_module("azure.storage.blob")
    options: dict[str, Any] = {
        "connection_timeout": 10,
        "read_timeout": 60,
        "retry_total": 5,
        "user_agent": "outlay",
    }
    if os.environ.get(_CONNECTION):
        service = blobs.BlobServiceClient.from_connection_string(os.environ[_CONNECTION], **options)
        if service.account_name and service.account_name != account:
            raise TransportError(
                f"{_CONNECTION} is of the account {service.account_name}, the location names "
                f"{account}; make them agree, or unset the variable"
            )
        return service
    credential: Any = os.environ.get(_SAS) or os.environ.get(_KEY)
    if not credential:
        with sdk("azure", "az:// locations"):
            identity = importlib.import_module("azure.identity")
        credential = identity.DefaultAzureCredential()
    return blobs.BlobServiceClient(
        f"https://{account}.blob.core.windows.net", credential=credential, **options
    )


def _code(error: Any) -> str:
    code = getattr(error, "error_code", None) or getattr(error, "status_code", None)
    return str(getattr(code, "value", None) or code or type(error).__name__)


def _by_status(error: Any, where: str) -> TransportError:
    code, status = _code(error), getattr(error, "status_code", None)
    if status == 403:
        return TransportError(
            f"access to {where} is denied ({code}); the identity needs the role Storage Blob Data "
            "Reader on the container, and the account's firewall must let this machine in"
        )
    if status == 412:
        return RetryableTransportError(
            f"{where} changed while it was read; load it again once its writer has finished"
        )
    if status in {408, 429, 500, 502, 503, 504}:
        return RetryableTransportError(
            f"Azure asks to slow down or failed for {where} ({code}); try again later"
        )
    if code == "BlobArchived":
        return TransportError(f"{where} is archived; rehydrate the blob, then load again")
    return TransportError(f"Azure refused to read {where} ({code}); check names and permissions")
