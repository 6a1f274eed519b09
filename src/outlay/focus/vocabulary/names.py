"""What a vendor calls a service, a region or a kind of resource → the one name of it.

Everything here is a function of a few texts: it is asked once per distinct combination of a
delivery, never per row. What a source states stays, unless FOCUS does not allow it: a category
outside FOCUS's list, or a subcategory of another parent. `Other` is taken for "not stated".
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from outlay.focus.services import SERVICE_CATEGORIES, SUBCATEGORY_PARENTS
from outlay.focus.vocabulary.rules import VocabularyRule
from outlay.focus.vocabulary.tables import CLOUDS, VERSION, Place, Service, Tables, fold, shipped

How = Literal["rule", "table", "stated", "words", ""]
"""By what a value is named: the user's rule, the shipped table, the bill itself, words in the
service's name; empty where it is not named."""

OTHER = "Other"


@dataclass(frozen=True)
class ServiceNames:
    """A service with its FOCUS category and subcategory, and by what each is named."""

    name: str | None
    category: str
    subcategory: str
    named: How
    category_named: How
    subcategory_named: How


@dataclass(frozen=True)
class RegionNames:
    """A region: the vendor's id and the place; `named` is empty where the place is unknown."""

    id: str | None
    name: str | None
    country: str | None
    continent: str | None
    named: How


@dataclass(frozen=True)
class ResourceTypeName:
    """A kind of resource."""

    type: str | None
    named: How


