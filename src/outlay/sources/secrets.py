"""Secrets are named, never written: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`.

Options of a source hold the reference alone, so that no configuration, log or export can show
the secret itself.
"""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from outlay.sources.contract import SourceError

FORMS = "env:NAME, file:PATH or keyring:SERVICE/USER"
_FORM = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")


def _checked(reference: str) -> str:
    if not _FORM.fullmatch(reference):
        # The value itself is not repeated: it is likely to be the secret.
        raise ValueError(f"expected where the secret is kept ({FORMS}), never the secret itself")
    return reference


SecretRef = Annotated[str, AfterValidator(_checked)]
"""The type of an option that names a secret."""


def read_secret(reference: str, purpose: str) -> str:
    """The secret behind a reference, without surrounding white space.

    `purpose` says in messages what it is for ("the OpenAI admin key"). Raises SourceError when it
    is not there; the message never holds the secret.
    """
    _checked(reference)
    kind, _, place = reference.partition(":")
    found = {"env": _environment, "file": _file, "keyring": _keyring}[kind](place, purpose)
    if not found.strip():
        raise SourceError(f"{purpose} is empty at {reference}; put it there and try again")
    return found.strip()


def _environment(name: str, purpose: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise SourceError(
            f"{purpose} is expected in the environment variable {name}, which is not set; "
            f"export it, or name another place with {FORMS}"
        )
    return found


def _file(path: str, purpose: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError)
            else "it is not text"
            if isinstance(error, UnicodeDecodeError)
            else "there is no such home folder"
        )
        raise SourceError(
            f"{purpose} is expected in the file {path}, which cannot be read: {reason}"
        ) from None


def _keyring(place: str, purpose: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise SourceError(
            "secrets in a keyring need the keyring package: pip install 'outlay[keyring]'"
        ) from None
    try:
        found = keyring.get_password(service, user)
    except KeyringError as error:
        raise SourceError(f"{purpose} cannot be read from the keyring: {error}") from None
    if found is None:
        raise SourceError(
            f"{purpose} is not in the keyring under {service!r}, user {user!r}; "
            f"put it there with: keyring set {service} {user}"
        )
    return found
