"""Which addresses may be asked, in every form that an address has, and that no way leads around."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from outlay.sources.contract import RetryableTransportError, TransportError
from outlay.sources.gcp_billing.client import Warehouse
from outlay.sources.http import Api, RefusedError
from outlay.sources.reach import (
    ANYWHERE,
    PUBLIC,
    InnerAddressError,
    Reach,
    addresses,
    check_url,
    current,
    is_public,
    reaching,
)
from outlay.sources.snowflake.connector import Account, Place
from tests.reports.servers import certificate, encrypted, http_server
from tests.sources.server import Answer, in_turn, serving

INNER = [
    "127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fd00::1", "fec0::1", "::ffff:10.0.0.1", "::7f00:1",
    "::ffff:0:7f00:1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2001:0:1::1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200",
    "192.0.0.192", "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
]  # fmt: skip


def api(url: str, **more: Any) -> Api:
    return Api(url, {}, hint="", sleep=lambda _: None, attempts=1, **more)


@pytest.mark.parametrize("address", INNER)
def test_what_is_not_public_needs_to_be_allowed(address: str) -> None:
    assert not PUBLIC.allows(address)
    assert ANYWHERE.allows(address)


@pytest.mark.parametrize("address", METADATA)
def test_where_a_machine_asks_for_its_secrets_goes_nobody_by_a_general_leave(address: str) -> None:
    assert not PUBLIC.allows(address)
    assert not ANYWHERE.allows(address)


def test_what_is_public() -> None:
    for address in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "8.8.8.8"):
        assert is_public(address)


def test_a_network_that_is_named_is_allowed_and_no_other() -> None:
    some = Reach.of(["10.20.0.0/16", "192.168.1.7", "fd00:1::/32"])
    assert some.allows("10.20.3.4") and some.allows("192.168.1.7") and some.allows("fd00:1::9")
    assert some.allows("::ffff:10.20.3.4") and some.allows("93.184.216.34")
    assert not some.allows("10.21.0.1") and not some.allows("192.168.1.8")
    assert not some.allows("127.0.0.1") and not some.allows("169.254.169.254")
    assert Reach.of(["169.254.169.254"]).allows("169.254.169.254")
    assert not Reach.of(["169.254.169.254"]).allows("169.254.169.253")
    # A wide network is a general leave as well.
    assert not Reach.of(["0.0.0.0/0"]).allows("169.254.169.254")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_an_api_of_the_servers_own_network_is_not_asked(host: str) -> None:
    with serving(in_turn(Answer())) as server, reaching(PUBLIC):
        port = server.url.rpartition(":")[2]
        with api(f"http://{host}:{port}") as asking, pytest.raises(InnerAddressError) as raised:
            asking.get("api/v1/query")
        assert server.asked == []
    assert "delivery: {private_addresses: true}" in str(raised.value)
    assert "private_addresses: [127.0.0.1/32]" in str(raised.value)
    assert not isinstance(raised.value, RetryableTransportError)  # it is not tried again


def test_what_was_allowed_when_an_api_was_made_holds_in_every_thread() -> None:
    with serving(in_turn(Answer(), Answer())) as server:
        with reaching(Reach.of(["127.0.0.0/8"])):
            asking = api(server.url)
        with reaching(PUBLIC), asking:
            assert asking.get("x") == b"{}"


def test_where_nobody_has_said_public_addresses_alone_are_asked() -> None:
    import contextvars

    assert contextvars.Context().run(current) == PUBLIC


def test_a_name_that_means_another_address_a_moment_later_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address that was looked at is the one that is connected to."""
    real, asked = socket.getaddrinfo, []

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "rebind.example":
            asked.append(host)
            return real("192.0.2.1" if len(asked) == 1 else "127.0.0.1", *rest, **more)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr("outlay.sources.http._TIMEOUT", (0.2, 1))
    # 192.0.2.1 (RFC 5737) leads nowhere; here it stands for a public address.
    with serving(in_turn(Answer())) as server, reaching(Reach.of(["192.0.2.0/24"])):
        port = server.url.rpartition(":")[2]
        with api(f"http://rebind.example:{port}") as asking:
            with pytest.raises(RetryableTransportError):
                asking.get("x")
            assert (asked, server.asked) == (["rebind.example"], [])
            # The next connection looks again, and finds what it may not ask.
            with pytest.raises(InnerAddressError, match=r"rebind.example leads to 127\.0\.0\.1"):
                asking.get("x")
        assert server.asked == []


def test_a_name_of_which_one_address_is_inner_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(InnerAddressError, match=r"The place leads to 10\.0\.0\.1"):
        addresses("two.example", 443, reach=PUBLIC, shown="the place")


def test_the_second_address_of_a_name_is_tried_where_the_first_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo

    def resolved(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "two.example":
            return real(host, port, *rest, **more)
        return [*real("127.0.0.9", port, *rest, **more), *real("127.0.0.1", port, *rest, **more)]

    with serving(in_turn(Answer())) as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolved)
        with api(f"http://two.example:{server.url.rpartition(':')[2]}") as asking:
            assert asking.get("x") == b"{}"
    assert server.asked[0].headers["host"].startswith("two.example:")


def test_a_redirect_into_the_own_network_is_not_followed() -> None:
    with serving(in_turn(Answer())) as inner:
        moved = Answer(status=302, headers={"Location": inner.url})
        with (
            serving(in_turn(moved)) as server,
            api(server.url) as asking,
            pytest.raises(RefusedError, match="302"),
        ):
            asking.get("x")
        assert inner.asked == []


def test_encryption_is_held_to_the_name_that_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to an address; the certificate is the name's all the same."""
    path = certificate(tmp_path, "bills.example")
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: real("127.0.0.1", *rest))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with http_server_at(path) as http:
        with api(f"https://other.example:{http.port}") as asking, pytest.raises(TransportError):
            asking.get("x")
        assert http.requests == []
        with api(f"https://bills.example:{http.port}") as asking:
            asking.post("x", {})
        assert http.requests[0].headers["host"] == f"bills.example:{http.port}"


def http_server_at(path: Path) -> Any:
    return http_server(encrypted(path))


def test_a_proxy_may_be_inner_and_is_asked_for_nothing_inner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy is the operator's, the address behind it a person's."""
    with serving(in_turn(Answer())) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with reaching(PUBLIC):
            with api("http://169.254.169.254") as asking, pytest.raises(InnerAddressError):
                asking.get("latest/meta-data")
            assert proxy.asked == []
            # Only the proxy knows the name.
            with api("http://bills.invalid") as asking:
                assert asking.get("x") == b"{}"
    assert len(proxy.asked) == 1


def test_clients_of_vendors_are_looked_at_before_they_connect() -> None:
    with reaching(PUBLIC):
        with pytest.raises(InnerAddressError, match="The endpoint of the source"):
            Warehouse("acme", "http://127.0.0.1:9050")
        with pytest.raises(InnerAddressError, match="The host of ACME-PROD"):
            Account(Place("ACME-PROD", "localhost", 8080), {})
        with pytest.raises(InnerAddressError, match="secrets"):
            check_url("169.254.169.254", "it")
        check_url("https://93.184.216.34/x", "it")
