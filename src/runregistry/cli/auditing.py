"""Luminosity on the command line: totals of brilcalc files, and the audit of registry, OMS and brilcalc."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.console import note
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Shown, write_shown
from runregistry.errors import UsageError
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    from runregistry.cli.luminosity import By
    from runregistry.cli.options import Output, Registry
    from runregistry.luminosity import LumiTable

__all__ = ["Sources", "show_audit", "show_luminosity"]


class Sources(NamedTuple):
    """What is compared, as the user named it.

    Attributes
    ----------
    brilcalc : sequence of path
        CSVs of brilcalc.
    oms : path or None
        A file of OMS lumisections.
    registry_json : path or None
        The lumisections of the registry.
    registry : Registry
        The registry that is asked for them instead, if it is named.
    hltpath : str or None
        Whose rows are wanted in brilcalc's files.
    """

    brilcalc: Sequence[Path]
    oms: Path | None
    registry_json: Path | None
    registry: Registry
    hltpath: str | None


def show_luminosity(
    files: Sequence[Path], mask_path: Path | None, by: By | None, unit: str | None, hltpath: str | None, output: Output
) -> None:
    """Write what brilcalc files come to."""
    from runregistry.luminosity.units import fitting_unit

    table = _read_brilcalc(files, hltpath)
    mask = _read_mask(mask_path) if mask_path is not None else None
    total = table.total(mask)
    chosen = unit or fitting_unit(total.delivered_invpb or total.recorded_invpb)
    if by is None:
        rows = [total.to_row(chosen)]
    elif by.value == "run":
        rows = [{"run_number": run, **one.to_row(chosen)} for run, one in table.by_run(mask).items()]
    else:
        chosen_table = table if mask is None else table.select(mask)
        rows = [{"fill_number": fill, **_without(one.to_row(chosen), "missing")} for fill, one in chosen_table.by_fill().items()]
    write_shown(Shown(rows), output.style, output.output)
    note(total.format(chosen))
    _tell_not_found(table)


def show_audit(
    sources: Sources, mask_path: Path | None, output: Output, *, common_runs: bool, relative: float, absolute_invpb: float
) -> None:
    """Write where registry, OMS and brilcalc are not of one mind."""
    from runregistry.luminosity import audit

    brilcalc = _read_brilcalc(sources.brilcalc, sources.hltpath) if sources.brilcalc else None
    oms = read_oms(sources.oms) if sources.oms is not None else None
    within = _read_mask(mask_path) if mask_path is not None else None
    registry = _registry_mask(sources, _runs_of(brilcalc, oms, within))
    found = audit(
        registry, oms, brilcalc, within=within, common_runs=common_runs, relative=relative, absolute_invpb=absolute_invpb
    )
    write_shown(Shown(found.rows(), list(found.columns)), output.style, output.output)
    note(found.summary())


def _read_brilcalc(files: Sequence[Path], hltpath: str | None) -> LumiTable:
    from runregistry.luminosity import LumiTable, read_brilcalc

    if list(map(str, files)) == ["-"]:
        return read_brilcalc(sys.stdin, hltpath=hltpath)
    return LumiTable.read_many(files, hltpath=hltpath)


def _read_mask(path: Path) -> LumiMask:
    return LumiMask.from_json(sys.stdin.read()) if str(path) == "-" else LumiMask.read(path)


def read_oms(path: Path) -> LumiTable:
    """Return the luminosity in a file of OMS lumisections."""
    from runregistry.engine.oms_files import read_lumisections
    from runregistry.luminosity import from_oms

    table = read_lumisections(path)
    names = ("delivered_lumi", "recorded_lumi", "fill_number", "pileup")
    wanted = (*names, "delivered_lumi_per_lumisection", "recorded_lumi_per_lumisection")
    columns: dict[str, Any] = {}
    for name in wanted:
        if name in table.columns:
            codes, values = table.columns[name]
            columns[name] = [values[code] if code >= 0 else None for code in codes.tolist()]
    return from_oms(table.run_numbers, table.numbers, columns)


def _runs_of(*sources: LumiTable | LumiMask | None) -> list[int]:
    masks = (source if isinstance(source, LumiMask) else source.mask() for source in sources if source is not None)
    return sorted({run_number for mask in masks for run_number in mask})


def _registry_mask(sources: Sources, runs: Sequence[int]) -> LumiMask | None:
    """Return the lumisections that the registry has of some runs: those of which OMS told it anything."""
    if sources.registry_json is not None:
        return _read_mask(sources.registry_json)
    if sources.registry.target is None and sources.registry.database is None:
        return None
    if not runs:
        raise UsageError("which runs of the registry? --brilcalc, --oms or --json say it")
    with open_client(sources.registry.target, sources.registry.database) as client:
        found = client.oms_ranges_of([(run_number, "online") for run_number in runs])
    # A range without any attribute is a hole in the numbering.
    ranges = {run: [(row["start"], row["end"]) for row in rows if len(row) > 2] for (run, _), rows in found.items()}
    return LumiMask(ranges)


def _tell_not_found(table: LumiTable) -> None:
    if table.not_found:
        lost = table.not_found
        note(f"brilcalc was asked for {lost.n_lumisections} more lumisections of {lost.n_runs} runs, and did not find them.")


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
