"""Secrets are named, never written; no message, option or log shows one."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError

from outlay.sources.contract import SourceError, SourceOptions
from outlay.sources.secrets import SecretRef, read_secret

SECRET = "sk-admin-9f8e7d6c5b4a"


class Options(SourceOptions):
    """Options with a secret."""

    api_key: SecretRef = "env:VENDOR_KEY"


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", f"  {SECRET}\n")
    assert read_secret("env:VENDOR_KEY", "the key") == SECRET


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    assert read_secret(f"file:{tmp_path / 'key'}", "the key") == SECRET


def test_a_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = ModuleType("keyring")
    errors = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    kept = {("outlay", "vendor/admin"): SECRET}
    ring.get_password = lambda service, user: kept.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert read_secret("keyring:outlay/vendor/admin", "the key") == SECRET
    with pytest.raises(SourceError, match="keyring set outlay nobody"):
        read_secret("keyring:outlay/nobody", "the key")

    def locked(service: str, user: str) -> str:
        raise errors.KeyringError("the collection is locked")

    ring.get_password = locked  # type: ignore[attr-defined]
    with pytest.raises(SourceError, match="the key cannot be read.*locked"):
        read_secret("keyring:outlay/vendor", "the key")


def test_the_missing_keyring_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SourceError, match=r"pip install 'outlay\[keyring\]'"):
        read_secret("keyring:outlay/vendor", "the key")


def test_what_is_not_there_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VENDOR_KEY", raising=False)
    with pytest.raises(SourceError, match="the key is expected in.*VENDOR_KEY, which is not set"):
        read_secret("env:VENDOR_KEY", "the key")
    for place in (tmp_path / "none", tmp_path, "~nobody-of-this-name/key"):
        with pytest.raises(SourceError, match="the key is expected in the file"):
            read_secret(f"file:{place}", "the key")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00" + SECRET.encode())
    with pytest.raises(SourceError, match="it is not text") as failure:
        read_secret(f"file:{tmp_path / 'binary'}", "the key")
    assert SECRET not in str(failure.value)


def test_an_empty_secret_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", " \n")
    with pytest.raises(SourceError, match="the key is empty at env:VENDOR_KEY"):
        read_secret("env:VENDOR_KEY", "the key")


@pytest.mark.parametrize(
    "value", [SECRET, "env:", "env:1KEY", "env:A B", "file:", "keyring:", "keyring:service", ""]
)
def test_a_secret_in_the_place_of_its_name_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(ValidationError) as failure:
        Options(api_key=value)
    (error,) = failure.value.errors(include_input=False)
    assert "never the secret itself" in error["msg"]
    assert SECRET not in error["msg"]
    assert SECRET not in str(failure.value)
    assert SECRET not in repr(failure.value)


def test_options_hold_the_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", SECRET)
    options = Options()
    assert options.model_dump() == {"api_key": "env:VENDOR_KEY"}
    assert SECRET not in repr(options)
