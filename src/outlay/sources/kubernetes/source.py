"""The source of Kubernetes usage, in the forms of the tools that measure it."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, ClassVar, Literal

from pydantic import Field, field_validator

from outlay.focus.currencies import is_currency
from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST
from outlay.sources.contract import (
    NO_CHARGES,
    Delivery,
    Feed,
    FileRef,
    Fold,
    Mapping,
    Progress,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.documents import is_document, peek_document, read_document, read_lines
from outlay.sources.kubernetes import opencost, openshift, payloads, prometheus
from outlay.sources.kubernetes.collect import collect
from outlay.sources.kubernetes.dialect import Dialect
from outlay.sources.loose import below, feed_name
from outlay.sources.secrets import SecretRef
from outlay.sources.tabular import is_tabular, peek

_FAMILIES = {
    "opencost": (opencost.OpenCost, "allocations of OpenCost or Kubecost"),
    "openshift": (openshift.OpenShift, "reports of OpenShift's cost operator"),
    "prometheus": (prometheus.Prometheus, "answers of Prometheus"),
}
_SPOOLED = re.compile(rf"(?:^|/)(\d{{4}}-\d{{2}})/{re.escape(MANIFEST)}$")
_SCORE = 60


class KubernetesOptions(SourceOptions):
    """Options of Kubernetes usage."""

    api: Literal["opencost", "prometheus"] | None = Field(
        None, description="which API answers at a location that is an address"
    )
    cluster: str | None = Field(
        None, description="name of the cluster, where the usage itself does not say it"
    )
    currency: str = Field(
        "USD", description="ISO 4217 code of the tool's own prices, e.g. USD or EUR"
    )
    since: date | None = Field(
        None, description="first day to ask an API for (default: the last 15 days)"
    )
    aggregate: str = Field(
        "cluster,node,namespace,controllerKind,controller,pod,container",
        description="what OpenCost's API groups by",
    )
    step: Literal["1d", "1h"] = Field("1d", description="length of OpenCost's windows")
    idle: bool = Field(True, description="ask OpenCost for what no pod was given (__idle__)")
    token: SecretRef | None = Field(
        None, description="where the bearer token of the API is kept, e.g. env:PROMETHEUS_TOKEN"
    )
    user: str | None = Field(None, description="user name, where the API asks for one")
    password: SecretRef | None = Field(
        None, description="where that user's password is kept, e.g. env:PROMETHEUS_PASSWORD"
    )
    tenant: str | None = Field(
        None, description="tenant of Mimir, Cortex or Thanos (X-Scope-OrgID)"
    )

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str) -> str:
        if not is_currency(code):
            raise ValueError(f"{code!r} is no ISO 4217 currency code; expected e.g. USD or EUR")
        return code


class Kubernetes(Source):
    """OpenCost, Kubecost, OpenShift's cost operator, Prometheus: usage, never charges."""

    kind: ClassVar[str] = "kubernetes"
    title: ClassVar[str] = "Kubernetes usage"
    description: ClassVar[str] = (
        "usage of Kubernetes clusters: OpenCost or Kubecost allocations (JSON, CSV, API), "
        "OpenShift cost operator payloads, Prometheus"
    )
    example: ClassVar[str] = "outlay source add cluster --kind kubernetes --location bills/cluster"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = KubernetesOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders whose bill files are all of one tool, and files beside those of others."""
        families = {file.path: self._family(transport, file) for file in files}
        found: dict[str, str] = {}
        for path, family in families.items():
            if family:
                folders = ["/".join(path.split("/")[:-1][:n]) for n in range(len(path.split("/")))]
                root = next((f for f in folders if _is_of(family, f, families)), path)
                found[root] = family
        if len(files) == 1 and found:
            found = {files[0].path: next(iter(found.values()))}
        return [
            Feed(self.kind, feed_name(transport, root), root, self._evidence(family), _SCORE)
            for root, family in sorted(found.items())
        ]

    def _evidence(self, family: str) -> str:
        return f"the files are {_FAMILIES[family][1]}"

    def _family(self, transport: Transport, file: FileRef) -> str | None:
        """Whose file it is: a key of `_FAMILIES`, `""` for another bill, None for no bill."""
        try:
            return self._readable_family(transport, file)
        except SourceError:
            return ""

    def _readable_family(self, transport: Transport, file: FileRef) -> str | None:
        """As `_family`; raises SourceError for a file that is cut short or damaged."""
        if payloads.is_archive(file.path):
            return "openshift" if payloads.packed(transport, file) else ""
        if is_document(file.path):
            document = peek_document(transport, file)
            if document is None:
                with transport.open(file.path) as stream:
                    read_document(stream, file.path)
            return _document_family(document)
        if is_tabular(file.path):
            columns = set(peek(transport, file).columns)
            if columns >= opencost.EXPORT_COLUMNS:
                return "opencost"
            return "openshift" if openshift.report_of(columns) not in (None, "other") else ""
        return None

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """What was collected, month by month; of files one delivery, which their rows divide."""
        files = below(transport.list(), root)
        collected = [
            found for file in files if (found := _collected(transport, file, files)) is not None
        ]
        if collected:
            return sorted(collected, key=lambda delivery: str(delivery.billing_period))
        # A damaged file is refused here, where it would otherwise be left out in silence.
        families = {file: self._readable_family(transport, file) for file in files}
        mine = [file for file, family in families.items() if family]
        notes = [
            f"{file.path} is no usage of Kubernetes: left out"
            for file, family in families.items()
            if family == ""
        ]
        kinds = sorted({families[file] or "" for file in mine})
        if not mine:
            raise SourceError(
                f"there is no Kubernetes usage at {transport.location}"
                f"{'/' + root if root else ''}; expected allocations of OpenCost (.json, .csv), "
                "payloads of OpenShift's cost operator (.tar.gz, .csv) or collected answers. "
                "Check the location."
            )
        if len(kinds) > 1:
            raise SourceError(
                f"{transport.location} holds files of {' and '.join(kinds)} side by side; load "
                "each tool's files as a source of its own, or their usage would count twice"
            )
        payloads.refuse_incomplete(transport, mine)
        return [Delivery(None, tuple(mine), notes=tuple(notes))]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """Which tool's table a file holds, by its columns."""
        if set(columns) >= opencost.EXPORT_COLUMNS:
            return opencost.EXPORT
        if "outlay_table" in columns:
            return opencost.ALLOCATION
        if "hour_end" in columns:
            return prometheus.SAMPLES
        if "payload_uuid" in columns:
            return openshift.table_of(path, openshift.MANIFEST)
        return openshift.table_of(path, openshift.report_of(list(columns)) or openshift.OTHER)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """Allocations, samples, or what a payload's manifest says."""
        if name.lower().removesuffix(".gz").endswith(".jsonl"):
            yield from prometheus.records(read_lines(stream, name), name)
            return
        document = read_document(stream, name)
        if payloads.is_manifest(document):
            yield from openshift.records(document)
        elif isinstance(document, dict) and "data" in document:
            yield from opencost.records(document, name)
        else:
            raise SourceError(
                f"{name} is no usage of Kubernetes: expected an answer of OpenCost's allocation "
                "API or the manifest of a payload. Load it without --kind, so that its kind is "
                "found"
            )

    def collect(
        self,
        location: str,
        options: SourceOptions,
        into: Path,
        *,
        periods: Collection[BillingPeriod] | None,
        now: datetime,
        progress: Progress | None,
    ) -> None:
        """Ask OpenCost's or Prometheus's API, day by day."""
        assert isinstance(options, KubernetesOptions)
        collect(location, options, into, periods=periods, now=now, progress=progress)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Usage rows only: every raw row is folded, since none is a charge."""
        assert isinstance(options, KubernetesOptions)
        read = _dialect(raw)(cluster=options.cluster, currency=options.currency).read(raw)
        every = Fold("usage, kept beside the charges", "true")
        return Mapping(
            main=NO_CHARGES,
            formulas={},
            period=f"CAST(date_trunc('month', {read.period}) AS DATE)",
            currency="CAST(NULL AS VARCHAR)",
            rejects=read.rejects,
            folds=(*read.folds, every),
            notes=read.notes,
            source=read.source,
            reference=read.reference,
            usage=read.usage,
            usage_formulas=read.formulas,
        )


def _document_family(document: Any) -> str | None:
    if opencost.is_allocation(document) or opencost.is_cloud_cost(document):
        return "opencost"
    if prometheus.is_page(document):
        return "prometheus"
    if payloads.is_manifest(document):
        return "openshift"
    if isinstance(document, dict) and {"collected_at", "pages"} <= set(document):
        return None  # the manifest of a collection
    return ""


def _is_of(family: str, folder: str, families: MappingABC[str, str | None]) -> bool:
    """Whether every bill file below a folder is of one family."""
    return all(
        found in (family, None)
        for path, found in families.items()
        if not folder or path.startswith(folder + "/")
    )


def _collected(transport: Transport, file: FileRef, files: Sequence[FileRef]) -> Delivery | None:
    """The delivery of a collected month, if the file is its manifest."""
    match = _SPOOLED.search(file.path)
    if not match:
        return None
    with transport.open(file.path) as stream:
        manifest = json.loads(stream.read())
    if not isinstance(manifest, dict) or "days" not in manifest:
        return None
    folder = str(PurePosixPath(file.path).parent)
    there = {other.path: other for other in files}
    wanted = [f"{folder}/{page}" for page in manifest["days"].values()]
    missing = [path for path in wanted if path not in there]
    if missing:
        raise SourceError(
            f"{missing[0]} is missing from what was collected; remove the folder {folder} and "
            "sync again"
        )
    return Delivery(
        BillingPeriod.parse(match[1]),
        tuple(there[path] for path in wanted),
        version=manifest["collected_at"],
    )


def _dialect(raw: Raw) -> type[Dialect]:
    names = set(raw.columns)
    if "hour_end" in names:
        return prometheus.Prometheus
    if "outlay_table" in names or names >= opencost.EXPORT_COLUMNS:
        return opencost.OpenCost
    if "payload_uuid" in names or openshift.report_of(names) not in (None, "other"):
        return openshift.OpenShift
    raise SourceError(
        "the files are no usage of Kubernetes: expected allocations of OpenCost, reports of "
        "OpenShift's cost operator, or collected answers of Prometheus"
    )
