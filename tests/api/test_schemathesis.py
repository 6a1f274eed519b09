"""Requests that nobody thought of: made from openapi.json, answered as it says, never with a fault.

Every operation is asked with data that is right and with data that is wrong. What is refused must
be refused as a problem, with a status that is told; what is answered must have its shape.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from outlay.api import create_router
from outlay.api.openapi.document import KNOWN
from outlay.web.app import create_app
from tests.api.firm import firm

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# What reads or asks places that a caller names is told by tests of its own, since random places
# would walk the disk of whoever runs this; and nobody makes up the bank's archive.
NAMES = sorted(one.name for one in KNOWN.values())
ELSEWHERE = ["infer_source", "add_source", "sync", "sync_metric", "put_bank_rates"]
_OFTEN = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_SELDOM = settings(_OFTEN, max_examples=3)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    workspace = firm(tmp_path_factory.mktemp("firm"))
    app = create_app(workspace, api=create_router(workspace), hosts=["*"])
    found = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    yield found
    workspace.close()


def asked(described: schemathesis.BaseSchema, name: str, often: settings) -> None:
    """Ask an operation with right and with wrong data, and check every answer."""
    operation = described.find_operation_by_id(name)
    for mode in GenerationMode:
        try:
            cases = operation.as_strategy(generation_mode=mode)

            @often
            @given(case=cases)
            def ask(case: schemathesis.Case) -> None:
                case.call_and_validate(checks=CHECKS)

            ask()
        except Unsatisfiable:
            # Nothing can be wrong where nothing is asked.
            assert mode is GenerationMode.NEGATIVE


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_an_operation_answers_as_it_says(described: schemathesis.BaseSchema, name: str) -> None:
    asked(described, name, _OFTEN)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["query", "list_charges", "get_tag", "put_resource"])
def test_some_operations_answer_as_they_say(described: schemathesis.BaseSchema, name: str) -> None:
    asked(described, name, _SELDOM)
