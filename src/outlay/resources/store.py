"""The store of resources: typed specs with versions, history and an audit of every change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.resources import tables
from outlay.resources.database import one_writer, open_database, writing
from outlay.resources.diff import spec_diff
from outlay.resources.errors import ResourceConflictError, ResourceError, ResourceNotFoundError
from outlay.resources.kinds import Kind, Registry
from outlay.resources.kinds import registry as global_registry
from outlay.resources.names import check_name
from outlay.resources.types import Action, Change, FieldChange, Resource, Write


class Prospect:
    """The resources as they will be if a change is let in: read inside its transaction."""

    def __init__(self, store: ResourceStore, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self.put: dict[tuple[str, str], BaseModel] = {}
        """What the change writes: kind and name → spec."""
        self.removed: set[tuple[str, str]] = set()
        """What the change removes."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that the change touches."""
        return frozenset(kind for kind, _ in (*self.put, *self.removed))

    @property
    def registry(self) -> Registry:
        """The kinds there are."""
        return self._store.registry

    @property
    def connection(self) -> Connection:
        """The transaction of the change."""
        return self._connection

    def specs(self, kind: str) -> dict[str, BaseModel]:
        """The specs of a kind by name, the change included."""
        known = self.registry.get(kind)
        t = tables.resources
        query = select(t).where(t.c.kind == known.name).order_by(t.c.name)
        return {
            str(row.name): self.put.get((known.name, row.name)) or self._store._parsed(known, row)
            for row in self._connection.execute(query)
        }


Guard = Callable[[Prospect], None]
"""Looks at what will be and raises when that does not hold together; nothing is written then."""


