"""Numbers as people type them, whatever country they write in.

The product writes 1,200.50. A comma is taken out only where it stands between thousands: what else
has one is refused, since 1200,50 without its comma would be a hundred times as much.
"""

from __future__ import annotations

import re

_SPACES = re.compile("[ \u00a0\u2009\u202f](?=\\d{3}(?!\\d))")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")


def unseparated(text: str, digits: int = 2) -> str:
    """A typed number without separators of thousands, for whoever parses it: ``1,200.50`` gives
    ``1200.50``, ``1 200`` gives ``1200``. `digits` are the decimals that such a number has; where
    they are fewer than three, ``1.200`` may be meant as 1200.

    ValueError for a number that means something else elsewhere (``1200,50``, ``1.200,50``,
    ``1.200``), with how it is written here.
    """
    typed = _SPACES.sub("", text.strip().replace("\u2212", "-"))
    if _GROUPED.fullmatch(typed):
        return typed.replace(",", "")
    if "," in typed:
        raise ValueError(
            f"{text.strip()!r} is no number as it is written here: 1200.50, or 1,200.50"
        )
    if digits < 3 and _TWO_WAYS.fullmatch(typed):
        whole = typed.replace(".", "")
        raise ValueError(
            f"{text.strip()!r} can be read two ways: write {whole}, or {typed}0 for the smaller"
        )
    return typed
