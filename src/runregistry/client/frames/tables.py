"""What everything that is a result can do: become a table."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from runregistry.client.frames.kinds import Kind, shape_of
from runregistry.client.frames.parts import Part

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from runregistry.client.frames.frame import Frame

__all__ = ["Tables"]

_CALLER = 3  # who asked for the table: above make_frame, _frame and the method


class Tables:
    """Methods that make a table of a result.

    All take the same two options:

    per : str, optional
        What a row stands for: ``range`` (as it is if not given) or ``lumisection`` for ranges of lumisections, ``cycle`` or
        ``dataset`` for cycles.
    wide : bool
        One column for each component, with its status, instead of one row; of lumisections and ranges.

    Columns and their types depend on the kind of the result only, not on its rows; `docs/tables.md` lists them. Attributes that
    are not listed come after them. A value that is not what its column holds is converted if nothing is lost, and else left
    empty, with one `TableWarning` a column.
    """

    @property
    @abstractmethod
    def table_kind(self) -> Kind:
        """What the rows are."""

    @abstractmethod
    def table_parts(self) -> Sequence[Part]:
        """Return the rows of each answer, with what they are about."""

    def _frame(self, per: str | None, wide: bool) -> Frame:
        shape = shape_of(self.table_kind, per, wide)
        # Brings numpy, which a script that makes no table does not wait for.
        from runregistry.client.frames.making import make_frame

        return make_frame(self.table_kind, self.table_parts(), shape, stacklevel=_CALLER)

    def to_arrow(self, *, per: str | None = None, wide: bool = False) -> pyarrow.Table:
        """Return an Arrow table; the unit of a column is in its field's metadata.

        Raises
        ------
        MissingExtraError
            pyarrow is not installed: it comes with ``runregistry[tables]``.
        UsageError
            The rows have no such shape.
        """
        frame = self._frame(per, wide)
        from runregistry.client.frames.outputs import to_arrow

        return to_arrow(frame)

    def to_pandas(self, *, per: str | None = None, wide: bool = False) -> pandas.DataFrame:
        """Return a pandas data frame: nullable integers and flags, categories, times in UTC; units in ``attrs["units"]``."""
        frame = self._frame(per, wide)
        from runregistry.client.frames.outputs import to_pandas

        return to_pandas(frame)

    def to_polars(self, *, per: str | None = None, wide: bool = False) -> polars.DataFrame:
        """Return a polars data frame; polars comes with ``runregistry[polars]``."""
        frame = self._frame(per, wide)
        from runregistry.client.frames.outputs import to_polars

        return to_polars(frame)

    def to_csv(
        self, path: str | os.PathLike[str] | IO[str] | None = None, *, per: str | None = None, wide: bool = False
    ) -> str | None:
        """Write a CSV file, or to an open stream; without either, return the text. Needs no other library."""
        frame = self._frame(per, wide)
        from runregistry.client.frames.csv_text import to_csv

        return to_csv(frame, path)

    def to_parquet(self, path: str | os.PathLike[str] | IO[bytes], *, per: str | None = None, wide: bool = False) -> None:
        """Write a Parquet file, with types and units."""
        frame = self._frame(per, wide)
        from runregistry.client.frames.outputs import to_parquet

        to_parquet(frame, path)
