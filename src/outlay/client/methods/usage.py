"""Operations of the API: usage. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from outlay.client.shapes import (
    AiReconciliation,
    Metric,
    MetricPut,
    MetricRestatement,
    MetricSync,
    MetricValues,
    MetricWithHistory,
    Provisional,
    Unit,
    UnitAnswer,
    UsageAnswer,
    UsageMetric,
    UtilizationAnswer,
    UtilizationCoverage,
)
from outlay.client.transport import Transport, part

if TYPE_CHECKING:
    import pyarrow as pa


class Usage(Transport):
    """Methods of the client: usage."""

    def usage(
        self,
        *,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> UsageAnswer:
        """What was used. Sums of quantities by metric and unit, and of estimated costs by
        currency. Estimates are no charges: they are in no other answer of this API."""
        found: UsageAnswer = self.shaped(
            "UsageAnswer",
            "GET",
            "/usage",
            {
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "limit": limit,
                "as_of": as_of,
            },
        )
        return found

    def usage_table(
        self,
        *,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> pa.Table:
        """What was used: as an Arrow table, decimals exact. Sums of quantities by metric and
        unit, and of estimated costs by currency. Estimates are no charges: they are in no other
        answer of this API."""
        return self.table(
            "/usage",
            {
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "limit": limit,
                "as_of": as_of,
            },
        )

    def usage_csv(
        self,
        *,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> bytes:
        """What was used, as CSV. Every row, amounts unrounded."""
        return self.content(
            "GET",
            "/usage.csv",
            {
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "limit": limit,
                "as_of": as_of,
            },
        )[0]

    def list_usage_metrics(self) -> list[UsageMetric]:
        """The metrics that there are. Each with its unit, sums, sources, and from when to when
        there is usage of it."""
        found: list[UsageMetric] = self.shaped("list[UsageMetric]", "GET", "/usage/metrics", None)
        return found

    def provisional(
        self,
        *,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        where: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> Provisional:
        """Estimates that no bill has yet. By day: what was estimated, what of it the bill has
        charged meanwhile, what is left. Of the parameters, `by`, the range, `where` and `as_of`
        are looked at."""
        found: Provisional = self.shaped(
            "Provisional",
            "GET",
            "/provisional",
            {
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "where": where,
                "limit": limit,
                "as_of": as_of,
            },
        )
        return found

    def list_metrics(self) -> list[Metric]:
        """Every metric. With its freshness, the days that it knows, and its gaps."""
        found: list[Metric] = self.shaped("list[Metric]", "GET", "/metrics", None)
        return found

    def get_metric(self, name: str) -> MetricWithHistory:
        """One metric. With its deliveries, newest first."""
        found: MetricWithHistory = self.shaped(
            "MetricWithHistory", "GET", f"/metrics/{part(name)}", None
        )
        return found

    def get_metric_values(
        self,
        name: str,
        *,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
    ) -> MetricValues:
        """Values of a metric. By period and label; `value` is text with all its digits, and
        null where nothing is known. `days` and `days_known` tell what the period has."""
        found: MetricValues = self.shaped(
            "MetricValues",
            "GET",
            f"/metrics/{part(name)}/values",
            {"by": by, "grain": grain, "range": range_, "from": from_, "to": to, "as_of": as_of},
        )
        return found

    def push_metric_values(self, name: str, body: Mapping[str, Any] | str) -> MetricPut:
        """Push values. JSON or CSV (`Content-Type: text/csv`), whole or not at all: a row that
        is not right refuses the delivery and is named. The same values again change nothing;
        others for the same day and labels restate; null withdraws."""
        found: MetricPut = self.shaped(
            "MetricPut",
            "POST",
            f"/metrics/{part(name)}/values",
            None,
            **self.either(body, "text/csv"),
        )
        return found

    def list_metric_restatements(self, name: str, sequence: int) -> list[MetricRestatement]:
        """What a delivery changed. Each value with what was known before it (null: nothing) and
        after (null: withdrawn)."""
        found: list[MetricRestatement] = self.shaped(
            "list[MetricRestatement]",
            "GET",
            f"/metrics/{part(name)}/deliveries/{part(sequence)}",
            None,
        )
        return found

    def sync_metric(self, name: str, body: Mapping[str, Any] | None = None) -> MetricSync:
        """Fetch a metric. From some days before the newest known value, or from a day on."""
        found: MetricSync = self.shaped(
            "MetricSync", "POST", f"/metrics/{part(name)}/sync", None, body=body
        )
        return found

    def list_units(self) -> list[Unit]:
        """Every unit cost. Its cost, its metric, and the label that ties them."""
        found: list[Unit] = self.shaped("list[Unit]", "GET", "/units", None)
        return found

    def get_unit(
        self,
        name: str,
        *,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        grain: str | None = None,
        by: str | None = None,
        before: str | None = None,
        after: str | None = None,
        as_of: str | None = None,
    ) -> UnitAnswer:
        """A unit cost. By period and label: `cost` and `units` exactly, `unit_cost` rounded to
        twelve decimals, `status` (ok, no activity, unknown with its `reason`), the margin, and
        the parts of a change, which add up to it."""
        found: UnitAnswer = self.shaped(
            "UnitAnswer",
            "GET",
            f"/units/{part(name)}",
            {
                "range": range_,
                "from": from_,
                "to": to,
                "grain": grain,
                "by": by,
                "before": before,
                "after": after,
                "as_of": as_of,
            },
        )
        return found

    def reconcile_ai(
        self, *, by: str | None = None, range_: str | None = None, source: str | None = None
    ) -> AiReconciliation:
        """Bills beside estimates of usage. Costs and estimates are of the same tokens: never
        add the two."""
        found: AiReconciliation = self.shaped(
            "AiReconciliation",
            "GET",
            "/ai/reconcile",
            {"by": by, "range": range_, "source": source},
        )
        return found

    def utilization(
        self,
        *,
        resource: str | None = None,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> UtilizationAnswer:
        """How busy resources are. Average, 95th percentile and highest value by resource and
        metric. Null is not measured, never zero."""
        found: UtilizationAnswer = self.shaped(
            "UtilizationAnswer",
            "GET",
            "/utilization",
            {
                "resource": resource,
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "limit": limit,
                "as_of": as_of,
            },
        )
        return found

    def utilization_csv(
        self,
        *,
        resource: str | None = None,
        metric: str | None = None,
        by: str | None = None,
        grain: str | None = None,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        limit: str | None = None,
        as_of: str | None = None,
    ) -> bytes:
        """How busy resources are, as CSV. Every row, values unrounded."""
        return self.content(
            "GET",
            "/utilization.csv",
            {
                "resource": resource,
                "metric": metric,
                "by": by,
                "grain": grain,
                "range": range_,
                "from": from_,
                "to": to,
                "limit": limit,
                "as_of": as_of,
            },
        )[0]

    def utilization_coverage(self, *, range_: str | None = None) -> UtilizationCoverage:
        """How much of the bill is measured. By provider and service: what resources with a
        measurement cost, of all."""
        found: UtilizationCoverage = self.shaped(
            "UtilizationCoverage", "GET", "/utilization/coverage", {"range": range_}
        )
        return found
