"""AWS Compute Optimizer: answers of its API for every kind of resource, and CSV exports.

An option is what a resource could become; AWS ranks them, the first being the best of saving and
risk. The best-ranked option that saves is a finding of its action; the others are told beside it.
Amounts are after discounts where the answer has them, else at list prices. ``finding`` comes as
``OVER_PROVISIONED`` or ``Overprovisioned``; what is optimised or under-provisioned saves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from outlay.savings.model import Action, Effort, Evidence, Finding, Headroom
from outlay.savings.native.aws_names import SERVICES, arn_parts, bare, billed_as, charges_of
from outlay.savings.native.model import Asked, Format, Item, NativeError, Told
from outlay.savings.native.values import (
    currency,
    decimal,
    each,
    listed,
    mapping,
    text,
    window,
)
from outlay.savings.native.words import AWS, confidence_of, group_of, title_of, unsaved

_GRAVITON = re.compile(r"(db\.|cache\.)?[a-z]+[0-9]+g[a-z]*\..+")


@dataclass(frozen=True)
class _Kind:
    """How the API names a kind of resource: the key of its list, of its ARN, of its options."""

    type: str
    arn: str
    options: str
    current: str
    finding: str = "finding"
    changed: str = ""


_KINDS: dict[str, tuple[_Kind, ...]] = {
    "instanceRecommendations": (
        _Kind("Ec2Instance", "instanceArn", "recommendationOptions", "currentInstanceType",
              changed="instanceType"),
    ),
    "volumeRecommendations": (
        _Kind("EbsVolume", "volumeArn", "volumeRecommendationOptions", "currentConfiguration",
              changed="configuration"),
    ),
    "autoScalingGroupRecommendations": (
        _Kind("Ec2AutoScalingGroup", "autoScalingGroupArn", "recommendationOptions",
              "currentConfiguration", changed="configuration"),
    ),
    "lambdaFunctionRecommendations": (
        _Kind("LambdaFunction", "functionArn", "memorySizeRecommendationOptions",
              "currentMemorySize", changed="memorySize"),
    ),
    "ecsServiceRecommendations": (
        _Kind("EcsService", "serviceArn", "serviceRecommendationOptions",
              "currentServiceConfiguration"),
    ),
    "rdsDBRecommendations": (
        _Kind("RdsDbInstance", "resourceArn", "instanceRecommendationOptions",
              "currentDBInstanceClass", "instanceFinding", "dbInstanceClass"),
        _Kind("RdsDbInstanceStorage", "resourceArn", "storageRecommendationOptions",
              "currentStorageConfiguration", "storageFinding", "storageConfiguration"),
    ),
}  # fmt: skip
_IDLE = "idleRecommendations"
_IDLE_TYPES = {
    "EC2Instance": "Ec2Instance", "AutoScalingGroup": "Ec2AutoScalingGroup",
    "EBSVolume": "EbsVolume", "ECSService": "EcsService", "RDSDBInstance": "RdsDbInstance",
}  # fmt: skip
_KEYS = (*_KINDS, _IDLE)
_STOPPED = ("Ec2Instance", "RdsDbInstance", "Ec2AutoScalingGroup", "EcsService")
"""What an idle one of is stopped rather than deleted: the hub's own choice."""


@dataclass
class _Option:
    rank: Decimal
    text: str
    saving: Decimal | None
    listed: Decimal | None
    currency: str
    risk: Decimal | None
    effort: str = ""
    projected: dict[tuple[str, str], Decimal] = field(default_factory=dict)


@dataclass
class _Resource:
    """A resource as either layout tells of it."""

    place: str
    type: str
    arn: str
    account: str
    name: str
    finding: str
    current: str
    options: list[_Option]
    reasons: tuple[str, ...]
    metrics: dict[tuple[str, str], Decimal]
    refreshed: Any
    days: Any
    tags: dict[str, str]
    idle: bool = False


def _recognised(document: Any) -> bool:
    return isinstance(document, Mapping) and any(
        isinstance(document.get(key), list) for key in _KEYS
    )


