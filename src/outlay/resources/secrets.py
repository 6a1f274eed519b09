"""A secret never goes into a spec: specs are shown, exported, versioned and audited."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from outlay.resources.errors import ResourceError

_SECRET_FIELD = re.compile(
    r"(?i)(^|[_.-])(password|passwd|secret|secret_?access_?key|client_?secret|api_?key"
    r"|private_?key|account_?key|sas_?token|token|connection_?string)$"
)
# Where a secret is kept (`outlay.sources.secrets`) is none.
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")
_SECRET_TEXT = {
    "a user and password in the URL": re.compile(r"(?i)^[a-z][a-z0-9+.-]*://[^/?#@\s]+@"),
    "a signature or key in the URL": re.compile(
        r"(?i)[?&](sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token"
        r"|x-goog-signature|awsaccesskeyid|access_?token|token|api_?key|password|secret)="
    ),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a key of a model vendor": re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an account key": re.compile(r"(?i)\b(AccountKey|SharedAccessSignature)="),
}
_ADVICE = (
    "Secrets are never stored. Leave it out and give it by the environment (the AWS credential "
    "chain for s3://, or the variable that the source's documentation names), or name where it "
    "is kept: env:NAME, file:PATH or keyring:SERVICE/USER."
)


def refuse_secrets(spec: Mapping[str, Any], what: str) -> None:
    """Raise ResourceError when a field looks like a secret; the message never repeats it."""
    for path, value in _texts(spec):
        if _SECRET_FIELD.search(path) and value and not _REFERENCE.fullmatch(value):
            raise ResourceError(f"{what}: the field {path} holds a secret. {_ADVICE}")
        for found, pattern in _SECRET_TEXT.items():
            if pattern.search(value):
                raise ResourceError(f"{what}: the field {path} has {found}. {_ADVICE}")


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]")
