"""Where things lie in the lake folder, and how files come to be there: whole or not at all."""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from outlay.lake.types import LakeError
from outlay.money import BillingPeriod

_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DELIVERY_ID = re.compile(f"[{_CROCKFORD}]{{26}}")


_MAKING = ".making-"
_SPILL = "spill-"


def new_delivery_id() -> str:
    """A ULID: 48 bits of time in milliseconds, 80 random bits; sorts by time."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def check_source_name(name: str) -> str:
    """The name itself, fit to be a folder and a partition value; raises LakeError otherwise."""
    if not _SOURCE_NAME.fullmatch(name):
        raise LakeError(
            f"{name!r} cannot name a source: use 1 to 64 letters, digits, dots, dashes or "
            "underscores, starting with a letter or digit"
        )
    return name


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(temporary: Path, target: Path) -> None:
    """Move a finished file to its final name, durably and at once; the old one is replaced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(temporary, target)
    sync_folder(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
    temporary.write_text(text, encoding="utf-8")
    publish(temporary, target)


class Layout:
    """The paths of one lake folder. `catalog_url` is the database of its catalog ('': a file in
    the folder, see `outlay.lake.catalogs`)."""

    def __init__(self, root: Path, catalog_url: str = "") -> None:
        self.root = root
        self.catalog_url = catalog_url
        self.catalog = root / "catalog.db"
        self.iceberg = root / "iceberg"
        self.landing = root / "landing"
        self.offers = root / "landing" / "offers"
        self.charges = root / "charges"
        self.rollups = root / "rollups"
        self.usage = root / "usage"
        self.deliveries = root / "deliveries"
        self.quarantine = root / "quarantine"
        self.held = root / "held"
        self.history = root / "history"
        self.cache = root / "cache"
        self.staging = root / "staging"
        self._rollup_files: dict[tuple[str, str], Path] = {}

    def create(self) -> None:
        """Make the folders that are not there yet."""
        for folder in (
            self.iceberg, self.landing, self.offers, self.charges, self.rollups, self.usage,
            self.deliveries, self.quarantine, self.held, self.history, self.cache, self.staging,
        ):  # fmt: skip
            folder.mkdir(parents=True, exist_ok=True)

    def charges_file(self, source: str, period: BillingPeriod, delivery_id: str) -> Path:
        """The charges of one delivery: an Iceberg data file."""
        return self.charges / source / str(period) / f"{delivery_id}.parquet"

    def rollup_file(self, delivery_id: str, table: str) -> Path:
        """One roll-up table of one delivery."""
        # Put together once: every question names every file of its slices.
        known = self._rollup_files.get((delivery_id, table))
        if known is None:
            known = self.rollups / delivery_id / f"{table}.parquet"
            self._rollup_files[delivery_id, table] = known
        return known

    def usage_file(self, delivery_id: str) -> Path:
        """The usage rows of one delivery, where it has any."""
        return self.usage / f"{delivery_id}.parquet"

    def record_file(self, delivery_id: str) -> Path:
        """Proof and provenance of one delivery."""
        return self.deliveries / f"{delivery_id}.json"

    def quarantine_file(self, delivery_id: str) -> Path:
        """The rejected rows of one delivery."""
        return self.quarantine / f"{delivery_id}.parquet"

    def held_file(self, source: str, period: BillingPeriod) -> Path:
        """The record of a delivery that was not let into its slice."""
        return self.held / source / f"{period}.json"

    def landed(self, relative: str) -> Path:
        """A landed file by its path below the lake."""
        return self.root / relative

    def relative(self, path: Path) -> str:
        """A path below the lake, as records keep it (a workspace may be moved)."""
        return path.relative_to(self.root).as_posix()


def delivery_of(path: str) -> str | None:
    """The delivery id in the name of a charges file or roll-up folder, if it is one."""
    name = path.rsplit("/", 1)[-1].removesuffix(".parquet").removesuffix(".json")
    return name if _DELIVERY_ID.fullmatch(name) else None


@contextlib.contextmanager
def staging_folder(layout: Layout) -> Iterator[Path]:
    """A folder of our own for unfinished files; removed at the end, or by the next process that
    finds it without a living owner (the lock goes with the process, however it dies)."""
    name = f"{os.getpid()}-{secrets.token_hex(6)}"
    folder, making = layout.staging / name, layout.staging / f"{_MAKING}{name}"
    with contextlib.ExitStack() as held:
        # While anybody makes a folder this lock is shared: who gets it alone knows that what is
        # in the making has no living owner.
        with _making_lock(layout) as guard:
            fcntl.flock(guard, fcntl.LOCK_SH)
            making.mkdir(parents=True)
            lock = held.enter_context((making / ".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Only a folder whose lock is held may have a name that others look at.
            making.rename(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _making_lock(layout: Layout) -> IO[str]:
    return (layout.root / ".staging.lock").open("a")


def spill_folder(layout: Layout) -> Path:
    """Where one engine puts what does not fit in its memory; made when needed.

    Each has its own: engines name these files alike and would write into each other's.
    """
    return layout.staging / f"{_SPILL}{os.getpid()}-{secrets.token_hex(6)}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def clean_staging(layout: Layout) -> int:
    """Remove the staging folders of dead processes; gives how many there were."""
    removed = 0
    with _making_lock(layout) as guard, contextlib.suppress(BlockingIOError):
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for folder in layout.staging.glob(f"{_MAKING}*"):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    for folder in layout.staging.iterdir():
        with contextlib.suppress(FileNotFoundError, BlockingIOError, NotADirectoryError):
            if folder.name.startswith(_MAKING):
                continue
            if folder.name.startswith(_SPILL):
                if _is_alive(int(folder.name.removeprefix(_SPILL).partition("-")[0])):
                    continue
            elif (folder / ".lock").exists():
                with (folder / ".lock").open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an advisory lock on the file, waiting for it; freed when the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
