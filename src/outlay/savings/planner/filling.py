"""What a limit leaves is filled: whole steps of one offer may not fit where those of another do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from outlay.savings.planner.search import least

Steps = tuple[int, ...]
"""Of each offer, how many of its steps are bought."""

_FEW = 12
"""Up to so many offers, a step of one is also given up for another's."""

_MOST = 1 << 40


def filled(
    start: Steps, fits: Callable[[Steps], bool], cost: Callable[[Steps], float], work: int
) -> Steps:
    """The steps of least cost that are found from some that fit, and from none, by giving one offer
    after the other as much as fits and pays. `cost` is convex in each offer; both are asked `work`
    times together, or little more."""
    asked = _Asked(cost, work)
    nothing = (0,) * len(start)
    found = [_climbed(one, fits, asked) for one in dict.fromkeys((start, nothing))]
    return min(found, key=asked)


class _Asked:
    """The cost, asked once for each portfolio."""

    def __init__(self, cost: Callable[[Steps], float], work: int) -> None:
        self._cost, self.left, self._known = cost, work, dict[Steps, float]()

    def __call__(self, steps: Steps) -> float:
        if steps not in self._known:
            self.left -= 1
            self._known[steps] = self._cost(steps)
        return self._known[steps]


def _climbed(steps: Steps, fits: Callable[[Steps], bool], asked: _Asked) -> Steps:
    better = True
    while better:
        better = False
        for offer in range(len(steps)):
            for base in _bases(steps, offer):
                if asked.left <= 0:
                    return steps
                tried = _raised(base, offer, fits, asked)
                if asked(tried) < asked(steps) * (1 - 1e-12):
                    steps, better = tried, True
    return steps


def _bases(steps: Steps, offer: int) -> Iterator[Steps]:
    """The steps, and those with one less of another offer."""
    yield steps
    for other, count in enumerate(steps if len(steps) <= _FEW else ()):
        if other != offer and count:
            yield _with(steps, other, count - 1)


def _raised(base: Steps, offer: int, fits: Callable[[Steps], bool], asked: _Asked) -> Steps:
    """With as many steps of an offer as fit and pay."""

    def told(count: int) -> bool:
        asked.left -= 1
        return fits(_with(base, offer, count))

    top = _most(told, base[offer])
    count = least(lambda count: asked(_with(base, offer, count)), top, base[offer])
    return _with(base, offer, count)


def _most(fits: Callable[[int], bool], at: int) -> int:
    """The largest number that fits; all up to it do, and `at` does."""
    reach = 1
    while at + reach < _MOST and fits(at + reach):
        at, reach = at + reach, reach * 2
    while reach > 1:
        reach //= 2
        if fits(at + reach):
            at += reach
    return at


def _with(steps: Sequence[int], offer: int, count: int) -> Steps:
    return (*steps[:offer], count, *steps[offer + 1 :])
