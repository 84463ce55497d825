"""Pictures of what a rule costs: explained now, or from a table that ``json explain`` wrote."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.drawing import ready_to_draw, write_drawing
from runregistry.cli.golden import question_of
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.cli.options import Registry
    from runregistry.cli.options_of_certification import Certified
    from runregistry.cli.pictures import Drawing
    from runregistry.pictures import Combination, Loss

__all__ = ["picture_loss"]

_FEW = 20  # clauses, if nobody says how many
_KINDS = {"recorded_invpb": "recorded_exclusive_invpb", "lumisections": "lumisections_exclusive"}


class _Explained(NamedTuple):
    """Rows by clause and by combination, and the whole that they are parts of."""

    clauses: Sequence[Mapping[str, Any]]
    combinations: Sequence[Mapping[str, Any]] = ()
    total: Mapping[str, float] = {}


def picture_loss(
    certified: Certified,
    registry: Registry,
    within: Path | None,
    source: Path | None,
    at_most: int | None,
    drawing: Drawing,
    *,
    lumisections: bool,
    with_combinations: bool,
) -> None:
    """Draw what each clause costs, in luminosity if it is known."""
    ready_to_draw(drawing)
    from runregistry.pictures import draw_loss

    if source is not None and (certified.rule is not None or certified.preset is not None):
        raise UsageError("--from draws what was explained before: leave out --rule and --preset")
    found = _read(source) if source is not None else _explain(certified, registry, within)
    if not any(row.get("lumisections") for row in found.clauses):
        raise UsageError("nothing is lost: no clause costs a lumisection, so that there is nothing to draw")
    has_luminosity = any(row.get("recorded_invpb") for row in found.clauses)
    name = "lumisections" if lumisections or not has_luminosity else "recorded_invpb"
    figure = draw_loss(
        _clauses(found, name),
        _combinations(found, name) if with_combinations else (),
        total=found.total.get(name),
        measure="lumisections" if name == "lumisections" else "luminosity",
        at_most=at_most or _FEW,
        title=drawing.title,
    )
    write_drawing(figure, drawing, "Loss by clause")


def _explain(certified: Certified, registry: Registry, within: Path | None) -> _Explained:
    from runregistry import certification
    from runregistry.cli.mask_sources import read_mask

    mask = read_mask(str(within)) if within is not None else None
    why = certification.explain(**question_of(certified, registry), mask=mask)
    return _Explained(why.by_clause(), why.by_combination(), why.total._asdict())


def _clauses(found: _Explained, name: str) -> list[Loss]:
    from runregistry.pictures import Loss

    return [Loss(_label(row), float(row[name]), float(row[_KINDS[name]])) for row in found.clauses]


def _label(row: Mapping[str, Any]) -> str:
    """Return the label of a clause; two clauses of a rule may be called the same, and their numbers tell them apart."""
    return f"{row['clause']}. {row['label']}"


def _combinations(found: _Explained, name: str) -> list[Combination]:
    from runregistry.pictures import Combination

    labels = {row["clause"]: _label(row) for row in found.clauses}
    rows = [(row, float(row[name])) for row in found.combinations]
    return [Combination([labels[number] for number in row["clauses"]], amount) for row, amount in rows if amount > 0]


def _read(path: Path) -> _Explained:
    """Return the rows of a file that ``json explain --show clauses`` wrote."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text: {error.reason} at byte {error.start}") from error
    rows: Any
    try:
        rows = json.loads(text) if text.lstrip().startswith(("[", "{")) else list(csv.DictReader(text.splitlines()))
        return _Explained([_numbered(row) for row in rows])
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        problem = f"there is no {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise UsageError(
            f"{path} is no table of clauses: {problem}; runregistry json explain --show clauses --format csv writes one"
        ) from error


def _numbered(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {"clause": int(row["clause"]), "label": str(row["label"])}
    return named | {name: float(row[name] or 0) for kind in _KINDS.items() for name in kind}
