"""Kubernetes right-sizing: recommendations of Kruize (and Red Hat's ROS on it), and of vertical pod
autoscalers. Neither knows an amount of money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from outlay.savings.native.model import Asked, Format, Item, NativeError, Sizing, Told
from outlay.savings.native.values import decimal, each, listed, mapping, text
from outlay.savings.native.words import KUBERNETES

TERMS = ("short", "medium", "long")
"""Kruize's terms: 1, 7 and 15 days."""
PROFILES = ("cost", "performance")

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")
_FACTORS: dict[str, Decimal] = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "P": Decimal(10**15), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30),
    "Ti": Decimal(2**40), "Pi": Decimal(2**50),
}  # fmt: skip
_FORMATS: dict[str, str] = {
    "cores": "", "core": "", "millicores": "m", "bytes": "", "kib": "Ki", "mib": "Mi", "gib": "Gi",
    "tib": "Ti", "kb": "k", "mb": "M", "gb": "G",
}  # fmt: skip
_FEWEST, _MOST = Decimal("1e-9"), Decimal(2**60)


def quantity(value: Any, where: str) -> Decimal | None:
    """A quantity of Kubernetes (``25m``, ``1.5``, ``262144k``, ``512Mi``) in cores or bytes; None
    for one that is absent. NativeError for what is none."""
    given = text(value)
    if not given:
        return None
    match = _QUANTITY.fullmatch(given)
    if match is None or match[2] not in _FACTORS:
        raise NativeError(
            f"{where} is {given[:30]!r}; a quantity such as 250m or 512Mi is expected"
        )
    return _bounded(Decimal(match[1]) * _FACTORS[match[2]], where)


def _bounded(found: Decimal, where: str) -> Decimal:
    if found and not _FEWEST <= found <= _MOST:
        raise NativeError(f"{where} is {found}: no amount of processors or memory")
    return found


def _measured(value: Any, where: str) -> Decimal | None:
    """Kruize's ``{"amount": 4.4, "format": "cores"}``; None where it is empty."""
    given = mapping(value)
    found = decimal(given.get("amount"), f"{where}.amount")
    if found is None:
        return None
    unit = text(given.get("format"))
    factor = _FACTORS.get(_FORMATS.get(unit.lower(), unit))
    if factor is None:
        raise NativeError(
            f"{where}.format is {unit!r}; allowed are {', '.join((*_FORMATS, *_FACTORS))}"
        )
    return _bounded(found * factor, where)


def _kruize(document: Any) -> bool:
    if isinstance(document, list):
        return bool(document) and all(
            isinstance(one, Mapping) and "kubernetes_objects" in one for one in document
        )
    if not isinstance(document, Mapping):
        return False
    rows = document.get("data")
    if "meta" in document and isinstance(rows, list):
        return all(isinstance(one, Mapping) and "recommendations" in one for one in rows)
    return "kubernetes_objects" in document


def read_kruize(document: Any, asked: Asked) -> Iterator[Item]:
    """One right-sizing a container: of the term and profile that the source's options name."""
    term, profile = asked.options.get("term", ""), asked.options.get("profile", "") or "cost"
    if term and term not in TERMS:
        raise NativeError(f"term is {term!r}; allowed are {', '.join(TERMS)}")
    if profile not in PROFILES:
        raise NativeError(f"profile is {profile!r}; allowed are {', '.join(PROFILES)}")
    if isinstance(document, Mapping) and "data" in document:
        rows = _ros(document, asked)
    else:
        rows = _experiments(document, asked)
    for found, recommended, where in rows:
        yield _sized(found, mapping(recommended), term, profile, where)


_Named = tuple[str, str, str, str, str]


def _ros(document: Mapping[str, Any], asked: Asked) -> Iterator[tuple[_Named, Any, str]]:
    for place, row in each(document["data"], asked.file, "data"):
        named = tuple(
            text(row.get(one)) for one in ("project", "workload_type", "workload", "container")
        )
        cluster = asked.options.get("cluster") or text(row.get("cluster_alias"))
        where = f"{asked.file}: {place} ({'/'.join(named)})"
        yield (cluster, *named), row.get("recommendations"), where  # type: ignore[misc]


def _experiments(document: Any, asked: Asked) -> Iterator[tuple[_Named, Any, str]]:
    experiments = document if isinstance(document, list) else [document]
    for place, one in each(experiments, asked.file, "experiments"):
        cluster = asked.options.get("cluster") or text(one.get("cluster_name"))
        for at, thing in each(one["kubernetes_objects"], asked.file, f"{place}.kubernetes_objects"):
            kind, name, space = (text(thing.get(key)) for key in ("type", "name", "namespace"))
            for spot, box in each(thing.get("containers"), asked.file, f"{at}.containers"):
                container = text(box.get("container_name"))
                where = f"{asked.file}: {spot} ({space}/{name}/{container})"
                data = mapping(mapping(box.get("recommendations")).get("data"))
                newest = mapping(data[max(data)]) if data else {}
                yield (cluster, space, kind, name, container), newest, where


