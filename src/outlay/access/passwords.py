"""Passwords: what they must be, and how they are kept (argon2id, never the password itself)."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from outlay.access.errors import AccessError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 1024
"""Characters of a password."""

_COMMON = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789123 111111111111 000000000000 abcdefghijkl
    abcdef123456 abcd12345678 qwertyuiopas qwertyuiop12 qwertyuiop123 qwerty123456 qwertyqwerty
    1q2w3e4r5t6y 1qaz2wsx3edc q1w2e3r4t5y6 asdfghjkl123 zxcvbnm12345 password1234 password12345
    password123456 passwordpassword password2024 password2025 password2026 passw0rd1234
    p@ssw0rd1234 welcome12345 welcome123456 letmein12345 letmeinplease iloveyou1234 iloveyou12345
    changeme1234 changemechangeme administrator administrator1 administrator123 admin1234567
    adminadminadmin rootrootroot correcthorsebatterystaple trustno1trustno1 monkey123456
    dragon123456 football1234 baseball1234 sunshine1234 princess1234 superman1234 michael12345
    outlayoutlay outlay123456 outlaypassword outlaydemo123
    """.split()
)

# Each hashing takes 64 MiB: a burst of logins must not take all of the machine.
_AT_ONCE = threading.BoundedSemaphore(4)


class PasswordPolicyError(AccessError):
    """The password that somebody chose will not do; the message says why."""


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # argon2id with the parameters of RFC 9106 for machines of ordinary memory.
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """A hash that no password has been chosen for: checked against for names that are none, so
    that the answer takes as long."""
    import secrets

    return _hasher().hash(secrets.token_urlsafe(32))


def prepare() -> None:
    """Make ready what the first login would wait for, so that it takes no longer than others."""
    _nobodys()


def check_policy(password: str, name: str) -> str:
    """The password, if it may be chosen; PasswordPolicyError else.

    At least 12 characters, not the account's name, and none of the most common ones; nothing about
    digits and signs, which makes passwords worse.
    """
    plain = password.casefold().strip()
    if len(password) < SHORTEST:
        raise PasswordPolicyError(
            f"The password has {len(password)} characters; it needs at least {SHORTEST}. Several "
            "words in a row are easy to remember."
        )
    if len(password) > LONGEST:
        raise PasswordPolicyError(f"The password is longer than {LONGEST} characters.")
    if plain == name.casefold() or plain == name.partition("@")[0].casefold():
        raise PasswordPolicyError("The password is the account's name. Choose another.")
    if plain in _COMMON or len(set(plain)) < 4:
        raise PasswordPolicyError("The password is one of the most common ones. Choose another.")
    return password


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _hasher().hash(password)


def verified(kept: str, password: str) -> bool:
    """Whether the password is the one that was hashed; takes as long where nothing is kept."""
    from argon2.exceptions import InvalidHashError, VerificationError

    with _AT_ONCE:
        try:
            return _hasher().verify(kept or _nobodys(), password[: LONGEST + 1]) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's, and should be made again."""
    return _hasher().check_needs_rehash(kept)
