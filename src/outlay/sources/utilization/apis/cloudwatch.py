"""CloudWatch: `GetMetricData`, at most 500 metrics a call, account by account and region by region.

Values of an hour are kept for 455 days, so that periods of an hour fit every look back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outlay.sources.contract import (
    BilledResource,
    Progress,
    RetryableTransportError,
    SourceError,
    TransportError,
)
from outlay.sources.signing import assumed, aws_call, aws_client
from outlay.sources.utilization import cloudwatch as form
from outlay.sources.utilization.apis.collect import resources_of
from outlay.sources.utilization.apis.model import Ask, NotAllowedError, Question
from outlay.sources.utilization.apis.table import metric_of, table
from outlay.sources.utilization.options import UtilizationOptions
from outlay.sources.utilization.rows import Record

_HOME = "us-east-1"
_QUERIES = 500
_VALUES = 100_800
"""GetMetricData: the most metrics and the most values of a call."""
_PAGES = 10_000
_ARN_REGION = re.compile(r"^arn:[^:]+:[^:]+:([a-z]{2}[\w-]*-\d):")


@dataclass(frozen=True)
class _Target:
    """A resource as CloudWatch knows it: which dimensions name it in which namespace."""

    resource: BilledResource
    asks: tuple[tuple[dict[str, Any], str], ...]


class CloudWatch:
    """The metrics of AWS's resources on the bill."""

    title = "CloudWatch"
    kept_days = 455

    def __init__(
        self,
        options: UtilizationOptions,
        resources: Sequence[BilledResource],
        progress: Progress | None,
    ) -> None:
        self._options = options
        self._clients: dict[tuple[str, str], Any] = {}
        self._listed: dict[tuple[str, str, str, str], dict[str, list[dict[str, str]]]] = {}
        self._notes: list[str] = []
        self._targets = self._known(resources)

    @property
    def keys(self) -> Sequence[str]:
        """The bill's ids."""
        return tuple(self._targets)

    @property
    def notes(self) -> Sequence[str]:
        """What was left out."""
        return tuple(self._notes)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def questions(self, keys: Sequence[str], steps: int) -> Iterator[Question]:
        """As many metrics a call as its values allow; a resource's are in one call."""
        most = max(1, min(_QUERIES, _VALUES // max(1, steps)))
        places: dict[tuple[str, str], list[_Target]] = defaultdict(list)
        for key in keys:
            one = self._targets[key]
            places[one.resource.account, one.resource.region].append(one)
        for place, targets in sorted(places.items()):
            refused = self._refused(place)
            if refused:
                every = tuple(target.resource.id for target in targets)
                yield Question(every, _where(place), _refuse(refused))
                continue
            batch: list[tuple[_Target, list[dict[str, Any]]]] = []
            for target in targets:
                own = self._stats(place, target)
                if batch and sum(len(stats) for _, stats in batch) + len(own) > most:
                    yield self._question(place, batch)
                    batch = []
                batch.append((target, own))
            if batch:
                yield self._question(place, batch)

    def _refused(self, place: tuple[str, str]) -> str:
        """Why the account may not be asked; '' where it may."""
        try:
            self._client(place)
        except TransportError as error:
            if error.retryable or not self._options.role:
                raise
            return str(error)
        return ""

    def _known(self, resources: Sequence[BilledResource]) -> dict[str, _Target]:
        """Bill's id → what is asked of it; what is left out is noted."""
        every = [
            (one, asks) for one in resources_of(resources)
            if (asks := tuple(
                (ask, match[1]) for ask in table()["cloudwatch"]
                if (match := re.match(ask["id"], one.id)) and self._metrics(ask)
            ))
        ]  # fmt: skip
        alone = every and not self._options.role and not self._options.linked_accounts
        own = self._account() if alone else ""
        found, lost, others = {}, 0, 0
        for one, asks in every:
            region = one.region or (m[1] if (m := _ARN_REGION.match(one.id)) else "")
            if not region:
                lost += 1
            elif own and one.account and one.account != own:
                others += 1
            else:
                placed = BilledResource(one.id, one.provider, one.account, region, one.service)
                found[one.id] = _Target(placed, asks)
        if lost:
            self._notes.append(f"{lost} resources have no region on the bill: not asked")
        if others:
            self._notes.append(
                f"{others} resources are of other accounts than {own}: name a role "
                "(option role) or a monitoring account (option linked_accounts) to ask for them"
            )
        return found

    def _metrics(self, ask: Mapping[str, Any]) -> dict[str, list[str]]:
        return {
            name: statistics for name, statistics in ask["metrics"].items()
            if self._options.wants(metric_of(ask["namespace"], name))
        }  # fmt: skip

    def _account(self) -> str:
        try:
            client = aws_client("sts", _HOME, self._options.endpoint or "")
            return str(aws_call(client, "get_caller_identity", "AWS", _hint)["Account"])
        except (TransportError, KeyError) as error:
            if isinstance(error, TransportError) and "needs credentials" in str(error):
                raise
            return ""

    def _client(self, place: tuple[str, str]) -> Any:
        if place not in self._clients:
            account, region = place
            endpoint, keys = self._options.endpoint or "", None
            if self._options.role:
                if not account and "{account}" in self._options.role:
                    raise SourceError("the bill names no account for a role to be assumed in")
                role = self._options.role.replace("{account}", account)
                keys = assumed(role, self._options.external_id or "", region, endpoint)
            self._clients[place] = aws_client("cloudwatch", region, endpoint, keys)
        return self._clients[place]

    def _stats(self, place: tuple[str, str], target: _Target) -> list[dict[str, Any]]:
        """`MetricStat`s to ask for a resource."""
        found = []
        for ask, name in target.asks:
            for metric, statistics in self._metrics(ask).items():
                dimensions = [{ask["dimension"]: name}]
                if ask.get("listed"):
                    dimensions = self._dimensions(place, ask, metric).get(name, [])
                found += [
                    {"Metric": {"Namespace": ask["namespace"], "MetricName": metric,
                                "Dimensions": [{"Name": k, "Value": v} for k, v in one.items()]},
                     "Period": self._options.step_seconds, "Stat": statistic}
                    for one in dimensions for statistic in statistics
                ]  # fmt: skip
        return found

    def _dimensions(
        self, place: tuple[str, str], ask: Mapping[str, Any], metric: str
    ) -> dict[str, list[dict[str, str]]]:
        """Resource → the sets of dimensions that a metric has of it, listed once."""
        key = (*place, str(ask["namespace"]), metric)
        if key not in self._listed:
            found: dict[str, list[dict[str, str]]] = defaultdict(list)
            more = {"IncludeLinkedAccounts": True} if self._options.linked_accounts else {}
            for page in self._pages(
                place, "list_metrics", Namespace=ask["namespace"], MetricName=metric,
                Dimensions=[{"Name": ask["dimension"]}], **more,
            ):  # fmt: skip
                for one in page.get("Metrics", ()):
                    named = {each["Name"]: each["Value"] for each in one["Dimensions"]}
                    found[named[ask["dimension"]]].append(named)
            self._listed[key] = dict(found)
        return self._listed[key]

    def _question(
        self, place: tuple[str, str], batch: Sequence[tuple[_Target, list[dict[str, Any]]]]
    ) -> Question:
        owners: list[tuple[_Target, dict[str, Any]]] = [
            (target, stat) for target, stats in batch for stat in stats
        ]

        def ask(start: datetime, end: datetime) -> Iterator[tuple[str, Record]]:
            # A resource with very many series (an agent's, of each of its GPUs) takes calls more.
            steps = max(1, int((end - start).total_seconds()) // self._options.step_seconds)
            most = max(1, min(_QUERIES, _VALUES // steps))
            for first in range(0, len(owners), most):
                yield from self._answer(place, owners[first : first + most], start, end)

        keys = tuple(target.resource.id for target, _ in batch)
        return Question(keys, f"{_where(place)} for {len(keys)} resources", ask)

    def _answer(
        self, place: tuple[str, str], owners: Sequence[tuple[_Target, dict[str, Any]]],
        start: datetime, end: datetime,
    ) -> Iterator[tuple[str, Record]]:  # fmt: skip
        queries: list[dict[str, Any]] = [
            {"Id": f"m{number}", "MetricStat": stat, "ReturnData": True}
            | ({"AccountId": place[0]} if self._options.linked_accounts and place[0] else {})
            for number, (_, stat) in enumerate(owners)
        ]
        results = self._results(place, queries, start, end)
        document = {"MetricDataResults": results, "MetricDataQueries": queries}
        by_id = {query["Id"]: one for query, one in zip(queries, owners, strict=True)}
        for result in results:
            target, _ = by_id[result["Id"]]
            own = {"ResourceId": target.resource.id, "SubAccountId": place[0] or None,
                   "RegionId": place[1]}  # fmt: skip
            for record in form.metric_data(
                {**document, "MetricDataResults": [result]}, "CloudWatch"
            ):
                yield target.resource.id, {**record, **{k: v for k, v in own.items() if v}}

    def _results(
        self, place: tuple[str, str], queries: Sequence[Mapping[str, Any]], start: datetime,
        end: datetime,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """The results of all pages: a metric whose values go on on the next page is one."""
        found: dict[str, dict[str, Any]] = {}
        for page in self._pages(
            place, "get_metric_data", MetricDataQueries=list(queries),
            StartTime=start.replace(tzinfo=UTC), EndTime=end.replace(tzinfo=UTC),
            ScanBy="TimestampAscending",
        ):  # fmt: skip
            for one in page.get("MetricDataResults", ()):
                own = found.setdefault(one["Id"], {"Id": one["Id"], "Timestamps": [], "Values": []})
                own["Timestamps"] += [f"{at}" for at in one.get("Timestamps", ())]
                own["Values"] += one.get("Values", ())
                own["StatusCode"] = one.get("StatusCode", "Complete")
        for own in found.values():
            if own["StatusCode"] == "Forbidden":
                raise TransportError(f"{_where(place)} forbids a metric. {_hint('AccessDenied')}")
            if own["StatusCode"] != "Complete":
                raise RetryableTransportError(
                    f"{_where(place)} answers a part alone ({own['StatusCode']}); sync again later"
                )
        return list(found.values())

    def _pages(
        self, place: tuple[str, str], operation: str, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        client, token = self._client(place), None
        seen: set[str] = set()
        for _ in range(_PAGES):
            more: dict[str, Any] = {"NextToken": token} if token else {}
            page = aws_call(client, operation, _where(place), _hint, **parameters, **more)
            yield page
            token = page.get("NextToken")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
        raise TransportError(f"{_where(place)} does not come to an end: its pages repeat")


def _refuse(reason: str) -> Ask:
    def ask(start: datetime, end: datetime) -> Iterator[tuple[str, Record]]:
        raise NotAllowedError(reason)

    return ask


def _where(place: tuple[str, str]) -> str:
    account, region = place
    return f"CloudWatch in {region}" + (f" of {account}" if account else "")


def _hint(code: str) -> str:
    if "AccessDenied" in code or "Unauthorized" in code:
        return "The role needs cloudwatch:GetMetricData and cloudwatch:ListMetrics."
    return ""
