"""Figures into files, the same bytes each time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runregistry.errors import UsageError
from runregistry.pictures.canvas import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DPI", "FORMATS", "check_format", "write_figure"]

DPI = 150
FORMATS = ("png", "svg", "pdf")
# What would differ from one day, or one version of matplotlib, to the next.
_TELLTALES: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "runregistry"},
    "pdf": {"CreationDate": None, "Creator": "runregistry", "Producer": None},
}


def check_format(path: str | os.PathLike[str]) -> str:
    """Return what a file becomes by the ending of its name.

    Raises
    ------
    UsageError
        It has another ending.

    Examples
    --------
    >>> check_format("talk/run.PNG")
    'png'
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        said = f"ends with .{ending}" if ending else "has no ending"
        raise UsageError(f"{os.fspath(path)} {said}; pictures end with .{', .'.join(FORMATS)}")
    return ending


def write_figure(
    figure: Figure, path: str | os.PathLike[str], *, dpi: float = DPI, title: str | None = None, transparent: bool = False
) -> None:
    """Write a picture into a file; the same picture gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What a ``draw_`` function returned.
    path : path
        Its ending says what it becomes: ``.png``, ``.svg`` or ``.pdf``.
    dpi : float
        Dots per inch of a PNG.
    title : str, optional
        For the file's metadata.
    transparent : bool
        Leave the background out, for slides that are not white.

    Raises
    ------
    UsageError
        The name of the file has another ending.
    """
    kind = check_format(path)
    with styled():
        figure.savefig(
            path,
            format=kind,
            dpi=dpi,
            facecolor="none" if transparent else "white",
            metadata=_TELLTALES[kind] | ({"Title": title} if title else {}),
        )
