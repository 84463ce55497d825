"""Whether a golden JSON is what its provenance says: the file as it was written, and the same when it is made again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runregistry.certification.creating import create
from runregistry.certification.provenance import Provenance, mask_digest, side_file
from runregistry.certification.rules import read_rule, rule_digest
from runregistry.certification.sources import is_database, is_remote, target_name
from runregistry.client import Client
from runregistry.errors import APIError, RunRegistryError, UsageError
from runregistry.lumis import LumiMask, MaskDiff
from runregistry.model.as_of import AsOf

__all__ = ["Verification", "verify"]

_MOST_RUNS = 10


@dataclass(frozen=True)
class Verification:
    """What came of verifying a golden JSON.

    Attributes
    ----------
    path : path
        The file.
    provenance : Provenance
        What its side file says.
    mask : LumiMask
        What the file holds.
    is_intact : bool
        Whether the file holds what was written.
    remade : LumiMask
        What the rule gives now.
    notes : list of str
        What limits the comparison: another version of the data, for example.
    """

    path: Path
    provenance: Provenance
    mask: LumiMask
    is_intact: bool
    remade: LumiMask
    notes: list[str] = field(default_factory=list)

    @property
    def diff(self) -> MaskDiff:
        """What has to be added to the file, and removed from it, to get what was made again."""
        return self.mask.diff(self.remade)

    @property
    def is_equal(self) -> bool:
        """Whether the file holds what was made again, to the lumisection."""
        return self.mask == self.remade

    @property
    def is_good(self) -> bool:
        """Whether the file is intact and equal to what was made again."""
        return self.is_intact and self.is_equal

    def text(self) -> str:
        """Return what was found as text for people."""
        made = self.provenance
        source = f"{made.source['name']}{f', version {made.version}' if made.version is not None else ''}"
        lines = [f"{self.path}: made {made.made_at} with {made.made_with} from {source}"]
        lines.append(f"  rule {made.rule_name or made.rule_sha256[:12]}, datasets {made.dataset_name_filter}")
        lines.append("  the file holds what was written" if self.is_intact else self._tampered())
        lines.append(f"  made again: {'equal to the lumisection' if self.is_equal else 'it differs'}")
        lines += self._differences()
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _tampered(self) -> str:
        found, noted = mask_digest(self.mask)[:12], self.provenance.sha256[:12]
        return f"  the file was CHANGED after it was made: it has the digest {found}…, and {noted}… is noted"

    def _differences(self) -> list[str]:
        runs = list(self.diff.by_run().items())
        lines = []
        for run_number, (added, removed) in runs[:_MOST_RUNS]:
            parts = (("only now", added), ("only in the file", removed))
            lines.append(f"    {run_number}: " + ", ".join(f"{what} {ranges}" for what, ranges in parts if ranges))
        return [*lines, f"    and {len(runs) - _MOST_RUNS} more runs"] if len(runs) > _MOST_RUNS else lines


def verify(
    path: str | os.PathLike[str],
    *,
    provenance: str | os.PathLike[str] | None = None,
    source: Any = None,
    rule: Any = None,
    as_of: AsOf | None = None,
) -> Verification:
    """Make a golden JSON again from its provenance, and compare.

    Parameters
    ----------
    path : path
        The golden JSON.
    provenance : path, optional
        Its side file; ``golden.json.provenance.json`` if not given.
    source : str, path, Client, Snapshot or sequence of CertifiedDataset, optional
        Where the data is now; where it was, if not given.
    rule : dict, str or path, optional
        The rule that it ought to have been made with.
    as_of : int, str, datetime or date, optional
        The version of the data; the one that is noted, if not given. The official service, and a file, have no history: they are
        compared as they are now, and a note says so.

    Raises
    ------
    UsageError
        The side file is missing or was changed; the JSON was made with another rule; data in memory is not here any more.
    RangeError
        The file is no golden JSON.

    Notes
    -----
    From a registry of this package, its database or over HTTP, the JSON is made as of the version that is noted: it comes out the
    same to the byte, whatever was edited since.
    """
    beside = side_file(path) if provenance is None else Path(provenance)
    if not beside.exists():
        raise UsageError(
            f"{os.fspath(path)} has no provenance, there is no {beside}: runregistry json create writes it, --provenance names it"
        )
    made = Provenance.read(beside)
    _check_rule(path, made, rule)
    mask = LumiMask.read(path)
    where = _source_of(made, beside) if source is None else source
    remade, notes = _make_again(made, where, as_of)
    return Verification(Path(path), made, mask, mask_digest(mask) == made.sha256, remade, notes)


def _check_rule(path: str | os.PathLike[str], made: Provenance, rule: Any) -> None:
    if rule is None:
        return
    other = read_rule(rule)
    if rule_digest(other.rule.source) != made.rule_sha256:
        name = made.rule_name or f"with digest {made.rule_sha256[:12]}…"
        raise UsageError(f"{os.fspath(path)} was made with another rule, {name}, and not with {other.name or 'the given one'}")


def _source_of(made: Provenance, beside: Path) -> Any:
    if made.source["kind"] == "memory":
        raise UsageError(f"{beside}: the JSON was made of data in memory, which is gone: give it as source")
    if made.source["kind"] == "file":
        return Path(made.source["name"])
    return made.source["name"]


def _make_again(made: Provenance, source: Any, as_of: AsOf | None) -> tuple[LumiMask, list[str]]:
    options: dict[str, Any] = {"run_min": made.run_min, "run_max": made.run_max, "runs": made.runs}
    remote = is_remote(source)
    if as_of is not None:
        options["as_of"] = as_of
    elif made.version is not None and (_has_version(made, source) if remote else is_database(source)):
        options["as_of"] = made.version
    if made.engine == "portal" and remote:
        options["where"] = "portal"
    try:
        again = create(made.rule, made.dataset_name_filter, source=source, allow_unknown_paths=True, **options)
    except RunRegistryError as error:
        error.add_note(f"while the JSON was made again from {made.source['name']}")
        raise
    return again.golden, _notes(made, again.provenance)


def _has_version(made: Provenance, source: Any) -> bool:
    """Whether a registry is the one that the JSON was made of, and can read that version."""
    if not isinstance(source, Client):
        with Client(source) as client:
            return _has_version(made, client)
    if made.source["kind"] != "registry" or made.source["name"] != target_name(source):
        return False
    try:
        source.version(made.version)
    except APIError:
        return False
    return True


def _notes(made: Provenance, again: Provenance) -> list[str]:
    notes = []
    if again.source["kind"] == "registry":
        now = f"version {again.version}" if again.version is not None else "its present state"
        then = f"version {made.version}" if made.version is not None else "an unknown version"
        if again.version is None or again.version != made.version:
            notes.append(f"its past could not be read: compared with {now}, the JSON was made of {then}")
    elif again.source["kind"] == "file" and again.source["sha256"] != made.source.get("sha256"):
        notes.append(f"the file {again.source['name']} is not the one that the JSON was made of")
    elif again.source["kind"] == "database" and again.version != made.version:
        notes.append(f"compared with version {again.version}, the JSON was made of version {made.version}")
    if again.made_with != made.made_with:
        notes.append(f"made again with {again.made_with}")
    return notes
