"""What people configure of contracts: resource kinds."""

from __future__ import annotations
