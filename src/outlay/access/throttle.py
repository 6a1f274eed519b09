"""Growing delays against guessing, and a limit on how often a program may ask.

Attempts to log in are counted in the database, so that several server processes count together.
An attempt is counted before it is looked at: a burst of a hundred at once is a hundred.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update

from outlay.access.errors import ThrottledError
from outlay.access.events import utc_now
from outlay.access.keys import digest
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import login_attempts


@dataclass(frozen=True)
class Delays:
    """After `free` failures each further one doubles the wait, from one second to `longest`.
    Failures are forgotten when there was none for `forget`."""

    free: int
    longest: timedelta
    forget: timedelta = timedelta(hours=1)

    def wait(self, failures: int) -> timedelta | None:
        """How long nobody may try after so many failures."""
        if failures < self.free:
            return None
        # The power is cut first: 2 to a large number would be a very large number.
        return min(timedelta(seconds=2 ** min(failures - self.free, 20)), self.longest)


# An account's wait is short, so that nobody can lock its owner out for long.
PER_ACCOUNT = Delays(5, timedelta(minutes=1))
PER_ADDRESS = Delays(20, timedelta(minutes=15))


class Attempts:
    """The attempts to log in of one workspace."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def count(self, name: str, address: str) -> None:
        """Count an attempt; ThrottledError with the seconds to wait when there were too many."""
        with writing(self.engine) as connection:
            one_writer(connection)
            waits = [self._waits(connection, key) for key, _ in (_account(name), _address(address))]
            longest = max(waits)
            if not longest:
                for key, delays in (_account(name), _address(address)):
                    self._count(connection, key, delays)
        if longest:
            raise ThrottledError(
                f"Too many attempts to log in. Try again in {_words(longest)}.", longest
            )

    def succeeded(self, name: str, address: str) -> None:
        """Forget the account's failures, and take this attempt off its address. Other failures of
        the address stay: one good password must not pay for guessing at others."""
        with writing(self.engine) as connection:
            one_writer(connection)
            key, _ = _account(name)
            connection.execute(delete(login_attempts).where(login_attempts.c.key_hash == key))
            key, delays = _address(address)
            row = connection.execute(
                select(login_attempts).where(login_attempts.c.key_hash == key)
            ).one_or_none()
            if row is not None and row.failures > 0:
                left = row.failures - 1
                values = {"failures": left}
                if left < delays.free:
                    values["wait_until"] = None
                connection.execute(
                    update(login_attempts).where(login_attempts.c.key_hash == key).values(**values)
                )

    def _waits(self, connection: Connection, key: str) -> int:
        row = connection.execute(
            select(login_attempts).where(login_attempts.c.key_hash == key)
        ).one_or_none()
        if row is None or row.wait_until is None:
            return 0
        left = (row.wait_until - utc_now()).total_seconds()
        return int(left) + 1 if left > 0 else 0

    def _count(self, connection: Connection, key: str, delays: Delays) -> None:
        now = utc_now()
        connection.execute(
            delete(login_attempts).where(login_attempts.c.last_at < now - delays.forget)
        )
        row = connection.execute(
            select(login_attempts).where(login_attempts.c.key_hash == key)
        ).one_or_none()
        failures = 1 + (0 if row is None else int(row.failures))
        wait = delays.wait(failures)
        values = {
            "failures": failures,
            "last_at": now,
            "wait_until": None if wait is None else now + wait,
        }
        if row is None:
            connection.execute(insert(login_attempts).values(key_hash=key, **values))
        else:
            connection.execute(
                update(login_attempts).where(login_attempts.c.key_hash == key).values(**values)
            )


class Rate:
    """How often one caller may ask: `per_minute` on average, and as many at once. Kept by this
    process alone; it protects the machine, not a secret."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> int:
        """Take one; gives 0, or the seconds until there is one again."""
        now = self._clock()
        speed = self.per_minute / 60
        with self._lock:
            if len(self._left) > 10_000:
                self._left = {k: v for k, v in self._left.items() if now - v[1] < 60}
            left, then = self._left.get(key, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - then) * speed)
            if left < 1:
                self._left[key] = (left, now)
                return math.ceil((1 - left) / speed)
            self._left[key] = (left - 1, now)
            return 0


def _account(name: str) -> tuple[str, Delays]:
    return digest(f"account:{name.strip().lower()}"), PER_ACCOUNT


def _address(address: str) -> tuple[str, Delays]:
    return digest(f"address:{_network(address)}"), PER_ADDRESS


def _network(address: str) -> str:
    """An IPv6 caller has a whole network of 64 bits to choose addresses from: it counts as one."""
    import ipaddress

    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{-(-seconds // 60)} minutes"
