"""What lies behind the difference of two golden JSONs: which edits, by whom and why."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runregistry.certification.provenance import Provenance, side_file
from runregistry.certification.sources import EMBEDDED, check_there, is_database
from runregistry.client import Client
from runregistry.engine.leaf import reads
from runregistry.errors import UsageError
from runregistry.filters.similar import similar_to
from runregistry.logic import parse_rule
from runregistry.lumis import LumiMask, LumiRanges, MaskDiff
from runregistry.model.as_of import AsOf
from runregistry.terms import ONLINE

__all__ = ["CertificationChanges", "changes"]

_CREATED, _COMPONENT, _OMS = "created", "component", "oms"
# What decides whether a dataset is certified at all, whatever the rule reads.
_HIDING = frozenset({"deleted", "run.deleted"})
_SECTIONS = {"rr_attributes": ("run", "rr"), "oms_attributes": ("run", "oms"), "dataset_attributes": ("dataset",)}
_NONE = LumiRanges()


@dataclass(frozen=True)
class CertificationChanges:
    """Why two golden JSONs differ.

    Attributes
    ----------
    diff : MaskDiff
        Which lumisections came (``added``) and went (``removed``), from the first JSON to the second.
    rows : list of dict
        The changes of the registry that lie behind it, as `Client.diff` has them, each with ``came`` and ``went``: the
        lumisections that it concerns, as ranges.
    unexplained : LumiMask
        Lumisections that came or went without any such change.
    since, upto : int or None
        The versions between which the registry was looked at; None if it was not.
    notes : list of str
        What else is different: the rules, for example.
    """

    diff: MaskDiff
    rows: list[dict[str, Any]]
    unexplained: LumiMask
    since: int | None = None
    upto: int | None = None
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return what was found in a few lines."""
        added, removed = self.diff
        lines = [f"{removed.n_lumisections} lumisections went, {added.n_lumisections} came, in {len(self.diff.runs)} runs"]
        if self.since is not None:
            lines.append(f"behind them are {len(self.rows)} changes from version {self.since} to {self.upto}")
        if self.unexplained:
            lines.append(f"no change is behind {self.unexplained.n_lumisections} lumisections of {self.unexplained.n_runs} runs")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def changes(old: str | os.PathLike[str], new: str | os.PathLike[str], *, source: Any = None) -> CertificationChanges:
    """Find out which edits lie behind the lumisections that came or went between two golden JSONs.

    Parameters
    ----------
    old, new : path
        Golden JSONs with their provenance beside them.
    source : str, path or Client, optional
        The registry, where it is now; where it was if not given.

    Raises
    ------
    UsageError
        A JSON has no provenance.
    APIError
        The registry can't be asked, or knows no past.

    Notes
    -----
    The difference of the masks is joined with that of the versions: a change lies behind a lumisection that came or went if it is
    of its run and range, of a dataset that was certified (or of ``online``, from which all inherit), and of something that one of
    the rules reads, or that was not there before. Several changes may lie behind one lumisection.
    """
    made = [_provenance(path) for path in (old, new)]
    diff = LumiMask.read(old).diff(LumiMask.read(new))
    notes = list(_notes(*made))
    versions = [each.version for each in made]
    if not diff or None in versions or made[0].source["name"] != made[1].source["name"]:
        notes += [] if not diff else ["they were not made of two versions of one registry, so that nothing is known of edits"]
        return CertificationChanges(diff, [], diff.added | diff.removed, notes=notes)
    since, upto = sorted(version for version in versions if version is not None)
    rows = _ask(made[0], source, since, upto, diff.runs)
    concerns = _test(made)
    behind = [found for row in rows if concerns(row) and (found := _joined(row, diff))]
    seen = LumiMask()
    for row in behind:
        seen |= LumiMask({row["run_number"]: [*row["came"], *row["went"]]})
    unexplained = (diff.added | diff.removed) - seen
    return CertificationChanges(diff, behind, unexplained, since, upto, notes)


def _provenance(path: str | os.PathLike[str]) -> Provenance:
    beside = side_file(path)
    if not Path(beside).exists():
        raise UsageError(f"{os.fspath(path)} has no provenance, there is no {beside}: runregistry json create writes it")
    return Provenance.read(beside)


def _notes(old: Provenance, new: Provenance) -> Iterator[str]:
    if old.rule_sha256 != new.rule_sha256:
        yield "the rules are different, so lumisections may have come or gone without any edit"
    if old.dataset_name_filter != new.dataset_name_filter:
        yield f"the datasets are others: {old.dataset_name_filter} and {new.dataset_name_filter}"
    if (old.run_min, old.run_max, old.runs) != (new.run_min, new.run_max, new.runs):
        yield "other runs were certified"
    if old.version is not None and new.version is not None and old.version > new.version:
        yield "the first JSON is of the later version: what was and what is are told from the earlier one to the later"


def _ask(made: Provenance, source: Any, since: AsOf, upto: AsOf, runs: Sequence[int]) -> list[dict[str, Any]]:
    if isinstance(source, Client):
        return source.diff(since, upto, runs=runs)
    name = made.source["name"] if source is None else source
    is_file = is_database(name) and name != EMBEDDED
    if is_file:
        check_there(name)
    with Client(database=name) if is_file else Client(name) as client:
        return client.diff(since, upto, runs=runs)


def _test(made: Sequence[Provenance]) -> Callable[[Mapping[str, Any]], bool]:
    """Return the test whether a change is of something that was certified, and that a rule reads."""
    patterns = [similar_to(each.dataset_name_filter) for each in made]
    sources = reads(parse_rule(each.rule) for each in made)

    def is_read(path: tuple[str, ...]) -> bool:
        return bool(path) and any(path[: len(one)] == one[: len(path)] for one in sources)

    def concerns(row: Mapping[str, Any]) -> bool:
        inherited = row["name"] == ONLINE and row["kind"] != _COMPONENT
        if not inherited and not any(pattern.fullmatch(row["name"]) for pattern in patterns):
            return False
        if row["kind"] == _CREATED or row["what"] in _HIDING:
            return True
        # Where there was nothing, the lumisection was not certified, whatever the rule reads.
        return is_read(_path(row)) or (row["kind"] in (_COMPONENT, _OMS) and row["was"] is None)

    return concerns


def _path(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where a rule reads what changed; nothing if none can."""
    if row["kind"] in (_COMPONENT, _OMS):
        return ("lumisection", "rr" if row["kind"] == _COMPONENT else "oms", row["what"])
    section, _, name = row["what"].partition(".")
    return (*_SECTIONS[section], name) if section in _SECTIONS else ()


def _joined(row: Mapping[str, Any], diff: MaskDiff) -> dict[str, Any] | None:
    """Return a change with the lumisections that came or went where it is; None if there are none."""
    run = row["run_number"]
    came, went = diff.added.get(run, _NONE), diff.removed.get(run, _NONE)
    if row["start"] is not None:
        within = LumiRanges([(row["start"], row["end"])])
        came, went = came & within, went & within
    if not came and not went:
        return None
    return {**row, "came": [list(pair) for pair in came], "went": [list(pair) for pair in went]}
