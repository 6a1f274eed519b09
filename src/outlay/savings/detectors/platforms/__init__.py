"""Detectors for data platforms: Snowflake and Databricks."""
