"""What a failed S3 request means: the SDK's errors as ours, without anything secret in them."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from outlay.sources.contract import RetryableTransportError, TransportError

_DENIED = {"AccessDenied", "403", "Forbidden", "AllAccessDisabled", "AccountProblem"}
_BAD_KEYS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "InvalidToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "AuthFailure",
}
_LATER = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequests",
    "RequestTimeout",
    "ServiceUnavailable",
    "InternalError",
    "429",
    "500",
    "502",
    "503",
    "504",
}


@contextmanager
def translated(bucket: str, key: str) -> Iterator[None]:
    """Run SDK calls; any error of the SDK is raised as TransportError about bucket and key."""
    errors = importlib.import_module("botocore.exceptions")
    try:
        yield
    except errors.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        raise _by_code(code, error.operation_name, bucket, key) from error
    except (
        errors.NoCredentialsError,
        errors.PartialCredentialsError,
        errors.CredentialRetrievalError,
        errors.TokenRetrievalError,
        errors.SSOError,
    ) as error:
        raise TransportError(
            f"no usable AWS credentials for {_where(bucket, key)}: {type(error).__name__}; set "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws sso login"
        ) from error
    except errors.ProfileNotFound as error:
        raise TransportError(
            f"{error}; set AWS_PROFILE to a profile of ~/.aws/config, or unset it"
        ) from error
    except (errors.HTTPClientError, errors.ConnectionError) as error:
        raise RetryableTransportError(
            f"{_where(bucket, key)} cannot be reached: {type(error).__name__}; "
            "check the network and AWS_ENDPOINT_URL, then retry"
        ) from error
    except (errors.BotoCoreError, ValueError) as error:
        raise TransportError(
            f"{_where(bucket, key)} cannot be read: {error}; check the AWS configuration "
            "(AWS_REGION, AWS_ENDPOINT_URL) and the bucket's name"
        ) from error


def changed(
    bucket: str, key: str, expected: int | None = None, got: int | None = None
) -> RetryableTransportError:
    """The error for an object that is no longer the one that was listed, or came short."""
    sizes = "" if expected is None else f" ({expected} bytes listed, {got} received)"
    return RetryableTransportError(
        f"{_where(bucket, key)} changed or ended early while it was read{sizes}; "
        "load it again once its writer has finished"
    )


def _where(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}" if bucket else "S3"


def _by_code(code: str, operation: str, bucket: str, key: str) -> TransportError:
    where = _where(bucket, key)
    if code in _DENIED:
        return TransportError(
            f"access to {where} is denied ({operation}: {code}); the role or user needs "
            "s3:ListBucket on the bucket, s3:GetObject on its objects, and kms:Decrypt where "
            "they are encrypted with a key of yours"
        )
    if code in _BAD_KEYS:
        return TransportError(
            f"the AWS credentials used for {where} are not valid ({code}); renew them or choose "
            "another AWS_PROFILE"
        )
    if code == "NoSuchBucket":
        return TransportError(
            f"the bucket {bucket!r} does not exist; check its name and, with another endpoint "
            "than AWS, AWS_ENDPOINT_URL"
        )
    if code in {"NoSuchKey", "404", "NotFound"}:
        return RetryableTransportError(
            f"{where} is gone since it was listed; list the location and load again"
        )
    if code in {"PreconditionFailed", "412", "InvalidRange"}:
        return changed(bucket, key)
    if code == "InvalidObjectState":
        return TransportError(f"{where} is archived (Glacier); restore the object, then load again")
    if code in _LATER:
        return RetryableTransportError(
            f"S3 asks to slow down or failed for {where} ({operation}: {code}); try again later"
        )
    return TransportError(
        f"S3 refused {operation} on {where} ({code}); check the bucket's name, region and policy"
    )
