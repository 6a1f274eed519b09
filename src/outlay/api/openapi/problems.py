"""The failures that every operation may answer with, each with an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outlay.api.problems import MEDIA_TYPE

_URN = "urn:outlay:problem:"


@dataclass(frozen=True)
class Failure:
    """A status, the name of its response in the document, what it means, and an example."""

    name: str
    text: str
    example: dict[str, Any]


def _example(kind: str, title: str, status: int, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": _URN + kind, "title": title, "status": status, "detail": detail, **more}


EXAMPLES: dict[int, Failure] = {
    400: Failure(
        "Refused",
        "The request cannot be understood: a question, period, amount, name or spec",
        _example(
            "query",
            "The question cannot be answered",
            400,
            "where: there is no column 'Servic' (at character 1)",
            field="where",
            text="Servic = 'AmazonEC2'",
            position=0,
            length=6,
            near=["ServiceName"],
        ),
    ),
    401: Failure(
        "LoginRequired",
        "A token or login is needed, or is no longer good",
        _example("login", "Somebody must be logged in", 401, "Send an API token."),
    ),
    403: Failure(
        "Denied",
        "Who asks is known and may not",
        _example(
            "denied",
            "This is not allowed",
            403,
            "Ana is a viewer; saving a view needs an editor. An administrator can change the role "
            "on the Access page.",
        ),
    ),
    404: Failure(
        "NotFound",
        "There is no such thing; the text lists those that there are",
        _example(
            "not-found",
            "There is no such resource",
            404,
            "there is no view 'month'. There are: by-team, monthly.",
        ),
    ),
    409: Failure(
        "Conflict",
        "It was changed meanwhile, or others need it, or a closed month forbids it",
        _example(
            "conflict",
            "The resource was changed meanwhile",
            409,
            "VirtualTag 'team' is at version 4, not 3; read it again and repeat the change.",
        ),
    ),
    422: Failure(
        "WrongShape",
        "A number or body does not have the right shape",
        _example(
            "request",
            "The request has a wrong shape",
            422,
            "query.rows: Input should be less than or equal to 10000",
        ),
    ),
    429: Failure(
        "TooMany",
        "Too many requests; `Retry-After` says when to try again",
        _example("rate", "Too many requests", 429, "Try again in 30 seconds.", retryable=True),
    ),
    500: Failure(
        "ServerFailed",
        "A fault of the server, or the ledger is damaged",
        _example("internal", "The server failed", 500, "OSError: the disk is full"),
    ),
    502: Failure(
        "SourceFailed",
        "A location cannot be read",
        _example(
            "source",
            "The source cannot be read",
            502,
            "s3://bills/cur cannot be listed: access denied",
            retryable=False,
        ),
    ),
}


def problem_responses() -> dict[str, Any]:
    """The components of the document, by name."""
    return {
        failure.name: {
            "description": failure.text,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": failure.example,
                }
            },
            **(
                {
                    "headers": {
                        "Retry-After": {
                            "description": "Seconds to wait",
                            "schema": {"type": "integer"},
                        }
                    }
                }
                if status == 429
                else {}
            ),
        }
        for status, failure in EXAMPLES.items()
    }
