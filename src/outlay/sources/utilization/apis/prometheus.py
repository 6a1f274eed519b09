"""Prometheus (and Mimir, Cortex, Thanos, VictoriaMetrics): `query_range`, one expression each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from string import Template

from outlay.sources.contract import Progress, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api
from outlay.sources.signing import http_headers
from outlay.sources.utilization import prometheus as form
from outlay.sources.utilization.apis.model import Ask, Question
from outlay.sources.utilization.apis.table import table
from outlay.sources.utilization.options import UtilizationOptions
from outlay.sources.utilization.rows import Record

_HINT = "Check the token (option token, or user and password) and that it may read."
_VIRTUAL = "lo|veth.*|docker.*|br-.*|cali.*|cni.*|flannel.*|virbr.*|tunl.*|lxc.*"
_BY = "instance_id, provider_id, instance"
_LOOK_BACK = 300
"""Seconds that the rates of a peak look back."""
_OF = "by (cluster, node)"
_NODE = (
    "* on (cluster, node) group_left (provider_id) "
    "max by (cluster, node, provider_id) (last_over_time(kube_node_info[$step]))"
)
_AWS = re.compile(r"^aws:///[^/]*/(i-[0-9a-f]+)$")
_GCE = re.compile(r"^gce://([^/]+)/([^/]+)/([^/]+)$")


class Prometheus:
    """One server. It is asked for everything it has: its series say which resource they are of."""

    title = "Prometheus"
    kept_days = 455

    def __init__(
        self, location: str, options: UtilizationOptions, progress: Progress | None
    ) -> None:
        headers = http_headers(options.token, options.user, options.password, options.tenant)
        self._options = options
        self._api = Api(location, headers, hint=_HINT, progress=progress)
        self._asked = expressions(options)
        self.notes: Sequence[str] = ()

    @property
    def keys(self) -> Sequence[str]:
        """An expression each: its set, metric and statistic."""
        return tuple(self._asked)

    def questions(self, keys: Sequence[str], steps: int) -> Iterator[Question]:
        """A question an expression."""
        for key in keys:
            yield Question((key,), f"Prometheus for {key}", self._asker(key))

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _asker(self, key: str) -> Ask:
        def ask(start: datetime, end: datetime) -> Iterator[tuple[str, Record]]:
            for record in self._answer(key, start, end):
                yield key, record

        return ask

    def _answer(self, key: str, start: datetime, end: datetime) -> Iterator[Record]:
        step = self._options.step_seconds
        query = self._asked[key]
        parameters = {"query": query, "start": _unix(start) + step, "end": _unix(end), "step": step}
        name = f"the answer of {self._api.base}"
        answer = decode(self._api.get("api/v1/query_range", parameters), name)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            said = answer.get("error") if isinstance(answer, dict) else answer
            raise TransportError(f"{self._api.base} cannot answer {query}: {str(said)[:300]}")
        if not form.is_answer(answer):
            raise TransportError(f"{self._api.base} answered {query} with something else")
        _, metric, statistic = key.split(" ")
        for record in form.answer({**answer, "step": step}, name):
            labels = record.pop("Labels", {})
            own = labels.get(self._options.resource_label or "") or record.get("ResourceId")
            if own:
                yield {**record, "Metric": metric, "Statistic": statistic,
                       "ResourceId": resource_of(own)}  # fmt: skip


def expressions(options: UtilizationOptions) -> dict[str, str]:
    """``set metric statistic`` → the expression: ours, but for those that the options replace."""
    step = options.step_seconds
    words = {
        "by": options.resource_label or _BY, "step": f"{step}s", "inner": f"{step - _LOOK_BACK}s",
        "virtual": _VIRTUAL, "of": _OF, "node": Template(_NODE).substitute(step=f"{step}s"),
    }  # fmt: skip
    found = {
        f"{kind} {name}": Template(query).substitute(words)
        for kind in ("prometheus", "kubernetes")
        for name, query in table()[kind].items()
        if name not in options.queries
    }
    found |= {f"own {name}": query for name, query in options.queries.items() if query.strip()}
    return {key: query for key, query in found.items() if options.wants(key.split(" ")[1])}


def resource_of(label: str) -> str:
    """A label's resource as bills name it: what Kubernetes calls a provider id is taken apart."""
    if found := _AWS.match(label):
        return found[1]
    if found := _GCE.match(label):
        project, zone, name = found.groups()
        return f"//compute.googleapis.com/projects/{project}/zones/{zone}/instances/{name}"
    return label.removeprefix("azure://").lower() if label.startswith("azure://") else label


def _unix(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
