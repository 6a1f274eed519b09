"""Ready-made requests that a person picks in the assistant."""

from __future__ import annotations

from dataclasses import dataclass

from mcp import types
from mcp.shared.exceptions import McpError

from outlay.mcp.failures import unknown


@dataclass(frozen=True)
class Prompt:
    """A request with gaps: argument → (what it is, whether it must be given, what else stands)."""

    name: str
    title: str
    description: str
    arguments: dict[str, tuple[str, bool, str]]
    text: str


_EXACT = (
    " Name currency, measure and period with each figure, copy amounts as they are and round only"
    " for reading, say which bills are late or incomplete (list_sources), and link the pages."
)

PROMPTS = {
    prompt.name: prompt
    for prompt in (
        Prompt(
            "monthly-review",
            "Monthly review",
            "What was spent last month, what changed and why, what needs attention",
            {"month": ("The month, YYYY-MM; default: the last whole one", False, "last month")},
            "Write the cost review of {month}. Begin with list_sources. Then: the total against "
            "the month before (query with compare previous); the five services and the five teams "
            "(a virtual tag from list_tags, if there is one) with the largest change (sort "
            "movers); what drove the change (drivers, else query by ServiceName and charge "
            "category); unit costs (unit_cost), since more spend may have bought more; how much "
            "is unallocated (coverage); where the month's close stands (close_status)." + _EXACT,
        ),
        Prompt(
            "why-did-spend-change",
            "Why did spend rise or fall?",
            "The change between two periods, taken apart",
            {
                "scope": ("What it is about: a team, service, account…", False, "everything"),
                "period": ("The period that is looked at", False, "last month"),
            },
            "Explain why the spend of {scope} changed in {period} against the period before. Find "
            "the right names first (list_dimensions, list_values). Take the change apart with "
            "drivers where that tool is offered, else with query (compare previous, sort movers) "
            "by ServiceName, then by ResourceId within the largest mover. Tell usage from price, "
            "one-off charges from lasting ones, and restated bills (as_of) from new spend. End "
            "with explain for the largest driver: file and line." + _EXACT,
        ),
        Prompt(
            "explain-my-bill",
            "Explain my team's bill",
            "One value's statement in plain words",
            {
                "value": ("The team or product", True, ""),
                "month": ("The month, YYYY-MM", False, "the last month"),
            },
            "Explain the statement of {value} for {month} to the people who pay it: find the plan "
            "(statements without arguments), show direct, shared in, credits, tax and corrections, "
            "and for each large part which rule or split gave it (why). Say whether it is a draft "
            "or closed." + _EXACT,
        ),
        Prompt(
            "close-the-month",
            "Close the month",
            "What is left to do before a month is closed",
            {"month": ("The month, YYYY-MM", True, "")},
            "Go through close_status of {month} and make a list of what is left to do, the "
            "blocking ones first, each with its amount, who could do it and the page. Look at "
            "invoices that differ." + _EXACT,
        ),
    )
}


def listed() -> list[types.Prompt]:
    """The prompts as the protocol lists them."""
    return [
        types.Prompt(
            name=one.name,
            title=one.title,
            description=one.description,
            arguments=[
                types.PromptArgument(name=name, description=about, required=required)
                for name, (about, required, _) in one.arguments.items()
            ],
        )
        for one in PROMPTS.values()
    ]


def filled(name: str, given: dict[str, str]) -> types.GetPromptResult:
    """A prompt with its gaps filled; an error of the protocol for one that there is not."""
    prompt = PROMPTS.get(name)
    if prompt is None:
        raise _refused(str(unknown(name, PROMPTS)))
    strange = sorted(set(given) - set(prompt.arguments))
    if strange:
        raise _refused(str(unknown(strange[0], prompt.arguments)))
    values = {}
    for argument, (about, required, otherwise) in prompt.arguments.items():
        values[argument] = given.get(argument, "").strip() or otherwise
        if required and not values[argument]:
            raise _refused(f"{argument} is missing: {about}.")
    content = types.TextContent(type="text", text=prompt.text.format(**values))
    return types.GetPromptResult(
        description=prompt.description,
        messages=[types.PromptMessage(role="user", content=content)],
    )


def _refused(text: str) -> McpError:
    return McpError(types.ErrorData(code=types.INVALID_PARAMS, message=text))
