"""`outlay vocabulary` on the command line."""

from pathlib import Path

from outlay.app.vocabulary import VOCABULARY
from outlay.focus.vocabulary import VERSION
from tests.cli.bills import row, write_bill
from tests.cli.conftest import Run


def unknown(cost: str) -> dict[str, str]:
    return row(cost, service="Acme Render Farm") | {
        "ProviderName": "Acme",
        "PublisherName": "Acme",
        "ServiceCategory": "Other",
        "x_ServiceCode": "",
    }


def test_from_an_unmapped_value_to_a_name(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "Nothing is loaded yet" in run("vocabulary", "coverage").out
    bill = write_bill(tmp_path / "bill.csv", [row("1"), unknown("41.5")])
    assert run("load", bill).code == 0
    shown = run("vocabulary", "show", "--unmapped")
    assert "Acme Render Farm" in shown.out
    assert "41.50 USD" in shown.out
    found = run("vocabulary", "coverage", "--json").json
    assert found["version"] == VERSION
    worst = [one for one in found["coverage"] if one["percent"] == "0.0"]
    assert {one["provider"] for one in worst} == {"Acme"}
    assert found["unmapped"][0]["amount"].startswith("41.5")
    assert found["unmapped"][0]["rule"] == {"provider": "Acme", "service": "Acme Render Farm"}

    names = tmp_path / "names.yaml"
    names.write_text(VOCABULARY.example)
    assert "No" not in run("vocabulary", "list", "--json").out
    saved = run("vocabulary", "set", names)
    assert saved.code == 0
    assert "The vocabulary ours is saved (version 1)." in saved.out
    assert "1 slice named anew." in saved.out
    assert "Every value has a name." in run("vocabulary", "show", "--unmapped").out
    assert "100.0 %" in run("vocabulary", "coverage").out
    assert run("vocabulary", "list", "--json").json[0]["name"] == "ours"
    assert run("vocabulary", "relift").out.strip() == "All is up to date."

    removed = run("vocabulary", "remove", "ours", "--later")
    assert "named anew by the next sync" in removed.out
    assert "another vocabulary" in run("vocabulary", "coverage").out
    assert run("vocabulary", "relift", "--json").json["relifted"][0]["outcome"] == "loaded"


def test_the_tables_are_shown(run: Run, folder: Path) -> None:
    shown = run("vocabulary", "show", "--provider", "Azure", "--search", "frankfurt")
    assert "germanywestcentral" in shown.out
    assert "eu-central-1" not in shown.out
    tables = run("vocabulary", "show", "--json").json
    assert len(tables["services"]) > 600
    assert "Virtual Machine" in tables["resource_types"]


def test_a_wrong_file_is_refused_with_what_is_allowed(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.yaml"
    names.write_text(
        "kind: Vocabulary\nname: ours\nspec:\n  rules:\n    - {service: x, category: Databasez}\n"
    )
    refused = run("vocabulary", "set", names)
    assert refused.code != 0
    assert "did you mean 'Databases'" in refused.err
