"""Names of resources: what is allowed, and a valid name from any text."""

import re

from outlay.resources.errors import ResourceError

MAX_NAME = 64
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


def check_name(name: str, what: str = "resource") -> str:
    """Give the name back if it is valid, else raise ResourceError with a valid one proposed."""
    if len(name) <= MAX_NAME and _NAME.fullmatch(name):
        return name
    raise ResourceError(
        f"{name!r} is not a valid {what} name. Allowed: lower-case letters, digits and hyphens, "
        f"not at the ends, at most {MAX_NAME} characters. Use {valid_name(name)!r} instead."
    )


def valid_name(text: str, fallback: str = "unnamed") -> str:
    """A valid name that is as near to the text as possible: `ACME Cur_2` → `acme-cur-2`."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_NAME].strip("-")
    return name or fallback
