"""What a sync did, how far it is, and how a mirror stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from runregistry.store.mirrored import Claim

__all__ = ["Progress", "Report", "Status", "age_text"]


class Progress(NamedTuple):
    """How far a sync is: what it does, and of how many how many are done (0 where that is not known)."""

    what: str
    done: int = 0
    total: int = 0


@dataclass
class Report:
    """What a sync did.

    Attributes
    ----------
    path, source : str
        The mirror, and the registry that it is of.
    runs_added, runs_changed, runs_removed : list of int
        Numbers of the runs that are new in the mirror, that were read again, and that are not part of it any more.
    mended : list of int
        Runs among these that only a comparison of counts found.
    documents : list of str
        Paths of configuration that is new or changed.
    jsons : int
        Generated JSONs that are new or changed, or hidden.
    requests : int
        Questions that were asked, without those that were repeated.
    seconds : float
        How long it took.
    problems : list of str
        What the remote registry contradicted itself about: the mirror does not claim to hold it.
    odd : list of str
        Datasets whose summary at the remote registry does not follow from their lumisections; both are kept as answered.
    notes : list of str
        What else is worth knowing.
    is_dry : bool
        Whether nothing was stored: then it is what would have been done.
    """

    path: str
    source: str
    runs_added: list[int] = field(default_factory=list)
    runs_changed: list[int] = field(default_factory=list)
    runs_removed: list[int] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    jsons: int = 0
    requests: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_dry: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the mirror holds everything that was asked for."""
        return not self.problems

    def __str__(self) -> str:
        would = "would be " if self.is_dry else ""
        counted = [
            f"{len(self.runs_added)} runs {would}added",
            f"{len(self.runs_changed)} {would}changed",
            f"{len(self.runs_removed)} {would}removed",
            f"{self.jsons} JSONs and {len(self.documents)} pages of configuration {would}changed",
        ]
        return f"{self.path}: {', '.join(counted)}; {self.requests} requests to {self.source} in {self.seconds:.1f} s"


class Status(NamedTuple):
    """How a mirror stands.

    Attributes
    ----------
    path, source : str
        The mirror, and the registry that it is of.
    claims : list of Claim
        What it holds, and as of when.
    runs, datasets, jsons : int
        How much that is.
    size_mb : float
        Of the file, in 10⁶ bytes.
    damage : list of str or None
        What is wrong with the file, None if nobody has looked.
    """

    path: str
    source: str
    claims: list[Claim]
    runs: int
    datasets: int
    jsons: int
    size_mb: float
    damage: list[str] | None = None

    @property
    def synced_at(self) -> str | None:
        """When it was complete last: of several claims the oldest; None if one of them never was."""
        times = [claim.synced_at for claim in self.claims]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None

    @property
    def age_s(self) -> float | None:
        """Seconds since then."""
        return None if self.synced_at is None else seconds_since(self.synced_at)

    @property
    def is_complete(self) -> bool:
        """Whether it holds everything that it was asked to hold, and is not damaged as far as anyone has looked."""
        return self.synced_at is not None and not any(claim.gaps for claim in self.claims) and not self.damage


def seconds_since(timestamp: str) -> float:
    """Return how long ago a time was."""
    return max((datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds(), 0.0)


def age_text(seconds: float) -> str:
    """Return an age in words.

    Examples
    --------
    >>> age_text(40), age_text(7200), age_text(200_000)
    ('40 s', '2 h', '2 days')
    """
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "days" else 1):
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
