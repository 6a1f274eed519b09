"""The demo: a made-up company's bills, generated and then loaded by the ordinary path."""

from outlay.app.demo.create import Demo, build, create_demo
from outlay.app.demo.story import Story

__all__ = ["Demo", "Story", "build", "create_demo"]
