"""Google Cloud's billing export: BigQuery tables as files, or asked of BigQuery itself."""

from outlay.sources.gcp_billing.source import GcpBilling, GcpBillingOptions

__all__ = ["GcpBilling", "GcpBillingOptions"]
