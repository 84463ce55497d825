"""Pictures of runs, of luminosity and of the GOOD part of many runs, from what a registry or files hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runregistry.cli.asking import check_dataset
from runregistry.cli.filtering import read_names, read_question
from runregistry.cli.opening import needing, open_client
from runregistry.cli.run_lists import RunList, read_runs
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from runregistry.cli.options import Registry, RunFilters
    from runregistry.cli.pictures import Against, Drawing, LumiSources, Order
    from runregistry.client import Client
    from runregistry.luminosity import LumiTable
    from runregistry.lumis import LumiMask

__all__ = ["picture_good", "picture_luminosity", "picture_run", "ready_to_draw", "write_drawing"]

_FEW = 20  # components, if nobody says how many


def ready_to_draw(drawing: Drawing) -> None:
    """Refuse what can't become a picture before anything is asked: another ending, no such folder, no matplotlib."""
    from runregistry.pictures.writing import check_format

    check_format(drawing.output)
    if not drawing.output.parent.is_dir():
        raise UsageError(f"there is no folder {drawing.output.parent} for {drawing.output.name}")
    with needing("Drawing", "plots"):
        import matplotlib.figure  # noqa: F401


def write_drawing(figure: Figure | SubFigure, drawing: Drawing, title: str) -> None:
    """Write a picture where it is to go; `title` is for the file's metadata."""
    from runregistry.pictures import write_figure

    whole: Any = figure
    write_figure(whole, drawing.output, dpi=drawing.dpi, title=drawing.title or title, transparent=drawing.transparent)


def picture_run(
    run_number: int,
    dataset_name: str,
    golden: Path | None,
    components: Sequence[str] | None,
    order: Order | None,
    at_most: int | None,
    drawing: Drawing,
    registry: Registry,
    *,
    reasons: bool,
) -> None:
    """Draw the components of a run."""
    ready_to_draw(drawing)
    from runregistry.lumis import LumiRanges
    from runregistry.pictures import draw_status_bars

    mask = _read_golden(golden)
    with open_client(registry.target, registry.database) as client:
        check_dataset(client, run_number, dataset_name)
        ranges = client.ranges_by_component(run_number, dataset_name)
    figure = draw_status_bars(
        ranges,
        components=read_names(components),
        order=order.value if order is not None else None,
        at_most=at_most,
        golden=None if mask is None else mask.get(run_number, LumiRanges()),
        reasons=reasons,
        title=drawing.title,
    )
    write_drawing(figure, drawing, f"Run {run_number}, {dataset_name}")


def picture_good(
    words: Sequence[str] | None,
    components: Sequence[str] | None,
    at_most: int | None,
    filters: RunFilters,
    drawing: Drawing,
    registry: Registry,
) -> None:
    """Draw the GOOD part of runs."""
    ready_to_draw(drawing)
    from runregistry.pictures import draw_good_fraction

    question = read_question(words, filters)
    if question.is_empty:
        raise UsageError("which runs? name them (315512, 315257-315270, @FILE, -), or filter them; --help shows how")
    with open_client(registry.target, registry.database) as client:
        rows = client.runs(question.filter, is_wire_filter=question.is_wire_filter, **question.keywords)
    if not rows:
        raise UsageError("no run matches; there is nothing to draw")
    counts = rows.component_counts()
    figure = draw_good_fraction(counts, read_names(components), at_most=at_most or _FEW, title=drawing.title)
    write_drawing(figure, drawing, "GOOD part of runs")


def picture_luminosity(
    runs: Sequence[str] | None,
    fill: int | None,
    golden: Path | None,
    against: Against | None,
    sources: LumiSources,
    drawing: Drawing,
    registry: Registry,
) -> None:
    """Draw luminosity from files of brilcalc or OMS, or from the registry."""
    ready_to_draw(drawing)
    from runregistry.pictures import draw_luminosity

    mask, wanted = _read_golden(golden), read_runs(runs or ())
    if sources.brilcalc and sources.oms is not None:
        raise UsageError("--brilcalc and --oms both tell luminosity: give one of them")
    if sources.brilcalc or sources.oms is not None:
        table = _of_files(sources, wanted, fill)
    else:
        table = _of_registry(registry, wanted, fill, mask)
    figure = draw_luminosity(table, mask, against=against.value if against is not None else None, title=drawing.title)
    write_drawing(figure, drawing, "Recorded luminosity")


