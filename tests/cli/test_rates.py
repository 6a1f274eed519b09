"""Exchange rates from the command line and the API: listed, shown, updated, imported, used."""

import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.bills import SEPTEMBER, write_bill
from tests.cli.conftest import Run

TABLE = """\
kind: ExchangeRates
name: finance
spec:
  title: Finance's month rates
  pairs:
    EUR/USD: {2026-09: 1.25, 2026-10: 1.5}
"""


@pytest.fixture
def euros(folder: Path, run: Run, tmp_path: Path) -> str:
    """A bill of 100 EUR in September; gives its source's name."""
    row = dict(SEPTEMBER[0]) | {
        "BillingCurrency": "EUR",
        **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), "100"),
    }
    bill = write_bill(tmp_path / "bill.csv", [row])
    assert run("load", bill, "--source", "euros").code == 0
    return "euros"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "finance.yaml"
    path.write_text(TABLE)
    return path


def history(path: Path, last: str, rate: str = "2.0000") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", f"Date,USD,\n{last},{rate},\n2026-09-01,{rate},\n")
    return path


def test_the_bank_is_there_from_the_start(folder: Path, run: Run) -> None:
    (bank,) = run("rates", "list", "--json").json
    assert (bank["name"], bank["from"], bank["default"]) == ("ecb", "1999-01-04", True)
    assert {"USD", "EUR", "NOK"} <= set(bank["currencies"])
    (found,) = run("rates", "show", "eur", "usd", "--on", "2020-03-14", "--json").json
    assert found == {
        "day": "2020-03-14",
        "rate": "1.110400000",
        "rate_of": "2020-03-13",
        "publisher": "European Central Bank",
    }


def test_a_table_is_imported_and_asked_by(euros: str, run: Run, table: Path) -> None:
    assert run("rates", "import", table).code == 0
    names = [info["name"] for info in run("rates", "list", "--json").json]
    assert names == ["ecb", "finance"]
    found = run("query", "--currency", "USD", "--rates", "finance", "--json").json
    assert found["total"]["EffectiveCost"] == "125.00"
    assert found["rates"] == [
        {
            "currency": "EUR",
            "day": "2026-09-01",
            "rate": "1.250000000",
            "publisher": "Finance's month rates",
            "other_rates": 0,
        }
    ]
    shown = run("query", "--currency", "USD", "--rates", "finance").out
    assert "1 EUR = 1.250000000 USD of 2026-09-01, Finance's month rates" in shown
    assert "Note:" not in shown
    assert run("get", "exchangerates", "finance").out.startswith("kind: ExchangeRates")


def test_a_table_is_the_default_by_the_workspace_s_setting(
    euros: str, folder: Path, run: Run, table: Path
) -> None:
    run("rates", "import", table)
    settings = folder / "outlay.yaml"
    settings.write_text(settings.read_text() + "rates: finance\n")
    assert run("query", "--currency", "USD", "--json").json["total"]["EffectiveCost"] == "125.00"
    asked = run("query", "--currency", "USD", "--rates", "ecb", "--json").json
    assert asked["rates"][0]["publisher"] == "European Central Bank"
    defaults = {i["name"]: i["default"] for i in run("rates", "list", "--json").json}
    assert defaults == {"ecb": False, "finance": True}


def test_what_has_no_rate_stays_in_its_own_currency(euros: str, run: Run, table: Path) -> None:
    run("rates", "import", table)
    ran = run("query", "--currency", "GBP", "--rates", "finance")
    assert "Nothing could be converted to GBP" in ran.out
    assert "Not converted, no rate: EffectiveCost 100.00 EUR" in ran.out
    ran = run("rates", "show", "EUR", "USD", "--on", "2027-01-01", "--rates", "finance")
    assert ran.code == 3 and "no rate" in ran.out


def test_a_newer_file_of_the_bank_stays_in_the_workspace(
    euros: str, run: Run, tmp_path: Path
) -> None:
    newer = history(tmp_path / "newer.zip", "2030-01-02")
    ran = run("rates", "update", newer)
    assert ran.code == 0 and "2026-09-01 to 2030-01-02, 2 currencies" in ran.out
    newer.unlink()
    assert run("query", "--currency", "USD", "--json").json["total"]["EffectiveCost"] == "200.00"
    ran = run("rates", "update", history(tmp_path / "older.zip", "2026-09-02", "9"))
    assert ran.code == 1 and "nothing was changed" in ran.err
    assert run("query", "--currency", "USD", "--json").json["total"]["EffectiveCost"] == "200.00"


def test_the_file_may_come_by_http(folder: Path, run: Run, tmp_path: Path) -> None:
    content = history(tmp_path / "newer.zip", "2030-01-02").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/eurofxref-hist.zip"
            self.send_response(200 if found else 404)
            self.end_headers()
            if found:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        ran = run("rates", "update", f"{place}/gone.zip")
        assert ran.code == 1 and "Download it and run" in ran.err
        ran = run("rates", "update", f"{place}/eurofxref-hist.zip")
        server.shutdown()
    assert ran.code == 0 and "to 2030-01-02" in ran.out


@pytest.mark.parametrize("content", [b"no zip", None])
def test_a_file_that_is_none_of_the_bank_s_changes_nothing(
    folder: Path, run: Run, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "rates.zip"
    if content is not None:
        path.write_bytes(content)
    ran = run("rates", "update", path)
    assert ran.code == 1 and "rates.zip" in ran.err
    assert run("rates", "list").code == 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("pairs: {EUR/XXX9: {2026-10: 1}}", "no pair of two currencies"),
        ("pairs: {EUR/EUR: {2026-10: 1}}", "no pair of two currencies"),
        ("pairs: {EUR/USD: {October: 1}}", "neither a month"),
        ("pairs: {EUR/USD: {2026-10: 0}}", "no rate above nought"),
        ("pairs: {EUR/USD: {2026-10: 1, 2026-10-05: 2}}", "by month and by day"),
        ("pairs: {EUR/USD: {}}", "has no rates"),
        ("pairs: {}", "pairs"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(
    folder: Path, run: Run, tmp_path: Path, spec: str, message: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"kind: ExchangeRates\nname: wrong\nspec:\n  {spec}\n")
    ran = run("rates", "import", path)
    assert ran.code != 0 and message in ran.err
    assert [info["name"] for info in run("rates", "list", "--json").json] == ["ecb"]


def test_other_kinds_are_not_imported_here(folder: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "view.yaml"
    path.write_text("kind: View\nname: v\nspec: {query: {measures: [EffectiveCost]}}\n")
    ran = run("rates", "import", path)
    assert ran.code == 2 and "only ExchangeRates is imported" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("EUR", "ABC"), "no currency code"),
        (("EUR", "USD", "--on", "soon"), "is no day"),
        (("EUR", "USD", "--from", "2026-01-01"), "--from DAY and --to DAY"),
        (("EUR", "USD", "--from", "2026-01-02", "--to", "2026-01-01"), "cannot be listed"),
        (("EUR", "USD", "--rates", "finanz"), "no exchange rates 'finanz'"),
    ],
)
def test_wrong_words_are_answered(
    folder: Path, run: Run, words: tuple[str, ...], message: str
) -> None:
    ran = run("rates", "show", *words)
    assert ran.code == 2 and message in ran.err


def test_an_unknown_table_in_a_question_is_named(euros: str, run: Run, table: Path) -> None:
    run("rates", "import", table)
    ran = run("query", "--currency", "USD", "--rates", "finanse")
    assert ran.code == 2 and "did you mean finance?" in ran.err
