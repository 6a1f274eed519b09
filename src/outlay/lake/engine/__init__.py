"""Engines that answer questions over the lake. DuckDB is the embedded default."""
