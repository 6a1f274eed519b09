"""What people write of a metric: its unit, how it adds up over time, and where values come from."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from outlay.focus.currencies import is_currency
from outlay.resources.kinds import Kind, Spec, registry
from outlay.sources.secrets import SecretRef

Aggregation = Literal["sum", "average", "last", "max"]
MetricGrain = Literal["day", "hour"]
Missing = Literal["unknown", "zero"]
Cadence = Literal["hourly", "daily", "monthly", "manual"]

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
RESERVED_COLUMNS = frozenset({"date", "day", "hour", "time", "timestamp", "value"})
"""Names that a column of a delivery has for its time or value: no label may be named so."""


def _a_label(name: str) -> str:
    if not _LABEL.fullmatch(name) or name.lower() in RESERVED_COLUMNS:
        raise ValueError(
            f"{name!r} cannot name a label: use letters, digits, dots, hyphens and underscores, a "
            f"letter first, and none of {', '.join(sorted(RESERVED_COLUMNS))}"
        )
    return name


Label = Annotated[str, AfterValidator(_a_label)]
_Text = Annotated[str, Field(min_length=1)]


class Push(Spec):
    """Values are pushed: by API, by `outlay metrics push` and `load`, or by a file on the page."""

    kind: Literal["push"] = "push"


class _Pulled(Spec):
    """Values are fetched. `since` is the first day to ask for (default: 92 days back)."""

    cadence: Cadence = "daily"
    since: date | None = None


class CsvSource(_Pulled):
    """A CSV file, a folder of them (also in a bucket), or an https address of one.

    `time`, `value` and `columns` (label → column) name the columns; without them a column `date`
    (or day, hour, time, timestamp), a column `value`, and one column a label are expected.
    """

    kind: Literal["csv"]
    location: _Text
    time: str = ""
    value: str = ""
    columns: dict[Label, _Text] = Field(default_factory=dict)
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    token: SecretRef | None = None


class SqlSource(_Pulled):
    """A SELECT on a database. `url` names where the address is kept (``env:WAREHOUSE_URL``), or is
    one without a password (``sqlite:///shop.db``, ``duckdb:///shop.duckdb``).

    The statement gives a column `date` (or day, hour, time, timestamp), `value`, and one a label;
    ``:start`` and ``:end`` in it are the days or hours that are asked for, the end exclusive.
    """

    kind: Literal["sql"]
    url: _Text
    query: _Text


class PrometheusSource(_Pulled):
    """A PromQL expression, evaluated at the end of each day or hour: the value at the end of a
    day is that day's (``sum by (customer) (increase(requests_total[1d]))``).

    `columns` says which label of the answer is a label of the metric where the names differ.
    """

    kind: Literal["prometheus"]
    url: _Text
    query: _Text
    columns: dict[Label, _Text] = Field(default_factory=dict)
    token: SecretRef | None = None
    user: str = ""
    password: SecretRef | None = None
    tenant: str = ""


class CloudWatchSource(_Pulled):
    """One metric of Amazon CloudWatch. `columns` says which dimension is which label; every
    combination of them that CloudWatch lists is read."""

    kind: Literal["cloudwatch"]
    region: _Text
    namespace: _Text
    metric: _Text
    statistic: Literal["Sum", "Average", "Maximum", "Minimum", "SampleCount"] = "Sum"
    dimensions: dict[str, str] = Field(default_factory=dict)
    columns: dict[Label, _Text] = Field(default_factory=dict)


class DatadogSource(_Pulled):
    """A Datadog query whose roll-up is a day or an hour, such as
    ``sum:shop.orders{*} by {channel}.as_count().rollup(sum, 86400)``."""

    kind: Literal["datadog"]
    url: str = "https://api.datadoghq.com"
    query: _Text
    api_key: SecretRef
    app_key: SecretRef
    columns: dict[Label, _Text] = Field(default_factory=dict)


MetricSource = Annotated[
    Push | CsvSource | SqlSource | PrometheusSource | CloudWatchSource | DatadogSource,
    Field(discriminator="kind"),
]


class MetricSpec(Spec):
    """A daily or hourly series of numbers with labels.

    `unit` is one of what is counted ("order"); `currency` makes the values money (revenue).
    `aggregation` brings a period's values to one: their sum, their average, the last, or the
    largest. Across labels values add up. `missing` says what a day without any value means:
    unknown (nothing is made of it), or zero. `late_days` is for how many days after its end a
    day's values may still come or change.
    """

    title: str = ""
    description: str = ""
    unit: str = ""
    currency: str | None = None
    grain: MetricGrain = "day"
    aggregation: Aggregation = "sum"
    labels: tuple[Label, ...] = ()
    missing: Missing = "unknown"
    late_days: int = Field(default=3, ge=0, le=400)
    source: MetricSource = Field(default_factory=Push)

    @field_validator("source", mode="before")
    @classmethod
    def _push_is_the_default(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, str) else value

    @field_validator("labels")
    @classmethod
    def _once(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"the label {twice[0]!r} stands twice")
        return labels

    @field_validator("currency")
    @classmethod
    def _a_currency(cls, currency: str | None) -> str | None:
        if currency is None or currency == "":
            return None
        if not is_currency(currency.strip().upper()):
            raise ValueError(f"{currency!r} is not an ISO 4217 currency such as EUR")
        return currency.strip().upper()

    @model_validator(mode="after")
    def _columns_are_labels(self) -> "MetricSpec":
        columns = getattr(self.source, "columns", {})
        unknown = sorted(set(columns) - set(self.labels))
        if unknown:
            raise ValueError(
                f"source.columns names {unknown[0]!r}, which is no label of the metric; "
                f"labels: {', '.join(self.labels) or 'none'}"
            )
        return self

    @property
    def noun(self) -> str:
        """What the values count, for people: the unit, or the currency of money."""
        return self.unit or self.currency or "unit"


METRIC = registry.register(
    Kind(
        name="Metric",
        spec=MetricSpec,
        title="Metric",
        description=(
            "A daily or hourly series with labels, such as orders, requests or revenue, from "
            "files, pushes, SQL, Prometheus, CloudWatch or Datadog. Costs are divided and shared "
            "by it."
        ),
        example="""\
kind: Metric
name: orders
spec:
  title: Orders
  unit: order
  labels: [channel]
  source:
    kind: sql
    url: env:WAREHOUSE_URL
    query: >-
      SELECT ordered_on AS day, channel, count(*) AS value FROM orders
      WHERE ordered_on >= :start AND ordered_on < :end GROUP BY 1, 2
""",
    )
)
"""The kind `Metric`."""
