"""Why lumisections do not pass: the parts of the rule that are not true there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runregistry.engine.columns import IntArray
from runregistry.engine.outcome import TRUE
from runregistry.engine.ruletext import rule_text
from runregistry.engine.table import View
from runregistry.engine.truth import Fold, Part
from runregistry.logic import Literal, Operation

__all__ = ["Combinations", "find_causes"]

_Bools = NDArray[np.bool_]


class Combinations(NamedTuple):
    """Which parts of a rule are the causes, row by row.

    Attributes
    ----------
    codes : array of int64, shape (rows,)
        For each row the index of its combination.
    causes : list of list of str
        For each combination the texts of its parts, in the order of the rule.
    """

    codes: IntArray
    causes: list[list[str]]


def find_causes(root: Part, view: View) -> Combinations:
    """Find the causes of every row that does not pass.

    Notes
    -----
    Source: the statistics of the JSON portal. The causes of ``and`` and ``or`` that are not exactly ``true`` are
    those of all their operands, of which constants are never a cause; any other rule that is not exactly ``true`` is a cause
    itself. A part that fails where the rule as a whole does not reach it is not true.
    """
    texts: list[str] = []
    flags: list[_Bools] = []

    def mark(part: Part, above: _Bools, is_root: bool = False) -> None:
        wrong = above & (part.outcomes(view) != TRUE)
        if isinstance(part, Fold):
            for operand in part.operands:
                mark(operand, wrong)
        elif is_root or _may_be_cause(part):
            texts.append(rule_text(part.node.source))
            flags.append(wrong)

    mark(root, np.ones(view.size, dtype=bool), is_root=True)
    return _distinct(texts, flags, view.size)


def _may_be_cause(part: Part) -> bool:
    """Whether a part is a rule of its own: no constant or list, and no ``and`` or ``or`` of nothing."""
    node = part.node
    if isinstance(node, Literal):
        return isinstance(node.value, dict)
    return isinstance(node, Operation) and node.operator not in ("and", "or")


def _distinct(texts: list[str], flags: list[_Bools], size: int) -> Combinations:
    matrix = np.stack(flags, axis=1) if flags else np.zeros((size, 1), dtype=bool)
    _, first, codes = np.unique(np.packbits(matrix, axis=1), axis=0, return_index=True, return_inverse=True)
    return Combinations(codes.reshape(-1), [[texts[part] for part in np.flatnonzero(matrix[row])] for row in first.tolist()])
