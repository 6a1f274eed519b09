"""The source of tables that no other kind knows."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from pydantic import Field, model_validator

from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.csv_mapped.rows import mapped
from outlay.sources.csv_mapped.spec import CsvMapping
from outlay.sources.loose import below, feed_name
from outlay.sources.tabular import is_tabular, peek

_HOW = "`outlay source infer FILE --out mapping.yaml` proposes one"


class CsvOptions(SourceOptions):
    """Options of a mapped table."""

    mapping: CsvMapping = Field(
        description="how the table's columns become FOCUS: the mapping itself, or on the command "
        f"line a YAML file with it; {_HOW}",
        json_schema_extra={"file": "yaml"},
    )

    @model_validator(mode="before")
    @classmethod
    def _there(cls, given: Any) -> Any:
        if isinstance(given, dict) and "mapping" not in given:
            raise ValueError(f"the kind csv needs the option mapping; {_HOW}")
        if isinstance(given, dict) and isinstance(given["mapping"], str):
            raise ValueError(
                "mapping must be the mapping itself (vendor, columns …), not the name of a file; "
                "only the command line reads one: --option mapping=FILE"
            )
        return given


class CsvMapped(Source):
    """Tables of any vendor, by a mapping."""

    kind: ClassVar[str] = "csv"
    title: ClassVar[str] = "Any other table"
    description: ClassVar[str] = (
        "any vendor's CSV or Parquet table, read by a mapping of yours; `outlay source infer FILE` "
        "proposes it"
    )
    example: ClassVar[str] = (
        "outlay source add acme --kind csv --location bills/acme --option mapping=acme.yaml"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = CsvOptions
    named_only: ClassVar[bool] = True

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Nothing: a table says nothing of what it means without a mapping."""
        return []

    def named(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """All tables at the location, since the user says so."""
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        if not tables:
            return []
        root = tables[0].path if len(files) == 1 else ""
        many = f"{len(tables)} table{'s' * (len(tables) != 1)}"
        return [
            Feed(self.kind, feed_name(transport, root), root, f"{many}, read by your mapping", 1)
        ]

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """One delivery of all tables below the root; the rows' own months make the slices."""
        files = below(transport.list(), root)
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        if not tables:
            raise SourceError(
                f"there is no table at {transport.location}{'/' + root if root else ''}; expected "
                "CSV (plain, .gz, .zip) or Parquet. Check the location."
            )
        for file in tables:
            peek(transport, file)
        return [Delivery(None, tuple(tables))]

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """The rows as the mapping says; SourceError lists what does not fit the file."""
        return mapped(raw, cast(CsvOptions, options).mapping)
