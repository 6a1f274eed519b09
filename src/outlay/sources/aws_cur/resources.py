"""Name and type of a resource from its id, which is an ARN, an EC2 id or a bucket's name.

Each is one regular expression on the bare column: the engine then evaluates it once for each
value of a dictionary-encoded column instead of once a line.
"""

from outlay.focus.sql import literal

# id prefix → type, of resources that the report names without an ARN
_PREFIXES = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "nat": "natgateway",
    "eni": "network-interface",
    "eipalloc": "elastic-ip",
    "ami": "image",
    "vpce": "vpc-endpoint",
    "tgw": "transit-gateway",
    "fs": "file-system",
}

# arn:partition:service:region:account:type/name, …:type:name, or …:name alone
_TYPE = "^arn:[^:]*:[^:]*:[^:]*:[^:]*:/?([^:/]+)[:/]"
_SERVICE = "^arn:[^:]*:([^:]*):"
_NAME = "^arn:[^/]*[:/](.+)$"
_PREFIX = "^([a-z]+)-[0-9a-f]"


def resource_name(resource: str) -> str:
    """SQL of what stands after an ARN's type; an id that is no ARN has no name of its own.

    `arn:aws:rds:us-east-1:1:db:orders` → `orders`, `arn:aws:ec2:…:natgateway/nat-1` → `nat-1`.
    """
    return f"nullif({_extract(resource, _NAME)}, '')"


def resource_type(resource: str, code: str) -> str:
    """SQL of the ARN's resource type, or the type that the id's prefix or service tells."""
    service = f"CASE {_extract(resource, _SERVICE)} WHEN '' THEN NULL WHEN 's3' THEN 'bucket' "
    prefixes = " ".join(
        f"WHEN {literal(prefix)} THEN {literal(name)}" for prefix, name in _PREFIXES.items()
    )
    return (
        f"coalesce(nullif({_extract(resource, _TYPE)}, ''), "
        f"{service} ELSE {_extract(resource, _SERVICE)} END, "
        f"CASE {_extract(resource, _PREFIX)} {prefixes} END, "
        f"CASE WHEN {code} = 'AmazonS3' AND {resource} <> '' THEN 'bucket' END)"
    )


def _extract(resource: str, pattern: str) -> str:
    return f"regexp_extract({resource}, {literal(pattern)}, 1)"
