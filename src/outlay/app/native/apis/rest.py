"""Azure Advisor and GCP Recommender by their REST APIs, page by page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from outlay.sources.contract import Progress, TransportError
from outlay.sources.http import Api
from outlay.sources.secrets import read_secret
from outlay.sources.signing import AZURE, azure_token, google_token

AZURE_VERSION = "2023-01-01"
GOOGLE = "https://recommender.googleapis.com"
RECOMMENDERS = (
    "google.compute.instance.IdleResourceRecommender",
    "google.compute.instance.MachineTypeRecommender",
    "google.compute.disk.IdleResourceRecommender",
    "google.compute.address.IdleResourceRecommender",
    "google.compute.image.IdleResourceRecommender",
    "google.compute.commitment.UsageCommitmentRecommender",
    "google.cloudsql.instance.IdleRecommender",
    "google.cloudsql.instance.OverprovisionedRecommender",
    "google.run.service.CostRecommender",
)
"""Recommenders about cost, of resources in a region or a zone."""

_PAGES = 10_000
SLEEP = time.sleep
"""How the client waits between attempts; tests have their own."""


def collect(
    format_id: str, options: Mapping[str, str], progress: Progress | None = None
) -> Iterator[tuple[str, bytes]]:
    """The pages of a tool, each under a name; errors as `outlay.sources.http.Api.get`."""
    ask = {"azure-advisor": _azure, "gcp-recommender": _google}[format_id]
    for number, (name, body) in enumerate(ask(options, progress), 1):
        if progress:
            progress(f"asking {format_id}", number, 0)
        yield name, body


def fetched(url: str, options: Mapping[str, str], progress: Progress | None = None) -> bytes:
    """What lies at an https address, with the bearer token that the source names, if any."""
    headers = {}
    if options.get("token"):
        headers["Authorization"] = f"Bearer {read_secret(options['token'], 'the bearer token')}"
    parts = urlsplit(url)
    with Api(f"{parts.scheme}://{parts.netloc}", headers, hint="Check the token of the source.",
             progress=progress, sleep=SLEEP) as api:  # fmt: skip
        return api.get(url)


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _azure(options: Mapping[str, str], progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    base = options.get("endpoint") or AZURE
    headers = {"Authorization": f"Bearer {azure_token(options)}"}
    hint = "The identity needs the role Reader (or Advisor Reviews Reader) on the subscription."
    with Api(base, headers, hint=hint, progress=progress, sleep=SLEEP) as api:
        for subscription in _several(options["subscriptions"]):
            path = f"subscriptions/{subscription}/providers/Microsoft.Advisor/recommendations"
            parameters: dict[str, str] | None = {
                "api-version": AZURE_VERSION, "$filter": "Category eq 'Cost'",
            }  # fmt: skip
            for number in range(1, _PAGES):
                body = api.get(path, parameters)
                yield f"{subscription}-{number}.json", body
                following = _value(body, "nextLink", "Azure Advisor")
                if not following:
                    break
                path, parameters = _same_host(following, base), None
            else:
                raise TransportError("Azure Advisor does not come to an end: its pages go on")


def _same_host(link: str, base: str) -> str:
    """A link to the next page; TransportError for one that leads elsewhere: the token would too."""
    if urlsplit(link)[:2] != urlsplit(base)[:2]:
        raise TransportError(
            f"Azure Advisor names a next page at another address ({urlsplit(link).netloc}); it is "
            "not asked, since the token would go there"
        )
    return link


def _google(options: Mapping[str, str], progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    base = options.get("endpoint") or GOOGLE
    headers = {"Authorization": f"Bearer {google_token(options)}"}
    hint = "The identity needs roles/recommender.viewer, and the project the Recommender API."
    recommenders = _several(options.get("recommenders", "")) or list(RECOMMENDERS)
    with Api(base, headers, hint=hint, progress=progress, sleep=SLEEP) as api:
        for project in _several(options["projects"]):
            for location in _several(options["locations"]):
                for one in recommenders:
                    path = (
                        f"v1/projects/{project}/locations/{location}/recommenders/{one}"
                        "/recommendations"
                    )
                    yield from _google_pages(api, path, f"{project}-{location}-{one}")


def _google_pages(api: Api, path: str, name: str) -> Iterator[tuple[str, bytes]]:
    parameters = {"pageSize": "500"}
    for number in range(1, _PAGES):
        body = api.get(path, parameters)
        token = _value(body, "nextPageToken", "GCP Recommender")
        # Nothing to say is an empty object there.
        yield f"{name}-{number}.json", _with_list(body)
        if not token:
            return
        parameters = {"pageSize": "500", "pageToken": token}
    raise TransportError("GCP Recommender does not come to an end: its pages go on")


def _with_list(body: bytes) -> bytes:
    return b'{"recommendations": []}' if json.loads(body) == {} else body


def _value(body: bytes, key: str, what: str) -> str:
    """A text of an answer that is a JSON object; TransportError for one that is none."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise TransportError(f"{what} answers no JSON object; check the endpoint of the source")
    found = document.get(key)
    return found if isinstance(found, str) else ""
