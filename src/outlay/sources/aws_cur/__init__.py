"""AWS Cost and Usage Reports, legacy and 2.0."""

from outlay.sources.aws_cur.source import AwsCur, AwsCurOptions

__all__ = ["AwsCur", "AwsCurOptions"]
