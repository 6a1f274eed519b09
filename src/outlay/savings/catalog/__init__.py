"""What machines are: processors, memory and architecture of AWS's sizes, and dated list prices."""

from outlay.savings.catalog.aws import Machine, baseline, family_of, list_price, machine, smaller

__all__ = ["Machine", "baseline", "family_of", "list_price", "machine", "smaller"]
