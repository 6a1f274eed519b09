"""FOCUS 1.0 and 1.2 of AWS Data Exports."""

from outlay.sources.aws_focus.source import AwsFocus, AwsFocusOptions

__all__ = ["AwsFocus", "AwsFocusOptions"]
