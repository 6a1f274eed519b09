"""Titles of dimensions, for people: on pages, in mails, on paper."""

from __future__ import annotations

import re

from outlay.expression.dimensions import is_virtual_name

_TITLES = {
    "BillingAccountId": "Billing account ID",
    "BillingAccountName": "Billing account",
    "BillingCurrency": "Currency",
    "ChargeDay": "Day",
    "CommitmentDiscountId": "Commitment ID",
    "CommitmentDiscountName": "Commitment",
    "CommitmentDiscountStatus": "Commitment status",
    "CommitmentDiscountType": "Commitment type",
    "HostProviderName": "Host provider",
    "InvoiceIssuerName": "Invoice issuer",
    "RegionId": "Region ID",
    "RegionName": "Region",
    "ResourceId": "Resource ID",
    "ResourceName": "Resource",
    "ServiceCategory": "Service category",
    "ServiceName": "Service",
    "ServiceProviderName": "Provider",
    "SubAccountId": "Account ID",
    "SubAccountName": "Account",
    "x_BillingPeriod": "Billing period",
    "x_SourceName": "Source",
}


def dimension(name: str) -> str:
    """A dimension's title: ``ServiceName`` is *Service*, ``tags.team`` *team*, the virtual tag
    ``cost-center`` *Cost center*, else its words."""
    if name in _TITLES:
        return _TITLES[name]
    if name.startswith(("tags.", "labels.")):
        return name.partition(".")[2].strip('"').replace('""', '"')
    if is_virtual_name(name):
        return name[:1].upper() + name[1:].replace("-", " ")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name.removeprefix("x_")).split()
    return " ".join(
        word if index == 0 or word.isupper() else word.lower() for index, word in enumerate(words)
    ).replace(" id", " ID")