class Vocabulary:
    """The shipped tables with the user's rules before them.

    `digest` says which answers it gives: it is part of a delivery's meaning.
    """

    def __init__(
        self, rules: Sequence[VocabularyRule] = (), tables: Tables | None = None, version: str = ""
    ) -> None:
        self.rules = tuple(rules)
        self.tables = tables or shipped()
        self.version = version or VERSION
        self._service = functools.lru_cache(maxsize=100_000)(self._find_service)
        self._region = functools.lru_cache(maxsize=20_000)(self._find_region)
        self._type = functools.lru_cache(maxsize=100_000)(self._find_type)

    @property
    def digest(self) -> str:
        """The version and content of the tables, and a mark of the user's rules if there are
        any."""
        shipped = f"{self.version}.{self.tables.mark}"
        if not self.rules:
            return shipped
        text = json.dumps([rule.model_dump(mode="json") for rule in self.rules], sort_keys=True)
        return f"{shipped}+{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def provider(self, name: str | None) -> str:
        """The key of a provider by any of its names (`aws`, `microsoft`, …); else empty."""
        folded = fold(name)
        if not folded:
            return ""
        known = self.tables.providers.get(folded)
        if known is None:
            bare = re.sub(r"(incorporated|inc|llc|ltd|limited|corp|corporation|gmbh)$", "", folded)
            known = self.tables.providers.get(bare, "")
        return known

    def provider_name(self, name: str | None) -> str:
        """The one name of a provider: `AWS` for `Amazon Web Services, Inc.`; unknown ones keep
        theirs."""
        return self.tables.provider_names.get(self.provider(name), name or "")

    # ── services ─────────────────────────────────────────────────────────────────────────────

    def service(
        self,
        provider: str | None,
        host: str | None,
        name: str | None,
        code: str | None,
        category: str | None,
        subcategory: str | None,
    ) -> ServiceNames:
        """Name, category and subcategory of a service.

        `provider` sells it and `host` runs it; `code` is the vendor's own code of it, where there
        is one; `category` and `subcategory` are as the bill states them.
        """
        return self._service(provider, host, name, code, category, subcategory)

    def _find_service(
        self,
        provider: str | None,
        host: str | None,
        name: str | None,
        code: str | None,
        category: str | None,
        subcategory: str | None,
    ) -> ServiceNames:
        stated = category if category in SERVICE_CATEGORIES and category != OTHER else ""
        within = subcategory if _is_told(subcategory) else ""
        if within and stated and SUBCATEGORY_PARENTS[within] != stated:
            # The subcategory says more than the category it contradicts.
            stated = ""
        if within and not stated:
            stated = SUBCATEGORY_PARENTS[within]
        rule = self._rule("service", provider, name or code, other=code)
        known, by = self._known_service(provider, host, name, code, stated)
        # A name that no table knows is the product's own, whatever its code says it runs on.
        by_name = self._known_service(provider, host, name, None, stated) if name else (known, by)
        spelled = by_name[0] if by_name[1] == "table" else None
        found = (rule.category if rule else None) or stated or (known.category if known else OTHER)
        category_named: How = (
            "rule" if rule and rule.category else "stated" if stated else by if known else ""
        )
        sub, sub_named = self._subcategory(rule, within, known, by, found)
        return ServiceNames(
            (rule.service_name if rule else None) or (spelled.name if spelled else name or code),
            found,
            sub,
            "rule" if rule and rule.service_name else by or ("stated" if name else ""),
            category_named,
            sub_named,
        )

    def _subcategory(
        self,
        rule: VocabularyRule | None,
        within: str | None,
        known: Service | None,
        by: How,
        category: str,
    ) -> tuple[str, How]:
        asked: tuple[tuple[str | None, How], ...] = (
            (rule.subcategory if rule else None, "rule"),
            (within, "stated"),
            (known.subcategory if known else None, by),
        )
        for value, how in asked:
            if value and SUBCATEGORY_PARENTS.get(value) == category:
                return value, how
        rest = f"Other ({category})"
        # Mobile has this one alone: then it is a name like any other.
        return rest, "table" if SERVICE_CATEGORIES[category] == (
            rest,
        ) and category != OTHER else ""

    def _known_service(
        self,
        provider: str | None,
        host: str | None,
        name: str | None,
        code: str | None,
        stated: str,
    ) -> tuple[Service | None, How]:
        tables = self.tables
        spellings = [spelling for spelling in (fold(name), fold(code)) if spelling]
        for key in dict.fromkeys(filter(None, (self.provider(provider), self.provider(host)))):
            for spelling in spellings:
                for category in dict.fromkeys((stated, "")):
                    found = tables.services.get((key, spelling, category))
                    if found:
                        return found, "table"
        for spelling in spellings:
            if spelling in tables.anywhere:
                return tables.anywhere[spelling], "table"
        for rule in tables.words:
            if name and rule.pattern.search(name):
                return Service(name, rule.category, rule.subcategory), "words"
        return None, ""

    # ── regions ──────────────────────────────────────────────────────────────────────────────

    def region(
        self, provider: str | None, host: str | None, region: str | None, name: str | None
    ) -> RegionNames:
        """The place of a region, by its id or else by its name."""
        return self._region(provider, host, region, name)

    def _find_region(
        self, provider: str | None, host: str | None, region: str | None, name: str | None
    ) -> RegionNames:
        if not region and not name:
            return RegionNames(None, None, None, None, "")
        rule = self._rule("region", provider, region or name, other=name)
        clouds = [key for key in (self.provider(host), self.provider(provider)) if key in CLOUDS]
        found = self._known_region(clouds, region) or self._known_region(clouds, name)
        if found is None and name and fold(name) in self.tables.places:
            found = (region, self.tables.places[fold(name)])
        region_id = region or (found[0] if found else None)
        if rule and rule.region_name:
            place = self.tables.places.get(fold(rule.region_name)) or Place(
                rule.region_name, "", ""
            )
            return _region_names(region_id, place, rule.country, rule.continent, "rule")
        if found:
            return _region_names(region_id, found[1], None, None, "table")
        return RegionNames(region_id, name or region, None, None, "")

    def _known_region(
        self, clouds: Sequence[str], spelled: str | None
    ) -> tuple[str | None, Place] | None:
        if not spelled:
            return None
        text = re.sub(r"[\s_]+", "-", spelled.strip().lower().removeprefix("public."))
        for prefix, cloud in _PREFIXES.items():
            # Snowflake's regions name the cloud: AWS_EU_CENTRAL_1, AZURE_WESTEUROPE.
            if text.startswith(prefix):
                return self._known_region((cloud,), text.removeprefix(prefix))
        # Zones: europe-west1-b, us-east-1a.
        zone = re.sub(r"(?<=\d)-?[a-z]$", "", text)
        tries: list[Callable[[str], tuple[str | None, Place] | None]] = [
            lambda cloud: self.tables.regions.get((cloud, text)),
            lambda cloud: self._by_spelling(cloud, fold(text)),
            lambda cloud: self.tables.regions.get((cloud, zone)),
        ]
        for attempt in tries:
            for cloud in (*dict.fromkeys(clouds),) or CLOUDS:
                found = attempt(cloud)
                if found:
                    return found
        return None

    def _by_spelling(self, cloud: str, spelling: str) -> tuple[str | None, Place] | None:
        region = self.tables.region_spellings.get((cloud, spelling))
        return self.tables.regions[cloud, region] if region else None

    # ── resource types ───────────────────────────────────────────────────────────────────────

    def resource_type(
        self,
        provider: str | None,
        host: str | None,
        service: str | None,
        type_: str | None,
        kind: str | None,
    ) -> ResourceTypeName:
        """The kind of a resource, as the bill calls it (`type_`) or as its id tells (`kind`).

        A row without a resource has neither; an id that tells nothing has the kind `?`.
        """
        return self._type(provider, host, service, type_, kind)

    def _find_type(
        self,
        provider: str | None,
        host: str | None,
        service: str | None,
        type_: str | None,
        kind: str | None,
    ) -> ResourceTypeName:
        if not type_ and not kind:
            return ResourceTypeName(None, "")
        rule = self._rule("resource_type", provider, type_ or kind, service=service)
        if rule and rule.type_name:
            return ResourceTypeName(rule.type_name, "rule")
        keys = dict.fromkeys(filter(None, (self.provider(host), self.provider(provider))))
        known, _ = self._known_service(provider, host, service, None, "")
        services = dict.fromkeys((fold(known.name) if known else fold(service), ""))
        for spelled in (type_, kind):
            for spelling in _shorter(spelled):
                for key in (*keys, ""):
                    for within in services:
                        found = self.tables.resource_types.get((key, within, spelling))
                        if found:
                            return ResourceTypeName(found, "table")
        if fold(type_) in _SAYS_NOTHING or (type_ or "").startswith("<"):
            for key in keys:
                # What a service's resources are, all or nearly all of them. `<…>` stands for
                # what was left out of a bill that was made anonymous.
                only = self.tables.resource_types.get((key, next(iter(services)), ""))
                if only:
                    return ResourceTypeName(only, "table")
        return ResourceTypeName(type_, "")

    # ── the user's rules ─────────────────────────────────────────────────────────────────────

    def _rule(
        self,
        about: str,
        provider: str | None,
        value: str | None,
        *,
        other: str | None = None,
        service: str | None = None,
    ) -> VocabularyRule | None:
        """The first rule about this value, None if there is none."""
        key = self.provider(provider) or fold(provider)
        for rule in self.rules:
            if rule.about != about or not value:
                continue
            if rule.provider and (self.provider(rule.provider) or fold(rule.provider)) != key:
                continue
            if about == "resource_type" and rule.service and not _same(rule.service, service):
                continue
            if _same(rule.value, value) or (other and _same(rule.value, other)):
                return rule
        return None


