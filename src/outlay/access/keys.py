"""Random keys of sessions, tokens and links: 256 bits, of which only a hash is kept.

A plain SHA-256 will do for those, other than for passwords: what is random cannot be guessed.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib

TOKEN_PREFIX = "outlay_"
"""How API tokens begin, so that scanners of secrets find them."""

_BYTES = 32


def new_key() -> str:
    """A key for a cookie or a link."""
    return secrets.token_urlsafe(_BYTES)


def new_token() -> str:
    """A key for programs: ``outlay_`` and the key, with a checksum that tells typing errors and
    other people's tokens apart without asking the database."""
    key = secrets.token_hex(_BYTES)
    return f"{TOKEN_PREFIX}{key}{_checksum(key)}"


def is_token(text: str) -> bool:
    """Whether a text has the form of an API token."""
    rest = text.removeprefix(TOKEN_PREFIX)
    return rest != text and len(rest) == 2 * _BYTES + 8 and _checksum(rest[:-8]) == rest[-8:]


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _checksum(key: str) -> str:
    return f"{zlib.crc32(key.encode('utf-8', 'replace')):08x}"
