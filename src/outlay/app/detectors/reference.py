"""The page `docs/detectors.md`, written from the declarations.

`python -m outlay.app.detectors.reference` writes it anew; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.savings.detectors.contract import Detector, Parameter
from outlay.savings.detectors.registry import AREAS, areas, detectors

_HEAD = """\
# Detectors

A detector looks for one kind of saving in the ledger: in the bill alone where that is enough, and
in what was [used](usage.md) and how busy resources were where it is not. Detectors run after each
delivery, with what native tools recommend; both become [recommendations](savings.md). The page
*Detectors* shows each with what the last look came to, and this page is written from their
declarations.

```sh
outlay detectors list  # what the last look came to
outlay detectors show snowflake-warehouse-idle  # one, with its settings
outlay detectors run snowflake-warehouse-idle --set idle_percent=20  # try; nothing is kept
outlay detectors run snowflake-warehouse-idle --explain LOAD_WH  # why it finds this, or does not
outlay savings look  # look now, and keep what is found
```

## What they have in common

- **Whole days.** The present day, and days that a bill does not have whole yet, are left out. A
  month is 30 days.
- **What is saved** is effective cost of usage: after discounts, also those in lines of their own
  ([savings](savings.md)), and commitments. What a commitment pays for is paid on when the resource
  goes, and is not promised. List prices stand beside it.
- **What is not measured is never idle.** A resource whose metric is missing is *not judged*: it
  is told with what is missing and what it costs, and is in no sum of savings.
- **Exact.** Amounts are decimals, rounded once to cents at the end. A finding carries the figures
  that it is made of, so that it can be made again by hand.
- **What excludes what.** Findings of one *group* on one resource are alternatives, of which the
  best counts. `existence` (delete, stop) excludes all others; the other groups apply one after
  the other to what is left; `purchase` (commitments) comes last.
- **One that fails** hides no other: it is told, and what it said before stays.

## Settings

The [savings policy](savings.md) says how each looks: whether at all, its numbers, from which
saving a month it says anything, and which charges it leaves out. On the page, each detector has a
form for it; as code:

```yaml
kind: SavingsPolicy
name: default
spec:
  minimum_saving: 5
  detectors:
    snowflake-warehouse-idle:
      parameters: {idle_percent: "20"}
    ai-model-choice:
      enabled: false
    aws-ec2-graviton:
      minimum_saving: 50
      where: tags.env = 'sandbox'
```

Over the API: `GET /api/v1/detectors`, `GET /api/v1/detectors/{name}`, and `POST
/api/v1/detectors/run`, which keeps nothing.

## How Kubernetes is priced

A core-hour of a cluster costs what the bill charges for its nodes: those that no commitment pays
for, divided into CPU and memory by the bill's own parts, or by the ratio of
[allocation](allocation/kubernetes.md). Requests cost nothing by themselves: they keep nodes. So
what lower requests save is bounded by the nodes that can go for it (the scarcer of CPU and memory
decides), and the three detectors take turns: first nodes that can go as it is, then what unused
workloads give back, then what right-sized ones do. No node is promised twice. Nothing is saved
until the autoscaler, or a person, removes nodes.

## How tokens are counted

OpenAI's own sum of input tokens includes what was read from the cache; Anthropic's does not. Both
are made alike when they are loaded: input, cached input, cache writes and output are disjoint.
What a change would save is the bill's cost in the proportion of public prices, so that discounts
stay in it. Usage is that of the bill's own source: a gateway's log of the same requests counts
nothing twice. A bill without it (models on Bedrock, Vertex AI or Azure) cannot be judged, and is
told so.
"""

_INPUTS = {
    "daily": "the bill by day",
    "charges": "the bill's lines",
    "usage": "usage that tools measured",
    "utilization": "how busy resources were",
}
_EFFORTS = {
    "VeryLow": "very low", "Low": "low", "Medium": "medium", "High": "high",
    "VeryHigh": "very high",
}  # fmt: skip


def markdown() -> str:
    """The page."""
    lines = [_HEAD]
    known, of = detectors(), areas()
    for title in AREAS.values():
        own = [one for name, one in known.items() if of[name] == title]
        if own:
            lines += [f"## {title}", ""]
            for one in own:
                lines += _section(one)
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(one: Detector) -> Iterator[str]:
    yield f"### {one.title}"
    yield ""
    yield f"`{one.id}`. {sentence(one.predicate)}."
    yield ""
    yield "| | |"
    yield "|---|---|"
    for label, text in _facts(one):
        yield f"| {label} | {_cell(sentence(text))} |"
    yield ""
    if one.parameters:
        yield "| setting | default | allowed | meaning |"
        yield "|---|---|---|---|"
        for parameter in one.parameters:
            yield (
                f"| `{parameter.name}` | {_cell(_value(parameter, parameter.default))} | "
                f"{_allowed(parameter)} | {_cell(sentence(parameter.meaning))} |"
            )
        yield ""


def _facts(one: Detector) -> Iterator[tuple[str, str]]:
    needs = ", ".join(_INPUTS[name] for name in one.inputs)
    if one.metrics:
        needs += f" ({', '.join(one.metrics)})"
    days = f"{one.window_days} days, at least {one.minimum_days} of a resource"
    yield "needs", f"{needs}; {days}"
    yield "saving", one.formula
    yield (
        "to do",
        f"`{one.action}`, group `{one.group}`, effort {_EFFORTS[one.effort]}, "
        f"confidence {one.confidence}"
        + (", with a restart" if one.restart else "")
        + ("" if one.rollback else ", cannot be taken back"),
    )
    if one.exclusions:
        yield "leaves out", "; ".join(text.rstrip(".") for text in one.exclusions)
    if one.risk:
        yield "risk", one.risk
    yield "proven by", one.verification
    if one.source:
        yield "after", one.source


def sentence(text: str) -> str:
    """A declared text as one of its own: a capital first, no full stop last."""
    return (text[:1].upper() + text[1:]).rstrip(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _value(parameter: Parameter, value: Decimal | str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    number = f"{value:f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {parameter.unit}".strip()


def _allowed(parameter: Parameter) -> str:
    if isinstance(parameter.default, bool):
        return "yes, no"
    if isinstance(parameter.default, str):
        return "text"
    bounds = [
        f"{word} {bound:f}"
        for word, bound in (("from", parameter.least), ("to", parameter.most))
        if bound is not None
    ]
    return " ".join(bounds) or "any number"


if __name__ == "__main__":
    from pathlib import Path

    place = Path(__file__).parents[4] / "docs" / "detectors.md"
    place.write_text(markdown(), encoding="utf-8")
