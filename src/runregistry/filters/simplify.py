"""Joins of comparisons, in the form that costs least to match; what they mean stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node, Scalar

__all__ = ["all_of", "any_of"]

_RUN_NUMBER = Column("run_number")
_MANY = 8


def all_of(parts: Iterable[Node | None]) -> Node | None:
    """Join parts by *and*; None is a part that imposes nothing."""
    kept = [part for part in parts if part is not None]
    if len(kept) > 1:
        return AllOf(tuple(kept))
    return kept[0] if kept else None


def any_of(parts: Iterable[Node | None]) -> Node | None:
    """Join parts by *or*. A part that imposes nothing is left out, as the service does.

    Equalities of one column become one membership. Many alternatives that each name a run, as the view of a cycle sends them, are
    looked for among these runs only.
    """
    kept = _memberships([part for part in parts if part is not None])
    if len(kept) <= 1:
        return kept[0] if kept else None
    either = AnyOf(tuple(kept))
    runs = _runs_of(kept) if len(kept) > _MANY else None
    return either if runs is None else AllOf((Comparison(_RUN_NUMBER, "in", runs), either))


def _memberships(parts: Sequence[Node]) -> list[Node]:
    equal: dict[Column, list[Scalar]] = {}
    rest: list[Node] = []
    for part in parts:
        if isinstance(part, Comparison) and part.operator in ("=", "in"):
            equal.setdefault(part.column, []).extend(_operands(part))
        else:
            rest.append(part)
    found = [Comparison(column, "in", tuple(operands)) for column, operands in equal.items()]
    return [*found, *rest]


def _runs_of(parts: Sequence[Node]) -> tuple[Scalar, ...] | None:
    """Return the runs of which a row must have one to match any of the parts; None if some part allows all."""
    runs: list[Scalar] = []
    for part in parts:
        conditions = part.parts if isinstance(part, AllOf) else (part,)
        named = [_operands(one) for one in conditions if isinstance(one, Comparison) and _names_run(one)]
        if not named:
            return None
        runs += named[0]
    return tuple(runs)


def _names_run(comparison: Comparison) -> bool:
    return comparison.column == _RUN_NUMBER and comparison.operator in ("=", "in")


def _operands(comparison: Comparison) -> tuple[Scalar, ...]:
    operand = comparison.operand
    return operand if isinstance(operand, tuple) else (operand,)
