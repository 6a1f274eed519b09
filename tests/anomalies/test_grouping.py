"""One cause seen in many series is one event, told by the series that says it best."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from outlay.anomalies.detect import detect
from outlay.anomalies.grouping import group
from outlay.anomalies.model import Candidate, SeriesName
from tests.anomalies.series import ALL, START, usual

ACCOUNT = SeriesName("SubAccountId", "shop-prod")
EC2 = SeriesName("ServiceName", "Amazon EC2")
S3 = SeriesName("ServiceName", "Amazon S3")
TEAM = SeriesName("team", "checkout")


def told(series: dict[SeriesName, np.ndarray]) -> tuple[list[Candidate], list[SeriesName]]:
    names = list(series)
    return detect(np.array(list(series.values())), START, settings=ALL), names


def test_one_cause_in_account_service_and_tag_is_one_event() -> None:
    jump = np.zeros(200)
    jump[150:153] = 120
    ec2, s3 = usual(level=100, seed=1) + jump, usual(level=200, seed=2)
    candidates, names = told({ACCOUNT: ec2 + s3, EC2: ec2, TEAM: ec2 + s3 / 2})
    assert len(candidates) == 3
    (cause,) = group(candidates, names)
    assert names[candidates[cause.lead].series] == EC2  # the most specific of them
    assert sorted([cause.lead, *cause.others]) == [0, 1, 2]


def test_two_causes_stay_two() -> None:
    one, other = np.zeros(200), np.zeros(200)
    one[130:132] = 150
    other[160:162] = 150
    candidates, names = told({EC2: usual(seed=1) + one, ACCOUNT: usual(seed=2) + other})
    assert len(group(candidates, names)) == 2
    same_grouping, names = told({EC2: usual(seed=1) + one, S3: usual(seed=2) + one})
    assert len(group(same_grouping, names)) == 2  # two services are not the same money


def test_an_account_in_which_several_services_rose_is_one_event() -> None:
    jump = np.zeros(200)
    jump[150:154] = 1
    ec2, s3 = usual(seed=1) + 150 * jump, usual(seed=2) + 130 * jump
    candidates, names = told({ACCOUNT: ec2 + s3, EC2: ec2, S3: s3})
    (cause,) = group(candidates, names)
    assert names[candidates[cause.lead].series] == ACCOUNT
    assert len(cause.others) == 2


def test_shared_money_decides_where_it_is_known() -> None:
    jump = np.zeros(200)
    jump[150:153] = 120
    candidates, names = told({EC2: usual(seed=1) + jump, TEAM: usual(seed=2) + jump})
    assert len(group(candidates, names)) == 1
    assert len(group(candidates, names, shared={(0, 1): 0.0})) == 2
    assert len(group(candidates, names, shared={(0, 1): 350.0})) == 1


def test_the_order_of_candidates_is_irrelevant() -> None:
    jump = np.zeros(200)
    jump[150:153] = 120
    other = np.ones(200)
    other[180:] = 0.5
    ec2 = usual(seed=1) + jump
    candidates, names = told(
        {ACCOUNT: ec2 + usual(seed=3), EC2: ec2, S3: usual(seed=4) * other, TEAM: ec2 * 1.0}
    )

    def as_names(order: tuple[Candidate, ...]) -> list[tuple[SeriesName, set[SeriesName]]]:
        return [
            (names[order[c.lead].series], {names[order[i].series] for i in c.others})
            for c in group(order, names)
        ]

    expected = as_names(tuple(candidates))
    assert len(expected) == 2
    for order in permutations(candidates):
        assert as_names(order) == expected
    assert group([], names) == []