def read_answers(document: Any, asked: Asked) -> Iterator[Item]:
    """The resources of an answer; its `errors` are told."""
    for key in _KEYS:
        if key not in document:
            continue
        for place, item in each(document[key], asked.file, key):
            if key == _IDLE:
                yield from _found(_idle(item, f"{asked.file}: {place}"), asked)
                continue
            for kind in _KINDS[key]:
                if kind.type != "RdsDbInstanceStorage" or kind.options in item:
                    yield from _found(_resource(item, kind, f"{asked.file}: {place}"), asked)
    for _, error in each(document.get("errors"), asked.file, "errors"):
        name = text(error.get("identifier"))
        yield Told(name or "an error", f"Compute Optimizer says: {text(error.get('code'))} "
                   f"{text(error.get('message'))}".strip(), name)  # fmt: skip


def _resource(item: Mapping[str, Any], kind: _Kind, place: str) -> _Resource:
    arn = text(item.get(kind.arn))
    where = f"{place} ({arn or 'without ARN'})"
    if not arn:
        raise NativeError(f"{where}: {kind.arn} is missing")
    return _Resource(
        place=where,
        type=kind.type,
        arn=arn,
        account=text(item.get("accountId")) or arn_parts(arn)[2],
        name=text(item.get("instanceName")) or text(item.get("autoScalingGroupName")),
        finding=text(item.get(kind.finding)),
        current=_configuration(item.get(kind.current)),
        options=[
            _option(one, kind, f"{where}: {at}", number)
            for number, (at, one) in enumerate(each(item.get(kind.options), place, kind.options), 1)
        ],
        reasons=tuple(text(one) for one in listed(item.get("findingReasonCodes"), where,
                                                 "findingReasonCodes")),
        metrics=_metrics(item.get("utilizationMetrics"), where),
        refreshed=item.get("lastRefreshTimestamp"),
        days=item.get("lookBackPeriodInDays") or item.get("lookbackPeriodInDays"),
        tags={text(one.get("key")): text(one.get("value"))
              for one in map(mapping, listed(item.get("tags"), where, "tags"))},
    )  # fmt: skip


def _idle(item: Mapping[str, Any], place: str) -> _Resource:
    arn, identity = text(item.get("resourceArn")), text(item.get("resourceId"))
    where = f"{place} ({arn or identity or 'without ARN'})"
    if not arn and not identity:
        raise NativeError(f"{where}: resourceArn and resourceId are both missing")
    given = text(item.get("resourceType"))
    saving, listed_saving, code = _savings(item, where)
    return _Resource(
        place=where,
        type=_IDLE_TYPES.get(given, given),
        arn=arn or identity,
        account=text(item.get("accountId")) or arn_parts(arn)[2],
        name="",
        finding=text(item.get("finding")),
        current="",
        options=[_Option(Decimal(1), "", saving, listed_saving, code, None)],
        reasons=tuple(one for one in (text(item.get("findingDescription")),) if one),
        metrics=_metrics(item.get("utilizationMetrics"), where),
        refreshed=item.get("lastRefreshTimestamp"),
        days=item.get("lookBackPeriodInDays"),
        tags={},
        idle=True,
    )


def _option(item: Mapping[str, Any], kind: _Kind, where: str, number: int) -> _Option:
    saving, listed_saving, code = _savings(item, where)
    changed = item.get(kind.changed) if kind.changed else item
    return _Option(
        rank=decimal(item.get("rank"), f"{where}: rank") or Decimal(number),
        text=_configuration(changed),
        saving=saving,
        listed=listed_saving,
        currency=code,
        risk=decimal(item.get("performanceRisk"), f"{where}: performanceRisk"),
        effort=text(item.get("migrationEffort")),
        projected=_metrics(item.get("projectedUtilizationMetrics"), where),
    )


