"""What people configure of native recommendations: where a tool's answers come from."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from outlay.app.kinds import Cadence
from outlay.resources import Kind, Spec, registry
from outlay.sources.secrets import FORMS

API = "api"
"""The location of what is asked of the vendor's API."""

_ENDPOINT = "another address than the vendor's (a proxy, a private endpoint)"
API_OPTIONS: dict[str, dict[str, str]] = {
    "aws-cost-hub": {
        "all": "`true` for every recommendation, not the best of each resource alone",
        "endpoint": _ENDPOINT,
    },
    "aws-compute-optimizer": {
        "regions": "the regions to ask, apart by commas (us-east-1)",
        "endpoint": _ENDPOINT,
    },
    "aws-trusted-advisor": {"endpoint": _ENDPOINT},
    "azure-advisor": {
        "subscriptions": "ids of the subscriptions, apart by commas",
        "tenant": "the tenant's id, where an application signs in",
        "client_id": "the application's id",
        "client_secret": f"where the application's secret is kept ({FORMS})",
        "token": f"where an access token is kept, in place of signing in ({FORMS})",
        "endpoint": _ENDPOINT,
    },
    "gcp-recommender": {
        "projects": "ids of the projects, apart by commas",
        "locations": "regions and zones to ask, apart by commas",
        "recommenders": "ids of recommenders, apart by commas; those about cost by default",
        "token": f"where an access token is kept, in place of signing in ({FORMS})",
        "endpoint": _ENDPOINT,
    },
}
"""Format → the options of its API. Credentials of AWS are those of the process."""

_NEEDED = {"azure-advisor": ("subscriptions",), "gcp-recommender": ("projects", "locations")}
_HTTPS = {"token": f"where a bearer token for the address is kept ({FORMS})"}
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+|keyring:[^/]+/.+")
_SECRETS = ("token", "client_secret")


class RecommendationSourceSpec(Spec):
    """Where a tool's recommendations come from, and how often.

    `location` is a file, a folder, s3://, az://, gs:// or https://, or ``api`` for the vendor's own
    API. `format` is the tool's (``auto``: told from the content). `options` are those of the format
    and, for ``api``, of the API.
    """

    format: str = "auto"
    location: str = Field(min_length=1, max_length=2000)
    options: dict[str, str] = Field(default_factory=dict)
    cadence: Cadence = "daily"
    enabled: bool = True
    title: str = Field(default="", max_length=120)

    @field_validator("format")
    @classmethod
    def _known(cls, given: str) -> str:
        from outlay.savings.native.formats import AUTO, FORMATS

        if given == AUTO or given in FORMATS:
            return given
        raise ValueError(
            f"there is no format {given!r}; the formats are {', '.join((AUTO, *FORMATS))}. "
            "`outlay native formats` describes each"
        )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.asks and self.format not in API_OPTIONS:
            raise ValueError(
                f"the location `api` needs a format whose tool has one: {', '.join(API_OPTIONS)}"
            )
        allowed = self.known_options()
        for name, value in self.options.items():
            if name not in allowed:
                raise ValueError(
                    f"options.{name}: not known; options of {self.format} here are "
                    f"{', '.join(allowed) or 'none'}"
                )
            if name in _SECRETS and not _REFERENCE.fullmatch(value):
                raise ValueError(f"options.{name}: expected where it is kept ({FORMS}), never it")
        for name in _NEEDED.get(self.format, ()) if self.asks else ():
            if not self.options.get(name, "").strip(" ,"):
                raise ValueError(f"options.{name}: it is needed: {API_OPTIONS[self.format][name]}")
        return self

    @property
    def asks(self) -> bool:
        """Whether the vendor's API is asked."""
        return self.location == API

    def known_options(self) -> dict[str, str]:
        """The options that it may have, and what each means."""
        from outlay.savings.native.formats import FORMATS

        if self.format in FORMATS:
            found = dict(FORMATS[self.format].options)
        else:
            found = {k: v for one in FORMATS.values() for k, v in one.options.items()}
        if self.asks:
            found |= API_OPTIONS[self.format]
        elif self.location.startswith("https://"):
            found |= _HTTPS
        return found


RECOMMENDATION_SOURCE = registry.register(
    Kind(
        name="RecommendationSource",
        spec=RecommendationSourceSpec,
        title="Source of recommendations",
        description=(
            "Where a vendor's own tool says what could be saved: an export, a folder, a bucket or "
            "its API, its format, and how often it is read."
        ),
        level="admin",  # a location may be any file that the server can read
        example="""\
kind: RecommendationSource
name: aws-hub
spec:
  format: aws-cost-hub-export
  location: s3://acme-recommendations/hub
  cadence: daily
""",
    )
)
"""The kind `RecommendationSource`."""