_SAYS_NOTHING = ("", "resource", "resources")
_PREFIXES = {"aws-": "aws", "azure-": "microsoft", "gcp-": "google"}


def _is_told(subcategory: str | None) -> bool:
    return subcategory in SUBCATEGORY_PARENTS and not (subcategory or "").startswith("Other (")


def _region_names(
    region: str | None, place: Place, country: str | None, continent: str | None, how: How
) -> RegionNames:
    return RegionNames(
        region,
        place.name,
        country or place.country or None,
        continent or place.continent or None,
        how,
    )


def _shorter(spelled: str | None) -> list[str]:
    """A type's spelling, and without what stands before and behind: `ec2:instance` → `instance`,
    `microsoft.sql/servers/databases` → `microsoft.sql/servers`."""
    if not spelled:
        return []
    found = [fold(spelled)]
    if ":" in spelled:
        found.append(fold(spelled.rsplit(":", 1)[1]))
    if "/" in spelled:
        parts = spelled.split("/")
        found += [fold("/".join(parts[:at])) for at in range(len(parts) - 1, 1, -1)]
    # Some bills write Azure's types in the singular: microsoft.sql/server.
    found += [f"{spelling}s" for spelling in found if "/" in spelled]
    return [spelling for spelling in dict.fromkeys(found) if spelling]


def _same(pattern: str, value: str | None) -> bool:
    """Whether a value is what a rule names: equal without regard to case, or by `*`."""
    if not value:
        return False
    if "*" in pattern:
        expression = ".*".join(re.escape(part) for part in pattern.lower().split("*"))
        return re.fullmatch(expression, value.lower(), re.DOTALL) is not None
    return pattern.lower() == value.lower()
