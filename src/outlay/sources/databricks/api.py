"""The system tables by the SQL Statement Execution API: statements, polling, chunks."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from outlay.sources.contract import Progress, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api

_STATEMENTS = "/api/2.0/sql/statements"
_WAIT = "30s"
POLL_SECONDS = 2.0
"""Between two looks at a statement that runs."""
LONGEST_SECONDS = 3600.0

_RUNNING = ("PENDING", "RUNNING")


@dataclass(frozen=True)
class Chunk:
    """Some rows of an answer, in order: column → text or None."""

    rows: tuple[dict[str, str | None], ...]


class Statements:
    """Asks a SQL warehouse. `links` fetches what lies in the workspace's storage: its addresses
    are signed, and must not be given the token."""

    def __init__(
        self, api: Api, links: Api, warehouse_id: str, *, progress: Progress | None = None
    ) -> None:
        self._api, self._links, self._warehouse = api, links, warehouse_id
        self._progress = progress

    def ask(self, sql: str, parameters: Sequence[dict[str, Any]] = ()) -> Iterator[Chunk]:
        """The answer to a SELECT, chunk by chunk.

        Raises TransportError when the statement fails, with the warehouse's own words.
        """
        answer = self._post(
            {
                "statement": sql,
                "warehouse_id": self._warehouse,
                "parameters": list(parameters),
                "wait_timeout": _WAIT,
                "on_wait_timeout": "CONTINUE",
                "disposition": "EXTERNAL_LINKS",
                "format": "JSON_ARRAY",
            }
        )
        answer = self._finished(answer)
        columns = [str(column["name"]) for column in answer["manifest"]["schema"]["columns"]]
        result = answer.get("result") or {}
        while True:
            rows, following = self._rows(result)
            if rows:
                yield Chunk(tuple(dict(zip(columns, row, strict=True)) for row in rows))
            if not following:
                return
            result = self._get(following)

    def _finished(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The statement's answer when it has run."""
        waited = 0.0
        while (state := str(answer["status"]["state"])) in _RUNNING:
            if waited > LONGEST_SECONDS:
                raise TransportError(
                    f"the statement has been {state.lower()} for an hour; use a larger SQL "
                    "warehouse, or collect fewer months (option since)"
                )
            if self._progress:
                self._progress(f"the SQL warehouse is working ({state.lower()})", int(waited), None)
            time.sleep(POLL_SECONDS)
            waited += POLL_SECONDS
            answer = self._get(f"{_STATEMENTS}/{answer['statement_id']}")
        if state != "SUCCEEDED":
            error = answer["status"].get("error") or {}
            words = " ".join(str(error.get("message") or state).split())[:400]
            raise TransportError(
                f"the SQL warehouse says {error.get('error_code') or state}: {words}. The "
                "principal needs USE CATALOG on system, USE SCHEMA and SELECT on system.billing, "
                "and CAN USE on the warehouse."
            )
        return answer

    def _rows(self, result: dict[str, Any]) -> tuple[list[list[str | None]], str | None]:
        """The rows of one chunk, and where the next one is."""
        if "data_array" in result:
            return list(result["data_array"] or ()), result.get("next_chunk_internal_link")
        rows: list[list[str | None]] = []
        following = None
        for link in result.get("external_links") or ():
            rows += decode(self._links.get(str(link["external_link"])), "a chunk of the answer")
            following = link.get("next_chunk_internal_link")
        return rows, following

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = decode(
            self._api.post(_STATEMENTS, body), "the SQL warehouse's answer"
        )
        return answer

    def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = decode(self._api.get(path), "the SQL warehouse's answer")
        return answer
