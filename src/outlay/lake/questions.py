"""What the vocabulary is asked about a charge, and which columns its answers go to."""

from collections.abc import Callable
from dataclasses import dataclass

from outlay.focus.ai import ai_dimensions
from outlay.focus.vocabulary import Vocabulary

WHO = ("ServiceProviderName", "HostProviderName", "ServiceName", "x_ServiceCode")
"""What every question to the vocabulary begins with. The code is the vendor's own one."""

CODES = ("x_ServiceCode", "x_ServiceId", "x_ConsumedService")
"""Own columns in which sources keep the vendor's code of a service, the first that is there."""

METERS = ("x_MeterName", "x_SkuDescription", "SkuMeter", "x_UsageType")
"""Columns that say what an AI line meters, the first that has a value."""

AI_SERVICES = (
    "bedrock|sagemaker|vertex|openai|foundry|cognitive services|ai services|ai models|gemini|"
    "generative language|aiplatform|agent platform"
)
"""Words in the name of a service whose lines may be of AI models."""

FACTOR = "outlay_factor"
"""How many tokens one unit of an AI line's quantity is: a helper column, never written."""

Answer = Callable[[Vocabulary, tuple[str | None, ...]], tuple[str | None, ...]]


@dataclass(frozen=True)
class Group:
    """One kind of question: the columns that decide beside WHO, and the columns it gives."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    answer: Answer


def _service(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, name, code, category, subcategory = row
    found = words.service(provider, host, name, code, category, subcategory)
    return (
        found.name,
        found.category,
        found.subcategory,
        _kept(name, found.name),
        _kept(category, found.category),
        _kept(subcategory, found.subcategory),
    )


def _region(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, _, _, region, name = row
    found = words.region(provider, host, region, name)
    own = _kept(name, found.name)
    return found.id, found.name, own, found.country, found.continent


def _resource(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, service, _, own, kind = row
    found = words.resource_type(provider, host, service, own, kind)
    return found.type, _kept(own, found.type)


def _ai(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, service, code, meter, description, unit = row
    told = None
    for who in dict.fromkeys(filter(None, (host, provider))):
        names = dict.fromkeys(filter(None, (service, code)))
        for name in names if meter or description else ():
            told = told or ai_dimensions(who, name, meter or "", description or "", unit or "")
    if told is None:
        return (None,) * 6
    generative = bool(told.model or told.token_type)
    return (
        "AI and Machine Learning" if generative else None,
        "Generative AI" if generative else None,
        told.model,
        told.token_type,
        told.tier,
        str(told.factor) if told.factor and told.token_type else None,
    )


def _kept(own: str | None, name: str | None) -> str | None:
    """The vendor's own word, where it is another than the one written."""
    return own if own != name else None


SERVICE = Group(
    "service",
    ("ServiceCategory", "ServiceSubcategory"),
    (
        "ServiceName",
        "ServiceCategory",
        "ServiceSubcategory",
        "x_ServiceName",
        "x_ServiceCategory",
        "x_ServiceSubcategory",
    ),
    _service,
)
REGION = Group(
    "region",
    ("RegionId", "RegionName"),
    ("RegionId", "RegionName", "x_RegionName", "x_RegionCountry", "x_RegionContinent"),
    _region,
)
RESOURCE = Group(
    "resource",
    ("ResourceType", "ResourceId"),
    ("ResourceType", "x_ResourceType"),
    _resource,
)
AI = Group(
    "ai",
    ("SkuMeter", "ChargeDescription", "PricingUnit"),
    ("ServiceCategory", "ServiceSubcategory", "x_Model", "x_TokenType", "x_ServiceTier", FACTOR),
    _ai,
)
GROUPS = (SERVICE, REGION, RESOURCE, AI)


def kind_sql(resource: str) -> str:
    """SQL of what a resource's id tells of its kind; `?` where it tells nothing.

    `arn:aws:ec2:…:instance/i-1` → `ec2:instance`, `/subscriptions/…/providers/Microsoft.Sql/
    servers/s/databases/d` → `microsoft.sql/servers/databases`, `//compute.googleapis.com/…/disks/d`
    → `compute/disks`, `ocid1.vnic.…` → `vnic`, `i-0a1b` (AWS) → `id:i`.
    """
    arn = "'^arn:[^:]*:([^:]*):[^:]*:[^:]*:(?:([^:/]+)[:/].*)?.*$', '\\1:\\2'"
    azure = "'^.*/providers/([^/]+)/([^/]+)(?:/[^/]+(?:/([^/]+))?)?.*$', '\\1/\\2/\\3'"
    prefixed = "'^(i|vol|snap|ami|nat|eni|eipalloc|vpce|tgw|vpn|vgw|vpc|subnet|fs)-[0-9a-f]'"
    google = "'^//([^./]+)[^/]*/(?:.*/)?([^/]+)/[^/]+$', '\\1/\\2'"
    return (
        f"CASE WHEN {resource} LIKE 'arn:%' THEN rtrim(regexp_replace({resource}, {arn}), ':') "
        f"WHEN {resource} ILIKE '%/providers/%' "
        f"THEN rtrim(regexp_replace(lower({resource}), {azure}), '/') "
        f"WHEN {resource} LIKE '//%' THEN regexp_replace({resource}, {google}) "
        f"WHEN {resource} LIKE 'ocid1.%' THEN split_part({resource}, '.', 2) "
        f"WHEN {resource} LIKE 'projects/%' "
        f"THEN regexp_extract({resource}, '([^/]+)/[^/]+$', 1) "
        f"WHEN regexp_matches({resource}, {prefixed}) "
        f"THEN 'id:' || regexp_extract({resource}, {prefixed}, 1) "
        f"WHEN {resource} <> '' THEN '?' END"
    )
