"""Every kind of bill that can be read: one line a source.

Classes are named by module and loaded when asked for, so that a command that needs one source
does not import the libraries of all.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from outlay.sources.contract import Source, SourceError

_CLASSES = {
    "focus": "outlay.sources.focus:Focus",
    "aws-focus": "outlay.sources.aws_focus:AwsFocus",
    "aws-cur": "outlay.sources.aws_cur:AwsCur",
    "azure-export": "outlay.sources.azure_export:AzureExport",
    "csv": "outlay.sources.csv_mapped:CsvMapped",
    "oci": "outlay.sources.oci:Oci",
    "openai": "outlay.sources.openai:OpenAi",
    "anthropic": "outlay.sources.anthropic:Anthropic",
    "ai-gateway": "outlay.sources.ai_gateway:AiGateway",
    "databricks": "outlay.sources.databricks:Databricks",
    "snowflake": "outlay.sources.snowflake:Snowflake",
    "kubernetes": "outlay.sources.kubernetes:Kubernetes",
    "gcp-billing": "outlay.sources.gcp_billing:GcpBilling",
    "utilization": "outlay.sources.utilization:Utilization",
}


class _Registry(Mapping[str, Source]):
    """Kind → source, each made once, on first use."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._classes = classes
        self._made: dict[str, Source] = {}

    def __getitem__(self, kind: str) -> Source:
        if kind not in self._made:
            module, _, name = self._classes[kind].partition(":")
            made = getattr(import_module(module), name)()
            if not isinstance(made, Source) or made.kind != kind:
                raise TypeError(f"{self._classes[kind]} is no source of kind {kind!r}")
            self._made[kind] = made
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        return len(self._classes)


SOURCES: Mapping[str, Source] = _Registry(_CLASSES)


def source(kind: str) -> Source:
    """The source of this kind; raises SourceError with the kinds there are."""
    try:
        return SOURCES[kind]
    except KeyError:
        raise SourceError(
            f"there is no source kind {kind!r}; the kinds are {', '.join(SOURCES)}. "
            "`outlay source kinds` describes each."
        ) from None
