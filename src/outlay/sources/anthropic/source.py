"""The source of Anthropic's organisation API: costs are charges, usage stands beside them."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal

from pydantic import Field, field_validator

from outlay.money import BillingPeriod
from outlay.sources.ai.collect import Paging, Question, Schedule, collect_months
from outlay.sources.ai.pages import Page, PagedFiles
from outlay.sources.anthropic.answers import (
    ADMIN_COST,
    ADMIN_USAGE,
    ANALYTICS_COST,
    ANALYTICS_USAGE,
    bounds,
    endpoint_of,
    records,
)
from outlay.sources.anthropic.mapping import AnthropicReader
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
from outlay.sources.secrets import SecretRef, read_secret

API = "https://api.anthropic.com/v1/organizations"
_VERSION = "2023-06-01"
_BETA = "analytics-usage-cost-2026-08-24"
_ANALYTICS_FROM = date(2026, 1, 1)
_ANALYTICS_BACK = timedelta(days=365)
_BUCKETS = 31  # the most daily buckets of a page of the Admin API
_ROWS = 1000  # the most rows of a page of the Analytics API
# At most five groups, cost_type and token_type not counted. Never rbac_group_id: groups overlap.
_COST_GROUPS = (
    "workspace_id", "api_key_id", "model", "service_tier", "product", "cost_type", "token_type",
)  # fmt: skip
_USAGE_GROUPS = ("workspace_id", "api_key_id", "model", "service_tier", "actor")
_ADMIN_COST_GROUPS = ("workspace_id", "description")
_ADMIN_USAGE_GROUPS = ("api_key_id", "workspace_id", "model", "service_tier", "inference_geo")
_HINT = (
    "Costs and usage need an Admin API key (sk-ant-admin…) of the organisation; put it where the "
    "option api_key says, which is now {place}."
)


class AnthropicOptions(SourceOptions):
    """Options of Anthropic's costs and usage."""

    api_key: SecretRef = Field(
        "env:ANTHROPIC_ADMIN_KEY", description="where the admin key is kept; never the key itself"
    )
    organization: str | None = Field(
        None, description="id of the organisation, for answers that do not name it"
    )
    api: Literal["auto", "analytics", "admin"] = Field(
        "auto", description="which API to ask; auto: analytics, and admin where that is refused"
    )
    prefer: Literal["analytics", "admin"] = Field(
        "analytics", description="which answers count where both APIs answered for a month"
    )
    since: str | None = Field(
        None, description="first month to collect, YYYY-MM; default: twelve months back"
    )
    usage: bool = Field(True, description="collect usage beside the costs")
    settle_days: int = Field(
        7, ge=0, le=60, description="days after its end in which a month is collected again"
    )

    @field_validator("since")
    @classmethod
    def _is_month(cls, text: str | None) -> str | None:
        if text is not None:
            BillingPeriod.parse(text)
        return text


class Anthropic(Source):
    """Costs and usage of an Anthropic organisation, from its API or from saved answers."""

    kind: ClassVar[str] = "anthropic"
    title: ClassVar[str] = "Anthropic costs and usage"
    description: ClassVar[str] = (
        "Anthropic's organisation API, Analytics (2026) or Admin: daily costs by workspace, model "
        "and token type, and usage by key and user; asked, or its answers saved as JSON"
    )
    example: ClassVar[str] = f"outlay source add anthropic --kind anthropic --location {API}"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = AnthropicOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    _files: ClassVar[PagedFiles] = PagedFiles(
        "anthropic", "Anthropic's organisation API", endpoint_of, bounds
    )

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Files and folders of cost and usage answers, with or without the page around."""
        return self._files.recognise(transport, files)

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """Collected months, or loose files as one delivery. Half an answer is refused."""
        return self._files.deliveries(transport, root)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """Each result or row; an empty bucket is a record that says so."""
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
        assert isinstance(options, AnthropicOptions)
        key = read_secret(options.api_key, "the Anthropic admin key")
        headers = {"x-api-key": key, "anthropic-version": _VERSION}
        hint = _HINT.format(place=options.api_key)
        asked = {"api": location, "which": options.api, "usage": options.usage}
        since = BillingPeriod.parse(options.since) if options.since else None
        with (
            Api(location, headers, hint=hint, progress=progress) as admin,
            Api(
                location, {**headers, "anthropic-beta": _BETA}, hint=hint, progress=progress
            ) as analytics,
        ):
            asking = _Asking(admin, analytics, options.api, now)
            collect_months(
                into,
                Schedule(now, options.settle_days, since, periods),
                asked,
                Paging(admin, progress),
                lambda period: asking.questions(period, usage=options.usage),
            )

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Costs as charges, usage beside them."""
        assert isinstance(options, AnthropicOptions)
        return AnthropicReader.of(raw, options.organization, options.prefer).mapping()


class _Asking:
    """The questions of a month, by the API that can answer them."""

    def __init__(self, admin: Api, analytics: Api, which: str, now: datetime) -> None:
        self._admin, self._analytics, self._which, self._now = admin, analytics, which, now

    def questions(self, period: BillingPeriod, *, usage: bool) -> list[Question]:
        """Costs, and usage if wished. A range never spans more than 31 days: it is a month."""
        end = min(period.end, self._now.date() + timedelta(days=1))
        times = {
            "starting_at": f"{period.start}T00:00:00Z",
            "ending_at": f"{max(end, period.start + timedelta(days=1))}T00:00:00Z",
        }
        older = _admin_question(self._admin, times, ADMIN_COST, "cost_report", _ADMIN_COST_GROUPS)
        costs = self._one(period, times, ANALYTICS_COST, "analytics/cost", _COST_GROUPS, older)
        if not usage:
            return [costs]
        older = _admin_question(
            self._admin, times, ADMIN_USAGE, "usage_report/messages", _ADMIN_USAGE_GROUPS
        )
        return [
            costs,
            self._one(period, times, ANALYTICS_USAGE, "analytics/usage", _USAGE_GROUPS, older),
        ]

    def _one(
        self,
        period: BillingPeriod,
        times: MappingABC[str, Any],
        endpoint: str,
        path: str,
        groups: Sequence[str],
        admin: Question,
    ) -> Question:
        too_old = period.start < max(_ANALYTICS_FROM, self._now.date() - _ANALYTICS_BACK)
        if self._which == "admin" or (self._which == "auto" and too_old):
            return admin
        # By time, so that a page does not move while its neighbours are fetched.
        parameters = {
            **times,
            "time_bucket_width": "1d",
            "group_by[]": list(groups),
            "limit": _ROWS,
            "order_by": "time",
            "order": "asc",
        }
        return Question(
            endpoint,
            path,
            parameters,
            _answers(endpoint),
            api=self._analytics,
            instead=admin if self._which == "auto" else None,
        )


def _admin_question(
    api: Api, times: MappingABC[str, Any], endpoint: str, path: str, groups: Sequence[str]
) -> Question:
    parameters = {**times, "bucket_width": "1d", "group_by[]": list(groups), "limit": _BUCKETS}
    return Question(endpoint, path, parameters, _answers(endpoint), api=api)


def _answers(endpoint: str) -> Any:
    def check(page: Page) -> bool:
        return not page.items or endpoint_of(page, endpoint) == endpoint

    return check
