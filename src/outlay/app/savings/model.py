"""What people configure of savings: resource kinds."""

from __future__ import annotations
