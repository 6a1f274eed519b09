"""What the forms of this room have in common."""

from __future__ import annotations

from datetime import date, timedelta

from outlay.access import AccessError
from outlay.access.events import utc_now

_DAYS = ((30, "30 days"), (90, "90 days"), (365, "a year"))


class Given(dict[str, str]):
    """What was given to a form that is shown again; '' for what was not."""

    def __missing__(self, key: str) -> str:
        return ""


def expiries() -> list[tuple[str, str]]:
    """Days at which a token may end, with words; the empty one is never."""
    today = utc_now().date()
    days = [((today + timedelta(days=n)).isoformat(), words) for n, words in _DAYS]
    return [*days, ("", "never")]


def day_of(text: str) -> date | None:
    """A day that was given, None for none; AccessError when it is none."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AccessError(f"{text[:40]!r} is no day such as 2026-11-28.") from None
