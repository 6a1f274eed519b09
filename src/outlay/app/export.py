"""The ledger as FOCUS files that any tool reads, with a manifest that says what they lack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import duckdb

from outlay.access import whole_only
from outlay.app import events
from outlay.app.errors import WorkspaceError
from outlay.expression.dimensions import split_names
from outlay.focus.datasets import DATASETS, DatasetName, dataset
from outlay.focus.export import (
    EXPORT_VERSIONS,
    ExportFormat,
    ExportVersion,
    Written,
    write_charges,
    write_dataset,
)
from outlay.lake.types import Pin
from outlay.money import BillingPeriod, money_text
from outlay.query.taggedcharges import Tagged, tagged_charges

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.focus.datasets import Made
    from outlay.lake import Slice
    from outlay.sources.contract import Progress

_T = TypeVar("_T", bound=str)
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
MANIFEST = "manifest.json"
ALL = "all"
_NO_VALUE = "no charge of the bill has a value"


@dataclass(frozen=True)
class Lacking:
    """A column that a file lacks, or that some of its rows lack: in how many rows, and why."""

    column: str
    rows: int
    reason: str


@dataclass(frozen=True)
class ExportedFile:
    """A written file; `size` in bytes, `billing_period` None where it spans all of them.

    `totals` are sums of its amounts by currency and column; `missing` what it lacks; `derived`
    maps a column that no bill states to the rule by which it was made.
    """

    dataset: DatasetName
    version: str
    source: str
    billing_period: BillingPeriod | None
    path: Path
    rows: int
    size: int
    columns: tuple[str, ...] = ()
    totals: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: tuple[Lacking, ...] = ()
    derived: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, data: Mapping[str, Any], below: Path) -> ExportedFile:
        """The file that `to_json` told, its path below a folder; ValueError for a path that
        leads out of it."""
        relative = PurePosixPath(data["path"])
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"{relative} leads out of the folder")
        period = data["billing_period"]
        return cls(
            data["dataset"],
            data["focus_version"],
            data["source"],
            BillingPeriod.parse(period) if period else None,
            below / relative,
            data["rows"],
            data["bytes"],
            tuple(data["columns"]),
            data["totals"],
            tuple(Lacking(x["column"], x["rows"], x["reason"]) for x in data["missing"]),
            data["derived"],
        )

    def to_json(self, below: Path | None = None) -> dict[str, Any]:
        """Plain JSON values; the path relative to `below` when it is given."""
        return {
            "dataset": self.dataset,
            "focus_version": self.version,
            "source": self.source,
            "billing_period": str(self.billing_period) if self.billing_period else None,
            "path": (self.path.relative_to(below) if below else self.path).as_posix(),
            "rows": self.rows,
            "bytes": self.size,
            "totals": self.totals,
            "columns": list(self.columns),
            "missing": [
                {"column": one.column, "rows": one.rows, "reason": one.reason}
                for one in self.missing
            ],
            "derived": self.derived,
        }


@dataclass(frozen=True)
class Wanted:
    """What is to be exported. `periods` and `sources` empty: all of them. `tags` are the virtual
    tags that charges have columns of (None: all that there are), `splits` the one whose splits
    stand as rows of their own."""

    datasets: tuple[DatasetName, ...] = ("cost-and-usage",)
    version: ExportVersion = "1.4"
    format: ExportFormat = "parquet"
    periods: tuple[BillingPeriod, ...] = ()
    sources: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    splits: str | None = None

    @classmethod
    def of(
        cls,
        dataset: str = "cost-and-usage",
        version: str = "1.4",
        format: str = "parquet",
        periods: Sequence[BillingPeriod] = (),
        sources: Sequence[str] = (),
        tags: str | None = None,
        splits: str | None = None,
    ) -> Wanted:
        """What a person asked for in words; WorkspaceError for what cannot be written. `tags`
        is a list with commas, or ``none``."""
        named = tuple(split_names(tags)) if tags else None
        known = _one_of(version, EXPORT_VERSIONS, "FOCUS version")
        chosen = _datasets(dataset, known)
        form = _one_of(format, FORMATS, "format")
        columns = () if named == ("none",) else named
        return cls(chosen, known, form, tuple(periods), tuple(sources), columns, splits or None)

    def to_params(self) -> dict[str, Any]:
        """The same as parameters of the API's archive."""
        tags = None if self.tags is None else ",".join(self.tags) or "none"
        return {
            "dataset": _dataset_word(self.datasets),
            "version": self.version,
            "format": self.format,
            "period": [str(period) for period in self.periods],
            "source": list(self.sources),
            "tags": tags,
            "splits": self.splits,
        }


