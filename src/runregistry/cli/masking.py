"""What the commands about golden JSONs do."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.console import note
from runregistry.cli.mask_sources import Strictness, name_of, read_mask, read_masks, read_source
from runregistry.cli.masks import Operator
from runregistry.cli.rows import Format, Shown, write_shown
from runregistry.cli.run_lists import read_runs
from runregistry.errors import RangeError, UsageError
from runregistry.lumis import LumiMask, LumiRanges, MaskDiff

if TYPE_CHECKING:
    from runregistry.cli.masks import Reading, Writing
    from runregistry.cli.options import Output
    from runregistry.luminosity import LumiTable

__all__ = ["Wanted", "combine", "convert", "filter_mask", "show_difference", "show_mask", "show_problems"]

_OPERATORS: dict[Operator, Callable[[LumiMask, LumiMask], LumiMask]] = {
    Operator.AND: operator.and_,
    Operator.OR: operator.or_,
    Operator.SUB: operator.sub,
    Operator.XOR: operator.xor,
}
_RANGE = re.compile(r"(\d{1,10})(-(\d{1,10})?)?", re.ASCII)
_UNEQUAL = 1


class Wanted(NamedTuple):
    """What of a JSON is kept."""

    first_run: int | None
    last_run: int | None
    runs: Sequence[str]
    lumisections: str | None


def combine(operation: Operator, inputs: Sequence[str], reading: Reading, writing: Writing) -> None:
    """Write what an operator makes of masks, from the first to the last."""
    if len(inputs) < 2:
        raise UsageError(f"json {operation} needs two JSONs at least; - stands for what comes through a pipe")
    _write(reduce(_OPERATORS[operation], read_masks(inputs, _strictness(reading))), writing)


def convert(source: str, reading: Reading, writing: Writing) -> None:
    """Write a mask in another form."""
    _write(read_mask(source, _strictness(reading)), writing)


def filter_mask(source: str, wanted: Wanted, reading: Reading, writing: Writing) -> None:
    """Write what is wanted of a mask."""
    if source == "-" and "-" in wanted.runs:
        raise UsageError("- can be given once: stdin can't be read a second time")
    mask = read_mask(source, _strictness(reading)).restrict(wanted.first_run, wanted.last_run)
    # A file can be named as it is: no list of runs is the name of one.
    chosen = read_runs([f"@{word}" if Path(word).is_file() else word for word in wanted.runs])
    if chosen is not None:
        runs = {*chosen.numbers, *(run for run in mask for first, last in chosen.ranges if first <= run <= last)}
        absent = [run for run in chosen.numbers if run not in mask]
        if absent:
            more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
            note(f"Not in the JSON: run {absent[0]}{more}")
        mask = mask.restrict(runs=runs)
    if wanted.lumisections is not None:
        mask &= LumiMask(dict.fromkeys(mask, _read_ranges(wanted.lumisections)))
    _write(mask, writing)


def _read_ranges(text: str) -> LumiRanges:
    """Return the lumisections that a user wrote: ``1-100,150,200-``."""
    ranges = LumiRanges()
    for word in filter(None, re.split(r"[\s,]+", text)):
        found = _RANGE.fullmatch(word)
        if found is None:
            raise UsageError(f"{word!r} are no lumisections: write 7, 1-100, or 50- for all from 50 on")
        first = int(found[1])
        last = first if found[2] is None else int(found[3]) if found[3] else None
        try:
            ranges |= LumiRanges.since(first) if last is None else LumiRanges([(first, last)])
        except RangeError as error:
            raise UsageError(f"--lumisections {word}: {error}") from None
    return ranges


def show_mask(source: str, output: Output) -> int:
    """Write the runs of a mask, and the totals as a note."""
    mask = read_mask(source, Strictness(join=True))
    rows = [
        {
            "run_number": run_number,
            "lumisections": None if ranges.is_open else len(ranges),
            "n_ranges": ranges.n_ranges,
            "ranges": _ranges_cell(ranges, output),
        }
        for run_number, ranges in mask.items()
    ]
    write_shown(Shown(rows, ["run_number", "lumisections", "n_ranges", "ranges"]), output.style, output.output)
    note(f"{name_of(source)}: {repr(mask)[len('<LumiMask: ') : -1]}")
    return 0


def show_problems(source: str, output: Output) -> int:
    """Write what is odd about a JSON; return whether anything is, as an exit status."""
    content, name = read_source(source), name_of(source)
    try:
        problems = LumiMask.problems(content)
    except RangeError as error:
        raise RangeError(f"{name}: {error}", run_number=error.run_number, ranges=error.ranges) from None
    rows = [{"run_number": one.run_number, "range": one.place, "kind": one.kind, "problem": one.text} for one in problems]
    if rows or output.style is not Format.TABLE:
        write_shown(Shown(rows, ["run_number", "range", "kind", "problem"]), output.style, output.output)
    note(f"{name}: {_counted(len(problems), 'problem') if problems else 'nothing odd'}")
    return _UNEQUAL if problems else 0


def show_difference(old: str, new: str, luminosity: Sequence[Path], reading: Reading, output: Output) -> int:
    """Write what changes from one mask to another, run by run; return whether anything does, as an exit status."""
    before, after = read_masks([old, new], _strictness(reading))
    change = before.diff(after)
    table = _read_luminosity(luminosity)
    rows = _difference_rows(change, table, output)
    if rows or output.style is not Format.TABLE:
        write_shown(Shown(rows, list(rows[0]) if rows else ()), output.style, output.output)
    for verb, part in (("added", change.added), ("removed", change.removed)):
        worth = f"; {table.total(part).format()}" if table is not None and part and not part.open_runs else ""
        note(f"{verb}: {_amount(part)}{worth}")
    return _UNEQUAL if change else 0


def _difference_rows(change: MaskDiff, table: LumiTable | None, output: Output) -> list[dict[str, Any]]:
    rows = []
    for run_number, (added, removed) in change.by_run().items():
        row: dict[str, Any] = {"run_number": run_number}
        for verb, ranges in (("added", added), ("removed", removed)):
            row[verb] = None if ranges.is_open else len(ranges)
            if table is not None:
                worth = table.total(LumiMask({run_number: ranges})) if ranges and not ranges.is_open else None
                row[f"{verb}_recorded_invpb"] = None if worth is None else round(worth.recorded_invpb, 9)
        for verb, ranges in (("added", added), ("removed", removed)):
            row[f"{verb}_ranges"] = _ranges_cell(ranges, output)
        rows.append(row)
    return rows


def _read_luminosity(paths: Sequence[Path]) -> LumiTable | None:
    if not paths:
        return None
    from runregistry.luminosity import LumiTable

    return LumiTable.read_many(paths)


def _ranges_cell(ranges: LumiRanges, output: Output) -> Any:
    """Return ranges as people read them, or as JSON has them."""
    return ranges.to_list() if output.style in (Format.JSON, Format.JSONL) else str(ranges)


def _amount(mask: LumiMask) -> str:
    if not mask:
        return "nothing"
    if mask.open_runs:
        return f"{_counted(mask.n_runs, 'run')}, {_counted(len(mask.open_runs), 'of them', 'of them')} to the end"
    return f"{_counted(mask.n_lumisections, 'lumisection')} of {_counted(mask.n_runs, 'run')}"


def _counted(number: int, noun: str, several: str | None = None) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {several or f'{noun}s'}"


def _write(mask: LumiMask, writing: Writing) -> None:
    if writing.output is None:
        print(mask.to_text(writing.to))
    else:
        mask.write(writing.output, writing.to)
    where = f" in {writing.output}" if writing.output is not None else ""
    note(f"{repr(mask)[len('<LumiMask: ') : -1]}{where}")


def _strictness(reading: Reading) -> Strictness:
    return Strictness(reading.join, reading.strict)
