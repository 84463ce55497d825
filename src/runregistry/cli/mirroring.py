"""What ``runregistry mirror`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runregistry.cli.console import note, progress
from runregistry.cli.mirror import Manners, Part
from runregistry.cli.opening import needing
from runregistry.cli.options import Output
from runregistry.cli.rows import Shown, write_shown

if TYPE_CHECKING:
    from runregistry.mirror import Progress, Report, Status

__all__ = ["show_status", "sync_mirror"]

_FEW = 10


def sync_mirror(source: str | None, mirror: Path | None, part: Part, manners: Manners) -> int:
    """Make a mirror or bring it up to date; return the exit status: 1 if it is not complete."""
    with needing("A mirror", "server"):
        from runregistry.mirror import Pace, parse_night, parse_rate, sync
    pace = Pace(
        None if manners.rate is None else parse_rate(manners.rate),
        None if manners.night is None else parse_night(manners.night),
        on_wait=lambda seconds: note(f"It is not night yet: going on in {seconds / 3600:.1f} hours."),
    )
    with progress("Copying") as advance:

        def show(step: Progress) -> None:
            advance(step.done, max(step.total, step.done))

        report = sync(
            mirror,
            source,
            run_min=part.run_min,
            run_max=part.run_max,
            run_class=part.run_class or (),
            era=part.era,
            dataset_name=part.dataset_name or (),
            jsons=part.jsons,
            full=manners.full,
            dry_run=manners.dry_run,
            pace=pace,
            in_flight=manners.parallel,
            on_progress=show,
        )
    _tell(report)
    return 0 if report.is_complete else 1


def _tell(report: Report) -> None:
    for what, numbers in (
        ("added", report.runs_added),
        ("changed", report.runs_changed),
        ("removed", report.runs_removed),
        ("found only by comparing counts", report.mended),
    ):
        if numbers:
            some = ", ".join(map(str, numbers[:_FEW]))
            more = f" and {len(numbers) - _FEW} more" if len(numbers) > _FEW else ""
            note(f"Runs {what}: {some}{more}")
    for line in report.notes:
        note(f"Note: {line}")
    for line in report.odd:
        note(f"Strange: {line}")
    for line in report.problems:
        note(f"Missing: {line}")
    note(f"{report}.")


def show_status(mirror: Path | None, check: bool, output: Output) -> int:
    """Show what a mirror holds, a row a claim; return the exit status: 1 if it is not complete."""
    with needing("A mirror", "server"):
        from runregistry.mirror import status
    found = status(mirror, check=check)
    write_shown(Shown(list(map(_row, found.claims))), output.style, output.output)
    for line in found.damage or ():
        note(f"Damaged: {line}")
    note(_summary(found, check))
    return 0 if found.is_complete else 1


def _row(claim: Any) -> dict[str, Any]:
    gaps = ", ".join(f"{first}-{last}" for first, last in claim.gaps)
    return {
        "holds": str(claim.selection),
        "era": claim.era or "",
        "as_of": claim.synced_at or "not complete yet",
        "under_way": claim.is_under_way,
        "not_sure_of": gaps,
    }


def _summary(found: Status, check: bool) -> str:
    from runregistry.mirror import age_text

    held = f"{found.runs} runs, {found.datasets} datasets, {found.jsons} JSONs, {found.size_mb:.1f} MB"
    age = f"{age_text(found.age_s)} old" if found.age_s is not None else "not complete: runregistry mirror sync goes on"
    checked = (
        ""
        if not check
        else ", sound"
        if not found.damage
        else f", {len(found.damage)} faults: runregistry mirror sync --full mends it"
    )
    return f"{found.path}, a mirror of {found.source}: {held}; {age}{checked}."
