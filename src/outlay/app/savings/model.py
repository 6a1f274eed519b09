"""What people write of savings: who owns them, how soon they are dealt with, what is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_serializer, field_validator, model_validator

from outlay.app.dashboards.model import WhereText
from outlay.expression.dimensions import dimensions, split_names
from outlay.expression.errors import QueryError, near_names
from outlay.money import money_text
from outlay.resources import Kind, Spec, registry
from outlay.savings.detectors.contract import Detector, Value
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Effort

Days = Annotated[int, Field(ge=1, le=3650)]

_SLA: Mapping[Effort, int] = {
    "VeryLow": 14, "Low": 30, "Medium": 60, "High": 90, "VeryHigh": 180,
}  # fmt: skip


class DetectorRule(Spec):
    """How one detector looks: whether at all, its parameters by name (those that are not given
    keep the detector's defaults), its own least saving a month (None: the policy's), and `where`
    a condition on charges: what any of whose charges meets it is left out."""

    enabled: bool = True
    parameters: dict[str, Decimal | bool | str] = Field(default_factory=dict)
    minimum_saving: Decimal | None = Field(default=None, ge=0, le=Decimal(10) ** 15)
    where: WhereText = ""

    @field_serializer("parameters")
    def _texts(self, values: dict[str, Value]) -> dict[str, str | bool]:
        return {
            name: money_text(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
        }

    @field_serializer("minimum_saving")
    def _exact(self, value: Decimal | None) -> str | None:
        return None if value is None else money_text(value)


class SavingsPolicySpec(Spec):
    """How savings are looked for and followed.

    `owner_tag` is the virtual tag whose value owns a recommendation ('': the tag that usually
    does, such as ``team``), `environment_tag` the one that tells production from the rest ('': the
    tag that usually does). `minimum_saving` is the least saving a month that is told, in the
    currency of the bill. `decide_days` is how soon a new recommendation is to be accepted,
    snoozed or dismissed; `sla_days`, by effort, how soon an accepted one is to be implemented.
    One that nobody touches for `expire_days` expires (0: never). People are told of new ones that
    save `alert_minimum` or more a month. `detectors` are set by id.
    """

    owner_tag: str = Field(default="", max_length=64)
    environment_tag: str = Field(default="", max_length=64)
    minimum_saving: Decimal = Field(default=Decimal(1), ge=0, le=Decimal(10) ** 15)
    decide_days: Days = 14
    sla_days: dict[Effort, Days] = Field(default_factory=lambda: dict(_SLA))
    expire_days: int = Field(default=90, ge=0, le=3650)
    alert_minimum: Decimal = Field(default=Decimal(100), ge=0, le=Decimal(10) ** 15)
    detectors: dict[str, DetectorRule] = Field(default_factory=dict, max_length=500)

    @field_validator("owner_tag", "environment_tag")
    @classmethod
    def _tag(cls, name: str) -> str:
        if not name.strip():
            return ""
        try:
            return ",".join(str(one) for one in dimensions(split_names(name)))
        except QueryError as error:
            raise ValueError(str(error)) from None

    @field_validator("sla_days")
    @classmethod
    def _every_effort(cls, given: dict[Effort, int]) -> dict[Effort, int]:
        return dict(_SLA) | given

    @model_validator(mode="after")
    def _declared(self) -> SavingsPolicySpec:
        known = detectors()
        for name, rule in self.detectors.items():
            if name not in known:
                near = near_names(name, known)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise ValueError(
                    f"detectors.{name}: there is no detector {name!r}.{hint} "
                    "`outlay detectors list` shows those there are"
                )
            known[name].settings(parameters(known[name], rule))
        return self

    @field_serializer("minimum_saving", "alert_minimum")
    def _exact(self, value: Decimal) -> str:
        return money_text(value)

    def rule(self, detector: str) -> DetectorRule:
        """How a detector is to look."""
        return self.detectors.get(detector, DetectorRule())

    def least(self, detector: str) -> Decimal:
        """The least saving a month that a detector tells."""
        own = self.rule(detector).minimum_saving
        return self.minimum_saving if own is None else own


def parameters(detector: Detector, rule: DetectorRule) -> dict[str, Value]:
    """A rule's values as the detector declares them: what is kept as text is a number again where
    it declares one. ValueError for a text that is none."""
    numbers = {one.name for one in detector.parameters if isinstance(one.default, Decimal)}
    found: dict[str, Value] = {}
    for name, value in rule.parameters.items():
        if name in numbers and isinstance(value, str):
            try:
                found[name] = Decimal(value.strip())
            except ArithmeticError:
                raise ValueError(
                    f"detectors.{detector.id}: {name} is a number, not {value!r}"
                ) from None
        elif name not in numbers and isinstance(value, Decimal):
            found[name] = format(value, "f")
        else:
            found[name] = value
    return found


SAVINGS_POLICY = registry.register(
    Kind(
        name="SavingsPolicy",
        spec=SavingsPolicySpec,
        title="Savings policy",
        description=(
            "Whose savings are whose, how soon they are to be decided on and done, below which "
            "amount nothing is said, and how each detector looks."
        ),
        example="""\
kind: SavingsPolicy
name: default
spec:
  owner_tag: team
  environment_tag: env
  minimum_saving: 5
  decide_days: 14
  sla_days: {VeryLow: 14, Low: 30, Medium: 60, High: 90, VeryHigh: 180}
  expire_days: 90
  alert_minimum: 100
""",
    )
)
"""The kind `SavingsPolicy`; the one named ``default`` counts."""

DEFAULT = "default"
"""The name of the policy that counts; it is there without being saved."""
