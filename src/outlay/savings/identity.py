"""One resource by many names: what vendors' tools, bills and ARNs call the same thing.

Tools name resources by ARN, by bare id, by `//compute…` paths or by Azure ids in any case; a bill
has one of them in ResourceId. `canonical` makes names comparable, `Resources` finds the bill's own
name for what a tool names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from outlay.expression import text_literal
from outlay.savings.model import Finding
from outlay.savings.recommendation import name_of

_UNIQUE = ("arn:", "/subscriptions/", "//", "projects/", "http:", "https:")
"""How ids begin that name their account, or are unique in the world."""

_ARN_PARTS = 6  # arn:partition:service:region:account:resource
_AWS_ID = re.compile(r"(?:i|vol|snap|ami|eni|eipalloc|nat|vpce|tgw|tgw-attach|vpn|cr)-[0-9a-z]+")
"""Ids of EC2 and VPC (``i-0abc…``, ``vol-…``, ``nat-…``): unique wherever they stand."""
_GOOGLE = re.compile(
    r"^(?:https?:)?(?://)?(?:www\.googleapis\.com/)?"
    r"(?:(?P<service>[a-z-]+)(?:\.googleapis\.com)?/)?(?:v\d+[a-z0-9]*/)?"
    r"(?P<path>projects/.+)$"
)
_PLACES = ("zones", "regions", "locations")


def canonical(resource: str) -> str:
    """A name as names are compared: equal for two spellings of one resource."""
    text = resource.strip().rstrip("/")
    if text.lower().startswith("arn:"):
        return _of_arn(text)
    if _AWS_ID.fullmatch(text.lower()):
        return text.lower()
    if (found := _GOOGLE.match(text)) is not None:
        return _of_google(found["path"])
    return text.lower()


def leaf(resource: str) -> str:
    """The last part of a name, in lower case: ``orders`` of ``…:db:orders``."""
    return re.split(r"[:/]", resource.strip().rstrip("/"))[-1].lower()


def is_unique(resource: str) -> bool:
    """Whether an id is of one resource wherever it stands: no two accounts have it."""
    text = resource.strip().lower()
    return text.startswith(_UNIQUE) or _AWS_ID.fullmatch(text) is not None


def shared_names(
    named: Iterable[tuple[str, str, str, str]], billed: Iterable[tuple[str, str, str]]
) -> set[tuple[str, str]]:
    """The names (`name_of`) that resources of several accounts have: by the bill's (provider,
    account, ResourceId), and of what the bill does not have, by what one tool says: (tool,
    provider, account, resource)."""
    accounts: dict[tuple[str, str], set[str]] = {}
    for provider, account, resource in billed:
        if account and not is_unique(resource):
            accounts.setdefault(name_of(provider, resource), set()).add(account)
    told: dict[tuple[str, tuple[str, str]], set[str]] = {}
    for tool, provider, account, resource in named:
        name = name_of(provider, resource)
        if account and resource and name not in accounts and not is_unique(resource):
            told.setdefault((tool, name), set()).add(account)
    found = {name for name, owners in accounts.items() if len(owners) > 1}
    return found | {name for (_, name), owners in told.items() if len(owners) > 1}


def _of_arn(arn: str) -> str:
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return arn.lower()
    _, _, service, region, account, name = parts
    last = re.split(r"[:/]", name)[-1].lower()
    if _AWS_ID.fullmatch(last):
        return last
    if service.lower() == "s3" and "/" not in name:
        return name.lower()  # bills name buckets alone
    if service.lower() == "lambda":
        name = ":".join(name.split(":")[:2])  # without a version or an alias
    # Identifiers of RDS are stored in lower case, whatever was typed; others are told apart by
    # service, account and name, so that case never does.
    return f"arn:{service}:{region}:{account}:{name}".lower()


def _of_google(path: str) -> str:
    """`projects/p/…/type/name`, without the place: a bill often leaves it out."""
    parts = path.split("/")
    kept: list[str] = []
    skip = 0
    for number, part in enumerate(parts):
        if skip:
            skip -= 1
        elif part in _PLACES and number + 1 < len(parts):
            skip = 1
        elif part != "global":
            kept.append(part)
    return "//" + "/".join(kept).lower()


@dataclass
class Resources:
    """The resources of a bill: each ResourceId with its provider and account."""

    _exact: set[str] = field(default_factory=set)
    _canonical: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _leaves: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str]]) -> Resources:
        """From (provider, account, ResourceId) of the charges."""
        found = cls()
        for provider, account, resource in rows:
            if not resource:
                continue
            found._exact.add(resource)
            found._canonical.setdefault((provider, canonical(resource)), set()).add(resource)
            found._leaves.setdefault((provider, account, leaf(resource)), set()).add(resource)
        return found

    def billed(self, provider: str, account: str, resource: str) -> str:
        """The bill's own ResourceId of what a tool names; '' where the bill does not have it, or
        has several of the name (a guess would give one resource's waste to another)."""
        if not resource:
            return ""
        if resource in self._exact:
            return resource
        same = self._canonical.get((provider, canonical(resource)), set())
        if len(same) == 1:
            return next(iter(same))
        if same:
            return ""
        named = self._leaves.get((provider, account, leaf(resource)), set())
        whole = resource.lower().startswith(("arn:", "/subscriptions/", "//"))
        return next(iter(named)) if len(named) == 1 and not whole else ""


def settled(one: Finding, known: Resources) -> Finding:
    """A native finding by the bill's own name of its resource, so that it meets our own there; as
    it is where the bill does not tell. Its condition then names the bill's resource."""
    billed = known.billed(one.provider, one.account, one.resource)
    if not billed or billed == one.resource:
        return one
    where = f"ResourceId = {text_literal(billed)}"
    if one.account and f"SubAccountId = {text_literal(one.account)}" in one.where:
        where += f" AND SubAccountId = {text_literal(one.account)}"
    name = one.resource_name or (one.resource if leaf(one.resource) == one.resource else "")
    return replace(one, resource=billed, resource_name=name, where=where)
