"""Signing in to the vendors' APIs, for whatever is asked of them: bills, recommendations, metrics.

A secret is named in options (`outlay.sources.secrets`) or comes from where the vendor's own SDK
looks for it; it is in no message.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from outlay.sources.contract import RetryableTransportError, SourceError, TransportError
from outlay.sources.reach import check_url
from outlay.sources.secrets import read_secret

AZURE = "https://management.azure.com"
_ATTEMPTS = 8
_LATER = {
    "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
    "InternalServerException", "InternalServerError", "ServiceUnavailableException",
    "ServiceUnavailable", "LimitExceededException", "InternalServiceFault", "LimitExceeded",
}  # fmt: skip


def azure_token(options: Mapping[str, str]) -> str:
    """An access token of Azure Resource Manager: the one that the option `token` names, else by
    `tenant`, `client_id` and `client_secret`, else by the identity of this machine. SourceError
    where there is none."""
    if options.get("token"):
        return read_secret(options["token"], "the token of Azure")
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import ClientSecretCredential, DefaultAzureCredential
    except ModuleNotFoundError:
        raise TransportError(
            "signing in to Azure needs its SDK: pip install 'outlay[azure]', or give a token"
        ) from None
    try:
        if options.get("client_secret"):
            secret = read_secret(options["client_secret"], "the secret of the Azure application")
            made: Any = ClientSecretCredential(
                options.get("tenant", ""), options.get("client_id", ""), secret
            )
        else:
            made = DefaultAzureCredential()
        return str(made.get_token(f"{AZURE}/.default").token)
    except (AzureError, ValueError) as error:
        raise TransportError(
            f"Azure does not let this identity in: {type(error).__name__}; check tenant, "
            "client_id and client_secret, or the identity of this machine"
        ) from None


def google_token(options: Mapping[str, str]) -> str:
    """An access token of Google Cloud: the one that the option `token` names, else by Application
    Default Credentials. SourceError where there is none."""
    if options.get("token"):
        return read_secret(options["token"], "the token of Google Cloud")
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    except ModuleNotFoundError:
        raise TransportError(
            "signing in to Google Cloud needs its SDK: pip install 'outlay[gcp]', or give a token"
        ) from None
    try:
        made, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        made.refresh(Request())  # type: ignore[no-untyped-call]
        return str(made.token)
    except GoogleAuthError as error:
        raise TransportError(
            f"no usable Google credentials: {type(error).__name__}; run `gcloud auth "
            "application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
        ) from None


def http_headers(
    token: str | None, user: str | None, password: str | None, tenant: str | None = None
) -> dict[str, str]:
    """Headers of an API that takes a bearer token, or a user with a password; `token` and
    `password` say where they are kept. `tenant` is that of Mimir, Cortex or Thanos."""
    headers = {}
    if token:
        headers["Authorization"] = f"Bearer {read_secret(token, 'the API token')}"
    elif user:
        if not password:
            raise SourceError(f"user {user} has no password: set the option password")
        secret = read_secret(password, "the API password")
        pair = b64encode(f"{user}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if tenant:
        headers["X-Scope-OrgID"] = tenant
    return headers


def aws_client(
    service: str, region: str, endpoint: str = "", keys: Mapping[str, str] | None = None
) -> Any:
    """A client of an AWS service in a region, by the process's own credentials (``AWS_PROFILE``,
    instance roles, …) or by `keys`, those that a role was assumed for (see `assumed`). `endpoint`
    is another address than AWS's. TransportError without the SDK, or for an address that may not be
    asked."""
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError:
        raise TransportError(
            "asking AWS needs its SDK: pip install 'outlay[aws]', or name an export in a bucket"
        ) from None
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        user_agent_extra="outlay",
    )
    if endpoint:
        check_url(endpoint, "the endpoint of the source")
    client: Any = boto3.client
    return client(
        service, region_name=region, endpoint_url=endpoint or None, config=config, **(keys or {})
    )


def aws_call(
    client: Any, operation: str, what: str, hint: Callable[[str], str], **parameters: Any
) -> dict[str, Any]:
    """The answer of one operation of `what` (in words). RetryableTransportError where asking again
    later may help, else TransportError; `hint` says for an error's code what to check."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        found: dict[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code", ""))
        message = " ".join(str(told.get("Message", "")).split())[:300]
        if code in _LATER:
            raise RetryableTransportError(f"{what} asks to slow down or failed ({code})") from None
        raise TransportError(f"{what} refuses: {code}. {message} {hint(code)}".strip()) from None
    except NoCredentialsError:
        raise TransportError(
            f"{what} needs credentials of AWS: set AWS_PROFILE, or run where a role is attached"
        ) from None
    except BotoCoreError as error:
        raise RetryableTransportError(f"{what} cannot be reached: {type(error).__name__}") from None
    return {key: value for key, value in found.items() if key != "ResponseMetadata"}


def assumed(role: str, external_id: str, region: str, endpoint: str = "") -> dict[str, str]:
    """The keys of an assumed role, as `aws_client` takes them; errors as `aws_call`."""
    client = aws_client("sts", region, endpoint)
    more = {"ExternalId": external_id} if external_id else {}
    answer = aws_call(
        client, "assume_role", f"AWS, for the role {role},", _role_hint,
        RoleArn=role, RoleSessionName="outlay", **more,
    )  # fmt: skip
    keys = answer["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }


def _role_hint(code: str) -> str:
    return "The role must trust the identity of this process." if "AccessDenied" in code else ""
