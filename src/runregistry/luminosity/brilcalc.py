"""Reading what ``brilcalc lumi --byls`` writes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import LuminosityError, suggestion
from runregistry.luminosity.cells import Head, cell_columns, numbers, pairs, parse_head, times
from runregistry.luminosity.footer import Rows, check_footer, parse_footer, rounding_of_sum
from runregistry.luminosity.sections import Section, Source, name_of, read_text, split_sections
from runregistry.luminosity.table import LumiTable

__all__ = ["read_brilcalc"]

_Texts = Mapping[str, Sequence[str]]


def read_brilcalc(
    source: Source, *, hltpath: str | None = None, require_footer: bool | None = None, allow_negative: bool = False
) -> LumiTable:
    """Read a CSV of ``brilcalc lumi --byls``, with or without ``--hltpath``, ``--xing``, ``--tssec``, a normtag, in any unit.

    Parameters
    ----------
    source : path or text stream
        A file, gzipped or not. Several outputs in one file are one table, if their units agree.
    hltpath : str, optional
        The trigger path whose rows are wanted; needed if the file has more than one.
    require_footer : bool, optional
        Whether a file must have its footer. By default a file that is as brilcalc wrote it must, and one that has been written
        anew by another program (its line ends show it) need not: then nothing shows whether rows are missing, and a warning
        says so.
    allow_negative : bool
        Whether luminosity may be negative, as noise subtraction can make it.

    Returns
    -------
    LumiTable
        In /pb, sorted; rates are multiplied with the length of a lumisection.

    Raises
    ------
    LuminosityError
        The file is cut off, mixes units, contradicts its footer, has a lumisection twice, or a cell is wrong; the message and
        the attributes say where.

    Notes
    -----
    Source: the CSV of brilws' ``brilcalc lumi``. Times are UTC; brilcalc's ``--cerntime`` leaves no trace in the file.

    Examples
    --------
    >>> import io
    >>> text = '''#Data tag : 19v2 , Norm tag: None
    ... #run:fill,ls,time,beamstatus,E(GeV),delivered(/nb),recorded(/nb),avgpu,source
    ... 297050:5839,12:12,06/16/17 20:55:44,STABLE BEAMS,6500,160.001,154.235,40.3,HFET
    ... 297050:5839,13:0,06/16/17 20:56:07,STABLE BEAMS,6500,159.879,0,40.2,HFET
    ... #Summary:
    ... #nfill,nrun,nls,ncms,totdelivered(/nb),totrecorded(/nb)
    ... #1,1,2,1,319.880,154.235
    ... '''
    >>> table = read_brilcalc(io.StringIO(text))
    >>> print(table.total().format())
    recorded 154.235 /nb, delivered 319.88 /nb, 2 lumisections
    >>> read_brilcalc(io.StringIO(text.replace("154.235,", "15.235,")))
    Traceback (most recent call last):
    runregistry.errors.LuminosityError: the text: line 7: column totrecorded: the footer's total is 154.235, that of the rows \
15.235, more than rounding explains
    """
    name = name_of(source)
    text = read_text(source)
    sections = split_sections(text, name)
    heads = [parse_head(section.head, name) for section in sections]
    for head in heads[1:]:
        if head.unit != heads[0].unit:
            mixed = f"is in {head.unit}, and line {heads[0].line} in {heads[0].unit}"
            raise LuminosityError(f"mixes units: {mixed}; read the outputs from files of their own", file=name, line=head.line)
    is_ended = text.endswith("\n")
    tables = [
        _table(section, head, name, hltpath, require_footer, allow_negative, is_ended)
        for section, head in zip(sections, heads, strict=True)
    ]
    try:
        return LumiTable.concatenate(tables)
    except LuminosityError as problem:
        raise LuminosityError(str(problem), file=name) from None


def _table(
    section: Section,
    head: Head,
    file: str,
    hltpath: str | None,
    require_footer: bool | None,
    allow_negative: bool,
    is_ended: bool,
) -> LumiTable:
    texts = cell_columns(section, head, file)
    values = _values(section, texts, file, allow_negative)
    footer = parse_footer(section.comments, file)
    if footer is None:
        _judge_missing_footer(section, file, require_footer, is_ended)
    else:
        check_footer(footer, head.unit, _by_path(texts, values), file)
    kept = _rows_of_path(texts, hltpath, file)
    _refuse_repeats(section, values["run_number"], values["lumisection"], kept, file)
    return LumiTable.from_columns(
        **{name: column if column is None else column[kept] for name, column in values.items()},
        unit=head.unit,
        is_checked=footer is not None,
        not_found=None if footer is None else footer.not_found,
    )


def _values(section: Section, texts: _Texts, file: str, allow_negative: bool) -> dict[str, Any]:
    rows = section.rows
    run_number, fill_number = pairs(texts["run:fill"], rows, file, "run:fill")
    lumisection, cms_lumisection = pairs(texts["ls"], rows, file, "ls")
    return {
        "run_number": run_number,
        "fill_number": fill_number,
        "lumisection": lumisection,
        "cms_lumisection": cms_lumisection,
        "delivered": numbers(texts["delivered"], rows, file, "delivered", may_be_negative=allow_negative),
        "recorded": numbers(texts["recorded"], rows, file, "recorded", may_be_negative=allow_negative),
        "time": times(texts["time"], rows, file) if "time" in texts else None,
        "energy_gev": numbers(texts["E(GeV)"], rows, file, "E(GeV)") if "E(GeV)" in texts else None,
        "avg_pileup": numbers(texts["avgpu"], rows, file, "avgpu", may_be_negative=True) if "avgpu" in texts else None,
        "beam_status": np.array(texts["beamstatus"], dtype=np.str_) if "beamstatus" in texts else None,
        "source": np.array(texts["source"], dtype=np.str_) if "source" in texts else None,
    }


def _judge_missing_footer(section: Section, file: str, require_footer: bool | None, is_ended: bool) -> None:
    if not is_ended:
        raise LuminosityError("ends in the middle of a line: it is cut off", file=file)
    if section.is_original if require_footer is None else require_footer:
        raise LuminosityError(
            "has no footer (#Summary:): it is cut off (if the footer was taken off on purpose, say require_footer=False)",
            file=file,
            line=section.rows[-1][0] if section.rows else section.head[0],
        )
    if not section.rows:
        raise LuminosityError("has neither rows nor a footer: it is cut off", file=file, line=section.head[0])
    # The level of who called read_brilcalc.
    warnings.warn(f"{file} has no footer, so that nothing shows whether rows are missing at its end", stacklevel=4)


def _by_path(texts: _Texts, values: Mapping[str, Any]) -> dict[str, Rows]:
    """Sum the rows up, for each trigger path where there are paths."""
    if "hltpath" not in texts:
        return {"": _summed(texts, values, slice(None))}
    paths = np.array(texts["hltpath"], dtype=np.str_)
    return {str(path): _summed(texts, values, np.flatnonzero(paths == path)) for path in np.unique(paths)}


def _summed(texts: _Texts, values: Mapping[str, Any], index: Any) -> Rows:
    kept = {name: column[index] for name, column in values.items() if column is not None}
    n_rows = len(kept["run_number"])
    counts = {
        "nfill": len(np.unique(kept["fill_number"])),
        "nrun": len(np.unique(kept["run_number"])),
        "nls": n_rows,
        "ncms": int((kept["cms_lumisection"] > 0).sum()),
    }
    errors = {name: rounding_of_sum(texts[name], kept[name]) for name in ("delivered", "recorded")}
    return Rows(counts, {name: float(kept[name].sum()) for name in errors}, errors)


def _rows_of_path(texts: _Texts, hltpath: str | None, file: str) -> Any:
    """Return which rows are meant."""
    paths = sorted(set(texts.get("hltpath", ())))
    if hltpath is None:
        if len(paths) > 1:
            raise LuminosityError(f"has rows of {len(paths)} trigger paths, choose one: {', '.join(paths)}", file=file)
        return slice(None)
    if hltpath not in paths:
        there = ", ".join(paths) or "none at all"
        raise LuminosityError(f"has no rows of {hltpath}{suggestion(hltpath, paths)}; it has {there}", file=file)
    return np.flatnonzero(np.array(texts["hltpath"], dtype=np.str_) == hltpath)


def _refuse_repeats(
    section: Section, run_numbers: NDArray[np.int64], lumisections: NDArray[np.int64], kept: Any, file: str
) -> None:
    runs, lumis = run_numbers[kept], lumisections[kept]
    order = np.lexsort((lumis, runs))
    again = np.flatnonzero((np.diff(runs[order]) == 0) & (np.diff(lumis[order]) == 0))
    if not len(again):
        return
    places = np.arange(len(run_numbers))[kept]
    first, second = sorted(int(places[order[again[0] + step]]) for step in (0, 1))
    raise LuminosityError(
        f"has lumisection {lumisections[second]} of run {run_numbers[second]} again, after line {section.rows[first][0]}",
        file=file,
        line=section.rows[second][0],
        column="ls",
    )