def _sized(
    named: _Named, found: Mapping[str, Any], term: str, profile: str, where: str
) -> Sizing | Told:
    cluster, space, kind, name, container = named
    told = "/".join(one for one in (cluster, space, name, container) if one)
    if not (space and name):
        raise NativeError(f"{where}: the namespace or the workload is missing")
    terms = mapping(found.get("recommendation_terms"))
    wanted = [term] if term else list(reversed(TERMS))
    for one in wanted:
        engine = mapping(
            mapping(mapping(terms.get(f"{one}_term")).get("recommendation_engines")).get(profile)
        )
        config = mapping(mapping(engine.get("config")).get("requests"))
        if not config:
            continue
        current = mapping(mapping(found.get("current")).get("requests"))
        cpu_now, cpu_after, memory_now, memory_after = (
            _measured(side.get(what), f"{where}: {word} {what}")
            for what in ("cpu", "memory")
            for side, word in ((current, "current"), (config, "recommended"))
        )
        if cpu_after is None and memory_after is None:
            continue
        return Sizing(
            "kruize", told, cluster, space, kind.lower(), name, container, cpu_now, cpu_after,
            memory_now, memory_after, term=one, profile=profile,
            reasons=tuple(_notices(found)),
        )  # fmt: skip
    missing = f"no {term} term" if term else "no term"
    notices = "; ".join(_notices(found))
    reason = f"{missing} with the profile {profile} has a recommendation"
    return Told(told, f"{reason}{f' ({notices})' if notices else ''}", told)


def _notices(found: Mapping[str, Any]) -> Iterator[str]:
    for one in mapping(found.get("notifications")).values():
        message = text(mapping(one).get("message"))
        if message:
            yield message


def _vpas(document: Any) -> list[Any]:
    if not isinstance(document, Mapping):
        return []
    if document.get("kind") == "VerticalPodAutoscaler":
        return [document]
    listed_kind = text(document.get("kind"))
    if listed_kind in ("List", "VerticalPodAutoscalerList") and isinstance(
        document.get("items"), list
    ):
        found: list[Any] = document["items"]
        return found
    return []


def _autoscalers(document: Any) -> bool:
    if isinstance(document, Mapping) and document.get("kind") == "VerticalPodAutoscalerList":
        return isinstance(document.get("items"), list)
    found = _vpas(document)
    return bool(found) and all(
        isinstance(one, Mapping) and one.get("kind") == "VerticalPodAutoscaler" for one in found
    )


def read_autoscalers(document: Any, asked: Asked) -> Iterator[Item]:
    """One right-sizing a container: the target, with the bounds beside it."""
    for place, one in each(_vpas(document), asked.file, "items"):
        metadata, spec = mapping(one.get("metadata")), mapping(one.get("spec"))
        space, target = text(metadata.get("namespace")), mapping(spec.get("targetRef"))
        kind, name = text(target.get("kind")), text(target.get("name"))
        where = f"{asked.file}: {place} ({space}/{text(metadata.get('name'))})"
        if not (space and name):
            raise NativeError(f"{where}: metadata.namespace or spec.targetRef.name is missing")
        status = mapping(one.get("status"))
        advised = mapping(status.get("recommendation")).get("containerRecommendations")
        found = listed(advised, asked.file, f"{place}.containerRecommendations")
        if not found:
            conditions = [mapping(c) for c in status.get("conditions") or ()]
            why = next((text(c.get("message")) for c in conditions if text(c.get("message"))), "")
            reason = f"it has no recommendation{f': {why}' if why else ' yet'}"
            yield Told(f"{space}/{name}", reason, f"{space}/{name}")
        for number, box in enumerate(map(mapping, found)):
            yield _container(box, (space, kind, name), asked, f"{where}: container {number}")


def _container(
    box: Mapping[str, Any], workload: tuple[str, str, str], asked: Asked, where: str
) -> Sizing:
    space, kind, name = workload
    container = text(box.get("containerName"))
    read = {
        (side, what): quantity(mapping(box.get(side)).get(what), f"{where}: {side}.{what}")
        for side in ("target", "lowerBound", "upperBound")
        for what in ("cpu", "memory")
    }
    cluster = asked.options.get("cluster", "")
    return Sizing(
        "vpa",
        "/".join(one for one in (cluster, space, name, container) if one),
        cluster, space, kind.lower(), name, container,
        cpu_now=None, cpu_after=read["target", "cpu"],
        memory_now=None, memory_after=read["target", "memory"],
        cpu_low=read["lowerBound", "cpu"], cpu_high=read["upperBound", "cpu"],
        memory_low=read["lowerBound", "memory"], memory_high=read["upperBound", "memory"],
    )  # fmt: skip


_CLUSTER = "the cluster's name as bills and usage have it"
FORMATS = (
    Format(
        "kruize",
        "Kruize, Red Hat ROS",
        KUBERNETES,
        "json",
        "answers of Kruize's listRecommendations, or of the cost management API's "
        "recommendations/openshift",
        _kruize,
        read_kruize,
        {
            "term": "short, medium or long (1, 7, 15 days); the longest that has one by default",
            "profile": "cost (default) or performance",
            "cluster": f"{_CLUSTER}, where the answer has another",
        },
    ),
    Format(
        "vpa",
        "Vertical pod autoscalers",
        KUBERNETES,
        "json",
        "`kubectl get vpa --all-namespaces -o json`",
        _autoscalers,
        read_autoscalers,
        {"cluster": f"{_CLUSTER}: the objects do not say it"},
    ),
)