def _read_golden(path: Path | None) -> LumiMask | None:
    from runregistry.cli.mask_sources import read_mask

    return None if path is None else read_mask(str(path))


def _of_files(sources: LumiSources, wanted: RunList | None, fill: int | None) -> LumiTable:
    """Return what files have of the runs that are wanted."""
    from runregistry.cli.auditing import read_oms
    from runregistry.luminosity import LumiTable
    from runregistry.lumis import LumiMask

    if sources.oms is not None:
        table = read_oms(sources.oms)
    else:
        table = LumiTable.read_many(sources.brilcalc or (), hltpath=sources.hltpath)
    whole = table.mask()
    if fill is not None:
        # Lumisection by lumisection: of OMS, the last ones of a run may belong to the next fill.
        of_fill = table.fill_number == fill
        table = table.select(LumiMask.from_pairs(zip(table.run_number[of_fill], table.lumisection[of_fill], strict=True)))
    if wanted is not None:
        table = table.select(whole.restrict(runs=[number for number in whole if _has(wanted, number)]))
    if not len(table):
        raise UsageError(f"the files have no lumisections of {'fill ' + str(fill) if fill is not None else 'these runs'}")
    return table


def _has(wanted: RunList, run_number: int) -> bool:
    return run_number in wanted.numbers or any(first <= run_number <= last for first, last in wanted.ranges)


def _of_registry(registry: Registry, wanted: RunList | None, fill: int | None, mask: LumiMask | None) -> LumiTable:
    """Return what a registry has of the runs that are wanted: its luminosity comes from brilcalc, and has no times."""
    if wanted is None and fill is None and mask is None:
        raise UsageError("which runs? --run, --fill or --json say it; or draw a file: --brilcalc, --oms")
    # Without runs that are named, those of the golden JSON are meant.
    runs: Any = str(wanted) if wanted is not None else mask if fill is None else None
    with open_client(registry.target, registry.database) as client:
        fills = _fills(client, runs, fill)
        if not fills:
            raise UsageError("the registry has none of these runs")
        # Of all ranges only the joint ones have luminosity.
        found = client.joint_ranges_of([(run_number, "online") for run_number in sorted(fills)])
    return _table({run_number: rows for (run_number, _), rows in found.items()}, fills)


def _fills(client: Client, runs: Any, fill: int | None) -> dict[int, int]:
    """Return the runs that are meant, with their fills."""
    rows = client.runs(runs=runs, fill=fill, fields=["run_number", "fill_number"])
    return {row["run_number"]: int(row.get("fill_number") or 0) for row in rows}


def _table(by_run: Mapping[int, Sequence[Mapping[str, Any]]], fills: Mapping[int, int]) -> LumiTable:
    import numpy as np

    from runregistry.luminosity import LumiTable

    rows = list(_lumisections(by_run))
    runs, numbers, delivered, recorded = zip(*rows, strict=True) if rows else ((), (), (), ())
    if not np.nansum(np.array([*delivered, *recorded], dtype=float)):
        raise UsageError("the registry has no luminosity of these runs; draw it from a file: --brilcalc, or --oms")
    return LumiTable.from_columns(
        runs,
        numbers,
        delivered=np.array(delivered, dtype=float),
        recorded=np.array(recorded, dtype=float),
        unit="/pb",
        fill_number=[fills[run_number] for run_number in runs],
    )


def _lumisections(by_run: Mapping[int, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[int, int, Any, Any]]:
    for run_number, rows in sorted(by_run.items()):
        for row in rows:
            for number in range(row["start"], row["end"] + 1):
                yield run_number, number, row.get("delivered"), row.get("recorded")
