"""AWS Cost Optimization Hub: pages of ``ListRecommendations``, and rows of the Data Exports table
``COST_OPTIMIZATION_RECOMMENDATIONS``.

The answer of the API has one amount, before or after discounts as the hub's preference says; the
export has both. ``estimatedMonthlyCost`` is documented as the cost now, but recorded answers fit
the cost after the change: it is taken for whichever of the two agrees with the percentage, else
for neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from outlay.money.quotients import quotient
from outlay.savings.model import ACTIONS, PURCHASES, Action, Effort, Evidence, Finding
from outlay.savings.native.aws_names import (
    PORTFOLIOS,
    SERVICES,
    bare,
    billed_as,
    charges_of,
    covered_by,
)
from outlay.savings.native.model import Asked, Format, Item, NativeError, Told
from outlay.savings.native.values import (
    currency,
    decimal,
    each,
    listed,
    mapping,
    text,
    truth,
    window,
)
from outlay.savings.native.words import AWS, EFFORT_OF, group_of, title_of, unsaved

_HUB = ("recommendationId", "actionType")
_EXPORT = ("recommendation_id", "action_type", "estimated_monthly_savings_after_discount")
_ACTIONS = tuple(one for one in ACTIONS if one[0] != "C" and one != "Schedule"
                 and one != "PurchaseCommittedUse")  # fmt: skip
_CLOSE = Decimal(1)  # percentage points by which the hub's own rounding may differ


def _page(document: Any) -> bool:
    if not isinstance(document, Mapping) or not isinstance(document.get("items"), list):
        return False
    items = document["items"]
    return all(isinstance(one, Mapping) and any(k in one for k in _HUB) for one in items)


def read_pages(document: Any, asked: Asked) -> Iterator[Item]:
    """The items of a page. `savingsEstimationMode`, the hub's preference, stands beside them where
    the API was asked for it."""
    mode = asked.options.get("discounts", "")
    mode = mode or text(document.get("savingsEstimationMode")).removesuffix("Discounts").lower()
    for place, item in each(document["items"], asked.file, "items"):
        where = f"{asked.file}: {place} ({text(item.get('recommendationId')) or 'without id'})"
        tags = listed(item.get("tags"), asked.file, f"{place}.tags")
        saving = decimal(item.get("estimatedMonthlySavings"), f"{where}: estimatedMonthlySavings")
        cost = decimal(item.get("estimatedMonthlyCost"), f"{where}: estimatedMonthlyCost")
        percent = decimal(
            item.get("estimatedSavingsPercentage"), f"{where}: estimatedSavingsPercentage"
        )
        before = mode == "before"
        told = {"before": "before discounts", "after": "after discounts"}.get(
            mode, "before or after discounts, as the hub is set"
        )
        yield _item(
            {key: item.get(key) for key in _FIELDS},
            {text(one.get("key")): text(one.get("value")) for one in map(mapping, tags)},
            saving,
            saving if before else None,
            _cost_now(saving, cost, percent),
            told,
            where,
        )


_FIELDS = ("recommendationId", "accountId", "region", "resourceId", "resourceArn", "actionType",
           "currencyCode", "currentResourceType", "recommendedResourceType",
           "currentResourceSummary", "recommendedResourceSummary", "implementationEffort",
           "restartNeeded", "rollbackPossible", "lastRefreshTimestamp", "source",
           "recommendationLookbackPeriodInDays")  # fmt: skip
_COLUMNS = {
    "recommendationId": "recommendation_id",
    "accountId": "account_id",
    "region": "region",
    "resourceArn": "resource_arn",
    "actionType": "action_type",
    "currencyCode": "currency_code",
    "currentResourceType": "current_resource_type",
    "recommendedResourceType": "recommended_resource_type",
    "currentResourceSummary": "current_resource_summary",
    "recommendedResourceSummary": "recommended_resource_summary",
    "implementationEffort": "implementation_effort",
    "restartNeeded": "restart_needed",
    "rollbackPossible": "rollback_possible",
    "lastRefreshTimestamp": "last_refresh_timestamp",
    "source": "recommendation_source",
    "recommendationLookbackPeriodInDays": "recommendation_lookback_period_in_days",
}


def _exported(header: Any) -> bool:
    names = {str(one).lower() for one in header}
    return set(_EXPORT) <= names


def read_export(rows: Any, asked: Asked) -> Iterator[Item]:
    """The rows of the export; its percentage and costs are before and after discounts too."""
    for number, row in enumerate(rows, 1):
        where = f"{asked.file}: row {number} ({text(row.get('recommendation_id')) or 'without id'})"
        after, before, cost = (
            decimal(row.get(name), f"{where}: {name}")
            for name in (
                "estimated_monthly_savings_after_discount",
                "estimated_monthly_savings_before_discount",
                "estimated_monthly_cost_after_discount",
            )
        )
        percent = decimal(
            row.get("estimated_savings_percentage_after_discount"),
            f"{where}: estimated_savings_percentage_after_discount",
        )
        told = "after discounts"
        if after is None and before is not None:
            after, told = before, "before discounts: the export has no amount after them"
        yield _item(
            {ours: row.get(theirs) for ours, theirs in _COLUMNS.items()},
            _tags(row.get("tags"), where),
            after,
            before,
            _cost_now(after, cost, percent),
            told,
            where,
        )


def _tags(value: Any, where: str) -> dict[str, str]:
    """Tags as the export has them: JSON in a CSV, pairs or a map in Parquet."""
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError:
            raise NativeError(f"{where}: tags is {value[:40]!r}, not JSON") from None
    if isinstance(value, Mapping):
        return {text(key): text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        pairs = [one for one in value if isinstance(one, list | tuple) and len(one) == 2]
        named = [one for one in value if isinstance(one, Mapping)]
        return {text(k): text(v) for k, v in pairs} | {
            text(one.get("key")): text(one.get("value")) for one in named
        }
    return {}


def _cost_now(
    saving: Decimal | None, cost: Decimal | None, percent: Decimal | None
) -> Decimal | None:
    if saving is None or cost is None or not percent:
        return None
    for now in (cost, cost + saving):
        told = quotient(saving * 100, now)
        if told is not None and abs(told - percent) <= _CLOSE:
            return now
    return None


def _item(
    item: Mapping[str, Any],
    tags: Mapping[str, str],
    saving: Decimal | None,
    listed_saving: Decimal | None,
    cost: Decimal | None,
    told: str,
    where: str,
) -> Item:
    identity = text(item.get("recommendationId"))
    arn, native = text(item.get("resourceArn")), text(item.get("resourceId"))
    kind = text(item.get("currentResourceType")) or text(item.get("recommendedResourceType"))
    word = text(item.get("actionType"))
    name = identity or native or arn or where
    action = next((one for one in _ACTIONS if one.lower() == word.lower()), None)
    if action is None:
        return Told(name, f"its action {word!r} is not known; known are {', '.join(_ACTIONS)}",
                    native or arn)  # fmt: skip
    if saving is None or saving <= 0:
        return unsaved(name, native or arn, saving)
    code = currency(item.get("currencyCode"), f"{where}: currencyCode")
    if not code:
        raise NativeError(f"{where}: currencyCode is missing; a code such as USD is expected")
    resource = "" if action in PURCHASES else billed_as(native, arn)
    if action not in PURCHASES and not resource:
        raise NativeError(f"{where}: resourceId and resourceArn are both missing")
    amounts = _Amounts(saving, listed_saving, cost, code, told)
    return _finding(item, tags, amounts, action, resource, kind)


@dataclass(frozen=True)
class _Amounts:
    saving: Decimal
    listed: Decimal | None
    cost: Decimal | None
    currency: str
    told: str


def _finding(
    item: Mapping[str, Any],
    tags: Mapping[str, str],
    amounts: _Amounts,
    action: Action,
    resource: str,
    kind: str,
) -> Finding:
    arn, native = text(item.get("resourceArn")), text(item.get("resourceId"))
    account, code, told = text(item.get("accountId")), amounts.currency, amounts.told
    current = text(item.get("currentResourceSummary"))
    recommended = text(item.get("recommendedResourceSummary"))
    first, end = window(
        item.get("lastRefreshTimestamp"), item.get("recommendationLookbackPeriodInDays")
    )
    source = text(item.get("source")) or "the hub"
    evidence = Evidence("saving a month", amounts.saving, code, f"{source}, {told}")
    return Finding(
        tool="aws-cost-hub",
        detector=f"{kind or 'unknown'}.{action}",
        provider=AWS,
        action=action,
        title=title_of(action, native or bare(arn) or resource or kind, current, recommended),
        currency=code,
        monthly_saving=amounts.saving,
        basis=f"AWS Cost Optimization Hub ({source}): {told}, by AWS's month",
        native_id=text(item.get("recommendationId")),
        account=account,
        region=text(item.get("region")),
        service=SERVICES.get(kind, ""),
        resource=resource,
        resource_name=native if native != resource else "",
        resource_type=kind,
        scope="" if resource else f"{PORTFOLIOS.get(kind, kind)} commitments of {account}",
        where=charges_of(resource, arn, account) if resource else covered_by(kind, account),
        group=group_of(action, kind),
        current=current,
        recommended=recommended,
        monthly_saving_list=amounts.listed,
        monthly_cost=amounts.cost,
        evidence=(evidence,),
        first_day=first,
        end_day=end,
        effort=_effort(text(item.get("implementationEffort")), action),
        restart=truth(item.get("restartNeeded")),
        rollback=truth(item.get("rollbackPossible")),
        tags=dict(tags),
        detail={"arn": arn, "source": source},
    )  # fmt: skip


def _effort(word: str, action: Action) -> Effort:
    return next((one for one in get_args(Effort) if one == word), EFFORT_OF.get(action, "Medium"))


FORMATS = (
    Format(
        "aws-cost-hub",
        "AWS Cost Optimization Hub",
        AWS,
        "json",
        "pages that ListRecommendations of the API or of `aws cost-optimization-hub "
        "list-recommendations` answers",
        _page,
        read_pages,
        {"discounts": "`after` or `before`, as the hub's preference is: answers do not say it"},
    ),
    Format(
        "aws-cost-hub-export",
        "AWS Cost Optimization Hub, data export",
        AWS,
        "table",
        "CSV or Parquet of the Data Exports table COST_OPTIMIZATION_RECOMMENDATIONS",
        _exported,
        read_export,
    ),
)
