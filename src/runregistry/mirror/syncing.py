"""One sync of one claim: what changed is read again, run by run, and then counts are compared.

Nothing is remembered between runs but what is stored: after a cut, what the mirror has already is recognised by its versions. The
cursor moves when everything up to it is there, and so does the claim itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from runregistry.mirror.counting import find_differences
from runregistry.mirror.remote import Remote
from runregistry.mirror.reports import Progress, Report
from runregistry.model.selection import Selection
from runregistry.store import Store
from runregistry.store.mirrored import Claim

__all__ = ["Syncer"]

# The most times that is looked whether something changed while it was read.
_ROUNDS = 3
_MENDINGS = 3


class Syncer:
    """Brings a mirror up to date.

    Parameters
    ----------
    store : Store
        The mirror.
    remote : Remote
        The registry that it is of.
    report : Report
        Where is told what was done.
    on_progress : callable
        Told how far it is.
    is_trusting : bool
        Whether what has the right version counts as what it should be.
    """

    def __init__(
        self,
        store: Store,
        remote: Remote,
        report: Report,
        on_progress: Callable[[Progress], None],
        *,
        is_trusting: bool = True,
    ) -> None:
        self._store = store
        self._remote = remote
        self._report = report
        self._on_progress = on_progress
        self._is_trusting = is_trusting
        self._added: set[int] = set()
        self._changed: set[int] = set()
        self._removed: set[int] = set()

    def sync(self, claim: Claim) -> Claim:
        """Bring one claim up to date, and return it as it is then."""
        self._save(claim := claim._replace(is_under_way=True))
        cursor, moment = self._catch_up(claim, claim.cursor, self._is_trusting)
        gaps: Sequence[Selection] = ()
        for attempt in range(_MENDINGS):
            wrong, gaps = self._compare(claim, look_again=attempt > 0)
            if not wrong and not gaps:
                break
            self._report.mended += wrong
            self._read(wrong)
            cursor, moment = self._catch_up(claim, cursor)
        else:
            wrong, gaps = self._compare(claim, look_again=True)
            gaps = [*gaps, *(Selection(number, number) for number in wrong)]
        for gap in gaps:
            self._report.problems.append(f"{gap}: {self._report.source} counts other runs and datasets than it lists")
        claim = claim._replace(
            cursor=cursor, synced_at=moment, is_under_way=False, gaps=tuple((each.first, each.last) for each in gaps)
        )
        self._save(claim)
        self._tell()
        return claim

    def look(self, claim: Claim) -> None:
        """Report what a sync of a claim would do."""
        todo = self._due(claim, claim.cursor, self._is_trusting)
        with self._store.reading() as connection:
            known = self._store.mirrored.versions(connection, todo)
        self._added |= set(todo) - known.keys()
        self._changed |= known.keys()
        self._tell()

    def _save(self, claim: Claim) -> None:
        with self._store.changing() as connection:
            self._store.mirrored.save_claim(connection, claim)

    def _catch_up(self, claim: Claim, cursor: int, is_trusting: bool = True) -> tuple[int, str]:
        """Read what changed after an event; return up to which everything is there then, and when that was so."""
        for _ in range(_ROUNDS):
            newest, moment = self._remote.newest(), _now()
            todo = self._due(claim, cursor, is_trusting)
            cursor = max(cursor, newest)
            self._read(todo)
            is_trusting = True  # by now everything is new
            if not todo:
                break
        return cursor, moment

    def _due(self, claim: Claim, cursor: int, is_trusting: bool) -> list[int]:
        """Return the runs that changed after an event, and that the mirror does not have as they are now."""
        due: set[int] = set()
        for page in self._remote.changed(claim.selection, cursor):
            self._on_progress(Progress("looking for changes", len(due)))
            page = [each for each in page if each.name is None or claim.selection.has_dataset(each.name)]
            numbers = sorted({each.run_number for each in page} - due)
            with self._store.reading() as connection:
                known = self._store.mirrored.versions(connection, numbers)
            for each in page:
                stored = known.get(each.run_number, {}).get(each.name)
                is_known = stored is not None and is_trusting and self._remote.is_known(each.version, stored)
                if not is_known:
                    due.add(each.run_number)
        return sorted(due)

    def _read(self, numbers: Sequence[int]) -> None:
        """Read runs, and put each with all of its datasets into the mirror in one transaction."""
        if not numbers:
            return
        with self._store.reading() as connection:
            selections = [claim.selection for claim in self._store.mirrored.claims(connection)]
            known = self._store.mirrored.versions(connection, numbers)
        names = {number: [name for name in versions if name is not None] for number, versions in known.items()}
        done = 0
        self._on_progress(Progress("reading runs", done, len(numbers)))
        for read in self._remote.read(numbers, selections, names):
            with self._store.changing() as connection:
                self._store.mirrored.apply(connection, read.copies)
                self._store.mirrored.remove(connection, read.others)
            there = {copy.run_number for copy in read.copies}
            self._added |= there - known.keys()
            self._changed |= there & known.keys()
            self._removed |= set(read.others) & known.keys()
            self._report.odd += read.odd
            done += len(there) + len(read.others)
            self._on_progress(Progress("reading runs", done, len(numbers)))

    def _compare(self, claim: Claim, *, look_again: bool) -> tuple[list[int], list[Selection]]:
        self._on_progress(Progress("comparing again" if look_again else "comparing counts"))
        with self._store.reading() as connection:
            shown = self._store.mirrored.visible(connection, claim.selection)
        found = find_differences(self._remote.asker, claim.selection, shown)
        return found.runs, found.contradictions

    def _tell(self) -> None:
        self._report.runs_added = sorted(self._added - self._removed)
        self._report.runs_changed = sorted(self._changed - self._added - self._removed)
        self._report.runs_removed = sorted(self._removed)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