def _dataset_word(datasets: tuple[DatasetName, ...]) -> str:
    return datasets[0] if len(datasets) == 1 else ALL


def _datasets(name: str, version: ExportVersion) -> tuple[DatasetName, ...]:
    if name == ALL:
        return DATASETS if version == "1.4" else ("cost-and-usage",)
    if name not in DATASETS:
        _one_of(name, (*DATASETS, ALL), "dataset")
    one: DatasetName = next(known for known in DATASETS if known == name)
    if one != "cost-and-usage" and version != "1.4":
        raise WorkspaceError(
            f"FOCUS {version} has no dataset {dataset(one).title} as it is written here. Leave "
            "out --focus-version, or export cost-and-usage.",
            wrong_use=True,
        )
    return (one,)


def export_focus(
    workspace: Workspace, wanted: Wanted, out: Path, progress: Progress | None = None
) -> list[ExportedFile]:
    """Write what is wanted below `out` and a manifest beside it; what was written, in order.

    Raises WorkspaceError for an unknown source, and for a folder that refuses.
    """
    whole_only("FOCUS files")
    for name in wanted.sources:
        workspace.deliveries(name)
    held = workspace.deliveries()
    chosen = [
        one
        for one in held
        if (not wanted.periods or one.billing_period in wanted.periods)
        and (not wanted.sources or one.source in wanted.sources)
    ]
    writer = _Writer(workspace, wanted, out, held)
    written = []
    for number, (what, write) in enumerate(writer.steps(chosen)):
        if progress is not None:
            progress(what, number, None)
        written.append(write())
    if written:
        _write_manifest(workspace, wanted, out, written)
        events.record(
            workspace,
            "export",
            f"FOCUS {wanted.version}: {', '.join(wanted.datasets)}",
            files=len(written),
            rows=sum(file.rows for file in written),
            format=wanted.format,
        )
    return written


def export_zip(workspace: Workspace, wanted: Wanted, target: Path) -> list[ExportedFile]:
    """Write what is wanted, with its manifest, into the archive `target`; what was written."""
    whole_only("FOCUS files")
    import tempfile
    import zipfile

    with tempfile.TemporaryDirectory(prefix="outlay-export-") as folder:
        written = export_focus(workspace, wanted, Path(folder))
        # Parquet is packed already.
        packing = zipfile.ZIP_DEFLATED if wanted.format == "csv" else zipfile.ZIP_STORED
        with zipfile.ZipFile(target, "w", packing) as archive:
            for path in [*(file.path for file in written), Path(folder) / MANIFEST]:
                if path.exists():
                    archive.write(path, path.relative_to(folder).as_posix())
    return written


def unpacked(
    wanted: Wanted, out: Path, fetch: Callable[[str, Mapping[str, Any], Path], bool]
) -> list[ExportedFile]:
    """What a server's archive of `wanted` holds, written below `out` as `export_focus` would.

    `fetch` downloads a path of the API with parameters into a file; False: there is no data.
    WorkspaceError for a folder that refuses, and for an archive that is not whole.
    """
    import tempfile
    import zipfile

    try:
        with tempfile.TemporaryDirectory(prefix="outlay-export-") as folder:
            target = Path(folder) / "focus.zip"
            if not fetch("/export/focus.zip", wanted.to_params(), target):
                return []
            with zipfile.ZipFile(target) as archive:
                manifest = json.loads(archive.read(MANIFEST))
                files = [ExportedFile.of_json(one, out) for one in manifest["files"]]
                names = [*(one.path.relative_to(out).as_posix() for one in files), MANIFEST]
                out.mkdir(parents=True, exist_ok=True)
                for name in names:
                    archive.extract(name, out)
            return files
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WorkspaceError(f"the export cannot be written to {out}: {error}") from None


