"""Which resource of the bill a measurement is of.

CloudWatch names a database by its identifier where the bill has its ARN, a load balancer by the
end of it; Azure writes one id in several cases. A measured id is therefore looked for as it is,
then whatever its case, then by its last part (what follows the last ``:`` or ``/``), and there
only if one resource alone can be meant: a guess would call another's database idle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LAST = re.compile(r"[^:/]+$")


def last_part(resource: str) -> str:
    """What follows the last colon or slash, in small letters: ``db:Orders`` → ``orders``."""
    found = _LAST.search(resource.rstrip("/:"))
    return (found[0] if found else resource).lower()


class BilledIds:
    """The ids of a bill's resources, to find the measured ones among."""

    def __init__(self, billed: Iterable[tuple[str, str]]) -> None:
        """`billed` are (ResourceId, SubAccountId), '' for an account that is not known."""
        self._exact: set[str] = set()
        self._folded: dict[str, set[tuple[str, str]]] = {}
        self._last: dict[str, set[tuple[str, str]]] = {}
        for resource, account in billed:
            self._exact.add(resource)
            self._folded.setdefault(resource.lower(), set()).add((resource, account))
            self._last.setdefault(last_part(resource), set()).add((resource, account))

    def find(self, measured: str, account: str = "") -> str | None:
        """The bill's ResourceId of a measured id (of an account, where it says one); None where
        there is none, or more than one that may be meant."""
        if measured in self._exact:
            return measured
        for known in (self._folded.get(measured.lower()), self._last.get(last_part(measured))):
            found = {
                resource for resource, owner in known or ()
                if not account or not owner or owner == account
            }  # fmt: skip
            if found:
                return found.pop() if len(found) == 1 else None
        return None
