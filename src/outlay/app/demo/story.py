"""Kestrel Outdoor: the made-up company of the demo, its calendar and what happens to it.

Everything here is a pure function of two dates: the anchor (the day on which the demo was first
made, which places the events) and today (up to which there are bills). A later day adds lines
and never changes a closed month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from outlay.money import BillingPeriod

COMPANY = "Kestrel Outdoor"
MONTHS = 13


@dataclass(frozen=True)
class Account:
    """A member account: 12-digit id, the name people use, and the bill that it is on."""

    id: str
    name: str
    bill: str


PAYER = Account("480102030401", "kestrel-payer", "main")
FJELLKIT_PAYER = Account("731450000011", "fjellkit-root", "fjellkit")
GMBH_PAYER = Account("905560000021", "kestrel-gmbh", "gmbh")

ACCOUNTS: tuple[Account, ...] = (
    PAYER,
    Account("480102030402", "shop-prod", "main"),
    Account("480102030403", "shop-staging", "main"),
    Account("480102030404", "shop-dev", "main"),
    Account("480102030405", "payments-prod", "main"),
    Account("480102030406", "mobile-prod", "main"),
    Account("480102030407", "data-prod", "main"),
    Account("480102030408", "data-dev", "main"),
    Account("480102030409", "ml-prod", "main"),
    Account("480102030410", "ml-research", "main"),
    Account("480102030411", "security", "main"),
    Account("480102030412", "platform-shared", "main"),
    Account("480102030413", "sandbox", "main"),
    FJELLKIT_PAYER,
    Account("731450000012", "fjellkit-rental", "fjellkit"),
    GMBH_PAYER,
)

ACCOUNT_IDS = {account.name: account.id for account in ACCOUNTS}

SP_STEADY_ARN = f"arn:aws:savingsplans::{PAYER.id}:savingsplan/5b1e6a0c-steady-no-upfront"
SP_GROWTH_ARN = f"arn:aws:savingsplans::{PAYER.id}:savingsplan/9d27f314-growth-partial-upfront"
RI_ARN = f"arn:aws:rds:us-east-1:{PAYER.id}:ri:ri-2025-orders-r6g"

MARKETPLACE_VENDOR = "Quillstack Observability, Inc."
SAAS_VENDOR = "Loomlight"


CLEANUP_DAYS = 63
"""So many days before the anchor Kestrel cleaned up, nine weeks ago."""

RETURN_DAYS = 21
"""So many days after the clean-up a gateway that was deleted was there again."""


@dataclass(frozen=True)
class Cleanup:
    """A resource that ended or changed on the bill as a detector recommends: its id on the bill,
    the account's name, who recommends it and what was done. `returns`: it was there again later."""

    resource: str
    account: str
    detector: str
    action: str
    done: str
    returns: bool = False


def _arn(service: str, account: str, rest: str) -> str:
    number = next(one.id for one in ACCOUNTS if one.name == account)
    return f"arn:aws:{service}:us-east-1:{number}:{rest}"


CLEANUPS: tuple[Cleanup, ...] = (
    *(Cleanup(f"vol-0c1ea0000000000{n:02d}", "payments-prod", "aws-ebs-gp2", "Upgrade",
              "gp2 became gp3") for n in range(1, 5)),
    *(Cleanup(_arn("elasticloadbalancing", "shop-dev", f"loadbalancer/app/preview-{n}/0c1ea{n}"),
              "shop-dev", "aws-load-balancer-idle", "Delete", "deleted") for n in (1, 2)),
    *(Cleanup(_arn("ec2", "platform-shared", f"elastic-ip/eipalloc-0c1ea00000000{n:02d}"),
              "platform-shared", "aws-public-ipv4-idle", "Delete", "deleted") for n in (1, 2, 3)),
    Cleanup(_arn("ec2", "shop-dev", "natgateway/nat-0c1ea000000000001"), "shop-dev",
            "aws-nat-gateway-idle", "Delete", "deleted"),
    Cleanup(_arn("ec2", "data-dev", "natgateway/nat-0c1ea000000000002"), "data-dev",
            "aws-nat-gateway-idle", "Delete", "deleted; back three weeks later", returns=True),
    *(Cleanup(f"i-0c1ea00000000000{n}", "shop-staging", "aws-nonproduction-hours", "Schedule",
              "runs in office hours") for n in (1, 2, 3)),
)  # fmt: skip
"""What was cleaned up on `Story.cleanup` on AWS."""

_OFFICE = "/subscriptions/4be1f7d0-52a9-4d0c-8c1e-6f2a90b7c310/resourcegroups"
_DATA = "//compute.googleapis.com/projects/kestrel-data"

