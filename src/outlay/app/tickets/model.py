"""What people configure of tickets: resource kinds."""

from __future__ import annotations
