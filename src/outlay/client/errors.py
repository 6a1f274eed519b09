"""What can go wrong between a client and its server; the texts are the server's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """A request failed. `retryable` tells whether the same request may work later."""

    retryable = False


class UnreachableError(ClientError):
    """Nothing answers at the address, or what answers is no Outlay server."""

    retryable = True


class ProblemError(ClientError):
    """The server answered with a problem (`application/problem+json`).

    `status` is the HTTP status, `type` the problem's name (``urn:outlay:problem:query``), `title`
    and the message its words, `problem` the whole body with `field`, `position`, `near`,
    `allowed` and `hint` where they are known.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.type = str(problem.get("type", ""))
        self.title = str(problem.get("title", ""))
        super().__init__(str(problem.get("detail") or self.title or f"HTTP {status}"))
        self.retryable = bool(problem.get("retryable", status in (429, 502, 503)))


class InvalidError(ProblemError):
    """400, 422: the question or body cannot be understood."""


class LoginRequiredError(ProblemError):
    """401: a token is needed, or is no longer good."""


class DeniedError(ProblemError):
    """403: who asks is known and may not."""


class NotFoundError(ProblemError):
    """404: there is no such thing."""


class ConflictError(ProblemError):
    """409, 412: it was changed meanwhile, or others need it."""


class TooManyRequestsError(ProblemError):
    """429: later, after `Retry-After`."""


class ServerFailedError(ProblemError):
    """5xx: the server or what it stands on failed."""


_BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidError,
    401: LoginRequiredError,
    403: DeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def problem_error(status: int, problem: Mapping[str, Any]) -> ProblemError:
    """The error for a problem."""
    kind = _BY_STATUS.get(status, ServerFailedError if status >= 500 else ProblemError)
    return kind(status, problem)
