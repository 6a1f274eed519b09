"""Anthropic's organisation costs and usage."""

from outlay.sources.anthropic.source import Anthropic, AnthropicOptions

__all__ = ["Anthropic", "AnthropicOptions"]
