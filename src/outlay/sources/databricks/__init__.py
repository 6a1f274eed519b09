"""Databricks usage, priced: exported system tables or the SQL Statement Execution API."""

from outlay.sources.databricks.source import Databricks, DatabricksOptions

__all__ = ["Databricks", "DatabricksOptions"]