class ResourceStore:
    """Resources of one workspace. Safe to use from several threads and processes.

    `guard` is asked before any change is committed, whoever makes it: put, delete, restore, apply.
    """

    def __init__(
        self, engine: Engine, registry: Registry = global_registry, guard: Guard | None = None
    ) -> None:
        self.engine = engine
        self.registry = registry
        self.guard = guard
        self._known: dict[tuple[str, str], tuple[int, BaseModel]] = {}

    @classmethod
    def open(
        cls, url: str, registry: Registry = global_registry, guard: Guard | None = None
    ) -> ResourceStore:
        """Connect to `sqlite:///FILE` or `postgresql://…` and migrate; see `open_database`."""
        return cls(open_database(url), registry, guard)

    def close(self) -> None:
        """Release the connections."""
        self.engine.dispose()

    def find(self, kind: str, name: str) -> Resource | None:
        """The resource, or None."""
        known = self.registry.get(kind)
        with self.engine.connect() as connection:
            row = _current(connection, known.name, name)
        return None if row is None else self._resource(known, row)

    def get(self, kind: str, name: str) -> Resource:
        """The resource; ResourceNotFoundError lists the names there are."""
        found = self.find(kind, name)
        if found is not None:
            return found
        known = self.registry.get(kind)
        raise ResourceNotFoundError(
            f"there is no {known.title.lower()} {name!r}. {_known(self.names(kind))}"
        )

    def names(self, kind: str) -> list[str]:
        """The names of a kind, sorted."""
        t = tables.resources
        query = select(t.c.name).where(t.c.kind == self.registry.get(kind).name).order_by(t.c.name)
        with self.engine.connect() as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def list(self, kind: str) -> list[Resource]:
        """Every resource of a kind, by name."""
        known = self.registry.get(kind)
        t = tables.resources
        query = select(t).where(t.c.kind == known.name).order_by(t.c.name)
        with self.engine.connect() as connection:
            return [self._resource(known, row) for row in connection.execute(query)]

    def heads(self, *kinds: str) -> tuple[tuple[str, str, int], ...]:
        """Kind, name and version of every resource of the kinds, in order: cheap to ask, and the
        same only as long as nothing was changed."""
        t = tables.resources
        names = [self.registry.get(kind).name for kind in kinds]
        query = select(t.c.kind, t.c.name, t.c.version).where(t.c.kind.in_(names))
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(t.c.kind, t.c.name))
            return tuple((str(row.kind), str(row.name), int(row.version)) for row in rows)

    def version(self, kind: str, name: str, version: int) -> Resource:
        """A resource as one of its versions had it; ResourceNotFoundError lists the versions."""
        known = self.registry.get(kind)
        t = tables.resource_versions
        query = select(t).where(t.c.kind == known.name, t.c.name == name, t.c.version == version)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            versions = ", ".join(str(change.version) for change in self.history(kind, name))
            raise ResourceNotFoundError(
                f"{known.title} {name!r} has no version {version}. Versions: {versions or 'none'}."
            )
        return _of_version(known, row)

    def as_of(self, kind: str, at: datetime) -> Sequence[Resource]:
        """Every resource of a kind as it was at a UTC moment (naive), by name; one that did not
        exist yet, or no more, is left out."""
        known = self.registry.get(kind)
        t = tables.resource_versions
        newest = (
            select(t.c.name, func.max(t.c.version).label("version"))
            .where(t.c.kind == known.name, t.c.at <= at)
            .group_by(t.c.name)
            .subquery()
        )
        query = (
            select(t)
            .join(newest, (t.c.name == newest.c.name) & (t.c.version == newest.c.version))
            .where(t.c.kind == known.name, t.c.action != "delete")
            .order_by(t.c.name)
        )
        with self.engine.connect() as connection:
            return [_of_version(known, row) for row in connection.execute(query)]

    def put(
        self,
        kind: str,
        name: str,
        spec: BaseModel | Mapping[str, Any],
        *,
        author: str,
        note: str = "",
        expected_version: int | None = None,
    ) -> Resource:
        """Create or change a resource; the same spec again changes nothing.

        `expected_version` is the version that the caller has seen (0: it must not exist yet);
        ResourceConflictError when another is current. ResourceError when name or spec is invalid.
        """
        (put,) = self.apply([Write(kind, name, spec, expected_version)], author=author, note=note)
        assert put is not None
        return put

    def delete(
        self,
        kind: str,
        name: str,
        *,
        author: str,
        note: str = "",
        expected_version: int | None = None,
    ) -> None:
        """Remove a resource; its history stays and it can be restored."""
        self.apply([Write(kind, name, None, expected_version)], author=author, note=note)

    def restore(
        self,
        kind: str,
        name: str,
        version: int,
        *,
        author: str,
        expected_version: int | None = None,
    ) -> Resource:
        """Make an earlier version current again (as a new version)."""
        spec = self.version(kind, name, version).spec
        (put,) = self._apply(
            [Write(kind, name, spec, expected_version)],
            author,
            f"restored version {version}",
            restoring=True,
        )
        assert put is not None
        return put

    def apply(
        self, writes: Iterable[Write], *, author: str, note: str = ""
    ) -> Sequence[Resource | None]:
        """All of several changes or none; gives what each wrote (None: removed).

        Errors are those of `put` and `delete`, and what the guard refuses.
        """
        return self._apply(list(writes), author, note, restoring=False)

    def check(self, writes: Iterable[Write]) -> None:
        """Whether a batch would be let in now: raises what `apply` would, and writes nothing."""
        with suppress(_DryRunError):
            self._apply(list(writes), "", "", restoring=False, dry=True)

    def history(self, kind: str, name: str) -> Sequence[Change]:
        """Every change of a resource, oldest first; also of a removed one."""
        known = self.registry.get(kind)
        return self._changes(known.name, name, limit=None)

    def audit(self, limit: int = 100) -> Sequence[Change]:
        """The newest changes of any resource, newest first."""
        return self._changes(None, None, limit=limit)

    def _changes(self, kind: str | None, name: str | None, limit: int | None) -> Sequence[Change]:
        t = tables.audit
        query = select(t)
        if kind is not None:
            query = query.where(t.c.kind == kind, t.c.name == name).order_by(t.c.version)
        else:
            query = query.order_by(t.c.id.desc()).limit(limit)
        with self.engine.connect() as connection:
            return [_change(row) for row in connection.execute(query)]

    def _resource(self, kind: Kind, row: Row[Any]) -> Resource:
        """A resource of a committed row."""
        spec = self._parsed(kind, row)
        return Resource(
            kind.name, row.name, spec, row.version, row.author, row.updated_at, row.note
        )

    def _parsed(self, kind: Kind, row: Row[Any]) -> BaseModel:
        """The spec of a committed row; read once per version, since some are long."""
        key, version = (kind.name, str(row.name)), int(row.version)
        known = self._known.get(key)
        if known is None or known[0] != version:
            known = self._known[key] = (version, _stored_spec(kind, row))
        return known[1]

    def _apply(
        self,
        writes: Sequence[Write],
        author: str,
        note: str,
        *,
        restoring: bool,
        dry: bool = False,
    ) -> Sequence[Resource | None]:
        typed = [(self.registry.get(write.kind), write) for write in writes]
        specs = [
            None
            if write.spec is None
            else kind.parse(write.spec)
            if check_name(write.name, kind.title.lower())
            else None
            for kind, write in typed
        ]
        done: list[Resource | None] = []
        try:
            with writing(self.engine) as connection:
                if self.guard is not None:
                    one_writer(connection)
                prospect = Prospect(self, connection)
                for (kind, write), spec in zip(typed, specs, strict=True):
                    change = _Change(kind, write.name, write.expected_version, author, note)
                    if spec is None:
                        self._delete(connection, change)
                        prospect.removed.add((kind.name, write.name))
                        done.append(None)
                        continue
                    put, changed = self._put(connection, change, spec, restoring=restoring)
                    if changed:
                        prospect.put[kind.name, write.name] = spec
                    done.append(put)
                if self.guard is not None and prospect.kinds:
                    self.guard(prospect)
                if dry:
                    raise _DryRunError
        except IntegrityError:
            raise _conflict(typed[len(done)][0], writes[len(done)].name) from None
        return done

    def _put(
        self, connection: Connection, change: _Change, typed: BaseModel, *, restoring: bool
    ) -> tuple[Resource, bool]:
        """Write a spec; the resource, and whether anything changed."""
        kind, name = change.kind, change.name
        spec = typed.model_dump(mode="json")
        t = tables.resources
        row = _current(connection, kind.name, name)
        current = 0 if row is None else int(row.version)
        _expect(kind, name, change.expected, current)
        if row is not None and row.spec == spec:
            # Not through what is kept of committed rows: this one may be of the same transaction.
            same = Resource(kind.name, name, typed, current, row.author, row.updated_at, row.note)
            return same, False
        version = _last_version(connection, kind.name, name) + 1
        now = _now()
        values = {
            "version": version,
            "spec": spec,
            "author": change.author,
            "updated_at": now,
            "note": change.note,
        }
        if row is None:
            connection.execute(insert(t).values(kind=kind.name, name=name, **values))
        else:
            done = connection.execute(
                update(t)
                .where(t.c.kind == kind.name, t.c.name == name, t.c.version == current)
                .values(**values)
            )
            if done.rowcount != 1:
                raise _conflict(kind, name)
        action: Action = "restore" if restoring else "update" if row else "create"
        before = {} if row is None else dict(row.spec)
        _record(connection, change, version, action, spec=spec, before=before, after=spec)
        return Resource(kind.name, name, typed, version, change.author, now, change.note), True

    def _delete(self, connection: Connection, change: _Change) -> None:
        kind, name = change.kind, change.name
        t = tables.resources
        row = _current(connection, kind.name, name)
        if row is None:
            raise ResourceNotFoundError(
                f"there is no {kind.title.lower()} {name!r} to remove. "
                f"{_known(self.names(kind.name))}"
            )
        version = int(row.version)
        _expect(kind, name, change.expected, version)
        gone = connection.execute(
            delete(t).where(t.c.kind == kind.name, t.c.name == name, t.c.version == version)
        )
        if gone.rowcount != 1:
            raise _conflict(kind, name)
        spec = dict(row.spec)
        _record(connection, change, version + 1, "delete", spec=spec, before=spec, after={})


