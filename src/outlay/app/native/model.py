"""What people configure of native: resource kinds."""

from __future__ import annotations
