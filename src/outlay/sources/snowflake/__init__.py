"""Snowflake's bill and what divides it: exported usage views, or an account by the connector."""

from outlay.sources.snowflake.source import Snowflake, SnowflakeOptions

__all__ = ["Snowflake", "SnowflakeOptions"]
