"""What a mirror keeps: runs with their datasets as another registry had them, and what it claims to hold of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from runregistry.model.selection import Selection
from runregistry.store import mirror_tables as tables
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.documents import decode, encode
from runregistry.store.moments import event_number

__all__ = ["FIRST_OWN_JOB", "Claim", "Mirrored", "RunCopy"]

_CHUNK = 400
# Of what is made on the mirror: far from the numbers of the JSONs that were copied.
FIRST_OWN_JOB = 1_000_000_000


class RunCopy(NamedTuple):
    """A run with its datasets, as another registry had them at one moment.

    Attributes
    ----------
    run : dict
        The row of the table of runs; documents are JSON text.
    datasets, caches : list of dict
        Rows of these tables, in the same order.
    fetched_at : float
        When the reading began, in seconds since 1970.
    """

    run: dict[str, Any]
    datasets: list[dict[str, Any]]
    caches: list[dict[str, Any]]
    fetched_at: float

    @property
    def run_number(self) -> int:
        """The run."""
        number: int = self.run["run_number"]
        return number

    @property
    def run_class(self) -> object:
        """Its class."""
        return decode(self.run["rr_attributes"]).get("class")

    def digest(self) -> str:
        """Return the digest of everything in it."""
        rows = [self.run, *(row for each in (self.datasets, self.caches) for row in sorted(each, key=lambda row: row["name"]))]
        return hashlib.sha256(encode([[row[key] for key in sorted(row)] for row in rows]).encode()).hexdigest()


class Claim(NamedTuple):
    """A part of the remote registry that the mirror holds, or will hold.

    Attributes
    ----------
    id : int
    era : str or None
        Where the runs of the selection come from.
    selection : Selection
    cursor : int
        The newest event of the remote registry that the mirror has seen of it.
    synced_at : str or None
        When it was complete last; None if it never was.
    gaps : list of (first, last)
        Runs of which the mirror is not sure, because the remote contradicted itself.
    is_under_way : bool
        A sync of it has begun and not ended: some runs are newer than `synced_at`.
    """

    id: int
    era: str | None
    selection: Selection
    cursor: int = 0
    synced_at: str | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    is_under_way: bool = True


class Mirrored:
    """Reads and changes of a mirror, each inside the connection that it is given."""

    def prepare(self, connection: Connection, about: Mapping[str, str]) -> bool:
        """Make the tables of a mirror in a new, empty registry, and note what is told about it; True if it is new."""
        if not tables.make_mirror_tables(connection):
            return False
        connection.execute(insert(tables.info), [{"key": key, "value": value} for key, value in about.items()])
        job = {"id": FIRST_OWN_JOB, "kind": "none", "state": "done", "payload": "{}", "attempts": 0, "progress": 1.0}
        connection.execute(insert(schema.job).values(created_at="", **job))
        connection.execute(delete(schema.job).where(schema.job.c.id == FIRST_OWN_JOB))
        return True

    def about(self, connection: Connection) -> dict[str, str]:
        """Return what is noted about the mirror."""
        return {row.key: row.value for row in connection.execute(select(tables.info))}

    def note(self, connection: Connection, **facts: str) -> None:
        """Note facts about the mirror."""
        for key, value in facts.items():
            connection.execute(delete(tables.info).where(tables.info.c.key == key))
            connection.execute(insert(tables.info).values(key=key, value=value))

    def is_empty(self, connection: Connection) -> bool:
        """Whether a registry has no run and no version: it may become a mirror."""
        counted = (connection.scalar(select(func.count()).select_from(table)) for table in (schema.run, schema.version))
        return not any(counted)

    # What it holds

    def claims(self, connection: Connection) -> list[Claim]:
        """Return the claims, oldest first."""
        return [
            Claim(
                row.id,
                row.era,
                Selection.read(decode(row.selection)),
                row.cursor,
                row.synced_at,
                tuple((first, last) for first, last in decode(row.gaps)),
                row.is_under_way,
            )
            for row in connection.execute(select(tables.claim).order_by(tables.claim.c.id))
        ]

    def save_claim(self, connection: Connection, claim: Claim) -> None:
        """Add a claim, or put it in the place of the one with its id."""
        texts = {"selection": encode(claim.selection._asdict()), "gaps": encode(claim.gaps)}
        connection.execute(delete(tables.claim).where(tables.claim.c.id == claim.id))
        connection.execute(insert(tables.claim).values(**claim._asdict() | texts))

    def versions(self, connection: Connection, run_numbers: Sequence[int]) -> dict[int, dict[str | None, tuple[int, int]]]:
        """Return the versions of runs (under None) and of their datasets, each with that of the cache."""
        found: dict[int, dict[str | None, tuple[int, int]]] = {}
        run, dataset, cache = schema.run.c, schema.dataset.c, tables.cache.c
        same = (dataset.run_number == cache.run_number) & (dataset.name == cache.name)
        joined = select(dataset.run_number, dataset.name, dataset.version, cache.version).join(tables.cache, same)
        for chunk in chunks(run_numbers, _CHUNK):
            for number, version in connection.execute(select(run.run_number, run.version).where(run.run_number.in_(chunk))):
                found[number] = {None: (version, version)}
            for number, name, version, of_cache in connection.execute(joined.where(dataset.run_number.in_(chunk))):
                found.setdefault(number, {})[name] = (version, of_cache)
        return found

    def visible(self, connection: Connection, selection: Selection) -> dict[int, tuple[bool, list[str]]]:
        """Return the runs of a selection by number: whether the run is shown, and the names of its datasets that are."""
        run, dataset = schema.run.c, schema.dataset.c
        within = run.run_number.between(selection.first, selection.last)
        columns = [run.run_number, run.deleted] + ([run.rr_attributes] if selection.run_class else [])
        found: dict[int, tuple[bool, list[str]]] = {}
        for number, deleted, *documents in connection.execute(select(*columns).where(within).order_by(run.run_number)):
            run_class = decode(documents[0]).get("class") if documents else None
            if selection.has_run(number, run_class):
                found[number] = (not deleted, [])
        named = select(dataset.run_number, dataset.name).where(
            dataset.deleted.is_(False), dataset.run_number.between(selection.first, selection.last)
        )
        for number, name in connection.execute(named):
            if number in found and selection.has_dataset(name):
                found[number][1].append(name)
        return found

    def has_runs(self, connection: Connection, run_numbers: Sequence[int]) -> dict[int, object]:
        """Return the class of each of these runs that the mirror has."""
        query = select(schema.run.c.run_number, schema.run.c.rr_attributes)
        rows = (
            row
            for chunk in chunks(run_numbers, _CHUNK)
            for row in connection.execute(query.where(schema.run.c.run_number.in_(chunk)))
        )
        return {row.run_number: decode(row.rr_attributes).get("class") for row in rows}

    def counts(self, connection: Connection) -> dict[str, int]:
        """Return how much the mirror holds."""
        counted = {"runs": schema.run, "datasets": schema.dataset, "jsons": schema.generated_json}
        return {name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in counted.items()}

    def stamp(self, connection: Connection) -> int:
        """Return a number that grows with every change of runs and datasets."""
        return event_number(connection)

    # Runs

    def apply(self, connection: Connection, copies: Sequence[RunCopy]) -> int:
        """Put runs with all of their datasets in the place of what was there; return how many were not older than that."""
        fetched = dict(self._fetched(connection, [copy.run_number for copy in copies]))
        fresh = [copy for copy in copies if fetched.get(copy.run_number, 0.0) <= copy.fetched_at]
        if not fresh:
            return 0
        self._forget(connection, [copy.run_number for copy in fresh])
        texts: dict[int, str] = {}
        caches = [_numbered(cache, texts) for copy in fresh for cache in copy.caches]
        rows = [{"id": number, "document": content} for number, content in texts.items()]
        connection.execute(insert_or_ignore(tables.text).on_conflict_do_nothing(), rows)
        connection.execute(insert(schema.run), [copy.run for copy in fresh])
        for table, made in ((schema.dataset, [row for copy in fresh for row in copy.datasets]), (tables.cache, caches)):
            if made:
                connection.execute(insert(table), made)
        marks = [{"run_number": copy.run_number, "fetched_at": copy.fetched_at, "digest": copy.digest()} for copy in fresh]
        connection.execute(insert(tables.mirrored_run), marks)
        self._touch(connection)
        return len(fresh)

    def remove(self, connection: Connection, run_numbers: Sequence[int]) -> int:
        """Remove runs with all that belongs to them; return how many there were."""
        found = [number for number, _ in self._fetched(connection, run_numbers)]
        self._forget(connection, found)
        if found:
            self._touch(connection)
        return len(found)

    def tidy(self, connection: Connection) -> None:
        """Drop texts that nothing refers to any more."""
        cache = tables.cache.c
        used = [select(cache[f"{name}_id"]) for name in tables.TEXTS]
        connection.execute(delete(tables.text).where(tables.text.c.id.not_in(used[0].union(*used[1:]))))

    def copies(self, connection: Connection) -> Iterator[tuple[RunCopy, str | None]]:
        """Go through the runs as they are kept, each with the digest that it had when it was read."""
        numbers = list(connection.scalars(select(schema.run.c.run_number).order_by(schema.run.c.run_number)))
        for chunk in chunks(numbers, _CHUNK):
            marks = {row.run_number: row for row in connection.execute(_of(tables.mirrored_run, chunk))}
            kept: list[dict[int, list[dict[str, Any]]]] = [{}, {}, {}]
            for place, table in enumerate((schema.run, schema.dataset, schema.dataset_cache)):
                for row in connection.execute(_of(table, chunk).order_by(*table.primary_key)):
                    kept[place].setdefault(row.run_number, []).append(dict(row._mapping))
            for number in chunk:
                rows = [each.get(number, []) for each in kept]
                mark = marks.get(number)
                yield RunCopy(rows[0][0], rows[1], rows[2], mark.fetched_at if mark else 0.0), mark.digest if mark else None

    def _fetched(self, connection: Connection, run_numbers: Sequence[int]) -> Iterator[tuple[int, float]]:
        for chunk in chunks(run_numbers, _CHUNK):
            for row in connection.execute(_of(tables.mirrored_run, chunk)).all():
                yield row.run_number, row.fetched_at

    def _forget(self, connection: Connection, run_numbers: Sequence[int]) -> None:
        for chunk in chunks(run_numbers, _CHUNK):
            for table in (schema.dataset, tables.cache, tables.mirrored_run, schema.run):
                connection.execute(delete(table).where(table.c.run_number.in_(chunk)))

    def _touch(self, connection: Connection) -> None:
        """Let those who follow the registry by the number of its events see that something is new."""
        counter = schema.counter.c
        connection.execute(update(schema.counter).where(counter.name == "event").values(value=counter.value + 1))

    # Everything else

    def save_documents(self, connection: Connection, documents: Mapping[str, str]) -> list[str]:
        """Keep answers (JSON text) by the path that they were asked for; return the paths of those that are new or changed."""
        known = {row.path: row.document for row in connection.execute(select(tables.document))}
        changed = [path for path, content in documents.items() if known.get(path) != content]
        connection.execute(delete(tables.document).where(tables.document.c.path.in_(changed)))
        if changed:
            connection.execute(insert(tables.document), [{"path": path, "document": documents[path]} for path in changed])
        return changed

    def document(self, connection: Connection, path: str) -> str | None:
        """Return an answer by the path that it was asked for; None if it was not kept."""
        return connection.scalar(select(tables.document.c.document).where(tables.document.c.path == path))

    def save_version(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Keep the newest version of the remote registry, and none before it."""
        connection.execute(delete(schema.version))
        connection.execute(insert(schema.version).values(**row))

    def jsons(self, connection: Connection, first: int, last: int) -> dict[int, str]:
        """Return when each of the generated JSONs from a number to another that are shown was changed last."""
        table = schema.generated_json.c
        which = (table.id.between(first, last), table.deleted.is_(False))
        return {row.id: row.updated_at for row in connection.execute(select(table.id, table.updated_at).where(*which))}

    def save_json(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Keep a generated JSON."""
        connection.execute(delete(schema.generated_json).where(schema.generated_json.c.id == row["id"]))
        connection.execute(insert(schema.generated_json).values(**row))

    def drop_json(self, connection: Connection, number: int) -> None:
        """Forget a generated JSON."""
        connection.execute(delete(schema.generated_json).where(schema.generated_json.c.id == number))

    def damage(self, connection: Connection) -> Iterator[str]:
        """Go through what is wrong with the file and its rows, a line each; nothing comes from a sound mirror."""
        for line in connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars():
            if line != "ok":
                yield line
                return
        cache = tables.cache.c
        for name in tables.TEXTS:
            lost = ~exists().where(tables.text.c.id == cache[f"{name}_id"])
            for row in connection.execute(select(cache.run_number, cache.name).where(lost)):
                yield f"run {row.run_number} {row.name}: its {name} is missing"
        for copy, digest in self.copies(connection):
            if digest is None or copy.digest() != digest:
                yield f"run {copy.run_number} is not as it was when it was read"
        missing = select(tables.mirrored_run.c.run_number).where(
            ~exists().where(schema.run.c.run_number == tables.mirrored_run.c.run_number)
        )
        for number in connection.scalars(missing):
            yield f"run {number} was read, and is missing"

    def is_damaged(self, connection: Connection) -> str | None:
        """Return what SQLite finds wrong with the file at a quick look; None if nothing."""
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        return None if found == "ok" else str(found)


def _of(table: Table, run_numbers: Sequence[int]) -> Any:
    return select(table).where(table.c.run_number.in_(run_numbers))


def _numbered(cache: Mapping[str, Any], texts: dict[int, str]) -> dict[str, Any]:
    """Return the row of a cache with numbers instead of texts, and put the texts to the others."""
    row = {key: value for key, value in cache.items() if key not in tables.TEXTS}
    for name in tables.TEXTS:
        number = tables.text_number(cache[name])
        texts[number] = cache[name]
        row[f"{name}_id"] = number
    return row
