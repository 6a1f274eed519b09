"""What the demo company pays for on AWS and does not need, and what it cleaned up nine weeks ago.

Each of these is ordinary usage in the bill, modest and steady, so that the detectors find it by the
ordinary path. What was cleaned up is named in `story.CLEANUPS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from outlay.app.demo.fleet import App, Tags, Use, hex_id
from outlay.app.demo.story import CLEANUPS, Cleanup, Story

_A_DAY = Decimal("0.0329")
"""GB-months, or IOPS-months, that one GB or IOPS adds to the bill in a day."""


def waste(story: Story) -> list[Use]:
    """Everything that could be saved and is not, then what was."""
    found: list[Use] = []
    for made in (_volumes, _snapshots, _machines, _network, _support, _logs, _traffic, _batch):
        found += made(story)
    for cleanup in CLEANUPS:
        found += _cleaned(cleanup, story)
    return [*found, *_forgotten(story)]


def _steady(app: App, sku: str, resource: str, amount: str, **more: object) -> Use:
    """A use that is the same every day, tagged as its people should."""
    tags: Tags = {"team": app.team, "env": app.env, "app": app.name}
    use = app.use(
        sku, resource, amount, pattern="steady", growth="none", noise=False,
        tags={key: value for key, value in tags.items() if value},
    )  # fmt: skip
    return replace(use, **more)  # type: ignore[arg-type]


def _gigabytes(size: int) -> str:
    return str(Decimal(size) * _A_DAY)


def _volumes(_story: Story) -> Iterator[Use]:
    """Volumes of the type before, one of them large; and one with more operations than it needs."""
    pay = App("payments-prod", "payments", "prod", "payments")
    for number, size in enumerate((500, 500, 300, 2000)):
        volume = "vol-0" + hex_id(f"gp2/{number}", 16)
        yield _steady(pay, "gp2", volume, _gigabytes(size))
    lake = App("data-prod", "data", "prod", "lake")
    catalog = "vol-0" + hex_id("io1/catalog", 16)
    yield _steady(lake, "io1", catalog, _gigabytes(200))
    yield _steady(lake, "io1-iops", catalog, _gigabytes(2000))


def _snapshots(_story: Story) -> Iterator[Use]:
    """Copies of volumes from before the move to the present cluster."""
    old = App("platform-shared", "platform", "prod", "archive")
    for number in range(6):
        name = old.arn("ec2", f"snapshot/snap-0{hex_id(f'old/{number}', 16)}")
        yield _steady(old, "snapshot", name, _gigabytes(300))


def _machines(_story: Story) -> Iterator[Use]:
    """Machines of generations before, and a fleet that stays as it is whatever its load does."""
    desk = App("shop-prod", "checkout", "prod", "backoffice")
    for number, sku in enumerate(("m4.xlarge", "m4.xlarge", "c4.2xlarge", "r4.large", "t2.large")):
        yield _steady(desk, sku, f"i-0{hex_id(f'old/{sku}/{number}', 16)}", "24", cap=24)
    maps = App("mobile-prod", "mobile", "prod", "trail-maps", "shop", "none")
    for number in range(6):
        yield _steady(maps, "m6i.large", f"i-0{hex_id(f'maps/{number}', 16)}", "24", cap=24)
    balancer = maps.arn("elasticloadbalancing", f"loadbalancer/app/trail-maps/{hex_id('maps')}")
    yield _steady(maps, "alb-hours", balancer, "24", cap=24)
    yield _steady(maps, "alb-lcu", balancer, "60", pattern="shop", noise=True)


def _network(_story: Story) -> Iterator[Use]:
    """Addresses, gateways and balancers that nothing uses."""
    test = App("shop-dev", "storefront", "dev", "preview")
    for number in range(4):
        name = test.arn("ec2", f"elastic-ip/eipalloc-0{hex_id(f'idle/{number}', 16)}")
        yield _steady(test, "idle-ip", name, "24")
    for number in (3, 4):
        name = test.arn("elasticloadbalancing", f"loadbalancer/app/preview-{number}/{number:07x}")
        yield _steady(test, "alb-hours", name, "24", cap=24)
    notes = App("data-dev", "data", "dev", "notebooks")
    for number in range(3):
        name = notes.arn("ec2", f"vpc-endpoint/vpce-0{hex_id(f'notes/{number}', 16)}")
        yield _steady(notes, "endpoint", name, "24", cap=24)
    yield _steady(notes, "endpoint-bytes", name, "9", noise=True)
    lab = App("ml-research", "ml", "research", "training")
    name = lab.arn("ec2", f"natgateway/nat-0{hex_id('research-nat', 16)}")
    yield _steady(lab, "nat-hours", name, "24", cap=24)


def _support(_story: Story) -> Iterator[Use]:
    """A database whose engine is no longer supported, two processors."""
    vouchers = App("payments-prod", "payments", "prod", "vouchers")
    name = vouchers.arn("rds", "db:vouchers-prod-1")
    yield _steady(vouchers, "db.r6g.large", name, "24", cap=24)
    yield _steady(vouchers, "rds-extended", name, "48")


_NOTIFIER = App("mobile-prod", "mobile", "prod", "notifier")


def _logs(_story: Story) -> Iterator[Use]:
    """Logs of the notifier, of which more come every month and none are ever deleted."""
    group = _NOTIFIER.arn("logs", "log-group:/kestrel/notifier")
    yield _steady(_NOTIFIER, "logs", group, "2.5", growth="rocket")
    yield _steady(_NOTIFIER, "log-storage", group, "1.8", growth="rocket")


def _traffic(_story: Story) -> Iterator[Use]:
    """Copies of the clicks to Sydney, where nobody reads them; pictures in the notifier's messages,
    from a region of their own."""
    lake = App("data-prod", "data", "prod", "lake")
    yield _steady(lake, "between-regions", "", "520", noise=True)
    yield _steady(_NOTIFIER, "out", "", "11", growth="rocket", region="ap-southeast-2")


def _batch(_story: Story) -> Iterator[Use]:
    """Machines that live for some hours a night and are paid on demand."""
    lake = App("data-prod", "data", "prod", "nightly-exports")
    for number in range(5):
        machine = f"i-0{hex_id(f'exports/{number}', 16)}"
        yield _steady(lake, "m6i.xlarge", machine, "4", cap=24, rotate=1)


FORGOTTEN = tuple(f"vol-0{hex_id(f'forgotten/{number}', 16)}" for number in range(4))
"""Volumes of machines that are gone, which inventories say are attached to nothing."""

CATALOG = "vol-0" + hex_id("io1/catalog", 16)
"""The volume with more operations than it needs."""


def _forgotten(_story: Story) -> Iterator[Use]:
    """Disks that were left when their machines went."""
    lab = App("data-dev", "data", "dev", "lake")
    for volume in FORGOTTEN:
        yield _steady(lab, "gp3", volume, _gigabytes(500))


def _cleaned(cleanup: Cleanup, story: Story) -> Iterator[Use]:
    """A resource before the clean-up and, where it changed or came back, after it. The volumes are
    small enough that gp3 is as fast for nothing above its GBs."""
    last = story.cleanup - timedelta(days=1)
    if cleanup.detector == "aws-ebs-gp2":
        pay = App(cleanup.account, "payments", "prod", "payments")
        yield _steady(pay, "gp2", cleanup.resource, _gigabytes(160), end=last)
        yield _steady(pay, "gp3", cleanup.resource, _gigabytes(160), start=story.cleanup)
    elif cleanup.detector == "aws-nonproduction-hours":
        test = App(cleanup.account, "checkout", "staging", "load-test")
        yield _steady(test, "t3.xlarge", cleanup.resource, "24", cap=24, end=last)
        yield _steady(test, "t3.xlarge", cleanup.resource, "24", cap=24, start=story.cleanup,
                      pattern="hours")  # fmt: skip
    else:
        app = _OWNERS[cleanup.account]
        sku = _METERS[cleanup.detector]
        yield _steady(app, sku, cleanup.resource, "24", end=last)
        if cleanup.returns:
            yield _steady(app, sku, cleanup.resource, "24", start=story.returned)


_OWNERS = {
    "shop-dev": App("shop-dev", "storefront", "dev", "preview"),
    "platform-shared": App("platform-shared", "platform", "prod", "gateway"),
    "data-dev": App("data-dev", "data", "dev", "lake"),
}
_METERS = {
    "aws-load-balancer-idle": "alb-hours",
    "aws-public-ipv4-idle": "idle-ip",
    "aws-nat-gateway-idle": "nat-hours",
}
