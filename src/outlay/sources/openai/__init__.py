"""OpenAI's organisation costs and usage."""

from outlay.sources.openai.source import OpenAi, OpenAiOptions

__all__ = ["OpenAi", "OpenAiOptions"]
