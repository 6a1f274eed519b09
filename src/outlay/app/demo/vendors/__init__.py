"""The demo company's other vendors: one module each, one line here.

A module has `write(folder, month, story)`: it writes that vendor's bill of one month into its
folder, as the vendor would lay it out, up to `story.last_day`. The same month and story give the
same files; a later day may only add to an open month (or write it again).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import brightpage
from outlay.money import BillingPeriod

Writer = Callable[[Path, BillingPeriod, Story], None]


@dataclass(frozen=True)
class Vendor:
    """A source of the demo: its name, kind, module and options. `billed_by` is the bill that
    supersedes the estimates of a source of usage, `match` the columns that tie them, and `where`
    the bill's charges that are of it."""

    name: str
    kind: str
    module: str
    options: dict[str, Any] = field(default_factory=dict)
    billed_by: str | None = None
    match: tuple[str, ...] = ()
    where: str = ""

    @property
    def write(self) -> Writer:
        """The module's writer."""
        writer: Writer = import_module(f"outlay.app.demo.vendors.{self.module}").write
        return writer


VENDORS: tuple[Vendor, ...] = (
    Vendor("fjellkit-oci", "oci", "oci"),
    Vendor("kestrel-cluster", "kubernetes", "kubernetes", {}, "aws-main", ("ResourceId",)),
    Vendor("kestrel-cloudwatch", "utilization", "cloudwatch"),
    Vendor("kestrel-gcp", "gcp-billing", "gcp"),
    Vendor("kestrel-azure", "azure-export", "azure"),
    Vendor("kestrel-azure-monitor", "utilization", "azure_monitor"),
    Vendor("kestrel-cloud-monitoring", "utilization", "cloud_monitoring", {"statistic": "maximum"}),
    Vendor("kestrel-openai", "openai", "openai"),
    Vendor("kestrel-anthropic", "anthropic", "anthropic"),
    Vendor(
        "kestrel-gateway",
        "ai-gateway",
        "gateway",
        {},
        "kestrel-openai",
        ("x_Model",),
        "x_ApiKey = 'key_gateway'",
    ),
    Vendor("kestrel-snowflake", "snowflake", "snowflake"),
    Vendor("kestrel-databricks", "databricks", "databricks"),
    Vendor("brightpage", "csv", "brightpage", {"mapping": brightpage.MAPPING}),
)
