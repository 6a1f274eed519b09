"""The shipped tables of the vocabulary, read once: small CSV files beside this module.

A spelling is compared without regard to case, blanks and punctuation, so that `AmazonEC2`,
`Amazon EC2` and `amazon-ec2` are one.
"""

import csv
import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

VERSION = "2026.11.1"
"""Raised with every release of the tables, and when the same tables are read otherwise."""

_FILES = ("places", "providers", "region_spellings", "resource_types", "services", "words")

CLOUDS = ("aws", "microsoft", "google", "oracle", "ibm")
"""Providers that have regions of their own; where others run on them, theirs are looked up."""

_NO_TEXT = re.compile(r"[^a-z0-9]+")


def fold(text: str | None) -> str:
    """A spelling as it is compared: lower case, letters and digits alone."""
    return _NO_TEXT.sub("", text.lower()) if text else ""


@dataclass(frozen=True)
class Service:
    """A service: its one name, FOCUS category and subcategory."""

    name: str
    category: str
    subcategory: str


@dataclass(frozen=True)
class Place:
    """A place where regions of several clouds lie; `country` is ISO 3166, either may be empty."""

    name: str
    country: str
    continent: str


@dataclass(frozen=True)
class WordRule:
    """Words in a service's name that say what it is for, where no table knows the name."""

    pattern: re.Pattern[str]
    category: str
    subcategory: str


@dataclass(frozen=True)
class Tables:
    """All tables, keyed by folded spellings.

    `services` is keyed by (provider, spelling, stated category or ''), `regions` by (provider,
    region id as the vendor writes it, lower case) → (id, place), `region_spellings` by (provider,
    folded spelling) → id, `resource_types` by (provider or '', folded service or '', spelling); the
    empty spelling is for what a service's resources mostly are (`*` in the file).
    """

    mark: str
    """A hash of the files: what was loaded with other tables is named anew."""
    providers: dict[str, str]
    provider_names: dict[str, str]
    services: dict[tuple[str, str, str], Service]
    anywhere: dict[str, Service]
    """Services of vendors that are no cloud, by spellings that name the vendor."""
    words: tuple[WordRule, ...]
    regions: dict[tuple[str, str], tuple[str, Place]]
    region_spellings: dict[tuple[str, str], str]
    places: dict[str, Place]
    resource_types: dict[tuple[str, str, str], str]

    @property
    def resource_type_names(self) -> tuple[str, ...]:
        """The one vocabulary of resource types."""
        return tuple(sorted(set(self.resource_types.values())))


@functools.cache
def shipped() -> Tables:
    """The tables of this version."""
    places, regions = _places()
    services = _services()
    names = {row["provider"]: row["spellings"].split("|")[0] for row in _rows("providers")}
    return Tables(
        mark=_mark(),
        provider_names=names,
        providers={
            fold(spelling): row["provider"]
            for row in _rows("providers")
            for spelling in (row["provider"], *row["spellings"].split("|"))
        },
        services=services,
        anywhere=_anywhere(services),
        words=tuple(
            WordRule(_words(row["words"]), row["category"], row["subcategory"])
            for row in _rows("words")
        ),
        regions=regions,
        region_spellings=_region_spellings(regions),
        places=places,
        resource_types=_resource_types(),
    )


def _mark() -> str:
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(files(__package__).joinpath(f"{name}.csv").read_bytes())
    return digest.hexdigest()[:8]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as text:
        yield from csv.DictReader(text)


def _services() -> dict[tuple[str, str, str], Service]:
    found: dict[tuple[str, str, str], Service] = {}
    for row in _rows("services"):
        service = Service(row["name"], row["category"], row["subcategory"])
        for spelling in (row["name"], *filter(None, row["spellings"].split("|"))):
            found[row["provider"], fold(spelling), row["stated"]] = service
    return found


def _anywhere(services: dict[tuple[str, str, str], Service]) -> dict[str, Service]:
    """Services whose name has their vendor in it: what others call Storage or Metrics says nothing
    without the vendor."""
    vendors: dict[str, list[str]] = {}
    for row in _rows("providers"):
        names = (row["provider"], *row["spellings"].split("|"))
        vendors[row["provider"]] = [fold(name) for name in names]
    return {
        spelling: service
        for (provider, spelling, stated), service in services.items()
        if provider not in CLOUDS
        and not stated
        and any(name in spelling for name in vendors[provider])
    }


def _words(listed: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}" for word in listed.split("|")), re.I)


def _places() -> tuple[dict[str, Place], dict[tuple[str, str], tuple[str, Place]]]:
    places, regions = {}, {}
    for row in _rows("places"):
        place = Place(row["place"], row["country"], row["continent"])
        places[fold(place.name)] = place
        for cloud in CLOUDS:
            for region in row[cloud].split():
                regions[cloud, region] = (region, place)
    return places, regions


def _region_spellings(
    regions: dict[tuple[str, str], tuple[str, Place]],
) -> dict[tuple[str, str], str]:
    found = {(cloud, fold(region)): region for cloud, region in regions}
    for row in _rows("region_spellings"):
        for spelling in row["spellings"].split():
            found.setdefault((row["provider"], spelling), row["region"])
    return found


def _resource_types() -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for row in _rows("resource_types"):
        for spelling in (row["type"], *filter(None, row["spellings"].split("|"))):
            found.setdefault((row["provider"], fold(row["service"]), fold(spelling)), row["type"])
    return found