def _savings(item: Mapping[str, Any], where: str) -> tuple[Decimal | None, Decimal | None, str]:
    """After discounts (None: not said), at list prices, the currency."""
    found: list[Decimal | None] = []
    code = ""
    for name in ("savingsOpportunityAfterDiscounts", "savingsOpportunity"):
        month = mapping(mapping(item.get(name)).get("estimatedMonthlySavings"))
        place = f"{where}: {name}.estimatedMonthlySavings"
        found.append(decimal(month.get("value"), f"{place}.value"))
        code = code or currency(month.get("currency"), f"{place}.currency")
    return found[0], found[1], code


_SHOWN = ("instanceType", "volumeType", "volumeSize", "storageType", "allocatedStorage", "cpu",
          "memory", "volumeBaselineIOPS", "iops", "volumeBaselineThroughput", "storageThroughput",
          "desiredCapacity", "minSize", "maxSize")  # fmt: skip
_UNITS = {"volumeSize": " GB", "allocatedStorage": " GB", "volumeBaselineIOPS": " IOPS",
          "iops": " IOPS", "volumeBaselineThroughput": " MiB/s", "storageThroughput": " MiB/s",
          "cpu": " CPU units", "memory": " MB"}  # fmt: skip
_CAPACITY = {"desiredCapacity": "desired", "minSize": "at least", "maxSize": "at most"}


def _configuration(value: Any) -> str:
    """A configuration in words; a bare number is a function's memory."""
    if isinstance(value, Mapping):
        return ", ".join(
            f"{_CAPACITY[name]} {text(value[name])}" if name in _CAPACITY
            else f"{text(value[name])}{_UNITS.get(name, '')}"
            for name in _SHOWN if text(value.get(name))
        )  # fmt: skip
    if isinstance(value, int | Decimal):
        return f"{value} MB"
    return text(value)


def _metrics(value: Any, where: str) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for place, one in each(value, where, "metrics"):
        number = decimal(one.get("value", one.get("upperBoundValue")), f"{where}: {place}.value")
        if number is not None:
            found[text(one.get("name")).upper(), text(one.get("statistic")).upper()] = number
    return found


def _judged(finding: str) -> str:
    return re.sub(r"[^a-z]", "", finding.lower())


_PERCENT = ("CPU", "MEMORY")
_SAVES = {"overprovisioned", "notoptimized", "idle", "unattached", "unused"}


def _found(one: _Resource, asked: Asked) -> Iterator[Item]:
    word = _judged(one.finding)
    name = bare(one.arn) or one.arn
    if word not in _SAVES:
        reasons = {
            "optimized": "Compute Optimizer finds it the right size",
            "underprovisioned": "Compute Optimizer finds it too small: that saves nothing",
            "": "Compute Optimizer gives no finding",
            "unavailable": "Compute Optimizer has not enough data",
        }
        yield Told(name, reasons.get(word, f"its finding {one.finding!r} is not known"), name)
        return
    if not one.options:
        yield Told(name, "Compute Optimizer gives no option", name)
        return
    best: dict[Action, _Option] = {}
    for option in sorted(one.options, key=lambda option: option.rank):
        saving = option.saving if option.saving is not None else option.listed
        if saving is not None and saving > 0:
            best.setdefault(_action(one, option), option)
    if not best:
        amounts = [o.saving if o.saving is not None else o.listed for o in one.options]
        yield unsaved(name, name, next((a for a in amounts if a is not None), None))
        return
    for action, option in best.items():
        yield _finding(one, option, action, asked)


def _action(one: _Resource, option: _Option) -> Action:
    if one.idle:
        return "Stop" if one.type in _STOPPED else "Delete"
    if _GRAVITON.fullmatch(option.text) and not _GRAVITON.fullmatch(one.current):
        return "MigrateToGraviton"
    return "Rightsize"


