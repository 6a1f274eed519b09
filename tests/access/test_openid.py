"""What a provider says is checked before it is believed. The provider here is a stand-in that signs
whatever a test wants; the real one is in `test_sign_on.py`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from outlay.access.openid import Client, Provider, SignedOn, SignOnError
from outlay.resources.database import open_database, sqlite_url

ISSUER = "https://id.acme.example"
REDIRECT = "https://outlay.acme.example/login/callback"
OURS = RSAKey.generate_key(2048, {"kid": "now"})
NEXT = RSAKey.generate_key(2048, {"kid": "next"})


class Standing(Provider):
    """A provider whose answers a test writes."""

    def __init__(self, path: Path, **about: Any) -> None:
        super().__init__(
            Client(ISSUER, "outlay", "a secret"), open_database(sqlite_url(path / "db"))
        )
        self.described = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            **about,
        }
        self.keys = [OURS]
        self.asked: list[str] = []
        self.id_token: Any = None

    def _json(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if url.endswith("/keys"):
            return dict(KeySet(self.keys).as_dict(private=False))
        return self.described

    def _exchange(self, redirect_uri: str, code: str, verifier: str) -> Mapping[str, Any]:
        assert (redirect_uri, code) == (REDIRECT, "the code") and len(verifier) >= 43
        return {"access_token": "x", "id_token": self.id_token}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Standing]:
    found = Standing(tmp_path)
    yield found
    found._engine.dispose()


def begun(provider: Standing) -> tuple[str, str]:
    """State and nonce of a login that began."""
    url, state = provider.begin(REDIRECT, "/sources")
    return state, parse_qs(urlsplit(url).query)["nonce"][0]


def claims(nonce: str, /, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "sub": "ana",
        "aud": "outlay",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
        "email": "Ana@Acme.example",
        "email_verified": True,
    }
    return {key: value for key, value in (found | changes).items() if value is not None}


def signed(said: dict[str, Any], key: Any = OURS, **header: Any) -> str:
    header = {"alg": "RS256", "kid": getattr(key, "kid", None) or "now"} | header
    return jwt.encode(header, said, key, algorithms=[header["alg"]])


def finish(provider: Standing, state: str, query: str = "") -> SignedOn:
    return provider.finish(REDIRECT, query or f"code=the+code&state={state}", state)


def test_an_answer_that_is_right_names_somebody(provider: Standing) -> None:
    state, nonce = begun(provider)
    provider.id_token = signed(claims(nonce, groups=["a", "b"]))
    found = finish(provider, state)
    assert (found.issuer, found.subject, found.email) == (ISSUER, "ana", "ana@acme.example")
    assert found.next == "/sources" and found.groups("groups") == ["a", "b"]
    with pytest.raises(SignOnError, match="used already"):
        finish(provider, state)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": ISSUER + "/"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["another", "outlay"]}, "another party"),
        ({"azp": "another"}, "another party"),
        ({"nonce": "of another login"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": int(time.time()) + 3600}, "iat|issued"),
        ({"nbf": int(time.time()) + 3600}, "nbf|not valid|invalid"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub|nobody"),
        ({"sub": 7}, "sub|nobody"),
        ({"sub": "x" * 256}, "nobody"),
        ({"aud": None}, "aud"),
    ],
)
def test_claims_that_are_not_right(provider: Standing, changes: dict[str, Any], why: str) -> None:
    state, nonce = begun(provider)
    provider.id_token = signed(claims(nonce, **changes))
    with pytest.raises(SignOnError, match=f"(?i){why}"):
        finish(provider, state)


def test_signatures_that_are_not_right(provider: Standing) -> None:
    """Changed afterwards; by nobody; by a shared secret; with the public key as a secret; by
    another's key under our key's name."""
    import base64
    import json

    def part(data: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    public = OURS.as_pem(private=False)
    for make in (
        lambda n: ".".join(
            (signed(claims(n)).split(".")[0], part(claims(n, sub="root")),
             signed(claims(n)).split(".")[2])
        ),
        lambda n: f"{part({'alg': 'none'})}.{part(claims(n))}.",
        lambda n: signed(claims(n), OctKey.import_key("s" * 32), alg="HS256"),
        lambda n: signed(claims(n), OctKey.import_key(public), alg="HS256"),
        lambda n: signed(claims(n), RSAKey.generate_key(2048, {"kid": "now"})),
        lambda n: "not a token",
        lambda n: "",
        lambda n: None,
    ):  # fmt: skip
        state, nonce = begun(provider)
        try:
            provider.id_token = make(nonce)
        except Exception as error:  # the library may refuse to make what must be refused
            assert "key" in str(error).lower(), error
            continue
        with pytest.raises(SignOnError, match="id token"):
            finish(provider, state)


def test_a_provider_may_begin_to_sign_with_a_new_key(
    provider: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, nonce = begun(provider)
    provider.id_token = signed(claims(nonce))
    finish(provider, state)
    provider.keys = [OURS, NEXT]
    for late in (True, False):
        if late:  # not at once: an attacker's tokens must not make us ask again and again
            monkeypatch.setattr("outlay.access.openid._REFRESH", 0)
        state, nonce = begun(provider)
        provider.id_token = signed(claims(nonce), NEXT)
        assert finish(provider, state).subject == "ana"
    asked = len(provider.asked)
    monkeypatch.setattr("outlay.access.openid._REFRESH", 30)
    for _ in range(3):
        state, nonce = begun(provider)
        provider.id_token = signed(claims(nonce), RSAKey.generate_key(2048, {"kid": "evil"}))
        with pytest.raises(SignOnError):
            finish(provider, state)
    assert len(provider.asked) == asked


def test_answers_that_belong_to_no_login_of_this_browser(provider: Standing) -> None:
    state, nonce = begun(provider)
    provider.id_token = signed(claims(nonce))
    for query, cookie in (
        (f"code=the+code&state={state}", ""),
        (f"code=the+code&state={state}", "another"),
        ("code=the+code", state),
        ("code=the+code&state=", state),
        ("code=the+code&state=", ""),
    ):
        with pytest.raises(SignOnError, match="no login that this browser began"):
            provider.finish(REDIRECT, query, cookie)
    assert finish(provider, state).subject == "ana", "and none of them used it up"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("error=access_denied", "refused: access_denied"),
        ("code=the+code&iss=https://evil.example", "another issuer"),
        ("", "no code"),
    ],
)
def test_answers_of_a_provider_that_refuses(provider: Standing, query: str, why: str) -> None:
    state, _ = begun(provider)
    with pytest.raises(SignOnError, match=why):
        finish(provider, state, f"{query}&state={state}")
    with pytest.raises(SignOnError, match="used already"):
        finish(provider, state)


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"issuer": "https://evil.example"}, "describes the issuer"),
        ({"issuer": ISSUER + "/"}, "exactly as the provider does"),
        ({"authorization_endpoint": "http://id.acme.example/authorize"}, "may be asked"),
        ({"authorization_endpoint": None}, "may be asked"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "may be asked"),
    ],
)
def test_descriptions_that_are_not_followed(
    tmp_path: Path, about: dict[str, Any], why: str
) -> None:
    with pytest.raises(SignOnError, match=why):
        Standing(tmp_path, **about).begin(REDIRECT, "/")


def test_a_login_that_takes_too_long_is_over(
    provider: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    monkeypatch.setattr("outlay.access.openid._PENDING", timedelta(seconds=-1))
    state, nonce = begun(provider)
    provider.id_token = signed(claims(nonce))
    with pytest.raises(SignOnError, match="took too long"):
        finish(provider, state)


def test_groups_are_read_from_where_providers_put_them() -> None:
    said = {
        "groups": "one",
        "realm_access": {"roles": ["a", "b"]},
        "https://acme.example/groups": ["c"],
        "odd": 7,
    }
    found = SignedOn(ISSUER, "ana", said, "token")
    assert found.groups("groups") == ["one"] and found.groups("realm_access.roles") == ["a", "b"]
    assert found.groups("https://acme.example/groups") == ["c"]
    assert found.groups("odd") == [] == found.groups("none.at.all")
    assert "token" not in repr(found)


def test_where_a_provider_logs_out(tmp_path: Path) -> None:
    back = "https://outlay.acme.example/login"
    assert Standing(tmp_path).log_out_address("t", back) == ""
    for bad in ("http://id.acme.example/out", "javascript:x", 7):
        assert Standing(tmp_path, end_session_endpoint=bad).log_out_address("t", back) == ""
    url = Standing(tmp_path, end_session_endpoint=f"{ISSUER}/out?a=b").log_out_address("t", back)
    assert parse_qs(urlsplit(url).query) == {
        "a": ["b"],
        "client_id": ["outlay"],
        "post_logout_redirect_uri": [back],
        "id_token_hint": ["t"],
    }
