"""How the tests of formats read a tool's answer."""

from __future__ import annotations

import json
from typing import Any

from outlay.expression import parse
from outlay.savings.model import Finding
from outlay.savings.native.formats import read_file
from outlay.savings.native.model import Answer


def read(document: Any, **options: str) -> Answer:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    answer = read_file("answer", content, options=options)
    for one in answer.findings:
        if one.where:
            parse(one.where)
    return answer


def only(document: Any, **options: str) -> Finding:
    (found,) = read(document, **options).findings
    return found


def reasons(document: Any, **options: str) -> list[str]:
    answer = read(document, **options)
    assert answer.findings == ()
    return [one.reason for one in answer.told]
