"""Where a golden JSON comes from: the side file that travels beside it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from runregistry.certification.rules import rule_digest
from runregistry.errors import UsageError
from runregistry.lumis import LumiMask

__all__ = ["Provenance", "Totals", "mask_digest", "side_file"]

_SUFFIX = ".provenance.json"
_FORMAT = 1
_UNIT = "/pb"


class Totals(NamedTuple):
    """How much some lumisections are; of a run's several datasets a lumisection counts once.

    Attributes
    ----------
    runs, lumisections : int
        How many.
    recorded_invpb, delivered_invpb : float
        In the unit of the registry, nominally /pb.
    """

    runs: int
    lumisections: int
    recorded_invpb: float
    delivered_invpb: float


@dataclass(frozen=True)
class Provenance:
    """Everything that is needed to make a golden JSON again, and to tell whether it is still the one that was made.

    Attributes
    ----------
    rule : JSON value
        json-logic.
    rule_name : str
        The preset or file that it was read from; empty if it was written out.
    dataset_name_filter : str
        Which datasets.
    run_min, run_max, runs
        Which runs were asked for; None where they were not chosen.
    source : dict
        ``kind``, ``name``, ``version`` (the registry's newest ``atomic_version`` then) and, of a file, ``sha256``.
    engine : str
        ``local``, or ``portal`` if the registry's JSON portal made it; then ``portal_id`` is its number there.
    first_run, last_run : int
        Of the datasets that were certified.
    golden, denominator : Totals
        What passed, and what was certified.
    sha256 : str
        Of the golden JSON, as `mask_digest` has it.
    made_at, made_with : str
        When, UTC, and the release of this package.
    """

    rule: Any
    rule_name: str
    dataset_name_filter: str
    source: dict[str, Any]
    engine: str
    golden: Totals
    denominator: Totals
    sha256: str
    made_at: str
    made_with: str
    first_run: int | None = None
    last_run: int | None = None
    run_min: int | None = None
    run_max: int | None = None
    runs: list[int] | None = None
    portal_id: int | None = None

    @property
    def rule_sha256(self) -> str:
        """The digest of the rule."""
        return rule_digest(self.rule)

    @property
    def version(self) -> int | None:
        """The version of the registry that was read."""
        return self.source.get("version")

    def to_dict(self) -> dict[str, Any]:
        """Return the document of a side file."""
        document = {"format": _FORMAT, "unit": _UNIT, "sha256": self.sha256, "rule_sha256": self.rule_sha256}
        values = {name: value for name, value in asdict(self).items() if name not in document}
        return document | values | {name: getattr(self, name)._asdict() for name in ("golden", "denominator")}

    def to_json(self) -> str:
        """Return the text of a side file."""
        lines = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in self.to_dict().items())
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return what a document says.

        Raises
        ------
        UsageError
            It is no side file, was made by a later release, or its rule is not the one that it was made with.
        """
        if not isinstance(document, Mapping) or "format" not in document:
            raise UsageError("it is no provenance of a golden JSON: it has no format")
        if document["format"] != _FORMAT:
            raise UsageError(f"its format is {document['format']!r}, this release knows {_FORMAT}: use a later release")
        names = set(cls.__dataclass_fields__)
        values = {name: value for name, value in document.items() if name in names}
        try:
            totals = {name: Totals(**document[name]) for name in ("golden", "denominator")}
            made = cls(**(values | totals))
        except (TypeError, KeyError) as error:
            raise UsageError(f"it is no whole provenance: {error}") from error
        if document.get("rule_sha256") != made.rule_sha256:
            noted = str(document.get("rule_sha256"))[:12]
            raise UsageError(f"its rule was changed: it has the digest {made.rule_sha256[:12]}…, and {noted}… is noted")
        return made

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a side file; the message of whatever is wrong begins with its name."""
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise UsageError(f"{os.fspath(path)}: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"{os.fspath(path)} is not JSON: {error}") from error
        try:
            return cls.from_dict(document)
        except UsageError as error:
            raise UsageError(f"{os.fspath(path)}: {error}") from None


def side_file(path: str | os.PathLike[str]) -> Path:
    """Return where the provenance of a golden JSON lies.

    Examples
    --------
    >>> side_file("golden.json").name
    'golden.json.provenance.json'
    """
    return Path(os.fspath(path) + _SUFFIX)


def mask_digest(mask: LumiMask) -> str:
    """Return the SHA-256 of a golden JSON as `LumiMask.write` writes it, however the file at hand is laid out."""
    return hashlib.sha256((mask.to_json() + "\n").encode()).hexdigest()
