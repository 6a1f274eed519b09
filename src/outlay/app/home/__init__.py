"""Homes: for each persona what changed, why, and what to do next, worked out from the ledger.

`personas.py` is the data: who reads, three questions, the cards that answer them. `cards/` works
the cards out; `kept.py` keeps answers as long as they are true. Faces show what comes out.
"""

from outlay.app.home.asked import Asked, Focus, Period
from outlay.app.home.kept import Answer, Home, Homes, home, homes
from outlay.app.home.model import Card, Failed, Figure, Line, Persona, Question, Step
from outlay.app.home.personas import CARDS, PERSONAS, card_of, persona_of

__all__ = [
    "CARDS",
    "PERSONAS",
    "Answer",
    "Asked",
    "Card",
    "Failed",
    "Figure",
    "Focus",
    "Home",
    "Homes",
    "Line",
    "Period",
    "Persona",
    "Question",
    "Step",
    "card_of",
    "home",
    "homes",
    "persona_of",
]
