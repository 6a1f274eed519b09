"""Tests of alerts in the product: routing, channels, pages, commands."""
