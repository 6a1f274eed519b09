"""What the demo company runs: every resource, whose it is, and how its use behaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from outlay.app.demo.prices import SKUS
from outlay.app.demo.story import ACCOUNT_IDS, Story

Tags = dict[str, str]


@dataclass(frozen=True)
class Use:
    """One meter of one resource: about `amount` units a day, by a shape and a growth.

    `purchase` is how it is paid: on-demand, spot, a Savings Plan (plan) or a reservation (ri).
    `rotate` days after which an autoscaled resource is replaced by one of a new id. `cap` is the
    most units a day can have (24 for an instance's hours).
    """

    account: str
    sku: str
    resource: str
    amount: Decimal
    pattern: str = "steady"
    growth: str = "none"
    tags: Tags = field(default_factory=dict)
    start: date = date.min
    end: date = date.max
    purchase: str = "on-demand"
    rotate: int = 0
    cap: int = 0
    region: str = "us-east-1"
    noise: bool = True


def digest(text: str) -> int:
    """A number from a text, the same everywhere and always."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def hex_id(text: str, length: int = 17) -> str:
    """The hexadecimal part of a resource id."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:length]


def tags_as_people_write_them(key: str, team: str, env: str, app: str) -> Tags:
    """Most resources are tagged well; some not at all, some in other spellings."""
    luck = digest("tags/" + key) % 100
    if luck < 17:
        return {}
    tags = {"team": team, "env": env, "app": app, "cost-center": _COST_CENTER.get(team, "CC-1000")}
    if luck < 23:
        tags["env"] = env.upper() if luck % 2 else {"prod": "production"}.get(env, env.title())
    elif luck < 29:
        tags["team"] = team.title()
    elif luck < 35:
        del tags["app"]
    elif luck < 41:
        del tags["team"]
    return tags


_COST_CENTER = {
    "storefront": "CC-2100",
    "search": "CC-2100",
    "checkout": "CC-2200",
    "payments": "CC-2200",
    "mobile": "CC-2300",
    "data": "CC-3100",
    "ml": "CC-3200",
    "platform": "CC-4000",
    "security": "CC-4100",
}


@dataclass(frozen=True)
class App:
    """An application in an account, from which its resources follow."""

    account: str
    team: str
    env: str
    name: str
    pattern: str = "shop"
    growth: str = "mid"
    region: str = "us-east-1"

    @property
    def key(self) -> str:
        """What its resources' ids are made from."""
        return f"{self.account}/{self.name}/{self.env}/{self.region}"

    def use(self, sku: str, resource: str, amount: str, **more: object) -> Use:
        """One meter of the application, tagged as its people tag."""
        use = Use(
            self.account, sku, resource, Decimal(amount), self.pattern, self.growth,
            tags_as_people_write_them(resource or self.key + sku, self.team, self.env, self.name),
            region=self.region,
        )  # fmt: skip
        return replace(use, **more)  # type: ignore[arg-type]

    def arn(self, service: str, rest: str) -> str:
        """An ARN in the application's account and region."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT_IDS[self.account]}:{rest}"

    def instances(self, sku: str, count: int, disk: int = 120, **more: object) -> Iterator[Use]:
        """Instances that run all day, each with its volume."""
        for number in range(count):
            key = f"{self.key}/{sku}/{number}"
            tags = tags_as_people_write_them(key, self.team, self.env, self.name)
            steady: dict[str, object] = {"pattern": "steady", "growth": "none", "noise": False}
            yield self.use(sku, "i-0" + hex_id(key), "24", cap=24, tags=tags, **{**steady, **more})
            volume = {name: more[name] for name in ("start", "end") if name in more}
            yield self.use(
                "gp3", "vol-0" + hex_id(key + "v"), str(Decimal(disk) * Decimal("0.0329")),
                tags=tags, pattern="steady", growth="none", noise=False, **volume,
            )  # fmt: skip

    def autoscaled(self, sku: str, count: int, hours: str, **more: object) -> Iterator[Use]:
        """Instances that come and go with the load; a new id every week or so."""
        for number in range(count):
            key = f"{self.key}/asg/{sku}/{number}"
            yield self.use(
                sku, "i-0" + hex_id(key), hours, cap=24, rotate=5 + digest(key) % 5,
                **{"growth": "slow", **more},
            )  # fmt: skip

    def balancer(self, units: str) -> Iterator[Use]:
        """A load balancer, hours and capacity."""
        name = self.arn("elasticloadbalancing", f"loadbalancer/app/{self.name}/{hex_id(self.key)}")
        yield self.use(
            "alb-hours", name, "24", pattern="steady", growth="none", noise=False, cap=24
        )
        yield self.use("alb-lcu", name, units)

    def database(self, sku: str, count: int, size: str, **more: object) -> Iterator[Use]:
        """Database instances with storage and backups."""
        for number in range(count):
            named = f"{self.name}-{self.env}" if self.name else self.account
            name = self.arn("rds", f"db:{named}-{number + 1}")
            yield self.use(
                sku, name, "24", pattern="steady", growth="none", noise=False, cap=24, **more
            )
            yield self.use("rds-storage", name, size, pattern="steady", growth="slow")
            yield self.use("rds-backup", name, size, pattern="steady", growth="mid")

    def bucket(
        self, name: str, gb: str, puts: str, gets: str, growth: str = "mid"
    ) -> Iterator[Use]:
        """A bucket: storage and requests. `gb` are the GB-months that a day adds."""
        bucket = f"kestrel-{name}-{self.env}"
        yield self.use("s3-standard", bucket, gb, pattern="steady", growth=growth)
        yield self.use("s3-put", bucket, puts, growth=growth)
        yield self.use("s3-get", bucket, gets, growth=growth)

    def functions(
        self, *names: str, seconds: str = "42000", calls: str = "310000"
    ) -> Iterator[Use]:
        """Lambda functions: compute and calls."""
        for name in names:
            arn = self.arn("lambda", f"function:{self.name or self.account}-{name}")
            yield self.use("lambda-gbs", arn, seconds)
            yield self.use("lambda-req", arn, calls)

    def basics(self, logs: str, out: str, zones: str) -> Iterator[Use]:
        """What every application has: logs, metrics, traffic, secrets."""
        group = self.arn("logs", f"log-group:/kestrel/{self.name}")
        yield self.use("logs", group, logs)
        yield self.use("log-storage", group, str(Decimal(logs) * Decimal("1.2")), growth="slow")
        yield self.use("metrics", "", "3.2", pattern="steady")
        yield self.use("out", "", out)
        yield self.use("between-zones", "", zones)
        yield self.use("secrets", "", "0.31", pattern="steady", growth="none", noise=False)
        yield self.use("kms", "", "0.22", pattern="steady", growth="none", noise=False)


def _shop(story: Story) -> Iterator[Use]:
    store = App("shop-prod", "storefront", "prod", "storefront")
    moved = story.graviton_migration
    yield from store.instances("m6i.2xlarge", 14, end=moved)
    yield from store.instances("m7g.2xlarge", 14, start=moved + timedelta(days=1), purchase="plan")
    yield from store.autoscaled("c6i.2xlarge", 22, "11")
    yield from store.balancer("290")
    yield from store.bucket("storefront-assets", "610", "900000", "21000000")
    yield from store.functions("resize", "sitemap", "personalise", "inventory-hook")
    yield from store.basics("38", "640", "2100")
    yield store.use("cdn-bytes", store.arn("cloudfront", "distribution/E2KESTREL1"), "6200")
    yield store.use("cdn-req", store.arn("cloudfront", "distribution/E2KESTREL1"), "61000000")
    yield store.use("dns", store.arn("route53", "hostedzone/Z0KESTREL"), "38000000")
    yield from _cache(store, 6)

    find = App("shop-prod", "search", "prod", "search")
    yield from find.instances("r6i.2xlarge", 8, 300, purchase="plan")
    for number in range(9):
        domain = find.arn("es", f"domain/catalog-{number // 3 + 1}")
        yield find.use("search", domain, "24", pattern="steady", growth="none", noise=False, cap=24)
        yield find.use("search-storage", domain, "11.4", pattern="steady", growth="slow")
    yield from find.functions("reindex", "suggest")
    yield from find.basics("12", "40", "900")

    cart = App("shop-prod", "checkout", "prod", "checkout")
    yield from cart.instances("m6i.xlarge", 10, purchase="plan")
    yield from cart.autoscaled("m6i.xlarge", 10, "9")
    yield from cart.balancer("130")
    yield from cart.database("db.r6g.2xlarge", 2, "62", purchase="ri")
    yield cart.use("ddb-read", cart.arn("dynamodb", "table/carts"), "160000000")
    yield cart.use("ddb-write", cart.arn("dynamodb", "table/carts"), "42000000")
    yield cart.use("ddb-storage", cart.arn("dynamodb", "table/carts"), "19")
    yield cart.use("sqs", cart.arn("sqs", "orders"), "31000000")
    yield cart.use("sns", cart.arn("sns", "order-events"), "14000000")
    yield from cart.basics("24", "90", "1200")
    yield from _cache(cart, 4)

    away = App("shop-prod", "storefront", "prod", "storefront-apac", region="ap-southeast-2")
    opened = story.at(-4).start + timedelta(days=18)
    yield from away.instances("m6i.xlarge", 6, start=opened)
    yield away.use("out", "", "180", start=opened)
    yield away.use("alb-lcu", away.arn("elasticloadbalancing", "loadbalancer/app/apac/0f31"), "46",
                   start=opened)  # fmt: skip


def _cache(app: App, count: int) -> Iterator[Use]:
    for number in range(count):
        name = app.arn("elasticache", f"cluster:{app.name}-{number + 1:03d}")
        yield app.use("cache", name, "24", pattern="steady", growth="none", noise=False, cap=24)


def _payments_and_mobile(story: Story) -> Iterator[Use]:
    pay = App("payments-prod", "payments", "prod", "payments", growth="slow")
    yield from pay.instances("m6i.xlarge", 8, purchase="plan")
    yield from pay.balancer("80")
    yield from pay.database("db.r6g.2xlarge", 2, "48", purchase="ri")
    yield from pay.functions("fraud-score", "settle", "webhook", seconds="61000", calls="900000")
    yield pay.use("ddb-write", pay.arn("dynamodb", "table/ledger"), "16000000")
    yield pay.use("ddb-storage", pay.arn("dynamodb", "table/ledger"), "9")
    yield pay.use("sqs", pay.arn("sqs", "settlements"), "9000000")
    yield from pay.basics("17", "22", "500")
    ledger = App("payments-prod", "payments", "prod", "ledger", growth="slow")
    # One of the two was merged away, but its reservation runs on.
    yield from ledger.database("db.r6g.2xlarge", 1, "30", purchase="ri")
    yield from ledger.bucket("ledger-archive", "160", "120000", "90000", "slow")
    old = App("payments-prod", "payments", "prod", "ledger-old", growth="none")
    yield from old.database(
        "db.r6g.2xlarge", 1, "26", purchase="ri", end=story.database_retired - timedelta(days=1)
    )

    api = App("mobile-prod", "mobile", "prod", "mobile-api", growth="fast")
    yield from api.autoscaled("m6i.large", 14, "12")
    yield from api.instances("m6i.large", 6)
    yield from api.balancer("170")
    yield from api.database("db.r6g.xlarge", 2, "21")
    yield from api.functions("push", "images", "deeplink", "sync", "geo", seconds="98000")
    yield from api.bucket("mobile-media", "240", "700000", "9000000", "fast")
    yield api.use("sns", api.arn("sns", "push"), "52000000")
    yield from api.basics("16", "210", "380")


def _data(story: Story) -> Iterator[Use]:
    lake = App("data-prod", "data", "prod", "lake", "batch", "mid")
    yield from lake.bucket("lake-raw", "4100", "5200000", "24000000", "fast")
    yield from lake.bucket("lake-curated", "1900", "1400000", "38000000")
    yield lake.use("s3-ia", "kestrel-lake-raw-prod", "5200", pattern="steady", growth="mid")
    yield lake.use("s3-glacier", "kestrel-lake-archive", "16500", pattern="steady", growth="mid")
    for job in ("orders", "clicks", "stock", "returns", "prices", "reviews"):
        yield lake.use("glue", lake.arn("glue", f"job/{job}"), "38")
    yield lake.use("athena", lake.arn("athena", "workgroup/analysts"), "24", pattern="office")
    yield from lake.basics("9", "12", "1900")
    batch = App("data-prod", "data", "prod", "batch", "batch", "mid")
    yield from batch.autoscaled("m6i.4xlarge", 26, "9", purchase="spot", growth="mid")
    for number in range(8):
        name = f"i-0{hex_id(f'emr/{number}')}"
        yield batch.use("emr", name, "12", cap=24, rotate=7)
    house = App("data-prod", "data", "prod", "warehouse", "steady", "none")
    for number in range(4):
        name = house.arn("redshift", f"cluster:warehouse-{number + 1}")
        yield house.use("redshift", name, "24", noise=False, cap=24)
    yield house.use("redshift-storage", house.arn("redshift", "cluster:warehouse-1"), "1250",
                    growth="mid")  # fmt: skip
    stream = App("data-prod", "data", "prod", "events", "shop", "mid")
    yield stream.use("kinesis", stream.arn("kinesis", "stream/clicks"), "1150", pattern="steady")
    yield stream.use("kinesis-put", stream.arn("kinesis", "stream/clicks"), "1900000000")
    for number in range(6):
        name = stream.arn("kafka", f"cluster/events/{number + 1}")
        yield stream.use("kafka", name, "24", pattern="steady", growth="none", noise=False, cap=24)
    yield from stream.basics("8", "6", "2600")
    lab = App("data-dev", "data", "dev", "lake", "office", "none")
    yield from lab.instances("m6i.xlarge", 4, pattern="office")
    yield from lab.bucket("lake-dev", "260", "160000", "600000", "slow")
    yield lab.use("glue", lab.arn("glue", "job/dev"), "16")
    yield lab.use("athena", lab.arn("athena", "workgroup/dev"), "3.5")
    yield from lab.basics("2", "2", "40")


def _machine_learning(story: Story) -> Iterator[Use]:
    recs = App("ml-prod", "ml", "prod", "recommendations", "shop", "mid")
    for number in range(5):
        name = recs.arn("sagemaker", f"endpoint/recs-{number + 1}")
        yield recs.use("endpoint-g5", name, "24", pattern="steady", growth="none", noise=False,
                       cap=24)  # fmt: skip
    yield from recs.bucket("recs-features", "320", "900000", "4100000")
    yield from recs.basics("6", "4", "260")
    helper = App("ml-prod", "ml", "prod", "assistant", "assistant", "rocket")
    launched = story.assistant_launch
    for sku, amount in (
        ("claude-in", "3600"), ("claude-out", "640"), ("claude-cache", "7300"),
        ("nova-in", "26000"), ("nova-out", "4200"), ("titan-embed", "51000"),
    ):  # fmt: skip
        yield helper.use(sku, "", amount, start=launched)
    yield from (replace(use, start=launched) for use in helper.functions("chat", "tools"))
    lab = App("ml-research", "ml", "research", "training", "office", "slow")
    yield from lab.instances("g5.2xlarge", 6, 500, pattern="office")
    for number in range(7):
        name = lab.arn("sagemaker", f"notebook-instance/research-{number + 1}")
        yield lab.use("notebook", name, "13", cap=24)
    yield from lab.bucket("training-sets", "1450", "220000", "1700000", "fast")
    yield from lab.basics("3", "5", "60")
    yield from _left_on(lab, story)


def _left_on(lab: App, story: Story) -> Iterator[Use]:
    weekend = story.anomalies[1]
    for number in range(4):
        key = f"{lab.key}/p4d/{number}"
        yield lab.use(
            "p4d.24xlarge", "i-0" + hex_id(key), "24", pattern="steady", growth="none",
            noise=False, cap=24, start=weekend.start, end=weekend.end, tags={"team": "ml"},
        )  # fmt: skip


def _platform(story: Story) -> Iterator[Use]:
    del story
    shared = App("platform-shared", "platform", "prod", "gateway", "shop", "slow")
    for zone in "abc":
        name = shared.arn("ec2", f"natgateway/nat-0{hex_id('nat' + zone)}")
        yield shared.use("nat-hours", name, "24", pattern="steady", growth="none", noise=False,
                         cap=24)  # fmt: skip
        yield shared.use("nat-bytes", name, "920")
    yield shared.use("public-ip", "", "1700", pattern="steady")
    yield shared.use("endpoint", "", "860", pattern="steady", growth="none")
    yield from shared.basics("14", "60", "3100")
    watch = App("platform-shared", "platform", "prod", "observability", "shop", "slow")
    yield watch.use("logs", watch.arn("logs", "log-group:/kestrel/shared"), "185")
    yield watch.use("log-storage", watch.arn("logs", "log-group:/kestrel/shared"), "410")
    yield watch.use("metrics", "", "140", pattern="steady")
    cluster = App("platform-shared", "platform", "prod", "eks", "steady", "none")
    yield cluster.use("eks", cluster.arn("eks", "cluster/kestrel"), "24", noise=False, cap=24)
    yield cluster.use("ecr", cluster.arn("ecr", "repository/kestrel"), "88", growth="mid")
    yield cluster.use("efs", cluster.arn("elasticfilesystem", "file-system/fs-0ke5"), "14")
    yield cluster.use("backup", "", "270", growth="slow")
    build = App("platform-shared", "platform", "prod", "ci", "office", "slow")
    yield from build.autoscaled("c6i.4xlarge", 12, "7", purchase="spot")
    yield from build.instances("t3.large", 3)


NODES = 9
SPARE_NODES = 3


def nodes() -> list[Use]:
    """The cluster's nodes: their pods share out the cost in split lines. The last few came when
    requests grew, and no plan covers them."""
    cluster = App("platform-shared", "platform", "prod", "eks", "steady", "none")
    every = cluster.instances("m6i.4xlarge", NODES + SPARE_NODES, purchase="plan")
    uses = [use for use in every if use.cap == 24]
    uses[NODES:] = [replace(use, purchase="on-demand") for use in uses[NODES:]]
    return [
        replace(use, tags={"team": "platform", "env": "prod", "app": "eks",
                           "aws:eks:cluster-name": "kestrel"})
        for use in uses
    ]  # fmt: skip


def _security() -> Iterator[Use]:
    app = App("security", "security", "prod", "baseline", "steady", "slow")
    yield app.use("guardduty", "", "8600000")
    yield app.use("trail", app.arn("cloudtrail", "trail/organisation"), "1700000")
    yield app.use("config", "", "5400")
    yield app.use("hub", "", "21000")
    yield from app.bucket("audit-logs", "720", "610000", "12000")
    yield app.use("kms", "", "4.1", growth="none", noise=False)
    yield from app.instances("t3.medium", 2)
    scan = App("security", "security", "prod", "scanner", "steady", "none")
    yield from scan.functions("scan", "report", seconds="21000")


def _lower_environments() -> Iterator[Use]:
    for account, env in (("shop-staging", "staging"), ("shop-dev", "dev")):
        for team, name in (("storefront", "storefront"), ("search", "search"),
                           ("checkout", "checkout"), ("mobile", "mobile-api")):  # fmt: skip
            app = App(account, team, env, name, "office", "slow")
            yield from app.instances("t3.xlarge" if env == "staging" else "t3.large", 5, 60,
                                     pattern="office")  # fmt: skip
            yield from app.database("db.t4g.medium", 1, "3.4")
            yield from app.balancer("5")
            yield from app.basics("1.1", "1.5", "22")
    # Nobody owns the sandbox, and nobody tags there.
    box = App("sandbox", "", "", "", "office", "fast")
    uses = [*box.instances("t3.medium", 9, 40), *box.instances("m6i.large", 5, 80)]
    uses += [*box.database("db.t4g.medium", 3, "2"), box.use("snapshot", "", "210")]
    uses += [*box.functions("play", "try", seconds="9000"), box.use("nat-bytes", "", "60")]
    yield from (replace(use, tags={}) for use in uses)


def _growing(uses: Iterator[Use], story: Story) -> Iterator[Use]:
    """A third of the autoscaled instances came only during the year, as fleets grow."""
    months = story.months()
    days = (story.anchor - months[0].start).days
    for use in uses:
        late = digest("late/" + use.resource) if use.rotate else 1
        if late % 3 == 0 and use.start == date.min:
            use = replace(use, start=months[0].start + timedelta(days=late % days))
        yield use


def main_fleet(story: Story) -> list[Use]:
    """Everything on the organisation's main bill but the cluster's pods."""

    def uses() -> Iterator[Use]:
        yield from _shop(story)
        yield from _payments_and_mobile(story)
        yield from _data(story)
        yield from _machine_learning(story)
        yield from _platform(story)
        yield from nodes()[:NODES]
        yield from _security()
        yield from _lower_environments()

    return list(_growing(uses(), story))


def fjellkit_fleet(story: Story) -> list[Use]:
    """The acquired rental company: small, in Europe, with tag keys of its own."""
    joined = story.acquisition.start
    rent = App("fjellkit-rental", "rental", "prod", "booking", "shop", "mid", "eu-north-1")
    root = App("fjellkit-root", "rental", "prod", "root", "steady", "none", "eu-north-1")
    uses = [
        *rent.instances("m6i.large", 6), *rent.autoscaled("m6i.xlarge", 5, "8"),
        *rent.database("db.r6g.large", 2, "16"), *rent.balancer("34"),
        *rent.bucket("fjellkit-media", "110", "210000", "2400000"), *rent.functions("mail", "pdf"),
        *rent.basics("5", "46", "90"), root.use("trail", "", "210000"),
        root.use("config", "", "600"), *root.instances("t3.medium", 1),
    ]  # fmt: skip
    return [
        replace(
            use,
            start=max(use.start, joined),
            resource=use.resource.replace("kestrel-", ""),
            tags={k.title() if digest(use.resource + k) % 3 == 0 else k: v
                  for k, v in use.tags.items() if k in ("team", "env")},
        )
        for use in uses
    ]  # fmt: skip


def check_skus(uses: list[Use]) -> None:
    """Every meter has a price; a misspelt one is named."""
    unknown = sorted({use.sku for use in uses} - set(SKUS))
    if unknown:
        raise ValueError(f"no price for {', '.join(unknown)}")
