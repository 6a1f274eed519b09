"""What is said of a contract, in sentences."""

from __future__ import annotations

from outlay.app.contracts.contracts import ContractStatus
from outlay.money import display
from outlay.savings.contracts.burn import TermStatus


def sentence(one: ContractStatus) -> str:
    """Where the present term is heading, and what follows from it."""
    if one.problem:
        return one.problem
    term, spec = one.present, one.contract.spec
    if term is None:
        if one.state == "not begun":
            return f"It begins on {display.day(spec.begins)}."
        ended = one.terms[-1]
        return f"It ended on {display.day(spec.ends)}: {_ended(ended, spec.currency)}"
    amount = _amount(term.term.amount, spec.currency)
    if term.outlook is None:
        return (
            f"Of {amount} owed by {display.day(term.term.until)}, "
            f"{_amount(term.used, spec.currency)} counts so far; what it will come to is not "
            f"known: {term.reason or 'nothing of it was charged yet'}."
        )
    heading = f"It is heading for {_amount(term.outlook, spec.currency)} of {amount} owed"
    if term.state == "falls short":
        invoiced = spec.shortfall == "invoiced"
        lost = "is invoiced as a true-up" if invoiced else "is lost, since it is paid for"
        return f"{heading}: {_amount(term.shortfall, spec.currency)} short, which {lost}."
    if term.state in ("exceeds", "met early"):
        day = term.used_up_on
        is_ = "was" if day is not None and day <= one.today else "will be"
        when = f" on {display.day(day)}" if day else ""
        beyond = f"{_amount(term.overage, spec.currency)} beyond it"
        if spec.overage_percent != 100:
            beyond += f" at a price of {_amount(term.overage_cost, spec.currency)}"
        return f"{heading}: it {is_} used up{when}, {beyond}."
    return f"{heading}, which meets it."


def _ended(term: TermStatus, code: str) -> str:
    if term.outlook is None:
        return "what its last term came to is not known yet, since its last days are not whole."
    if term.state == "met":
        return f"its last term was met by {_amount(term.outlook, code)}."
    return f"its last term fell short by {_amount(term.shortfall, code)}."


def notice(one: ContractStatus) -> str:
    """When somebody must have said what comes after it; '' when it has ended."""
    end = one.ending
    if end.days_left <= 0:
        return ""
    goes = "it goes on by itself otherwise" if end.automatic else "it ends otherwise"
    day = display.day(end.notice_on)
    if end.notice_days_left < 0:
        return f"Notice was due on {day}: " + (
            "it goes on by itself." if end.automatic else f"it ends on {display.day(end.ends)}."
        )
    return f"Notice is due on {day}, in {end.notice_days_left} days; {goes}."


def _amount(value: object, code: str) -> str:
    return f"{display.amount(value, code)} {code}"  # type: ignore[arg-type]
