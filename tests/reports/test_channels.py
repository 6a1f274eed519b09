"""Each way out against a real server: what arrives, and what a refusal means."""

import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from outlay.query import Column
from outlay.reports.channels import Parcel, Ways, send
from outlay.reports.document import Chart, Document, Figure, Figures, File, Sentence, Series, Table
from outlay.reports.errors import PermanentError, TemporaryError
from outlay.reports.model import ChannelSpec
from outlay.sources.reach import ANYWHERE, PUBLIC, is_public
from tests.reports.servers import (
    HttpServer,
    SmtpServer,
    certificate,
    encrypted,
    http_server,
    smtp_server,
)

SECRET = "hunter2-hunter2"
DUE = datetime(2026, 11, 2, 6)


def document() -> Document:
    columns = (
        Column("ServiceName", "dimension", "text", "Service"),
        Column("EffectiveCost", "measure", "money", "Effective cost", "EffectiveCost"),
    )
    rows: Any = ({"ServiceName": "<EC2> & [x](y)", "EffectiveCost": Decimal("12.340000000000001")},)
    return Document(
        title="Services",
        company="Acme GmbH",
        made_at=DUE,
        period="October 2026",
        link="https://outlay.acme.example/explore",
        blocks=(
            Figures((Figure("Effective cost", Decimal("12.340000000000001"), "money", "USD"),)),
            Sentence("Effective cost is 12.34 USD."),
            Chart("Effective cost", "rank", ("a", "b"), (Series("x", (Decimal(1), Decimal(2))),)),
            Table("services", "", columns, rows, ({"EffectiveCost": rows[0]["EffectiveCost"]},),
                  "USD"),
        ),
        name="services",
    )  # fmt: skip


def parcel(**more: Any) -> Parcel:
    files = (File("services.csv", "text/csv; charset=utf-8", b"ServiceName,EffectiveCost\n"),)
    return Parcel(**({"key": "k" * 40, "document": document(), "due_at": DUE,
                      "report": "services", "files": files} | more))  # fmt: skip


def channel(**spec: Any) -> ChannelSpec:
    return ChannelSpec.model_validate(spec)


def mail(smtp: SmtpServer, **more: Any) -> ChannelSpec:
    return channel(
        **{
            "type": "mail", "server": "127.0.0.1", "port": smtp.port, "security": "none",
            "sender": "Outlay <outlay@acme.example>",
            "to": ["a@acme.example", "b@acme.example"],
        }
        | more
    )  # fmt: skip


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return Ways(tmp_path, reach=ANYWHERE)


# --- mail ---------------------------------------------------------------------------------------


def test_a_mail_has_both_bodies_its_pictures_and_its_files(smtp: SmtpServer, ways: Ways) -> None:
    send(mail(smtp), parcel(), ways)
    (taken,) = smtp.mails
    message = taken.message
    assert taken.sender == "outlay@acme.example"
    assert taken.recipients == ["a@acme.example", "b@acme.example"]
    assert message["Subject"] == "Services, October 2026"
    assert message["Message-ID"] == f"<{'k' * 40}@acme.example>"
    assert message["X-Outlay-Delivery"] == "k" * 40
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    assert "12.340000000000001" in plain.get_content()
    (cid,) = re.findall(r'src="cid:([^"]+)"', html.get_content())
    pictures = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert [p["Content-ID"] for p in pictures] == [f"<{cid}>"]
    assert [a.get_filename() for a in message.iter_attachments()] == ["services.csv"]


def test_the_same_delivery_has_the_same_message_id(smtp: SmtpServer, ways: Ways) -> None:
    send(mail(smtp), parcel(), ways)
    send(mail(smtp), parcel(), ways)
    assert len({one.message["Message-ID"] for one in smtp.mails}) == 1


