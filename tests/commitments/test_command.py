"""`outlay commitments`: what it prints, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlay.cli.main import main

PLAN = """\
kind: PurchasePlan
name: small
spec:
  lookback: 28
  years: [1, 3]
  tranche: 50
"""


def run(capsys: pytest.CaptureFixture[str], made: Path, *words: str) -> tuple[int, str, str]:
    """A command on the company: its code, what it printed and what it complained of."""
    capsys.readouterr()
    code = main(["-w", str(made), "commitments", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_show(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, made, "show", "--days", "30")
    assert code == 0
    for said in ("76.0%", "14.0%", "210.00", "plan", "orders", "The bill has days"):
        assert said in out
    assert run(capsys, made, "show", "--by", "colour")[0] == 2


def test_ending_and_benefits(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, made, "ending")
    assert code == 0 and "not known" in out
    code, out, _ = run(capsys, made, "benefits", "--tag", "team")
    assert code == 0 and "paid by platform" in out and "930.00" in out
    code, _, err = run(capsys, made, "benefits", "--tag", "colour")
    assert code == 2 and "no virtual tag" in err


def test_plan(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN)
    code, out, _ = run(capsys, made, "plan", "--file", str(file))
    assert code == 0
    for said in ("EC2 Instance Savings Plan m6i", "3 years, no upfront", "Regret", "Buy 50"):
        assert said in out
    code, _, err = run(capsys, made, "plan", "nothing")
    assert code == 1 and "no purchase plan" in err
    assert run(capsys, made, "plan", "small", "--file", str(file))[0] == 2
    assert run(capsys, made, "plan", "--file", str(tmp_path / "none.yaml"))[0] == 2
