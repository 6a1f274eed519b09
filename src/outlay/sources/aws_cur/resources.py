"""Name and type of a resource from its id, which is an ARN, an EC2 id or a bucket's name."""

# id prefix → type, of resources that the report names without an ARN
_PREFIXES = {
    "i-": "instance",
    "vol-": "volume",
    "snap-": "snapshot",
    "nat-": "natgateway",
    "eni-": "network-interface",
    "eipalloc-": "elastic-ip",
    "ami-": "image",
    "vpce-": "vpc-endpoint",
    "tgw-": "transit-gateway",
    "fs-": "file-system",
}


def resource_name(resource: str) -> str:
    """SQL of what stands after an ARN's type; an id that is no ARN has no name of its own.

    `arn:aws:rds:us-east-1:1:db:orders` → `orders`, `arn:aws:ec2:…:natgateway/nat-1` → `nat-1`.
    """
    return (
        f"CASE WHEN NOT starts_with({resource}, 'arn:') THEN NULL "
        f"WHEN contains({resource}, '/') THEN substr({resource}, strpos({resource}, '/') + 1) "
        f"ELSE split_part({resource}, ':', -1) END"
    )


def resource_type(resource: str, code: str) -> str:
    """SQL of the ARN's resource type, or the type that the id's prefix or service tells."""
    sixth = f"split_part({resource}, ':', 6)"
    by_prefix = " ".join(
        f"WHEN starts_with({resource}, '{prefix}') THEN '{name}'"
        for prefix, name in _PREFIXES.items()
    )
    return (
        f"CASE WHEN {resource} IS NULL THEN NULL WHEN starts_with({resource}, 'arn:') THEN CASE "
        f"WHEN starts_with({sixth}, '/') THEN split_part({sixth}, '/', 2) "
        f"WHEN contains({sixth}, '/') THEN split_part({sixth}, '/', 1) "
        f"WHEN split_part({resource}, ':', 7) <> '' THEN {sixth} "
        f"WHEN split_part({resource}, ':', 3) = 's3' THEN 'bucket' "
        f"ELSE split_part({resource}, ':', 3) END "
        f"{by_prefix} WHEN {code} = 'AmazonS3' THEN 'bucket' END"
    )
