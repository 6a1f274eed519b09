"""The store of resources: typed specs with versions, history and an audit of every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.resources import tables
from outlay.resources.database import open_database, writing
from outlay.resources.errors import ResourceConflictError, ResourceError, ResourceNotFoundError
from outlay.resources.kinds import Kind, Registry
from outlay.resources.kinds import registry as global_registry
from outlay.resources.names import check_name

Action = Literal["create", "update", "delete", "restore"]


@dataclass(frozen=True)
class Resource:
    """A configured thing. `spec` is the kind's own pydantic model; `updated_at` is UTC, naive."""

    kind: str
    name: str
    spec: BaseModel
    version: int
    author: str
    updated_at: datetime
    note: str

    def document(self) -> dict[str, Any]:
        """The resource as in a file: kind, name, spec without values that are the default."""
        spec = self.spec.model_dump(mode="json", exclude_defaults=True)
        return {"kind": self.kind, "name": self.name, "spec": spec}


@dataclass(frozen=True)
class FieldChange:
    """One field that differs: `before` or `after` is None when the field was or is not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One version of a resource: who did what when, and the fields that changed."""

    kind: str
    name: str
    version: int
    action: Action
    author: str
    at: datetime
    note: str
    diff: tuple[FieldChange, ...]


class ResourceStore:
    """Resources of one workspace. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, registry: Registry = global_registry) -> None:
        self.engine = engine
        self.registry = registry

    @classmethod
    def open(cls, url: str, registry: Registry = global_registry) -> ResourceStore:
        """Connect to `sqlite:///FILE` or `postgresql://…` and migrate; see `open_database`."""
        return cls(open_database(url), registry)

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
        known = self.registry.get(kind)
        check_name(name, known.title.lower())
        typed = known.parse(spec)
        return self._write(known, name, typed, author, note, expected_version, restoring=False)

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
        known = self.registry.get(kind)
        t = tables.resources
        with writing(self.engine) as connection:
            row = _current(connection, known.name, name)
            if row is None:
                raise ResourceNotFoundError(
                    f"there is no {known.title.lower()} {name!r} to remove. "
                    f"{_known(self.names(kind))}"
                )
            _expect(known, name, expected_version, int(row.version))
            version = int(row.version)
            gone = connection.execute(
                delete(t).where(t.c.kind == known.name, t.c.name == name, t.c.version == version)
            )
            if gone.rowcount != 1:
                raise _conflict(known, name)
            change = _Change(known.name, name, version + 1, "delete", author, note)
            _record(connection, change, spec=dict(row.spec), before=dict(row.spec), after={})

    def restore(self, kind: str, name: str, version: int, *, author: str) -> Resource:
        """Make an earlier version current again (as a new version)."""
        known = self.registry.get(kind)
        spec = self.version(kind, name, version).spec
        note = f"restored version {version}"
        return self._write(known, name, spec, author, note, None, restoring=True)

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
        try:
            spec = kind.parse(row.spec)
        except ResourceError as error:
            raise ResourceError(f"the stored {kind.name} {row.name!r}: {error}") from None
        return Resource(
            kind.name, row.name, spec, row.version, row.author, row.updated_at, row.note
        )

    def _write(
        self,
        kind: Kind,
        name: str,
        typed: BaseModel,
        author: str,
        note: str,
        expected_version: int | None,
        *,
        restoring: bool,
    ) -> Resource:
        spec = typed.model_dump(mode="json")
        t = tables.resources
        try:
            with writing(self.engine) as connection:
                row = _current(connection, kind.name, name)
                current = 0 if row is None else int(row.version)
                _expect(kind, name, expected_version, current)
                if row is not None and row.spec == spec:
                    return self._resource(kind, row)
                version = _last_version(connection, kind.name, name) + 1
                now = _now()
                values = {
                    "version": version,
                    "spec": spec,
                    "author": author,
                    "updated_at": now,
                    "note": note,
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
                change = _Change(kind.name, name, version, action, author, note)
                before = {} if row is None else dict(row.spec)
                _record(connection, change, spec=spec, before=before, after=spec)
        except IntegrityError:
            raise _conflict(kind, name) from None
        return Resource(kind.name, name, typed, version, author, now, note)


@dataclass(frozen=True)
class _Change:
    kind: str
    name: str
    version: int
    action: Action
    author: str
    note: str


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
    *,
    spec: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """Keep the version and the audit line; in the same transaction as the change itself."""
    common = {
        "kind": change.kind,
        "name": change.name,
        "version": change.version,
        "action": change.action,
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


def spec_diff(before: Any, after: Any, path: str = "") -> list[FieldChange]:
    """The fields that differ between two specs, by dotted path; lists compare as a whole."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            item
            for key in keys
            for item in spec_diff(
                before.get(key), after.get(key), f"{path}.{key}" if path else str(key)
            )
        ]
    return [FieldChange(path, before, after)]
