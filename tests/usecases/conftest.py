"""The company of the use cases, loaded once, and how its answers are compared."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.query.usecases import UseCaseAnswer, ask, use_case
from tests.usecases.company import TODAY, company
from tests.usecases.naive import Row, lines, shown

Answers = Callable[..., UseCaseAnswer]


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = company(tmp_path_factory.mktemp("usecases"))
    yield workspace
    workspace.close()


@pytest.fixture
def answers(acme: Workspace) -> Answers:
    """Ask a use case and compare its rows, in any order, with those that are expected."""

    def check(name: str, expected: Iterable[Row], **given: Any) -> UseCaseAnswer:
        texts = {key: str(value) for key, value in given.items()}
        answer = ask(acme.lake, use_case(name), texts, today=TODAY, stated=acme.stated())
        wanted = list(expected)
        assert wanted, "nothing is expected: the company lacks such charges"
        assert lines(shown(answer)) == lines(wanted)
        return answer

    return check
