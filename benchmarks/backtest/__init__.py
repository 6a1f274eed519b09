"""How good forecasts and anomalies are, against what others use, on days held back.

Each part is a module with ``run(options) -> str``: Markdown without a heading of the first or
second level, which `benchmarks.backtest.run` puts into its section of docs/quality.md.
"""