def test_a_login_that_is_refused_is_for_good_and_tells_no_secret(
    smtp: SmtpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp.logins = {"outlay": "right"}
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    with pytest.raises(PermanentError) as caught:
        send(mail(smtp, user="outlay", password="env:MAIL_PASSWORD"), parcel(), ways)
    assert "535" in str(caught.value)
    assert SECRET not in str(caught.value)
    monkeypatch.setenv("MAIL_PASSWORD", "right")
    send(mail(smtp, user="outlay", password="env:MAIL_PASSWORD"), parcel(), ways)
    assert len(smtp.mails) == 1


def test_a_password_that_is_nowhere_is_for_good(
    smtp: SmtpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_PASSWORD", raising=False)
    with pytest.raises(PermanentError, match="MAIL_PASSWORD"):
        send(mail(smtp, user="outlay", password="env:MAIL_PASSWORD"), parcel(), ways)


def test_an_address_that_is_refused_for_now_is_left_for_later(smtp: SmtpServer, ways: Ways) -> None:
    smtp.refuse = {"b@acme.example": "451 4.7.1 greylisted"}
    with pytest.raises(TemporaryError) as caught:
        send(mail(smtp), parcel(), ways)
    assert caught.value.left == ("b@acme.example",)
    assert smtp.mails[0].recipients == ["a@acme.example"]


def test_an_address_that_is_refused_for_good_does_not_hold_the_others_up(
    smtp: SmtpServer, ways: Ways
) -> None:
    smtp.refuse = {"b@acme.example": "550 5.1.1 no such user"}
    done = send(mail(smtp), parcel(), ways)
    assert "1 recipient" in done.message
    assert "b@acme.example was refused: 550" in done.message
    smtp.refuse["a@acme.example"] = "550 5.1.1 no such user"
    with pytest.raises(PermanentError, match="none of the recipients"):
        send(mail(smtp), parcel(), ways)


def test_a_server_that_is_away_or_breaks_off_is_for_now(smtp: SmtpServer, ways: Ways) -> None:
    smtp.closing = True
    with pytest.raises(TemporaryError):
        send(mail(smtp), parcel(), ways)
    with pytest.raises(TemporaryError, match="cannot be reached"):
        send(mail(smtp, port=1), parcel(), ways)


def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(
    smtp: SmtpServer, ways: Ways
) -> None:
    with pytest.raises(PermanentError, match="does not offer"):
        send(mail(smtp, security="starttls"), parcel(), ways)
    assert smtp.mails == []


# --- chat and webhooks --------------------------------------------------------------------------


def test_slack_gets_blocks_in_which_no_name_is_a_link(
    http: HttpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK", f"{http.url}/services/T0/B0/{SECRET}")
    done = send(channel(type="slack", url="env:SLACK"), parcel(), ways)
    (request,) = http.requests
    assert request.path.endswith(SECRET)
    assert SECRET not in done.message
    message = request.json
    assert message["text"] == "Services, October 2026"
    assert message["blocks"][0]["text"]["text"] == "Services, October 2026"
    text = json.dumps(message)
    assert "*Effective cost*\\n12.34 USD" in text
    assert "&lt;EC2&gt; &amp; [x](y)" in text
    assert "12.340000000000001" in text
    assert '"url": "https://outlay.acme.example/explore"' in text


def test_teams_gets_a_card(http: HttpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS", f"{http.url}/hook/{SECRET}")
    send(channel(type="teams", url="env:TEAMS"), parcel(), ways)
    message = http.requests[0].json
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    facts = next(part for part in card["body"] if part["type"] == "FactSet")["facts"]
    assert facts == [{"title": "Effective cost", "value": "12.34 USD"}]
    assert "\\[x\\](y)" in card["body"][-2]["text"]


def test_a_webhook_gets_the_document_signed(
    http: HttpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNING", SECRET)
    hook = channel(type="webhook", url=f"{http.url}/in?a=1", secret="env:SIGNING", files=True)
    send(hook, parcel(), ways)
    (request,) = http.requests
    assert request.path == "/in?a=1"
    assert request.headers["host"] == f"127.0.0.1:{http.port}"
    assert request.headers["idempotency-key"] == "k" * 40
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers["x-outlay-signature"])
    assert found is not None
    signed = f"{found[1]}.".encode() + request.body
    assert hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == found[2]
    body = request.json
    assert body["document"]["figures"][0]["value"] == "12.340000000000001"
    assert body["document"]["tables"][0]["rows"][0]["EffectiveCost"] == "12.340000000000001"
    assert [file["name"] for file in body["files"]] == ["services.csv"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_server_that_is_busy_or_broken_is_for_now(
    http: HttpServer, ways: Ways, status: int
) -> None:
    http.answers = [(status, {"Retry-After": "77"})]
    with pytest.raises(TemporaryError) as caught:
        send(channel(type="webhook", url=http.url), parcel(), ways)
    assert caught.value.wait == 77


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301])
def test_a_refusal_is_for_good(http: HttpServer, ways: Ways, status: int) -> None:
    http.answers = [(status, {"Location": f"{http.url}/elsewhere"})]
    with pytest.raises(PermanentError, match=str(status)):
        send(channel(type="webhook", url=http.url), parcel(), ways)
    assert len(http.requests) == 1  # a redirect is not followed


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "192.168.1.1",
             "[fd00::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"],
)  # fmt: skip
def test_a_webhook_does_not_reach_the_servers_own_network(
    http: HttpServer, tmp_path: Path, host: str
) -> None:
    hook = channel(type="webhook", url=f"http://{host}:{http.port}/")
    with pytest.raises(PermanentError, match="private_addresses"):
        send(hook, parcel(), Ways(tmp_path, reach=PUBLIC))
    assert http.requests == []


def test_a_name_that_means_another_address_a_moment_later_changes_nothing(
    http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was looked at is the one that is asked."""
    import socket

    real, asked = socket.getaddrinfo, []

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "rebind.example":
            asked.append(host)
            first = len(asked) == 1
            return real("127.0.0.1" if not first else "93.184.216.34", *rest, **more)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr("outlay.reports.channels.post._CONNECT", 0.2)
    hook = channel(type="webhook", url=f"http://rebind.example:{http.port}/")
    with pytest.raises(TemporaryError):
        send(hook, parcel(), Ways(tmp_path, reach=PUBLIC))
    assert (asked, http.requests) == (["rebind.example"], [])


def test_which_addresses_are_public() -> None:
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1::1")
    for inner in ("127.0.0.1", "10.1.2.3", "100.64.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1",
                  "2002:7f00:1::", "224.0.0.1"):  # fmt: skip
        assert not is_public(inner), inner


def test_encryption_is_held_to_the_name_that_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to an address; the certificate is the name's all the same."""
    import socket

    path = certificate(tmp_path, "hooks.example")
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more)
    )
    with http_server(encrypted(path)) as http:
        ways = Ways(tmp_path, reach=ANYWHERE)
        hook = channel(type="webhook", url=f"https://hooks.example:{http.port}/in")
        with pytest.raises(PermanentError, match="not trusted"):
            send(hook, parcel(), ways)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        send(hook, parcel(), ways)
        other = channel(type="webhook", url=f"https://other.example:{http.port}/in")
        with pytest.raises(PermanentError, match="not trusted"):
            send(other, parcel(), ways)
        (request,) = http.requests
        assert request.headers["host"] == f"hooks.example:{http.port}"


