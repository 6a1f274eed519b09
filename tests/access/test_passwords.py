"""Passwords: what may be chosen, and how they are kept."""

import pytest

from outlay.access import passwords
from outlay.access.passwords import PasswordPolicyError, check_policy


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 12"),
        ("eleven char", "at least 12"),
        ("ana@example.com", "account's name"),
        ("ANA@example.com", "account's name"),
        ("password12345", "most common"),
        ("aaaaaaaaaaaaaaaa", "most common"),
        ("x" * 1025, "longer than 1024"),
    ],
)
def test_passwords_that_will_not_do(password: str, why: str) -> None:
    with pytest.raises(PasswordPolicyError, match=why):
        check_policy(password, "ana@example.com")


@pytest.mark.parametrize(
    "password", ["seven yellow bicycles", "ÄÖÜ ßéñ 日本語 🚲🚲🚲", "no digits here"]
)
def test_passwords_that_will_do(password: str) -> None:
    assert check_policy(password, "ana") == password


def test_a_password_is_kept_as_an_argon2id_hash_of_the_recommended_cost() -> None:
    kept = passwords.hashed("seven yellow bicycles")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "bicycles" not in kept and kept != passwords.hashed("seven yellow bicycles")
    assert passwords.verified(kept, "seven yellow bicycles")
    assert not passwords.verified(kept, "seven yellow bicycle")
    assert not passwords.outdated(kept)


@pytest.mark.usefixtures("cheap_hashing")
def test_nobody_gets_in_where_nothing_is_kept() -> None:
    for kept in ("", "x", "$argon2id$broken"):
        assert not passwords.verified(kept, "")
        assert not passwords.verified(kept, "seven yellow bicycles")


@pytest.mark.usefixtures("cheap_hashing")
def test_a_hash_of_other_parameters_is_outdated_and_still_opens() -> None:
    from argon2 import PasswordHasher

    older = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1).hash("twelve letters")
    assert passwords.verified(older, "twelve letters") and passwords.outdated(older)