def _finding(one: _Resource, option: _Option, action: Action, asked: Asked) -> Finding:
    resource = billed_as("", one.arn) if one.arn.startswith("arn:") else one.arn
    after = option.saving is not None
    saving = option.saving if option.saving is not None else option.listed
    assert saving is not None
    code = option.currency or asked.options.get("currency", "") or "USD"
    first, end = window(one.refreshed, one.days)
    headroom = tuple(
        Headroom(metric.lower(), statistic.lower(), now, option.projected[metric, statistic])
        for (metric, statistic), now in one.metrics.items()
        if metric in _PERCENT
        and (metric, statistic) in option.projected
        and one.type != "EcsService"
    )
    told = "after discounts" if after else "at list prices: discounts and commitments are not in it"
    others = [
        {"rank": str(o.rank), "option": o.text, "saving": str(o.saving or o.listed or ""),
         "risk": str(o.risk or "")}
        for o in one.options if o is not option
    ]  # fmt: skip
    return Finding(
        tool="aws-compute-optimizer",
        detector=f"{one.type}.{_judged(one.finding)}",
        provider=AWS,
        action=action,
        title=title_of(action, one.name or bare(one.arn), one.current, option.text),
        currency=code,
        monthly_saving=saving,
        basis=f"AWS Compute Optimizer, option of rank {option.rank}: {told}",
        native_id=one.arn,
        account=one.account,
        region=arn_parts(one.arn)[1],
        service=SERVICES.get(one.type, ""),
        resource=resource,
        resource_name=one.name,
        resource_type=one.type,
        where=charges_of(resource, one.arn if one.arn.startswith("arn:") else "", one.account),
        group=group_of(action, one.type),
        current=one.current,
        recommended=option.text,
        monthly_saving_list=option.listed,
        evidence=tuple(_evidence(one, option, code)),
        headroom=headroom,
        first_day=first,
        end_day=end,
        confidence=confidence_of(option.risk),
        reasons=one.reasons,
        effort=_effort(option, action),
        restart=True if one.type in ("Ec2Instance", "RdsDbInstance") else None,
        risk=f"performance risk {option.risk} of 4" if option.risk is not None else "",
        tags=one.tags,
        detail={"arn": one.arn, "options": others},
    )  # fmt: skip


def _effort(option: _Option, action: Action) -> Effort:
    given: dict[str, Effort] = {"verylow": "VeryLow", "low": "Low", "medium": "Medium",
                                "high": "High"}  # fmt: skip
    default: Effort = "VeryHigh" if action == "MigrateToGraviton" else "Medium"
    return given.get(_judged(option.effort), default)


def _evidence(one: _Resource, option: _Option, code: str) -> Iterator[Evidence]:
    if option.listed is not None:
        yield Evidence("saving a month at list prices", option.listed, code, "savingsOpportunity")
    if option.saving is not None:
        yield Evidence("saving a month after discounts", option.saving, code,
                       "savingsOpportunityAfterDiscounts")  # fmt: skip
    for (metric, statistic), value in one.metrics.items():
        unit = "Percent" if metric in _PERCENT and one.type != "EcsService" else ""
        yield Evidence(f"{metric} {statistic.lower()}", value, unit, "utilizationMetrics")


_ARNS = {"instancearn": "Ec2Instance", "volumearn": "EbsVolume",
         "autoscalinggrouparn": "Ec2AutoScalingGroup", "functionarn": "LambdaFunction",
         "servicearn": "EcsService"}  # fmt: skip
_FIRST = "recommendationoptions_1_estimatedmonthlysavings_value"


def _exported(header: Any) -> bool:
    names = {str(one).lower() for one in header}
    return _FIRST in names and any(arn in names for arn in _ARNS)


def read_export(rows: Any, asked: Asked) -> Iterator[Item]:
    """The rows of an export, whichever kind of resource it is of; columns in any case."""
    for number, given in enumerate(rows, 1):
        row = {str(key).lower(): value for key, value in given.items()}
        arn_column = next(one for one in _ARNS if one in row)
        arn = text(row[arn_column])
        where = f"{asked.file}: row {number} ({arn or 'without ARN'})"
        if text(row.get("errorcode")):
            yield Told(arn or where, f"Compute Optimizer says: {text(row['errorcode'])} "
                       f"{text(row.get('errormessage'))}".strip(), arn)  # fmt: skip
            continue
        if not arn:
            raise NativeError(f"{where}: {arn_column} is empty")
        yield from _found(_row(row, _ARNS[arn_column], arn, where), asked)


