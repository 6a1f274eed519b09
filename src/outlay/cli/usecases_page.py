"""docs/usecases.md, written from the use cases by `python -m outlay.cli.usecases_page`."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs" / "usecases.md"
_HEAD = """\
# Use cases

Written from the use cases by `python -m outlay.cli.usecases_page`; do not edit.

The 66 questions of the FOCUS use-case library for 1.4, each with a name. One is asked on the
[command line](cli.md), over the [API](api.md) (`GET /api/v1/usecases/NAME`) or on the page *Use
cases*:

```sh
outlay usecase
outlay usecase analyze-tag-coverage --param tag=team --param range=last-3-months
outlay usecase determine-effective-savings-rate --format csv --sql
```

The questions and their titles are the library's; the SELECTs are our own. They read the views
`charges`, `daily`, `contexts`, `billing_period`, `invoice_detail` and `contract_commitment`, which
`outlay sql` reads as well: `--sql` shows the SELECT of an answer.

- **Money is exact** and never added across currencies: BillingCurrency is a column of every answer
  that has amounts. A share, rate or ratio is a quotient of two exact sums, rounded once, after the
  SELECT.
- **Ranges** are those of [questions](questions.md). Billing periods are asked whole
  (`last-month`, `last-6-months`, `2026-01-01..2026-04-01`, `all`).
- **A parameter that is empty** means every value, unless it says otherwise: the one that costs
  most, say.
- **Budgets are parameters, and forecasts are naive**: the newest month and its last change. What
  stands out of daily spending is told by an average of the days before.
"""


def page() -> str:
    """The whole page."""
    from outlay.query.usecases import GROUPS, USE_CASES

    parts = [_HEAD]
    for group in GROUPS:
        parts.append(f"## {group}\n")
        for case in USE_CASES.values():
            if case.group != group:
                continue
            parts.append(f"### `{case.name}`\n")
            new = " (new in FOCUS 1.4)" if case.since == "1.4" else ""
            parts.append(f"*{case.title}*{new}. {case.question}\n")
            if case.note:
                parts.append(f"{case.note}\n")
            parts.append("| parameter | meaning | default |\n| --- | --- | --- |")
            for one in case.parameters:
                empty = one.otherwise_words or ("any" if one.column else "")
                default = f"`{one.default}`" if one.default else empty
                about = one.about + (f": {', '.join(one.allowed)}" if one.allowed else "")
                parts.append(f"| `{one.name}` | {about} | {default} |")
            parts.append(f"\n```sh\noutlay usecase {case.name}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    DOCS.write_text(page(), encoding="utf-8")
