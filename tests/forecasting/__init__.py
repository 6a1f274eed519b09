"""Tests of forecasts in the product: series, sums, planned changes, pages, commands."""
