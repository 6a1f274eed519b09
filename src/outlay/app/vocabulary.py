"""The vocabulary of a workspace: the shipped tables, the user's rules, and how much they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from outlay.access import whole_only
from outlay.app.errors import WorkspaceError
from outlay.app.kinds import SOURCE, SourceSpec
from outlay.app.running import running
from outlay.app.served import served
from outlay.app.status import SourceLoad
from outlay.focus.vocabulary import VERSION, Vocabulary, VocabularyRule, shipped
from outlay.money import money_text, total
from outlay.resources import Kind, Resource, Spec, registry
from outlay.resources.files import read_resources

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Pin, Slice
    from outlay.lake.coverage import About, Words
    from outlay.sources.contract import Progress

ABOUT: dict[About, str] = {
    "service": "Service",
    "category": "Service category",
    "subcategory": "Service subcategory",
    "region": "Region",
    "resource_type": "Resource type",
}
"""What can have a name, with its title."""


class VocabularySpec(Spec):
    """Rules that come before the shipped tables; the first that is about a value names it."""

    title: str = ""
    rules: tuple[VocabularyRule, ...] = Field(min_length=1)


VOCABULARY = registry.register(
    Kind(
        name="Vocabulary",
        spec=VocabularySpec,
        title="Vocabulary",
        description=(
            "Names of your own for services, regions and kinds of resources. They come before the "
            "shipped tables, and history is named anew by them."
        ),
        example="""\
kind: Vocabulary
name: ours
spec:
  rules:
    - service: Acme Render Farm
      category: Media
      subcategory: Content Creation
    - provider: Acme
      region: dc-fra-*
      region_name: Frankfurt
    - resource_type: render-node
      type_name: Virtual Machine
