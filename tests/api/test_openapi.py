"""openapi.json is valid, whole and true: names, texts, examples, and answers of every operation."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from outlay.api.openapi.document import KNOWN, examples, operations
from outlay.api.problems import MEDIA_TYPE, Problem
from outlay.app import Workspace
from outlay.client.typing import adapter
from tests.api.firm import firm
from tests.api.record import Asker
from tests.api.samples import READING, SAMPLES
from tests.api.samples_anomalies import ANOMALY, odd
from tests.web.conftest import serving


@pytest.fixture(scope="module")
def described(client: TestClient) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def test_it_is_valid(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


def test_every_operation_has_its_name_and_nothing_else_has(described: dict[str, Any]) -> None:
    found = dict(operations(described))
    assert sorted(set(found) - set(KNOWN)) == [], "name them in outlay.api.openapi.operations"
    assert sorted(set(KNOWN) - set(found)) == []
    names = Counter(operation["operationId"] for operation in found.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_operation_is_told_with_texts_and_examples(described: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in described["tags"]}
    lacking = []
    for key, one in operations(described):
        if not (one["summary"] and one["description"]) or not set(one["tags"]) <= tags:
            lacking.append(f"{key}: summary, description or tag")
        for parameter in one.get("parameters", []):
            if not parameter["description"] or "example" not in parameter:
                lacking.append(f"{key}: parameter {parameter['name']}")
        for media, body in one.get("requestBody", {}).get("content", {}).items():
            if "schema" not in body or (media == "application/json" and not _exampled(body)):
                lacking.append(f"{key}: body {media}")
        for status, answer in one["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if content is not None and ("schema" not in content or "example" not in content):
                lacking.append(f"{key}: answer {status}")
    assert lacking == []


def _exampled(body: dict[str, Any]) -> bool:
    return bool("example" in body or body.get("examples") or body["schema"].get("examples"))


def test_failures_have_the_one_body(described: dict[str, Any]) -> None:
    for name, answer in described["components"]["responses"].items():
        content = answer["content"][MEDIA_TYPE]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
        Problem.model_validate(content["example"])
    for key, one in operations(described):
        failures = {status for status in one["responses"] if status >= "400"}
        assert failures >= {"400", "401", "403", "404", "422", "429", "500"}, key
        assert all("$ref" in one["responses"][status] for status in failures), key


def test_the_ways_to_log_in_are_told(described: dict[str, Any]) -> None:
    assert set(described["components"]["securitySchemes"]) == {"token", "session"}
    assert {"token": []} in described["security"]


def test_recorded_examples_have_their_shape() -> None:
    for one in KNOWN.values():
        if one.shape and one.name in examples():
            adapter(one.shape).validate_python(examples()[one.name])


def test_nothing_of_a_machine_is_in_the_examples() -> None:
    text = str(examples())
    assert "/tmp/" not in text and "/home/" not in text


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder = tmp_path_factory.mktemp("firm")
    workspace: Workspace = firm(folder)
    yield Asker(serving(workspace), workspace, folder / "bills")
    workspace.close()


@pytest.mark.slow
def test_every_operation_answers_in_its_shape(asker: Asker) -> None:
    """All of them, in order, on one firm: reading, then changing."""
    shapes = {one.name: one for one in KNOWN.values()}
    wrong = []
    for sample in SAMPLES:
        known = shapes[sample.operation]
        answer = asker.ask(sample)
        media = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code != sample.status:
            wrong.append(f"{sample.operation}: {answer.status_code} {answer.text[:200]}")
        elif media == "application/json":
            checked: TypeAdapter[Any] = adapter(known.shape)
            try:
                checked.validate_python(answer.json())
            except ValueError as error:
                wrong.append(f"{sample.operation}: {error}")
        elif sample.status < 300 and sample.status != 204:
            assert media in known.media, (sample.operation, media)
    assert wrong == []


@pytest.mark.slow
def test_every_operation_of_an_anomaly_answers_in_its_shape(tmp_path: Path) -> None:
    shapes = {one.name: one for one in KNOWN.values()}
    with odd(tmp_path) as workspace:
        client = serving(workspace)
        for operation, method, path, body in ANOMALY:
            answer = client.request(method, f"/api/v1{path}", json=body)
            assert answer.status_code == 200, (operation, answer.text[:200])
            adapter(shapes[operation].shape).validate_python(answer.json())


def test_an_empty_ledger_answers_in_the_same_shapes(empty: TestClient) -> None:
    shapes = {one.name: one.shape for one in KNOWN.values()}
    wrong = []
    for sample in READING:
        answer = empty.request(sample.method, f"/api/v1{sample.path}", json=sample.body)
        if answer.status_code >= 500:
            wrong.append(f"{sample.operation}: {answer.text[:200]}")
        media = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code == 200 and media == "application/json":
            try:
                adapter(shapes[sample.operation]).validate_python(answer.json())
            except ValueError as error:
                wrong.append(f"{sample.operation}: {error}")
    assert wrong == []


def test_people_read_the_same(client: TestClient) -> None:
    page = client.get("/api")
    assert page.status_code == 200
    text = page.text
    assert all(f'id="{one.name}"' in text for one in KNOWN.values())
    assert '<script src="http' not in text and "curl -X POST" in text
