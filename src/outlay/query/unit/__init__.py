"""Unit costs: the cost of a scope divided by a metric, margins, and what drove a change."""

from outlay.query.unit.drivers import Amounts, Driver, Drivers, decompose
from outlay.query.unit.model import UNIT_COST, Joined, UnitCostSpec, UnitQuery
from outlay.query.unit.result import Cell, Change, PeriodUnits, UnitResult
from outlay.query.unit.run import Ledger, unit_costs

__all__ = [
    "UNIT_COST",
    "Amounts",
    "Cell",
    "Change",
    "Driver",
    "Drivers",
    "Joined",
    "Ledger",
    "PeriodUnits",
    "UnitCostSpec",
    "UnitQuery",
    "UnitResult",
    "decompose",
    "unit_costs",
]
