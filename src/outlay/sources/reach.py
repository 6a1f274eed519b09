"""Which addresses may be asked: one rule for all that a person names and the server fetches.

A server can be made to ask its own network by an address that somebody writes. Therefore a name is
resolved, every address it has is looked at, and the connection goes to the one that was looked at:
a name that means something else a moment later changes nothing. Addresses of the open internet may
be asked; others as far as the workspace allows them (`Reach`).

What is allowed travels beside the call (`reaching`), like who asks: nothing that fetches can forget
it. Where nobody has said, public addresses alone are asked.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from outlay.sources.contract import RetryableTransportError, TransportError

# At DEBUG it writes every path and query, and those of webhooks are secrets.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SETTING = "delivery: {private_addresses: true}"
_NAMED = "delivery: {{private_addresses: [{network}]}}"
_EVERY = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

_OWN_MACHINE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16", "fe80::/10",  # link-local: AWS, Azure, Google Cloud and others
        "fd00:ec2::254/128", "fd20:ce::254/128",  # AWS and Google Cloud by IPv6
        "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",  # Alibaba, Oracle, Azure
    )
)  # fmt: skip
"""Where clouds tell a machine its own secrets (each vendor's page on its metadata service). No bill
and no receiver is there: they are asked only where somebody named their very network."""

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "::/96", "::ffff:0:0:0/96", "fec0::/10", "64:ff9b:1::/48")
)
"""RFC 6890, 4291, 2765, 3879 and 8215: what Python takes for global, in some versions at least."""
_INSIDE = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in its last 32 bits, to which a gateway goes."""


@dataclass(frozen=True)
class Reach:
    """`networks` are those that are not public and may be asked all the same."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, allowed: bool | Iterable[str]) -> Reach:
        """From a setting: all that is not public, none of it, or these networks."""
        if isinstance(allowed, bool):
            return ANYWHERE if allowed else PUBLIC
        return cls(tuple(ipaddress.ip_network(text, strict=False) for text in allowed))

    def allows(self, address: str) -> bool:
        """Whether an IP address may be asked."""
        found = plain(address)
        for own in _OWN_MACHINE:
            if found in own:
                return any(found in one and _within(one, own) for one in self.networks)
        return _global(found) or any(found in one for one in self.networks)


PUBLIC = Reach()
ANYWHERE = Reach(_EVERY)
"""Also what is not public, but for the metadata services of clouds."""


class InnerAddressError(TransportError):
    """An address is not public and not allowed. The message says who allows it, and how."""


class UnknownHostError(RetryableTransportError):
    """A name has no address now."""


_current: ContextVar[Reach] = ContextVar("outlay_reach", default=PUBLIC)


def current() -> Reach:
    """What may be asked now."""
    return _current.get()


@contextmanager
def reaching(reach: Reach) -> Iterator[Reach]:
    """Whatever is fetched within may go so far."""
    token = _current.set(reach)
    try:
        yield reach
    finally:
        _current.reset(token)


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet, and no metadata service of a cloud."""
    return PUBLIC.allows(address)


def plain(address: str) -> Address:
    """An IP address without zone; the IPv4 address where it carries one (mapped, NAT64, 6to4)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in _INSIDE:
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        return found.ipv4_mapped or found.sixtofour or found
    return found


def _global(found: Address) -> bool:
    if found.is_multicast or any(found in one for one in _NOT_PUBLIC):
        return False
    return found.is_global


def _within(one: Network, outer: Network) -> bool:
    return (
        one.version == outer.version
        and one.network_address in outer
        and one.broadcast_address in outer
    )


def addresses(host: str, port: int, *, reach: Reach, shown: str) -> list[str]:
    """The addresses of a host, all of which may be asked.

    UnknownHostError where it has none now; InnerAddressError where one of them may not be asked.
    `shown` is what messages call it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise UnknownHostError(f"The host of {shown} is not known now.") from None
    every = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for one in every:
        if not reach.allows(one):
            raise InnerAddressError(_refusal(shown, one))
    return every


def _refusal(shown: str, address: str) -> str:
    found = plain(address)
    named = _NAMED.format(network=f"{found}/{found.max_prefixlen}")
    begun = f"{shown[:1].upper()}{shown[1:]}"
    begun += " is" if shown.endswith(address) else f" leads to {address}, which is"
    if any(found in own for own in _OWN_MACHINE):
        return (
            f"{begun} where a machine asks for its own settings and secrets. Where that is meant, "
            f"the administrator of the workspace names it in outlay.yaml: {named}."
        )
    return (
        f"{begun} not a public address. Where that is meant, the administrator of the workspace "
        f"allows it in outlay.yaml with {SETTING}, or that network alone with {named}."
    )


def check_url(url: str, shown: str) -> None:
    """Look at an address that a library asks by itself, before it does; errors as `addresses`.

    For clients of vendors that connect in their own way: what a name means when they look it up
    again is theirs.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host = parts.hostname
    if host:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        addresses(host, port, reach=current(), shown=shown)


def adapter(reach: Reach) -> Any:
    """How a session of `requests` connects: to addresses that were looked at, at every connection.

    A proxy that the environment names is the operator's own way out and connects itself: then the
    name is looked at here as far as it is known here.
    """
    from requests.adapters import HTTPAdapter
    from requests.utils import select_proxy

    class Guarded(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = _pools(reach)

        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            proxies = options.get("proxies") or (args[4] if len(args) > 4 else None)
            if select_proxy(request.url, proxies):
                parts = urlsplit(request.url)
                host = parts.hostname or ""
                with suppress(UnknownHostError):  # where only the proxy knows it
                    addresses(host, parts.port or 443, reach=reach, shown=f"the host {host}")
            return super().send(request, *args, **options)

    return Guarded()


def _pools(reach: Reach) -> dict[str, Any]:
    """urllib3's pools, whose connections look at an address before they go there."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    def connected(connection: Any, connect: Any) -> socket.socket:
        host = connection._dns_host
        try:
            known = addresses(
                host, connection.port, reach=reach, shown=f"the host {connection.host}"
            )
        except UnknownHostError:
            raise NameResolutionError(connection.host, connection, socket.gaierror()) from None
        last: Exception | None = None
        try:
            for address in known:
                # The literal is what is connected to; name and certificate stay the host's.
                connection._dns_host = address
                try:
                    made: socket.socket = connect()
                    return made
                except NewConnectionError as error:
                    last = error
        finally:
            connection._dns_host = host
        assert last is not None
        raise last

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connected(self, super()._new_conn)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connected(self, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
