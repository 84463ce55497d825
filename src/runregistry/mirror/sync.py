"""Making a mirror, and bringing it up to date."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from runregistry.client import Client
from runregistry.client.session import Session
from runregistry.client.settings import read_settings
from runregistry.errors import DamagedFile, UsageError
from runregistry.mirror.asking import Asker
from runregistry.mirror.configuration import iter_json_pages, json_row, newest_version, read_documents, read_json_by_id
from runregistry.mirror.feed import Feed
from runregistry.mirror.files import FORMAT, check_mirror, default_mirror, set_aside
from runregistry.mirror.notes import read_note, write_note
from runregistry.mirror.official import Official
from runregistry.mirror.pace import Pace
from runregistry.mirror.remote import Remote, has_feed, runs_of_era
from runregistry.mirror.reports import Progress, Report
from runregistry.mirror.syncing import Syncer
from runregistry.model.selection import Selection
from runregistry.store import Store
from runregistry.store.mirrored import FIRST_OWN_JOB, Claim

__all__ = ["sync"]

_MEMORY = "sqlite://"
ROUTES = ("auto", "official", "feed")


def sync(
    path: str | os.PathLike[str] | None = None,
    source: Client | str | None = None,
    *,
    run_min: int | None = None,
    run_max: int | None = None,
    run_class: str | Iterable[str] = (),
    era: str | None = None,
    dataset_name: str | Iterable[str] = (),
    jsons: bool = True,
    full: bool = False,
    dry_run: bool = False,
    pace: Pace | None = None,
    in_flight: int = 4,
    routes: str = "auto",
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Report:
    """Copy a part of a registry into a mirror, or bring a mirror up to date.

    What is asked for is added to what the mirror holds. Without any selection, everything that it holds is brought up to date; a
    new mirror then gets the whole registry. After a cut, the same call goes on.

    Parameters
    ----------
    path : path, optional
        The mirror; `default_mirror` if not given.
    source : Client or str, optional
        The registry, or its name or URL; of a mirror that is there the one that it is of, else what ``ENVIRONMENT`` says.
    run_min, run_max : int, optional
        First and last run, both included.
    run_class, dataset_name : str or iterable of str
        Classes, and names of datasets, or patterns with ``%``. The ``online`` dataset of a run is always part of it.
    era : str, optional
        ``2018A``: all runs from the first to the last that have a dataset of it.
    jsons : bool
        Whether generated JSONs are copied.
    full : bool
        Whether nothing that is there already is trusted: everything is asked for again.
    dry_run : bool
        Whether nothing is stored, and the report says what would be.
    pace : Pace, optional
        How fast is asked.
    in_flight : int
        How many questions are asked at the same time; of a `Client` its own number counts.
    routes : str
        ``official`` asks by the routes that every registry has, ``feed`` by those of this package; ``auto`` finds out.
    on_progress : callable
        Told how far it is.

    Raises
    ------
    UsageError
        The mirror is of another registry; the file is none.
    StoreError
        The mirror can't be written, for example because the disk is full. What was stored before stays; call again.
    RunRegistryError
        The registry does not answer, or refuses. What was stored before stays; call again.
    """
    begun = time.monotonic()
    file = Path(path) if path is not None else default_mirror()
    wanted = Selection(run_min, run_max, _texts(run_class), _texts(dataset_name))
    noted = read_note(file)
    asker, close = _asker(source, noted.source, pace or Pace(), in_flight)
    try:
        store, aside = _open(file, dry_run)
        with closing(store):
            report = Report(os.fspath(file), asker.name, is_dry=dry_run)
            if aside is not None:
                report.notes.append(f"the old file was damaged, and is now {aside}; everything was read again")
            remote = _remote(asker, routes)
            _prepare(store, asker.name, remote, noted.claims)
            _Run(store, remote, report, on_progress, full=full).do(_claims(store, wanted, era), jsons=jsons)
    finally:
        close()
    report.requests, report.seconds = asker.pace.requests, time.monotonic() - begun
    return report


class _Run:
    """One call of `sync`."""

    def __init__(
        self, store: Store, remote: Remote, report: Report, on_progress: Callable[[Progress], None], *, full: bool
    ) -> None:
        self._store = store
        self._remote = remote
        self._report = report
        self._on_progress = on_progress
        self._full = full

    def do(self, claims: Sequence[Claim], *, jsons: bool) -> None:
        """Bring claims up to date, and all that belongs to no run."""
        asker = self._remote.asker
        syncer = Syncer(self._store, self._remote, self._report, self._on_progress, is_trusting=not self._full)
        claims = [self._of_era(claim._replace(cursor=0) if self._full else claim) for claim in claims]
        if self._report.is_dry:
            for claim in claims:
                syncer.look(claim)
            return
        with self._store.changing() as connection:  # all of them, so that a run is read with all that any of them wants
            for claim in claims:
                self._store.mirrored.save_claim(connection, claim)
            write_note(Path(self._report.path), asker.name, self._store.mirrored.claims(connection))
        for claim in claims:
            syncer.sync(claim)
        self._on_progress(Progress("copying configuration"))
        documents, version = read_documents(asker, self._report.problems.append), newest_version(asker)
        with self._store.changing() as connection:
            self._report.documents = self._store.mirrored.save_documents(connection, documents)
            if version is not None:
                self._store.mirrored.save_version(connection, version)
        if jsons:
            self._copy_jsons(asker)
        with self._store.changing() as connection:
            self._store.mirrored.note(connection, jsons="yes" if jsons else "no")
            self._store.mirrored.tidy(connection)

    def _of_era(self, claim: Claim) -> Claim:
        if claim.era is None:
            return claim
        first, last = runs_of_era(self._remote.asker, claim.era)
        return claim._replace(selection=claim.selection._replace(run_min=first, run_max=last))

    def _copy_jsons(self, asker: Asker) -> None:
        """Copy the JSONs that are new or changed: newest first, up to a page on which none is."""
        for reference, rows in iter_json_pages(asker):
            self._on_progress(Progress("copying JSONs", self._report.jsons))
            numbers = [row["id"] for row in rows]
            first = min(numbers, default=0)
            with self._store.changing() as connection:
                known = self._store.mirrored.jsons(connection, first, min(reference, FIRST_OWN_JOB) - 1)
                changed = [row for row in rows if known.get(row["id"]) != row["updatedAt"]]
                for row in changed:
                    self._store.mirrored.save_json(connection, json_row(row))
            self._report.jsons += len(changed) + self._hide(asker, sorted(known.keys() - set(numbers)))
            if not changed and not self._full:
                return

    def _hide(self, asker: Asker, numbers: Sequence[int]) -> int:
        """Take JSONs off the list that the registry does not show any more; those that it hides can still be fetched."""
        for number in numbers:
            found = read_json_by_id(asker, number)
            with self._store.changing() as connection:
                if found is None:
                    self._store.mirrored.drop_json(connection, number)
                else:
                    self._store.mirrored.save_json(connection, json_row({**found, "deleted": True}))
        return len(numbers)


def _texts(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _asker(source: Client | str | None, known: str | None, pace: Pace, in_flight: int) -> tuple[Asker, Callable[[], None]]:
    if isinstance(source, Client):
        return Asker(source._session, pace), lambda: None
    if in_flight < 1:
        raise UsageError(f"in_flight must be 1 or more, not {in_flight}")
    session = Session(read_settings(source or known, in_flight=in_flight))
    return Asker(session, pace), session.close


def _open(file: Path, dry_run: bool) -> tuple[Store, Path | None]:
    """Open the file of a mirror, or begin one; a damaged one is set aside, because all that it held can be read again.

    Returns
    -------
    tuple
        The store; and where the damaged file is now, if there was one.
    """
    if dry_run and not file.is_file():
        return Store(_MEMORY, as_mirror=True), None
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        return Store(file, as_mirror=True), None
    try:
        store = Store(file, as_mirror=True)
        try:
            with store.reading() as connection:
                damage = store.mirrored.is_damaged(connection)
            if damage is not None:
                raise DamagedFile(f"the file {file} is damaged ({damage})")
        except BaseException:
            store.close()
            raise
        return store, None
    except DamagedFile:
        if dry_run:
            raise
        aside = set_aside(file)
        return Store(file, as_mirror=True), aside


def _remote(asker: Asker, routes: str) -> Remote:
    if routes not in ROUTES:
        raise UsageError(f"routes must be one of {', '.join(ROUTES)}, not {routes!r}")
    if routes == "feed" or (routes == "auto" and has_feed(asker)):
        return Feed(asker)
    return Official(asker)


def _prepare(store: Store, source: str, remote: Remote, claims: Sequence[Claim]) -> None:
    """Make a new mirror, with the claims of one that was lost; or see that a file is one of this registry."""
    kind = type(remote).__name__.lower()
    with store.changing() as connection:
        if not store.database.is_mirror:
            if not store.mirrored.is_empty(connection):
                raise UsageError(f"{store.database.name} is a registry with runs, and no mirror; name another file with --mirror")
            store.mirrored.prepare(connection, {"format": FORMAT, "source": source, "routes": kind})
            for claim in claims:
                store.mirrored.save_claim(connection, claim)
    store.database.is_mirror = True
    check_mirror(store)
    with store.changing() as connection:
        found = store.mirrored.about(connection)
        if found["source"] != source:
            raise UsageError(
                f"{store.database.name} is a mirror of {found['source']}, not of {source}; name another file with --mirror"
            )
        if found["routes"] != kind:  # events are counted otherwise
            for claim in store.mirrored.claims(connection):
                store.mirrored.save_claim(connection, claim._replace(cursor=0))
            store.mirrored.note(connection, routes=kind)


def _claims(store: Store, wanted: Selection, era: str | None) -> list[Claim]:
    """Return the claims that are brought up to date: what is asked for, or all that there are."""
    with store.reading() as connection:
        claims = store.mirrored.claims(connection)
    if wanted == Selection() and era is None and claims:
        return claims
    if era is not None and (wanted.run_min is not None or wanted.run_max is not None):
        raise UsageError(f"era {era} says which runs, so that run_min and run_max have no place beside it")
    for claim in claims:
        same_runs = claim.era == era if era is not None else claim.era is None and claim.selection[:2] == wanted[:2]
        if same_runs and claim.selection[2:] == wanted[2:]:
            return [claim]
    return [Claim(max((claim.id for claim in claims), default=0) + 1, era, wanted)]