def _row(row: Mapping[str, Any], kind: str, arn: str, where: str) -> _Resource:
    return _Resource(
        place=where,
        type=kind,
        arn=arn,
        account=text(row.get("accountid")) or arn_parts(arn)[2],
        name=text(row.get("instancename")) or text(row.get("autoscalinggroupname")),
        finding=text(row.get("finding")),
        current=_row_configuration(row, "currentconfiguration_")
        or text(row.get("currentinstancetype"))
        or _memory(row.get("currentmemorysize", row.get("currentconfiguration_memorysize"))),
        options=list(_row_options(row, where)),
        reasons=tuple(_row_reasons(row)),
        metrics=dict(_row_metrics(row, "utilizationmetrics_", where)),
        refreshed=row.get("lastrefreshtimestamp_utc") or row.get("lastrefreshtimestamp"),
        days=row.get("lookbackperiodindays"),
        tags={},
    )  # fmt: skip


_MOST_OPTIONS = 10


def _row_options(row: Mapping[str, Any], where: str) -> Iterable[_Option]:
    for rank in range(1, _MOST_OPTIONS + 1):
        begin = f"recommendationoptions_{rank}_"
        name = f"{begin}estimatedmonthlysavings_value"
        after = f"{begin}estimatedmonthlysavingsafterdiscounts_value"
        if name not in row and after not in row:
            return
        listed_saving = decimal(row.get(name), f"{where}: {name}")
        what = (
            text(row.get(f"{begin}instancetype"))
            or _row_configuration(row, f"{begin}configuration_")
            or _memory(row.get(f"{begin}memorysize", row.get(f"{begin}configuration_memorysize")))
        )
        if listed_saving is None and not what:
            continue
        yield _Option(
            rank=Decimal(rank),
            text=what,
            saving=decimal(row.get(after), f"{where}: {after}"),
            listed=listed_saving,
            currency=currency(row.get(f"{begin}estimatedmonthlysavings_currency"), where),
            risk=decimal(row.get(f"{begin}performancerisk"), f"{where}: {begin}performanceRisk"),
            effort=text(row.get(f"{begin}migrationeffort")),
            projected=dict(_row_metrics(row, f"{begin}projectedutilizationmetrics_", where)),
        )


def _row_configuration(row: Mapping[str, Any], begin: str) -> str:
    named = {one.lower(): one for one in _SHOWN}
    if begin.startswith("current"):
        named.pop("instancetype")  # of a volume's row: the machine that it is attached to
    return _configuration({real: row.get(begin + low) for low, real in named.items()})


def _memory(value: Any) -> str:
    return f"{text(value)} MB" if text(value) else ""


def _row_reasons(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (one for one in re.split(r"[,;|]\s*", text(row.get("findingreasoncodes"))) if one)
    for column, value in row.items():
        if column.startswith("findingreasoncodes_") and text(value).lower() == "true":
            yield column.removeprefix("findingreasoncodes_").removeprefix("is")


def _row_metrics(
    row: Mapping[str, Any], begin: str, where: str
) -> Iterator[tuple[tuple[str, str], Decimal]]:
    for column, value in row.items():
        metric, _, statistic = column.removeprefix(begin).rpartition("_")
        if column.startswith(begin) and statistic in ("maximum", "average", "minimum"):
            number = decimal(value, f"{where}: {column}")
            if number is not None:
                yield (metric.upper(), statistic.upper()), number


FORMATS = (
    Format(
        "aws-compute-optimizer",
        "AWS Compute Optimizer",
        AWS,
        "json",
        "answers of the API (or of `aws compute-optimizer get-…-recommendations`) for instances, "
        "volumes, Auto Scaling groups, functions, services, databases and idle resources",
        _recognised,
        read_answers,
    ),
    Format(
        "aws-compute-optimizer-export",
        "AWS Compute Optimizer, export",
        AWS,
        "table",
        "CSV of an export job for instances, volumes, Auto Scaling groups, functions or services",
        _exported,
        read_export,
        {"currency": "the currency of amounts whose column was left out of the export (USD)"},
    ),
)  # fmt: skip
