"""How busy resources were: measurements of CloudWatch, Azure Monitor, Cloud Monitoring and
Prometheus, and inventories that say what is attached and what runs."""

from outlay.sources.utilization.options import UtilizationOptions
from outlay.sources.utilization.source import Utilization

__all__ = ["Utilization", "UtilizationOptions"]
