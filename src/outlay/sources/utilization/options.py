"""Options of measurements: what files do not say themselves, and how APIs are asked."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from outlay.focus.utilization import METRICS, STATISTICS
from outlay.sources.contract import SourceOptions
from outlay.sources.secrets import SecretRef


def several(text: str | None) -> list[str]:
    """The words of an option that has several, apart by commas."""
    return [one.strip() for one in (text or "").split(",") if one.strip()]


class UtilizationOptions(SourceOptions):
    """Options of measurements."""

    metric: str | None = Field(
        None,
        description="what is measured, where the answer itself does not say it (an expression of "
        "Prometheus): a metric of utilisation, e.g. cpu",
    )
    statistic: str = Field(
        "average",
        description="the statistic of values that say none (Cloud Monitoring, Prometheus)",
    )
    resource_label: str | None = Field(
        None, description="the label that holds the resource's id, e.g. provider_id"
    )
    provider: str | None = Field(
        None, description="ServiceProviderName of rows that say none, e.g. AWS"
    )
    account: str | None = Field(None, description="SubAccountId of rows that say none")

    days: int = Field(
        30, ge=1, le=455, description="by API: how many days back measurements are asked for"
    )
    step: Literal["1h", "1d"] = Field(
        "1h", description="by API: the length of a period; schedules need hours"
    )
    reread: int = Field(
        3, ge=1, le=31, description="by API: how many of the last days are read again"
    )
    metrics: str | None = Field(
        None, description="by API: only these metrics, apart by commas, e.g. cpu,memory"
    )
    token: SecretRef | None = Field(
        None,
        description="by API: where a bearer token is kept (Prometheus), or an access token in "
        "place of signing in (Azure, Google Cloud), e.g. env:PROMETHEUS_TOKEN",
    )
    user: str | None = Field(None, description="Prometheus: user name, where it asks for one")
    password: SecretRef | None = Field(
        None, description="Prometheus: where that user's password is kept"
    )
    tenant: str | None = Field(
        None,
        description="Prometheus: tenant of Mimir, Cortex or Thanos (X-Scope-OrgID); Azure: the "
        "tenant's id, where an application signs in",
    )
    queries: dict[str, str] = Field(
        default_factory=dict,
        description="Prometheus: `metric statistic` → an expression of your own in place of ours "
        "(empty: not asked); a YAML file on the command line",
        json_schema_extra={"file": "yaml"},
    )
    role: str | None = Field(
        None,
        description="CloudWatch: the role to assume in each account of the bill, with {account} "
        "where its number stands, e.g. arn:aws:iam::{account}:role/outlay-read",
    )
    external_id: str | None = Field(None, description="CloudWatch: the role's external id")
    linked_accounts: bool = Field(
        False,
        description="CloudWatch: the account is a monitoring account that sees those of the bill",
    )
    client_id: str | None = Field(None, description="Azure: the application's id")
    client_secret: SecretRef | None = Field(
        None, description="Azure: where the application's secret is kept"
    )
    subscriptions: str | None = Field(
        None, description="Azure: only these subscriptions, ids apart by commas"
    )
    projects: str | None = Field(
        None, description="Google Cloud: only these projects, ids apart by commas"
    )
    endpoint: str | None = Field(
        None, description="another address than the vendor's (a proxy, a private endpoint)"
    )

    @property
    def step_seconds(self) -> int:
        """The length of a period."""
        return 86_400 if self.step == "1d" else 3600

    @property
    def steps_of_a_day(self) -> int:
        """How many periods a day has."""
        return 86_400 // self.step_seconds

    def wants(self, metric: str) -> bool:
        """Whether a metric is asked for by API."""
        return self.metrics is None or metric in several(self.metrics)

    @field_validator("metrics")
    @classmethod
    def _several_known(cls, names: str | None) -> str | None:
        for name in several(names):
            cls._known(name)
        return names

    @field_validator("role")
    @classmethod
    def _names_accounts(cls, role: str | None) -> str | None:
        if role is not None and not re.fullmatch(
            r"arn:aws[\w-]*:iam::(\d{12}|\{account\}):role/.+", role
        ):
            raise ValueError("expected e.g. arn:aws:iam::{account}:role/outlay-read")
        return role

    @field_validator("queries")
    @classmethod
    def _named(cls, given: dict[str, str]) -> dict[str, str]:
        for name in given:
            metric, _, statistic = name.partition(" ")
            if metric not in METRICS or statistic not in STATISTICS:
                raise ValueError(
                    f"{name!r} is no metric and statistic, as `cpu maximum` is; the metrics are "
                    f"{', '.join(METRICS)}, the statistics {', '.join(STATISTICS)}"
                )
        return given

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in METRICS:
            raise ValueError(f"{name!r} is no metric; the metrics are {', '.join(METRICS)}")
        return name

    @field_validator("statistic")
    @classmethod
    def _statistic(cls, name: str) -> str:
        if name not in STATISTICS:
            raise ValueError(f"{name!r} is no statistic; they are {', '.join(STATISTICS)}")
        return name
