"""The typed Python client of a server's API. It knows nothing of the rest of the product.

>>> from outlay.client import Client
>>> client = Client("https://outlay.example.com", token="…")
"""

from outlay.client.client import Client
from outlay.client.errors import (
    ClientError,
    ConflictError,
    DeniedError,
    InvalidError,
    LoginRequiredError,
    NotFoundError,
    ProblemError,
    ServerFailedError,
    TooManyRequestsError,
    UnreachableError,
)

__all__ = [
    "Client",
    "ClientError",
    "ConflictError",
    "DeniedError",
    "InvalidError",
    "LoginRequiredError",
    "NotFoundError",
    "ProblemError",
    "ServerFailedError",
    "TooManyRequestsError",
    "UnreachableError",
]
