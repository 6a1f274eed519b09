"""What a data platform or a model vendor charged, and who it was for, proven against the bill."""

from outlay.query.platforms.model import (
    PLATFORMS,
    Consumer,
    Part,
    Platform,
    PlatformProof,
    PlatformQuery,
    Scope,
    Tie,
    Unattributed,
    platform,
)
from outlay.query.platforms.proof import prove, there

__all__ = [
    "PLATFORMS",
    "Consumer",
    "Part",
    "Platform",
    "PlatformProof",
    "PlatformQuery",
    "Scope",
    "Tie",
    "Unattributed",
    "platform",
    "prove",
    "there",
]
