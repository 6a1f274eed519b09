"""What a commitment covers, in words: where purchases and resources meet if no charge tells."""

from __future__ import annotations

from outlay.savings.model import PURCHASES, Finding

_COMPUTE = (
    "amazon elastic compute cloud", "aws lambda", "amazon elastic container service",
    "aws fargate", "virtual machines", "compute engine",
)  # fmt: skip
"""Services whose machines a compute commitment covers."""

_BOUGHT = {
    "amazon rds": "amazon relational database service",
    "amazon sagemaker": "amazon sagemaker",
}
"""Words of purchases → the service that they cover."""

_NOT_MACHINES = ("volume", "disk", "snapshot", "storage", "address", "ip", "bucket", "image")


def family(one: Finding) -> str:
    """``AWS compute``, ``AWS amazon relational database service``; '' where it cannot be told.

    Of a purchase: what its scope or service says that it covers. Of a machine: what would cover
    it.
    """
    if one.action in PURCHASES:
        words = (one.scope.partition(" commitments")[0] or one.service).lower()
        covered = "compute" if _is_compute(words) else _BOUGHT.get(words, words)
    else:
        kind = one.resource_type.lower()
        if any(word in kind for word in _NOT_MACHINES) or one.group not in (
            "existence",
            "size",
            "hours",
        ):
            return ""
        covered = "compute" if _is_compute(one.service.lower()) else one.service.lower()
    return f"{one.provider} {covered}" if covered else ""


def _is_compute(words: str) -> bool:
    return words in _COMPUTE or words.startswith("compute")
