"""The source of OpenAI's organisation API: costs are charges, usage stands beside them."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from pydantic import Field, field_validator

from outlay.money import BillingPeriod
from outlay.sources.ai.collect import Paging, Question, Schedule, collect_months, unix
from outlay.sources.ai.pages import Page, PagedFiles
from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Progress,
    Raw,
    Source,
    SourceOptions,
    Transport,
)
from outlay.sources.http import Api
from outlay.sources.openai.answers import (
    COSTS,
    ENDPOINTS,
    bounds,
    endpoint_of,
    records,
)
from outlay.sources.openai.mapping import OpenAiReader
from outlay.sources.secrets import SecretRef, read_secret

API = "https://api.openai.com/v1/organization"
_COSTS_GROUPS = ("project_id", "line_item", "api_key_id")
_COSTS_LIMIT = 180
_USAGE_LIMIT = 31  # the most buckets of a day that a usage endpoint answers with
_HINT = (
    "The costs and usage endpoints need an admin key (sk-admin-…) of an organisation owner with "
    "the scope api.usage.read; put it where the option api_key says, which is now {place}."
)


class OpenAiOptions(SourceOptions):
    """Options of OpenAI's costs and usage."""

    api_key: SecretRef = Field(
        "env:OPENAI_ADMIN_KEY", description="where the admin key is kept; never the key itself"
    )
    organization: str | None = Field(
        None, description="id of the organisation (org-…), for answers that do not name it"
    )
    since: str | None = Field(
        None, description="first month to collect, YYYY-MM; default: twelve months back"
    )
    usage: bool = Field(True, description="collect the usage endpoints beside the costs")
    settle_days: int = Field(
        7, ge=0, le=60, description="days after its end in which a month is collected again"
    )

    @field_validator("since")
    @classmethod
    def _is_month(cls, text: str | None) -> str | None:
        if text is not None:
            BillingPeriod.parse(text)
        return text


class OpenAi(Source):
    """Costs and usage of an OpenAI organisation, from its API or from saved answers."""

    kind: ClassVar[str] = "openai"
    title: ClassVar[str] = "OpenAI costs and usage"
    description: ClassVar[str] = (
        "OpenAI's organisation API: daily costs by project and line item, and usage by model, "
        "user and key; asked, or its answers saved as JSON"
    )
    example: ClassVar[str] = f"outlay source add openai --kind openai --location {API}"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = OpenAiOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    _files: ClassVar[PagedFiles] = PagedFiles(
        "openai", "OpenAI's organisation API", endpoint_of, bounds
    )

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Files and folders of costs and usage buckets, with or without the page around."""
        return self._files.recognise(transport, files)

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """Collected months, or loose files as one delivery. Half an answer is refused."""
        return self._files.deliveries(transport, root)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """Each result of each bucket; an empty bucket is a record that says so."""
        return records(stream, name)

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
        """Ask for the costs and the usage of each month that may have changed."""
        assert isinstance(options, OpenAiOptions)
        key = read_secret(options.api_key, "the OpenAI admin key")
        headers = {"Authorization": f"Bearer {key}"}
        if options.organization:
            headers["OpenAI-Organization"] = options.organization
        asked = {"api": location, "usage": options.usage, "costs_by": list(_COSTS_GROUPS)}
        since = BillingPeriod.parse(options.since) if options.since else None
        hint = _HINT.format(place=options.api_key)
        with Api(location, headers, hint=hint, progress=progress) as api:
            collect_months(
                into,
                Schedule(now, options.settle_days, since, periods),
                asked,
                Paging(api, progress),
                lambda period: list(_questions(period, usage=options.usage)),
            )

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Costs as charges, usage beside them."""
        assert isinstance(options, OpenAiOptions)
        return OpenAiReader.of(raw, options.organization).mapping()


def _questions(period: BillingPeriod, *, usage: bool) -> Iterator[Question]:
    times = {
        "start_time": unix(period.start),
        "end_time": unix(period.end),
        "bucket_width": "1d",
    }

    def question(
        endpoint: str, path: str, groups: Sequence[str], limit: int, *, optional: bool
    ) -> Question:
        def answers(page: Page) -> bool:
            return endpoint_of(page, endpoint) == endpoint or not page.items

        parameters: dict[str, Any] = {**times, "group_by": list(groups), "limit": limit}
        return Question(endpoint, path, parameters, answers, optional)

    yield question(COSTS, "costs", _COSTS_GROUPS, _COSTS_LIMIT, optional=False)
    if usage:
        for endpoint, groups in ENDPOINTS.items():
            stream = f"usage/{endpoint}"
            yield question(endpoint, stream, groups, _USAGE_LIMIT, optional=True)