CLEANUPS_ELSEWHERE: tuple[Cleanup, ...] = (
    Cleanup(f"{_OFFICE}/rg-files/providers/microsoft.compute/disks/disk-dms-seed",
            "kestrel-office", "azure-disk-unattached", "Delete", "deleted"),
    Cleanup(f"{_DATA}/addresses/partner-feed", "kestrel-data", "gcp-static-ip-idle", "Delete",
            "released"),
    Cleanup(f"{_DATA}/snapshots/lake-before-move", "kestrel-data", "gcp-snapshot-old", "Delete",
            "deleted"),
)  # fmt: skip
"""The same on Azure and Google Cloud; `account` is the subscription's or project's name."""


def month(period: BillingPeriod, step: int) -> BillingPeriod:
    """The period `step` months later (earlier if negative)."""
    index = period.year * 12 + period.month - 1 + step
    return BillingPeriod(index // 12, index % 12 + 1)


@dataclass(frozen=True)
class Anomaly:
    """An event that a look at the bill should find: first and last day, account, service."""

    name: str
    start: date
    end: date
    account: str
    service: str
    cause: str


@dataclass(frozen=True)
class Story:
    """When things happen. `today` is the first day without bills; `span` months before the
    anchor's end have them, so that a test can tell a short story."""

    anchor: date
    today: date
    span: int = MONTHS

    @property
    def last_day(self) -> date:
        """The last day with bills: yesterday."""
        return self.today - timedelta(days=1)

    @property
    def newest(self) -> BillingPeriod:
        """The anchor's newest month, by which every event is placed."""
        return BillingPeriod.of(self.anchor - timedelta(days=1))

    def months(self) -> list[BillingPeriod]:
        """Billing periods of the story, up to yesterday's."""
        period, periods = month(self.newest, 1 - self.span), []
        while period.start <= self.last_day:
            periods.append(period)
            period = period.next()
        return periods

    def at(self, step: int) -> BillingPeriod:
        """The month `step` months from the anchor's newest (negative: before)."""
        return month(self.newest, step)

    def closed(self, period: BillingPeriod) -> bool:
        """Is the month over, so that its bill has an invoice, tax and support?"""
        return period.end <= self.today

    @property
    def acquisition(self) -> BillingPeriod:
        """The first month of Fjellkit's bills."""
        return self.at(-7)

    @property
    def assistant_launch(self) -> date:
        """The first day of the shopping assistant on Amazon Bedrock."""
        return self.at(-9).start + timedelta(days=12)

    @property
    def graviton_migration(self) -> date:
        """The day on which the storefront moved to Graviton instances."""
        return self.at(-5).start + timedelta(days=8)

    @property
    def growth_plan_bought(self) -> date:
        """The purchase day of the partial-upfront Savings Plan, made for the new instances."""
        return self.graviton_migration + timedelta(days=1)

    @property
    def reservation_bought(self) -> date:
        """The purchase day of the database reservation (one year, partial upfront)."""
        return self.at(-10).start

    @property
    def database_retired(self) -> date:
        """From here on one reserved database is gone and its reservation unused."""
        return self.at(-3).start + timedelta(days=14)

    @property
    def credits_expire(self) -> BillingPeriod:
        """The first month without the migration credit."""
        return self.at(-5)

    @property
    def restated(self) -> BillingPeriod:
        """The month that is delivered twice: on its 18th day, and when it is final."""
        return self.at(-1)

    @property
    def early_cut(self) -> date:
        """The first day that the early delivery of the restated month does not have."""
        return self.restated.start + timedelta(days=17)

    @property
    def refund_month(self) -> BillingPeriod:
        """The month in which AWS pays back for an outage of the month before."""
        return self.at(-2)

    @property
    def cleanup(self) -> date:
        """The first day on which what was cleaned up is gone or changed."""
        return self.anchor - timedelta(days=CLEANUP_DAYS)

    @property
    def returned(self) -> date:
        """The first day on which a deleted gateway is there again."""
        return self.cleanup + timedelta(days=RETURN_DAYS)

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """The two mishaps."""
        logs = self.at(-3).start + timedelta(days=8)
        friday = self.early_cut
        while friday.weekday() != 4:
            friday += timedelta(days=1)
        return (
            Anomaly(
                "Runaway debug logs",
                logs,
                logs + timedelta(days=2),
                "platform-shared",
                "AmazonCloudWatch",
                "A release of the checkout service logged every request body at debug level.",
            ),
            Anomaly(
                "GPU fleet left on over a weekend",
                friday,
                friday + timedelta(days=2),
                "ml-research",
                "AmazonEC2",
                "Four p4d.24xlarge training machines ran from Friday to Sunday without a job.",
            ),
        )

    def black_friday(self, year: int) -> date:
        """The day after the fourth Thursday of November."""
        first = date(year, 11, 1)
        return first + timedelta(days=(3 - first.weekday()) % 7 + 22)