def offered(workspace: Workspace) -> dict[str, Any]:
    """What can be exported, as JSON data."""
    whole_only("FOCUS files")
    periods: dict[str, list[str]] = {}
    for item in workspace.deliveries():
        periods.setdefault(item.source, []).append(str(item.billing_period))
    return {
        "datasets": [
            {
                "name": "cost-and-usage",
                "title": "Cost and Usage",
                "versions": list(EXPORT_VERSIONS),
            },
            *(
                {"name": name, "title": dataset(name).title, "versions": ["1.4"]}
                for name in DATASETS
                if name != "cost-and-usage"
            ),
        ],
        "formats": list(FORMATS),
        "sources": [{"name": name, "periods": found} for name, found in periods.items()],
    }


class _Writer:
    """Writes one file after the other, each whole or not at all."""

    def __init__(
        self, workspace: Workspace, wanted: Wanted, out: Path, held: Sequence[Slice]
    ) -> None:
        self.workspace = workspace
        self.wanted = wanted
        self.out = out
        self.held = held
        self._stated = workspace.stated()
        self._pin = Pin(None, None, tuple(held))
        self._rules = workspace.rules()

    def steps(self, chosen: Sequence[Slice]) -> Iterator[tuple[str, Callable[[], ExportedFile]]]:
        """What is written, in words, and how, in order."""
        for name in self.wanted.datasets:
            if name in ("cost-and-usage", "invoice-detail"):
                write = self._charges if name == "cost-and-usage" else self._details
                for one in chosen:
                    yield f"writing {name} {one.source} {one.billing_period}", partial(write, one)
                continue
            for source in dict.fromkeys(one.source for one in chosen):
                slices = [one for one in chosen if one.source == source]
                yield f"writing {name} {source}", partial(self._of_source, name, slices)

    def _charges(self, item: Slice) -> ExportedFile:
        tagged = self._tagged(item)
        relation = tagged.sql
        target = self.out / item.source / f"{item.billing_period}.{self.wanted.format}"

        def write(connection: duckdb.DuckDBPyConnection, to: Path) -> Written:
            tagged.prepare(connection)
            return write_charges(
                connection, relation, to, version=self.wanted.version, format=self.wanted.format
            )

        written, size = self._whole(target, write)
        totals: dict[str, dict[str, str]] = {}
        for line in item.delivery.proof.lines:
            totals.setdefault(line.currency, {})[line.measure] = money_text(line.loaded)
        missing = tuple(Lacking(name, written.rows, _NO_VALUE) for name in written.left_out)
        return ExportedFile(
            "cost-and-usage",
            self.wanted.version,
            item.source,
            item.billing_period,
            target,
            written.rows,
            size,
            written.columns,
            totals,
            missing,
        )

    def _tagged(self, item: Slice) -> Tagged:
        """The slice's charges with the columns of virtual tags, and the rows of splits."""
        tags = tuple(self._rules.tags) if self.wanted.tags is None else self.wanted.tags
        split_tag = self.wanted.splits
        if split_tag is not None:
            self._rules.tag(split_tag, "splits")
            if split_tag not in tags:
                tags = (*tags, split_tag)
        return tagged_charges(self.workspace.lake, self._pin, item, self._rules, tags, split_tag)

    def _details(self, item: Slice) -> ExportedFile:
        name = f"invoice-detail-{item.billing_period}.{self.wanted.format}"
        return self._derived("invoice-detail", [item], self.out / item.source / name, item)

    def _of_source(self, name: DatasetName, slices: Sequence[Slice]) -> ExportedFile:
        source = slices[0].source
        target = self.out / source / f"{name}.{self.wanted.format}"
        if name == "contract-commitment":
            # Terms are told by the purchase, which may be in a period that is not exported.
            slices = [one for one in self.held if one.source == source]
        return self._derived(name, slices, target, None)

    def _derived(
        self, name: DatasetName, slices: Sequence[Slice], target: Path, item: Slice | None
    ) -> ExportedFile:
        from outlay.query.datasets import make

        made: list[Made] = []

        def write(connection: duckdb.DuckDBPyConnection, to: Path) -> Written:
            made.append(
                make(
                    connection,
                    slices,
                    [name],
                    self.workspace.today(),
                    records=self.workspace.lake.history,
                    stated=self._stated,
                )[name]
            )
            return write_dataset(connection, made[0], to, format=self.wanted.format)

        written, size = self._whole(target, write)
        return ExportedFile(
            name,
            "1.4",
            slices[0].source,
            item.billing_period if item else None,
            target,
            written.rows,
            size,
            written.columns,
            _totals(made[0]),
            tuple(Lacking(one.column, one.rows, one.reason) for one in made[0].missing),
            {one.column: one.rule for one in made[0].derived},
        )

    def _whole(
        self, target: Path, write: Callable[[duckdb.DuckDBPyConnection, Path], Written]
    ) -> tuple[Written, int]:
        temporary = target.with_name(f".{target.name}.new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with self.workspace.lake.connect() as connection:
                written = write(connection, temporary)
            # Renamed when whole: a reader never sees half a file.
            temporary.replace(target)
            return written, target.stat().st_size
        except OSError as error:
            raise WorkspaceError(
                f"{target} cannot be written: {error.strerror or error}. Choose another folder "
                "with --out."
            ) from None
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            if self.wanted.splits is None:
                raise
            raise WorkspaceError(
                f"{target} cannot be written with the rows of splits: an amount has more digits "
                f"than a decimal of 30 decimals holds ({str(error).splitlines()[0]}). Leave out "
                "--splits."
            ) from None
        except LookupError:
            raise WorkspaceError(
                f"the charges of {target.parent.name} are no longer kept, so that {target.name} "
                "cannot be made. Load its bills again."
            ) from None
        finally:
            temporary.unlink(missing_ok=True)


def _totals(made: Made) -> dict[str, dict[str, str]]:
    """Sums of a derived dataset's amounts by currency, where it has amounts."""
    from outlay.money import total

    column = {"invoice-detail": "BilledCost", "contract-commitment": "ContractCommitmentCost"}
    name = column.get(made.dataset.name)
    if name is None:
        return {}
    sums: dict[str, list[Any]] = {}
    for row in made.table.select(["BillingCurrency", name]).to_pylist():
        if row[name] is not None and row["BillingCurrency"] is not None:
            sums.setdefault(row["BillingCurrency"], []).append(row[name])
    return {code: {name: money_text(total(values))} for code, values in sorted(sums.items())}


def _write_manifest(
    workspace: Workspace, wanted: Wanted, out: Path, written: Sequence[ExportedFile]
) -> None:
    import outlay

    pin = workspace.pin()
    manifest = {
        "generator": f"Outlay {outlay.__version__}",
        "focus_version": wanted.version,
        "snapshot": None if pin.snapshot_id is None else str(pin.snapshot_id),
        "committed_at": pin.committed_at.isoformat() + "Z" if pin.committed_at else None,
        "files": [file.to_json(out) for file in written],
    }
    target = out / MANIFEST
    temporary = target.with_name(f".{MANIFEST}.new")
    temporary.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    temporary.replace(target)


def _one_of(given: str, allowed: tuple[_T, ...], what: str) -> _T:
    for one in allowed:
        if one == given:
            return one
    raise WorkspaceError(
        f"{given!r} is no {what} that can be written. Allowed: {', '.join(allowed)}.",
        wrong_use=True,
    )