""",
    )
)
"""The kind `Vocabulary`."""


@dataclass(frozen=True)
class Share:
    """How much of a provider's money has a name, in one currency.

    Amounts are absolute EffectiveCost, so that credits cannot hide a gap; `total` counts charges
    that have a region or a resource where it is about these.
    """

    provider: str
    about: About
    currency: str
    named: Decimal
    total: Decimal

    @property
    def percent(self) -> Decimal:
        """Named per total in per cent, rounded down to a tenth: 100 is said of all alone."""
        share = self.named * 100 / self.total if self.total else Decimal(100)
        return share.quantize(Decimal("0.1"), ROUND_DOWN)


def added(one: Share | None, other: Share) -> Share:
    """The shares of several providers, of one thing in one currency, as one."""
    if one is None:
        return replace(other, provider="")
    assert (one.about, one.currency) == (other.about, other.currency)
    return replace(
        one, named=total((one.named, other.named)), total=total((one.total, other.total))
    )


@dataclass(frozen=True)
class Unmapped:
    """A value that has no name, with the money behind it. `value` is None where the bill says
    nothing; `service` is the service it was met in."""

    provider: str
    about: About
    service: str | None
    value: str | None
    currency: str
    amount: Decimal

    def rule(self) -> dict[str, str] | None:
        """The beginning of a rule that would name it; None where there is no value to go by."""
        kind = {"region": "region", "resource_type": "resource_type"}.get(self.about, "service")
        value = self.service if kind == "service" and self.about != "service" else self.value
        return None if value is None else {"provider": self.provider, kind: value}


@dataclass(frozen=True)
class Coverage:
    """How much is named, by provider, and what is not, largest first.

    `outdated` are the slices that another version of the vocabulary named: sync names them anew.
    """

    version: str
    digest: str
    rules: int
    shares: tuple[Share, ...]
    unmapped: tuple[Unmapped, ...]
    outdated: tuple[str, ...]


def vocabulary(workspace: Workspace) -> Vocabulary:
    """The shipped tables with the rules of every Vocabulary of the workspace, by name."""
    rules: list[VocabularyRule] = []
    for resource in workspace.resources.list(VOCABULARY.name):
        assert isinstance(resource.spec, VocabularySpec)
        rules += resource.spec.rules
    return Vocabulary(rules)


@served("GET /vocabulary/coverage")
def coverage(workspace: Workspace, as_of: datetime | int | None = None) -> Coverage:
    """How much of the money has names."""
    whole_only("the coverage of the vocabulary")
    words, pin = vocabulary(workspace), workspace.pin(as_of)
    said = workspace.lake.words(pin, words)
    return Coverage(
        version=words.version,
        digest=words.digest,
        rules=len(words.rules),
        shares=tuple(_shares(words, said)),
        unmapped=tuple(_unmapped(words, said)),
        outdated=tuple(
            f"{item.source} {item.billing_period}" for item in _outdated(pin, words.digest)
        ),
    )


def _shares(words: Vocabulary, said: Sequence[Words]) -> list[Share]:
    sums: dict[tuple[str, About, str], tuple[list[Decimal], list[Decimal]]] = {}
    for item in said:
        key = (words.provider_name(item.provider), item.about, item.currency)
        named, all_of_it = sums.setdefault(key, ([], []))
        all_of_it.append(item.amount)
        if item.named:
            named.append(item.amount)
    shares = [
        Share(*key, total(named), total(all_of_it)) for key, (named, all_of_it) in sums.items()
    ]
    spent = {(s.provider, s.currency): s.total for s in shares if s.about == "service"}
    order = list(ABOUT)

    def place(share: Share) -> tuple[Any, ...]:
        return (
            -spent[share.provider, share.currency],
            share.provider,
            share.currency,
            order.index(share.about),
        )

    return sorted(shares, key=place)


def _unmapped(words: Vocabulary, said: Sequence[Words]) -> list[Unmapped]:
    sums: dict[Unmapped, list[Decimal]] = {}
    for item in said:
        if not item.named:
            who = words.provider_name(item.provider)
            key = Unmapped(who, item.about, item.service, item.value, item.currency, Decimal(0))
            sums.setdefault(key, []).append(item.amount)
    found = [replace(key, amount=total(amounts)) for key, amounts in sums.items()]
    return sorted(found, key=lambda row: (-row.amount, row.provider, row.about, str(row.value)))


def _outdated(pin: Pin, digest: str) -> list[Slice]:
    return [item for item in pin.slices if item.delivery.vocabulary != digest]


# ── naming history anew ──────────────────────────────────────────────────────────────────────────


@served("POST /vocabulary/relift")
def relift(
    workspace: Workspace,
    *,
    skip: Collection[str] = (),
    progress: Progress | None = None,
) -> list[SourceLoad]:
    """Name every slice anew that another vocabulary named, from the files in the lake.

    Sources in `skip` are left out; those that are up to date are not touched.
    """
    words = vocabulary(workspace)
    outdated = _outdated(workspace.pin(), words.digest)
    newest = {item.source: item.delivery for item in outdated if item.source not in skip}
    specs = {resource.name: resource.spec for resource in workspace.resources.list(SOURCE.name)}
    return [
        _relift_one(workspace, name, specs.get(name), record, words, progress)
        for name, record in sorted(newest.items())
    ]


def _relift_one(
    workspace: Workspace,
    name: str,
    spec: Any,
    record: DeliveryRecord,
    words: Vocabulary,
    progress: Progress | None,
) -> SourceLoad:
    from outlay.lake import LakeError
    from outlay.sources.contract import SourceError
    from outlay.sources.registry import source as source_of

    configured = isinstance(spec, SourceSpec) and spec.kind == record.kind
    done = SourceLoad(name, record.kind, spec.location if configured else "")
    source = source_of(record.kind)
    with running(workspace, name, "sync") as run:
        try:
            outcomes = workspace.lake.relift(
                name,
                source,
                source.Options.model_validate(spec.options if configured else record.options),
                max_rejected=spec.max_rejected if configured else record.proof.rejected_share,
                progress=progress,
                words=words,
            )
            done = replace(done, outcomes=tuple(outcomes))
        except (SourceError, LakeError) as error:
            done = replace(done, error=str(error))
        except BaseException as error:
            workspace.run_log.end(run, "failed", str(error) or type(error).__name__)
            raise
        workspace.run_log.end(run, done.outcome, done.message)
    return done


# ── rules ────────────────────────────────────────────────────────────────────────────────────────


@served("GET /vocabulary/rules")
def vocabularies(workspace: Workspace) -> list[Resource]:
    """Every Vocabulary, by name: the order in which their rules are asked."""
    whole_only("the vocabulary")
    return workspace.resources.list(VOCABULARY.name)


@served("PUT /vocabulary/rules/{name}")
def save(
    workspace: Workspace, name: str, spec: VocabularySpec | Mapping[str, Any], *, author: str
) -> Resource:
    """Make a Vocabulary or give it a new version; ResourceError says what is wrong with it."""
    return workspace.resources.put(VOCABULARY.name, name, spec, author=author)


def save_file(workspace: Workspace, file: Path, *, author: str) -> list[Resource]:
    """Save every Vocabulary of a YAML file; WorkspaceError when it has none."""
    documents = read_resources(file)
    if not documents or any(doc.kind.lower() != "vocabulary" for doc in documents):
        kinds = ", ".join(sorted({doc.kind for doc in documents})) or "none"
        raise WorkspaceError(
            f"{file} must hold resources of kind Vocabulary; it holds {kinds}. docs/resources.md "
            "has an example.",
            wrong_use=True,
        )
    return [
        workspace.resources.put(doc.kind, doc.name, doc.spec, author=author) for doc in documents
    ]


@served("DELETE /vocabulary/rules/{name}")
def remove(workspace: Workspace, name: str, *, author: str) -> None:
    """Remove a Vocabulary; its history stays."""
    workspace.resources.delete(VOCABULARY.name, name, author=author)


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────


def coverage_json(found: Coverage) -> dict[str, Any]:
    """The coverage as JSON data; amounts in full as text."""
    return {
        "version": found.version,
        "digest": found.digest,
        "rules": found.rules,
        "outdated": list(found.outdated),
        "coverage": [
            {
                "provider": share.provider,
                "about": share.about,
                "currency": share.currency,
                "named": money_text(share.named),
                "total": money_text(share.total),
                "percent": str(share.percent),
            }
            for share in found.shares
        ],
        "unmapped": [unmapped_json(item) for item in found.unmapped],
    }


def unmapped_json(item: Unmapped) -> dict[str, Any]:
    """A value without a name as JSON data."""
    return {
        "provider": item.provider,
        "about": item.about,
        "service": item.service,
        "value": item.value,
        "currency": item.currency,
        "amount": money_text(item.amount),
        "rule": item.rule(),
    }


def tables_json(provider: str = "", search: str = "") -> dict[str, Any]:
    """The shipped tables as JSON data, those of one provider or with one text."""
    tables, words = shipped(), Vocabulary()
    key = words.provider(provider) or provider.lower()
    text = search.lower()

    def wanted(who: str, *texts: str) -> bool:
        return (not provider or who == key) and (
            not text or any(text in item.lower() for item in texts)
        )

    services = {
        (who, service.name, service.category, service.subcategory, stated)
        for (who, _, stated), service in tables.services.items()
    }
    return {
        "version": VERSION,
        "services": [
            {
                "provider": tables.provider_names.get(who, who),
                "name": name,
                "category": category,
                "subcategory": subcategory,
                "where_stated": stated or None,
            }
            for who, name, category, subcategory, stated in sorted(services)
            if wanted(who, name, category, subcategory)
        ],
        "regions": [
            {
                "provider": tables.provider_names.get(who, who),
                "id": region,
                "name": place.name,
                "country": place.country or None,
                "continent": place.continent or None,
            }
            for (who, region), (_, place) in sorted(tables.regions.items())
            if wanted(who, region, place.name, place.country)
        ],
        "resource_types": [
            name for name in tables.resource_type_names if not text or text in name.lower()
        ],
    }
