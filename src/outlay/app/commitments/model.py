"""What people configure of commitments: resource kinds."""

from __future__ import annotations