def test_mail_goes_encrypted_to_a_server_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, "127.0.0.1")
    with smtp_server(encrypted(path)) as smtp:
        with pytest.raises(PermanentError, match="is not trusted"):
            send(mail(smtp, security="tls"), parcel(), Ways(tmp_path))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        send(mail(smtp, security="tls"), parcel(), Ways(tmp_path))
        assert len(smtp.mails) == 1


# --- Apprise ------------------------------------------------------------------------------------


def test_apprise_sends_by_its_own_addresses(
    http: HttpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPRISE", f"json://user:{SECRET}@127.0.0.1:{http.port}/in")
    done = send(channel(type="apprise-url", url="env:APPRISE"), parcel(), ways)
    body = http.requests[0].json
    assert body["title"] == "Services, October 2026"
    assert "12.340000000000001" in body["message"]
    assert [one["filename"] for one in body["attachments"]] == ["services.csv"]
    assert SECRET not in done.message


def test_what_apprise_logs_is_told_without_its_secrets(
    http: HttpServer, ways: Ways, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setenv("APPRISE", f"json://user:{SECRET}@127.0.0.1:{http.port}/{SECRET}x")
    http.answers = [(500, {})]
    with pytest.raises(TemporaryError) as caught:
        send(channel(type="apprise-url", url="env:APPRISE"), parcel(), ways)
    assert "did not take it" in str(caught.value)
    assert SECRET not in str(caught.value) + caplog.text


def test_apprise_does_not_reach_the_servers_own_network(
    http: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPRISE", f"json://localhost:{http.port}/")
    with pytest.raises(PermanentError, match="private_addresses"):
        send(channel(type="apprise-url", url="env:APPRISE"), parcel(), Ways(tmp_path))
    monkeypatch.setenv("APPRISE", "nonsense://x")
    with pytest.raises(PermanentError, match="does not know"):
        send(channel(type="apprise-url", url="env:APPRISE"), parcel(), Ways(tmp_path))


# --- places -------------------------------------------------------------------------------------


def test_a_folder_has_each_delivery_once(tmp_path: Path) -> None:
    for _ in range(2):
        send(channel(type="file", folder="outbox"), parcel(), Ways(tmp_path))
    found = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert found == [
        "outbox/services/2026-11-02T0600Z-kkkkkkkk/document.json",
        "outbox/services/2026-11-02T0600Z-kkkkkkkk/services.csv",
    ]


def test_a_folder_that_cannot_be_written_is_for_now(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file in the way")
    with pytest.raises(TemporaryError, match="cannot be written"):
        send(channel(type="file", folder="outbox"), parcel(), Ways(tmp_path))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    client = boto3.client("s3")
    client.create_bucket(Bucket="reports")
    yield client
    server.stop()


@pytest.mark.s3
def test_s3_has_the_files_and_the_document(s3: Any, tmp_path: Path) -> None:
    done = send(channel(type="s3", location="s3://reports/finance/"), parcel(), Ways(tmp_path))
    folder = "finance/services/2026-11-02T0600Z-kkkkkkkk"
    assert done.message == f"2 objects in s3://reports/{folder}"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="reports")["Contents"]]
    assert keys == [f"{folder}/document.json", f"{folder}/services.csv"]
    found = s3.get_object(Bucket="reports", Key=f"{folder}/services.csv")
    assert found["Body"].read() == b"ServiceName,EffectiveCost\n"
    assert found["Metadata"] == {"outlay-delivery": "k" * 40}
    document = json.load(io.BytesIO(s3.get_object(Bucket="reports", Key=keys[0])["Body"].read()))
    assert document["document"]["figures"][0]["value"] == "12.340000000000001"


@pytest.mark.s3
def test_a_bucket_that_is_not_there_is_for_good(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        send(channel(type="s3", location="s3://nowhere/x"), parcel(), Ways(tmp_path))
    assert SECRET not in str(caught.value)


# --- what may be configured ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ({"type": "slack", "url": "https://hooks.slack.com/services/T/B/x"}, "is a secret"),
        ({"type": "mail", "server": "x", "sender": "a@b.example"}, "needs to, or allow"),
        ({"type": "mail", "server": "x", "sender": "a@b.example", "to": ["a@b.example"],
          "password": "hunter2"}, "never the secret itself"),
        ({"type": "s3", "location": "/tmp"}, "s3://bucket/prefix"),
        ({"type": "file"}, "needs folder"),
        ({"type": "file", "folder": "/etc"}, "below the workspace"),
        ({"type": "file", "folder": "a/../../b"}, "below the workspace"),
        ({"type": "file", "folder": "x", "url": "https://a.example"}, "has no url"),
        ({"type": "webhook", "url": "ftp://a"}, "expected an https:// address"),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_work_is_refused(spec: dict[str, Any], part: str) -> None:
    with pytest.raises(ValueError) as caught:
        channel(**spec)
    assert part in str(caught.value)


def test_a_channel_that_is_off_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="turned off"):
        send(channel(type="file", folder="x", enabled=False), parcel(), Ways(tmp_path))
    assert list(tmp_path.iterdir()) == []
