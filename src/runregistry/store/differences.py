"""What changed in a run from one version to another: what was, what is, and the event that made the difference.

Only what differs in the end is told: an edit that was taken back is no difference. As events are merged by authority and number,
whatever differs was set by an event between the two versions; it is found by merging numbers of events instead of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, select

from runregistry.lumis.steps import Step, elementary, overlay, same
from runregistry.model.summary import positive_number
from runregistry.store.documents import Values, decode
from runregistry.store.projection import changes_of
from runregistry.store.replay import rows_by_run
from runregistry.store.versions import EVENTS, last_of
from runregistry.terms import LUMINOSITY_ATTRIBUTES, ONLINE

__all__ = ["ATTRIBUTE", "COMPONENT", "CREATED", "OMS", "Difference", "changed_runs", "differences"]

CREATED, ATTRIBUTE, COMPONENT, OMS = "created", "attribute", "component", "oms"
_RUNS, _DATASETS, _RR, _OMS = (table.name for table in EVENTS)
Events: TypeAlias = Sequence[Row[Any]]


class Difference(NamedTuple):
    """One thing that is no longer what it was.

    Attributes
    ----------
    run_number, name : int, str
        The dataset; ``online`` stands for the run too.
    kind : str
        ``created``: the dataset is new, and other differences are counted from there on. ``attribute``: of the run or dataset.
        ``component``, ``oms``: a component's triplet, an OMS attribute, over a range of lumisections.
    what : str
        Which attribute (by its path, ``rr_attributes.class``) or component.
    first, last : int or None
        The range, closed.
    was, now : JSON value
        None where there was nothing. Luminosity is the sum over the range.
    version, atomic_version : int
        The event that made it so.
    """

    run_number: int
    name: str
    kind: str
    what: str
    first: int | None
    last: int | None
    was: Any
    now: Any
    version: int
    atomic_version: int


class _Event(NamedTuple):
    """A range that an event set."""

    first: int
    last: int
    values: Mapping[str, Any]
    row: Row[Any]
    version: int


def changed_runs(
    connection: Connection, since: int, upto: int, run_min: int | None = None, run_max: int | None = None
) -> list[int]:
    """Return the runs of which there are events after one version and up to another, ascending; bounds are closed."""
    found: set[int] = set()
    for table in EVENTS:
        bounds = [table.c.version > last_of(connection, table, since), table.c.atomic_version <= upto]
        bounds += [] if run_min is None else [table.c.run_number >= run_min]
        bounds += [] if run_max is None else [table.c.run_number <= run_max]
        found.update(connection.scalars(select(table.c.run_number).where(*bounds).distinct()))
    return sorted(found)


def differences(
    connection: Connection, values: Values, run_numbers: Sequence[int], since: int, upto: int
) -> Iterator[Difference]:
    """Go through what changed in some runs after one version and up to another: by run, each in the order of the events.

    Attributes of a run, and OMS attributes that it shares with all of its datasets, are told once, under ``online``.

    Notes
    -----
    Cost: all events of these runs are read.
    """
    events = rows_by_run(connection, EVENTS, run_numbers, upto)
    for run_number in run_numbers:
        own = {table: by_run.get(run_number, []) for table, by_run in events.items()}
        found = [*_of_run(own[_RUNS], run_number, since), *_of_datasets(connection, values, own, run_number, since)]
        yield from sorted(found, key=lambda one: (one.version, one.name != ONLINE, one.name, one.what, one.first or 0))


def _of_run(events: Events, run_number: int, since: int) -> Iterator[Difference]:
    if not events:
        return
    since = max(since, events[0].atomic_version)
    by_authority = sorted(events, key=lambda row: (row.manual_change, row.version))
    sections = (("rr_attributes", "rr_metadata", by_authority), ("oms_attributes", "oms_metadata", events))
    place = (run_number, ONLINE)
    for section, field, ordered in sections:
        yield from _attributes(place, f"{section}.", ordered, lambda row, field=field: decode(getattr(row, field)), since)
    yield from _attributes(place, "run.", events, lambda row: {"deleted": row.deleted}, since)


def _of_datasets(
    connection: Connection, values: Values, own: Mapping[str, Events], run_number: int, since: int
) -> Iterator[Difference]:
    names = dict.fromkeys(row.name for row in own[_DATASETS])
    for name in names:
        place = (run_number, name)
        attributes, rr = (_of_name(own[table], name) for table in (_DATASETS, _RR))
        begin = max(since, attributes[0].atomic_version)
        if attributes[0].atomic_version > since:
            yield _difference(place, CREATED, "run" if name == ONLINE else "dataset", False, True, attributes[0])
        yield from _of_dataset(place, attributes, begin)
        by_authority = sorted(rr, key=lambda row: (row.manual_change, row.version))
        yield from _ranges(connection, values, place, COMPONENT, by_authority, begin)
        oms = sorted((row for each in {ONLINE, name} for row in _of_name(own[_OMS], each)), key=lambda row: row.version)
        yield from _ranges(connection, values, place, OMS, oms, begin)


def _of_dataset(place: tuple[int, str], events: Events, since: int) -> Iterator[Difference]:
    yield from _attributes(place, "dataset_attributes.", events, lambda row: decode(row.dataset_metadata), since)
    hidden = [row for row in events if row.deleted is not None]
    yield from _attributes(place, "", hidden, lambda row: {"deleted": row.deleted}, since, {"deleted": False})
    gathered: dict[str, None] = {}
    lists = {}
    for row in events:
        gathered |= dict.fromkeys(decode(row.datasets_in_gui))
        lists[row.version] = list(gathered)
    adding = [row for row in events if row.datasets_in_gui != "[]"]
    yield from _attributes(place, "", adding, lambda row: {"datasets_in_gui": lists[row.version]}, since, {"datasets_in_gui": []})


def _attributes(
    place: tuple[int, str], prefix: str, ordered: Events, read: Any, since: int, usual: Mapping[str, Any] | None = None
) -> Iterator[Difference]:
    """Compare attributes; `ordered` are the events in the order in which they are merged."""
    was: dict[str, Any] = dict(usual or {})
    now: dict[str, tuple[Any, Row[Any] | None]] = {name: (value, None) for name, value in was.items()}
    for row in ordered:
        found = read(row)
        now |= {name: (value, row) for name, value in found.items()}
        if row.atomic_version <= since:
            was |= found
    for name, (value, winner) in now.items():
        if winner is not None and not same(was.get(name), value):
            yield _difference(place, ATTRIBUTE, f"{prefix}{name}", was.get(name), value, winner)


def _difference(
    place: tuple[int, str], kind: str, what: str, was: Any, now: Any, row: Row[Any], at: tuple[int, int, int] | None = None
) -> Difference:
    first, last, version = at or (None, None, row.version)
    return Difference(*place, kind, what, first, last, was, now, version, row.atomic_version)


def _ranges(
    connection: Connection, values: Values, place: tuple[int, str], kind: str, ordered: Events, since: int
) -> Iterator[Difference]:
    """Compare components, or OMS attributes, over their lumisections; `ordered` are the events as they are merged."""
    new = {row.version for row in ordered if row.atomic_version > since and row.name == place[1]}
    if not new:
        return
    events = list(_expanded(connection, values, ordered))
    touched = dict.fromkeys(name for event in events if event.row.version in new for name in event.values)
    for name in touched:
        setting = [number for number, event in enumerate(events) if name in event.values]
        before = _merged(events, (number for number in setting if events[number].row.atomic_version <= since))
        after = _merged(events, setting)
        steps = elementary({"was": before, "now": after})
        changed = [step for step in steps if _is_changed(events, name, step[2], place[1])]
        tell = _summed if name in LUMINOSITY_ATTRIBUTES else _each
        yield from tell(events, place, kind, name, changed)


def _expanded(connection: Connection, values: Values, rows: Events) -> Iterator[_Event]:
    for row in rows:
        for offset, (first, last, value) in enumerate(changes_of(connection, values, row.ranges)):
            yield _Event(first, last, value, row, row.version + offset)


def _merged(events: Sequence[_Event], numbers: Iterable[int]) -> list[Step]:
    """Merge events as their values are merged, but keep which one won where."""
    steps: list[Step] = []
    for number in numbers:
        overlay(steps, events[number].first, events[number].last, number)
    return steps


def _is_changed(events: Sequence[_Event], name: str, here: Mapping[str, int], dataset_name: str) -> bool:
    winner = events[here["now"]]
    if here.get("was") == here["now"] or winner.row.name != dataset_name:
        return False
    return "was" not in here or not same(events[here["was"]].values[name], winner.values[name])


def _each(
    events: Sequence[_Event], place: tuple[int, str], kind: str, name: str, changed: Sequence[Step]
) -> Iterator[Difference]:
    """Tell each range; neighbours that say the same of the same event are one."""
    joined: list[tuple[int, int, Any, int]] = []
    for first, last, here in changed:
        was = events[here["was"]].values[name] if "was" in here else None
        if joined and joined[-1][1] == first - 1 and joined[-1][3] == here["now"] and same(joined[-1][2], was):
            joined[-1] = (joined[-1][0], last, was, here["now"])
        else:
            joined.append((first, last, was, here["now"]))
    for first, last, was, number in joined:
        winner = events[number]
        yield _difference(place, kind, name, was, winner.values[name], winner.row, (first, last, winner.version))


def _summed(
    events: Sequence[_Event], place: tuple[int, str], kind: str, name: str, changed: Sequence[Step]
) -> Iterator[Difference]:
    """Tell luminosity, which differs in every lumisection, as the sum over what one action changed."""
    by_row = groupby(changed, key=lambda step: events[step[2]["now"]].row.version)
    for _, group in by_row:
        steps = list(group)
        was, now = (sum(_amount(events, name, step, side) for step in steps) for side in ("was", "now"))
        winner = events[steps[0][2]["now"]]
        if was != now:
            yield _difference(place, kind, name, was, now, winner.row, (steps[0][0], steps[-1][1], winner.version))


def _amount(events: Sequence[_Event], name: str, step: Step, side: str) -> float:
    first, last, here = step
    value = events[here[side]].values[name] if side in here else 0
    return positive_number(value) * (last - first + 1)


def _of_name(rows: Events, name: str) -> list[Row[Any]]:
    return [row for row in rows if row.name == name]
