"""Single sign-on by OpenID Connect: the authorization code flow with PKCE.

Sources: OpenID Connect Core 1.0 §3.1 (code flow, checks of the id token in §3.1.3.7), Discovery
1.0 §4, RP-Initiated Logout 1.0, RFC 7636 (PKCE), RFC 9207 (the issuer in the answer).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import Engine, delete, insert, select

from outlay.access.errors import AccessError
from outlay.access.events import utc_now
from outlay.access.keys import digest, new_key
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import pending_logins

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_TIMEOUT = 10  # seconds for one answer of the provider
_KEPT = 3600  # seconds for which the provider's description counts
_REFRESH = 30  # seconds between two looks for a key that was not there
_PENDING = timedelta(minutes=10)
_LEEWAY = 60  # seconds that two clocks may differ by

ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA".split()
"""Signatures that are taken: with a public key. ``none`` and shared secrets are not."""


class SignOnError(AccessError):
    """Single sign-on failed; the message is for the log, people hear less."""


@dataclass(frozen=True)
class Client:
    """What this server is to its provider."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")


@dataclass(frozen=True)
class SignedOn:
    """What a provider says of somebody who logged in there."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    id_token: str = field(repr=False)
    next: str = ""

    @property
    def email(self) -> str:
        """The address, lower case; '' when none is said."""
        found = self.claims.get("email")
        return found.strip().lower() if isinstance(found, str) else ""

    def groups(self, claim: str) -> list[str]:
        """The groups that a claim lists; a name with dots looks into objects."""
        found: Any = self.claims.get(claim)
        if found is None:
            found = self.claims
            for part in claim.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            return [found]
        return [str(one) for one in found] if isinstance(found, list | tuple) else []


class Provider:
    """A provider of single sign-on, as it describes itself. Thread-safe."""

    def __init__(self, client: Client, engine: Engine) -> None:
        self.client = client
        self._engine = engine
        self._lock = threading.Lock()
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    # --- the way there and back ---

    def begin(self, redirect_uri: str, next: str) -> tuple[str, str]:
        """Where to send the browser, and the state that its cookie must hold when it is back."""
        state, nonce, verifier = new_key(), new_key(), new_key() + new_key()
        values = {
            "state_hash": digest(state),
            "nonce": nonce,
            "verifier": verifier,
            "next": next,
            "expires_at": utc_now() + _PENDING,
        }
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        with writing(self._engine) as connection:
            connection.execute(
                delete(pending_logins).where(pending_logins.c.expires_at <= utc_now())
            )
            connection.execute(insert(pending_logins).values(**values))
        return str(url), state

    def finish(self, redirect_uri: str, answer: str, state: str) -> SignedOn:
        """Who logged in, from the query of the answer and the state of the browser's cookie.

        Raises SignOnError for anything that is not as it must be. An answer works once.
        """
        given = {key: values[-1] for key, values in parse_qs(answer).items()}
        if not state or given.get("state") != state:
            raise SignOnError("the answer belongs to no login that this browser began")
        pending = self._taken(state)
        if "error" in given:
            raise SignOnError(f"the provider refused: {given['error'][:100]}")
        if given.get("iss", self.client.issuer) != self.client.issuer:
            raise SignOnError("the answer comes from another issuer")
        if not given.get("code"):
            raise SignOnError("the answer holds no code")
        tokens = self._exchange(redirect_uri, given["code"], pending.verifier)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise SignOnError("the provider gave no id token")
        claims = self._checked(id_token, pending.nonce)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise SignOnError("the id token names nobody")
        return SignedOn(self.client.issuer, subject, claims, id_token, pending.next)

    def log_out_address(self, id_token: str, back: str) -> str:
        """Where to send a browser so that the provider logs it out too; '' if it cannot."""
        try:
            url = self.about().get("end_session_endpoint")
        except SignOnError:
            return ""
        if not isinstance(url, str) or not _may_ask(url):
            return ""
        query = {"client_id": self.client.client_id, "post_logout_redirect_uri": back}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    # --- what the provider says of itself ---

    def about(self) -> dict[str, Any]:
        """The provider's description (discovery); kept for an hour."""
        with self._lock:
            if self._about is not None and time.monotonic() - self._about[0] < _KEPT:
                return self._about[1]
        url = self.client.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = self._json(url)
        if found.get("issuer") != self.client.issuer:
            raise SignOnError(
                f"{url} describes the issuer {found.get('issuer')!r}, not {self.client.issuer!r}; "
                "write it in outlay.yaml exactly as the provider does"
            )
        with self._lock:
            self._about = (time.monotonic(), found)
        return found

    def _endpoint(self, name: str) -> str:
        found = self.about().get(name)
        if not isinstance(found, str) or not _may_ask(found):
            raise SignOnError(f"the provider names no {name} that may be asked")
        return found

    def _keys_now(self, *, again: bool = False) -> KeySet:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._lock:
            if self._keys is not None:
                age = time.monotonic() - self._keys[0]
                if age < (_REFRESH if again else _KEPT):
                    return self._keys[1]
        try:
            found = KeySet.import_key_set(self._json(self._endpoint("jwks_uri")))  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise SignOnError(f"the provider's keys cannot be read: {error}") from None
        with self._lock:
            self._keys = (time.monotonic(), found)
        return found

    # --- the parts ---

    def _taken(self, state: str) -> Any:
        """What was noted when the login began; it is gone afterwards."""
        mine = pending_logins.c.state_hash == digest(state)
        with writing(self._engine) as connection:
            one_writer(connection)
            row = connection.execute(select(pending_logins).where(mine)).one_or_none()
            connection.execute(delete(pending_logins).where(mine))
        if row is None or row.expires_at <= utc_now():
            raise SignOnError("the login took too long, or its answer was used already")
        return row

    def _exchange(self, redirect_uri: str, code: str, verifier: str) -> Mapping[str, Any]:
        from authlib.integrations.base_client.errors import OAuthError
        from requests import RequestException

        try:
            with self._session(redirect_uri) as session:
                found: Mapping[str, Any] = session.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
        except (OAuthError, RequestException, ValueError) as error:
            # The message of a failed request may hold the code.
            name = getattr(error, "error", "") or type(error).__name__
            raise SignOnError(f"the provider gave no token: {name}") from None
        return found

    def _checked(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token whose signature and claims are right."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.client.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self.client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            try:
                token = jwt.decode(id_token, self._keys_now(), algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                # The provider may have begun to sign with a new key.
                token = jwt.decode(id_token, self._keys_now(again=True), algorithms=ALGORITHMS)
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignOnError(f"the id token is not right: {error}") from None
        several = isinstance(token.claims["aud"], list) and len(token.claims["aud"]) > 1
        party = token.claims.get("azp")
        if (several or party is not None) and party != self.client.client_id:
            raise SignOnError("the id token was made for another party")
        return dict(token.claims)

    def _session(self, redirect_uri: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        secret = self.client.client_secret
        methods = ()
        if secret:
            found = self.about().get("token_endpoint_auth_methods_supported")
            methods = tuple(found) if isinstance(found, list) else ("client_secret_basic",)
        method = (
            "none"
            if not secret
            else "client_secret_basic"
            if "client_secret_basic" in methods
            else "client_secret_post"
        )
        return OAuth2Session(
            self.client.client_id,
            secret or None,
            scope=" ".join(self.client.scopes),
            redirect_uri=redirect_uri,
            token_endpoint_auth_method=method,
            code_challenge_method="S256",
        )

    def _json(self, url: str) -> dict[str, Any]:
        import requests

        try:
            answer = requests.get(url, timeout=_TIMEOUT, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise SignOnError(f"{url} cannot be read: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise SignOnError(f"{url} holds no JSON object")
        return found


def _may_ask(url: str) -> bool:
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and here)
