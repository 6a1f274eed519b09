"""Cost exports of Azure: EA, MCA and older dialects, and Azure's FOCUS exports."""

from outlay.sources.azure_export.options import AzureExportOptions
from outlay.sources.azure_export.source import AzureExport

__all__ = ["AzureExport", "AzureExportOptions"]
