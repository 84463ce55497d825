"""An explanation as text, for people who certify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runregistry.engine.amounts import Amount
    from runregistry.engine.explanation import Explanation, Row

__all__ = ["explanation_text", "part_text"]

# More combinations, clauses or datasets than this are for a table, not for reading.
_MOST_COMBINATIONS = 10
_FEW_DATASETS = 5


def explanation_text(explanation: Explanation, width: int) -> str:
    """Return the text of `Explanation.text`."""
    parts = [_summary(explanation)]
    if explanation.total_lost.lumisections:
        parts += [_clauses(explanation), _combinations(explanation, width)]
    if explanation.what_if is not None:
        parts.append(_what_if(explanation))
    if explanation.total_lost.lumisections and explanation.snapshot.n_datasets <= _FEW_DATASETS:
        parts.append(_where(explanation, width))
    return "\n\n".join(part for part in parts if part)


def part_text(part: float, whole: float) -> str:
    """Return a part of a whole in percent, as a number.

    Examples
    --------
    >>> part_text(1, 3), part_text(0, 0)
    ('33.3', '-')
    """
    return f"{100 * part / whole:.1f}" if whole else "-"


def _summary(explanation: Explanation) -> str:
    snapshot, total = explanation.snapshot, explanation.total
    n_runs = len(set(snapshot.run_numbers.tolist()))
    lines = [f"{_count(n_runs, 'run')}, {_count(snapshot.n_datasets, 'dataset')}, {_count(len(explanation.clauses), 'clause')}"]
    if n_runs < snapshot.n_datasets:
        lines.append("(runs with several datasets: each dataset is explained, and counts, for itself)")
    rows = [_amount_row(name, amount, total) for name, amount in (("all", total), ("pass", explanation.total_passed))]
    rows.append(_amount_row("lost", explanation.total_lost, total))
    lines += _table(explanation, ["", "lumisections", "%", "recorded /pb", "% of /pb", "delivered /pb"], rows)
    if not _has_luminosity(explanation):
        lines.append("The data has no luminosity of lumisections (lumisection.oms.recorded and delivered).")
    return "\n".join(lines)


def _has_luminosity(explanation: Explanation) -> bool:
    return bool(explanation.total.recorded_invpb or explanation.total.delivered_invpb)


def _amount_row(name: str, amount: Amount, total: Amount) -> list[str]:
    numbers = [str(amount.lumisections), part_text(amount.lumisections, total.lumisections)]
    numbers += [_number(amount.recorded_invpb), part_text(amount.recorded_invpb, total.recorded_invpb)]
    return [name, *numbers, _number(amount.delivered_invpb)]


def _clauses(explanation: Explanation) -> str:
    rows = explanation.by_clause()
    failing = sorted((row for row in rows if row["lumisections"]), key=lambda row: (-row["recorded_invpb"], -row["lumisections"]))
    head = ["#", "clause", "runs", "lumisections", "alone", "recorded /pb", "alone /pb"]
    names = ("clause", "label", "runs", "lumisections", "lumisections_exclusive", "recorded_invpb", "recorded_exclusive_invpb")
    made = [[_cell(row[name]) for name in names] for row in failing]
    lines = [
        "Lost by clause (alone: no other clause is in the way, so this is won back without it)",
        *_table(explanation, head, made),
    ]
    others = len(rows) - len(failing)
    if others:
        lines.append(f"{_count(others, 'clause')} never failed.")
    return "\n".join(lines)


def _combinations(explanation: Explanation, width: int) -> str:
    rows = explanation.by_combination()
    made = [
        [str(row["lumisections"]), _number(row["recorded_invpb"]), _spans(row["clauses"]), _joined(row["labels"])]
        for row in rows[:_MOST_COMBINATIONS]
    ]
    head = ["lumisections", "recorded /pb", "#", "these fail together, and no others"]
    lines = ["Lost by combination of clauses", *_table(explanation, head, made, width)]
    if len(rows) > len(made):
        rest = sum(row["lumisections"] for row in rows[_MOST_COMBINATIONS:])
        lines.append(f"and {_count(len(rows) - len(made), 'combination')} more, with {_count(rest, 'lumisection')}")
    return "\n".join(lines)


def _what_if(explanation: Explanation) -> str:
    what_if = explanation.what_if
    assert what_if is not None
    labels = " and ".join(f"“{clause.label}”" for clause in what_if.ignored)
    amount, lost = what_if.amount, explanation.total_lost
    numbers = f"{_count(amount.lumisections, 'lumisection')} in {_count(what_if.won_back.n_runs, 'run')}"
    luminosity = f", {_number(amount.recorded_invpb)} /pb recorded, {_number(amount.delivered_invpb)} /pb delivered"
    share = part_text(amount.lumisections, lost.lumisections)
    told = luminosity if _has_luminosity(explanation) else ""
    return f"What if {labels} did not count?\n  Won back: {numbers} ({share} % of those lost){told}"


def _where(explanation: Explanation, width: int) -> str:
    """Write, for each dataset, which ranges are lost, and what the clauses read there."""
    reasons = {key: list(rows) for key, rows in groupby(explanation.reasons(), key=_key_of)}
    parts = []
    for key, ranges in groupby(explanation.ranges(), key=_key_of):
        run_number, name = key
        made = [[_span(row), _number(row["recorded_invpb"]), _spans(row["clauses"]), _joined(row["labels"])] for row in ranges]
        head = ["lost", "recorded /pb", "#", "these fail"]
        lines = [f"Run {run_number} {name}", *_table(explanation, head, made, width)]
        seen = [[_span(row), row["path"], _value(row["value"]), row["cause"] or "", row["comment"] or ""] for row in reasons[key]]
        parts.append("\n".join([*lines, "", *_table(explanation, ["because", "of", "is", "cause", "comment"], seen, width)]))
    return "\n\n".join(parts)


def _key_of(row: Row) -> tuple[int, str]:
    return row["run_number"], row["dataset_name"]


def _span(row: Row) -> str:
    return str(row["first"]) if row["first"] == row["last"] else f"{row['first']}-{row['last']}"


def _value(value: Any) -> str:
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _spans(numbers: Sequence[int]) -> str:
    """Return the numbers of clauses shortly.

    Examples
    --------
    >>> _spans([1, 2, 3, 7])
    '1-3, 7'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _joined(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "(a constant of the rule)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _number(value: float) -> str:
    return f"{value:.3f}"


def _cell(value: Any) -> str:
    return _number(value) if isinstance(value, float) else str(value)


def _table(why: Explanation, head: Sequence[str], rows: Iterable[Sequence[str]], width: int | None = None) -> list[str]:
    """Return lines of aligned columns, without those of luminosity if the data has none.

    Numbers stand to the right; what is too long for the width is cut at its end.
    """
    kept = [place for place, name in enumerate(head) if "/pb" not in name or _has_luminosity(why)]
    lines = [[line[place] for place in kept] for line in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    to_right = [all(_is_number(line[place]) for line in lines[1:]) for place in range(len(widths))]
    made = []
    for line in lines:
        cells = [
            cell.rjust(size) if right else cell.ljust(size) for cell, size, right in zip(line, widths, to_right, strict=True)
        ]
        text = f"  {'  '.join(cells)}".rstrip()
        made.append(text if width is None or len(text) <= width else f"{text[: width - 1].rstrip()}…")
    return made


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).isdigit() or cell == "-"
