"""Any vendor's FOCUS export, version 1.0 to 1.4."""

from outlay.sources.focus.source import Focus, FocusOptions

__all__ = ["Focus", "FocusOptions"]
