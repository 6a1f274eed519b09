"""Cost exports of Azure: EA, MCA and older dialects, and Azure's FOCUS exports."""

from outlay.sources.azure_export.source import AzureExport, AzureExportOptions

__all__ = ["AzureExport", "AzureExportOptions"]
