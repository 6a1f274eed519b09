"""The source of AI gateways' logs: usage alone, before and beside the vendors' bills."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingABC
from typing import BinaryIO, ClassVar, Literal

from pydantic import Field

from outlay.sources.ai.pages import (
    feed_name,
    highest_roots,
    is_stranger,
    natural,
    refuse_damaged,
)
from outlay.sources.ai_gateway.logs import records, total_pages, what
from outlay.sources.ai_gateway.mapping import GatewayReader
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
from outlay.sources.documents import is_document, peek_document
from outlay.sources.loose import HalfWrittenError, below


class AiGatewayOptions(SourceOptions):
    """Options of a gateway's log."""

    price: Literal["table", "gateway"] = Field(
        "table",
        description="what estimates go by: public prices by day (table), or the spend that the "
        "gateway wrote (gateway)",
    )


class AiGateway(Source):
    """LiteLLM's spend logs and OpenTelemetry's gen_ai spans and metrics."""

    kind: ClassVar[str] = "ai-gateway"
    title: ClassVar[str] = "AI gateway logs"
    description: ClassVar[str] = (
        "usage logs of AI gateways: LiteLLM's spend log (JSON, JSON lines, CSV) and "
        "OpenTelemetry's gen_ai spans or metrics (OTLP JSON)"
    )
    example: ClassVar[str] = "outlay source add gateway --kind ai-gateway --location logs/litellm"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = AiGatewayOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders whose files are all of gateways, else the files themselves."""
        mine = {file.path: kind for file in files if (kind := what(transport, file))}
        if not mine:
            return []
        strangers = {
            file.path for file in files if file.path not in mine and is_stranger(transport, file)
        }
        feeds = []
        for root in highest_roots(files, sorted(mine), strangers):
            below_root = {path: kind for path, kind in mine.items() if _under(path, root)}
            kinds = " and ".join(sorted(set(below_root.values())))
            count = len(below_root)
            evidence = f"{count} file{'s' * (count > 1)} of {kinds}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 70))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """All logs below the root as one delivery, which their rows divide by month."""
        everything = transport.list()
        refuse_damaged(transport, below(everything, root))
        files = [file for file in below(everything, root) if what(transport, file)]
        if not files:
            raise SourceError(
                f"there is no gateway's log at {transport.location}{'/' + root if root else ''}; "
                "expected LiteLLM's spend log or an OTLP export of gen_ai signals. Check the "
                "location."
            )
        files.sort(key=lambda file: natural(file.path))
        alone = len(everything) == 1 and transport.location.rstrip("/").endswith(files[0].path)
        return [Delivery(None, tuple(files), notes=_paging(transport, files, alone=alone))]

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """A record per request, or per sum of tokens."""
        return records(stream, name)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Hours of usage by model, team, user and key."""
        assert isinstance(options, AiGatewayOptions)
        return GatewayReader.of(raw, spend=options.price == "gateway").mapping()


def _paging(transport: Transport, files: Sequence[FileRef], *, alone: bool) -> tuple[str, ...]:
    """A note on, or a refusal of, an answer of LiteLLM's paged log that is not whole."""
    pages = {
        file.path: found
        for file in files
        if is_document(file.path) and (found := total_pages(peek_document(transport, file)))
    }
    numbers = {number for number, _ in pages.values()}
    for path, (number, of) in pages.items():
        missing = sorted(set(range(1, of + 1)) - numbers)
        if missing and alone:
            return (f"{path} is page {number} of {of}: its log is not whole",)
        if missing:
            raise HalfWrittenError(
                f"{path} is page {number} of {of}, and page {missing[0]} is missing: the log is "
                "not whole. Fetch all pages and load again."
            )
    return ()


def _under(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(root + "/")