class _DryRunError(Exception):
    """Ends the transaction of a check."""


@dataclass(frozen=True)
class _Change:
    """Who changes what: the parts that a put and a removal have in common."""

    kind: Kind
    name: str
    expected: int | None
    author: str
    note: str


def _stored_spec(kind: Kind, row: Row[Any]) -> BaseModel:
    try:
        return kind.parse(row.spec)
    except ResourceError as error:
        raise ResourceError(f"the stored {kind.name} {row.name!r}: {error}") from None


def _of_version(kind: Kind, row: Row[Any]) -> Resource:
    try:
        spec = kind.parse(row.spec)
    except ResourceError as error:
        raise ResourceError(
            f"the stored {kind.name} {row.name!r}, version {row.version}: {error}"
        ) from None
    return Resource(kind.name, row.name, spec, row.version, row.author, row.at, row.note)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _current(connection: Connection, kind: str, name: str) -> Row[Any] | None:
    t = tables.resources
    return connection.execute(select(t).where(t.c.kind == kind, t.c.name == name)).one_or_none()


def _last_version(connection: Connection, kind: str, name: str) -> int:
    """The newest version ever, so that a resource made anew goes on where its history ended."""
    t = tables.resource_versions
    query = select(func.max(t.c.version)).where(t.c.kind == kind, t.c.name == name)
    return int(connection.execute(query).scalar() or 0)


def _expect(kind: Kind, name: str, expected: int | None, current: int) -> None:
    if expected is None or expected == current:
        return
    if expected == 0:
        raise ResourceConflictError(
            f"{kind.title} {name!r} exists already (version {current}). Choose another name, or "
            "change the existing one."
        )
    raise ResourceConflictError(
        f"{kind.title} {name!r} is at version {current or 'none (removed)'}, not {expected}: "
        "someone changed it since you read it. Read it again and repeat your change."
    )


def _conflict(kind: Kind, name: str) -> ResourceConflictError:
    return ResourceConflictError(
        f"{kind.title} {name!r} was changed at the same moment by someone else. Read it again and "
        "repeat your change."
    )


def _known(names: list[str]) -> str:
    return f"There are: {', '.join(names)}." if names else "There is none yet."


def _record(
    connection: Connection,
    change: _Change,
    version: int,
    action: Action,
    *,
    spec: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """Keep the version and the audit line; in the same transaction as the change itself."""
    common = {
        "kind": change.kind.name,
        "name": change.name,
        "version": version,
        "action": action,
        "author": change.author,
        "note": change.note,
        "at": _now(),
    }
    diff = [[item.field, item.before, item.after] for item in spec_diff(before, after)]
    connection.execute(insert(tables.resource_versions).values(spec=spec, **common))
    connection.execute(insert(tables.audit).values(diff=diff, **common))


def _change(row: Row[Any]) -> Change:
    diff = tuple(FieldChange(*item) for item in row.diff)
    return Change(row.kind, row.name, row.version, row.action, row.author, row.at, row.note, diff)
