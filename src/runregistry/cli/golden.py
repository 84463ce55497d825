"""Golden JSONs from the command line: made, explained, verified."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runregistry.cli.console import note, progress
from runregistry.cli.opening import check_there, needing
from runregistry.cli.options import Registry
from runregistry.cli.options_of_certification import Certified, Explained, Style
from runregistry.cli.rows import print_table, screen_width, write_csv
from runregistry.cli.run_lists import read_runs
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.certification import Certification, Totals
    from runregistry.certification.creating import Where

__all__ = ["create_golden", "explain_rule", "print_presets", "question_of", "verify_golden"]


def create_golden(
    certified: Certified,
    registry: Registry,
    *,
    output: Path | None = None,
    anti: Path | None = None,
    with_provenance: bool = True,
    portal: bool | None = None,
) -> None:
    """Make a golden JSON; write it to a file or to stdout, and say on stderr what is in it."""
    from runregistry import certification

    where: Where | None = None if portal is None else "portal" if portal else "local"
    with progress("The portal makes the JSON") as advance:
        made = certification.create(
            **question_of(certified, registry), where=where, on_progress=lambda part: advance(int(100 * (part or 0)), 100)
        )
    if anti is not None:
        made.anti.write(anti)
    if output is None:
        print(made.golden.to_json())
    else:
        made.write(output, with_provenance=with_provenance)
    for line in _summary(made, output):
        note(line)


def explain_rule(certified: Certified, explained: Explained, registry: Registry) -> None:
    """Say why lumisections do not pass: as text, or as one of the tables."""
    from runregistry import certification
    from runregistry.lumis import LumiMask

    mask = LumiMask.read(explained.within) if explained.within is not None else None
    why = certification.explain(**question_of(certified, registry), mask=mask, ignore=explained.ignore or ())
    if explained.format is Style.TEXT:
        print(why.text(width=screen_width() or 130))
        return
    rows = why.rows(explained.show.value)
    if explained.format is Style.JSON:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif explained.format is Style.CSV:
        write_csv(sys.stdout, rows)
    else:
        print_table([_rounded(row) for row in rows])


def verify_golden(golden: Path, provenance: Path | None, source: str | None, rule: str | None) -> int:
    """Make a golden JSON again and say what differs; return 1 if anything does."""
    from runregistry import certification

    found = certification.verify(golden, provenance=provenance, source=source, rule=rule)
    print(found.text())
    return 0 if found.is_good else 1


def print_presets(name: str | None) -> None:
    """Print the rule of a preset, or list all."""
    from runregistry.certification import get_preset, preset_names

    if name is None:
        presets = [get_preset(each) for each in preset_names()]
        print_table([{"preset": each.name, "datasets": each.dataset_name_filter, "title": each.title} for each in presets])
        return
    preset = get_preset(name)
    for line in (f"{preset.title}. {preset.description}", f"Datasets: {preset.dataset_name_filter}", f"From: {preset.source}"):
        note(line)
    print(_written(preset.rule))


def question_of(certified: Certified, registry: Registry) -> dict[str, Any]:
    """Return what the functions of `runregistry.certification` are asked."""
    if (certified.rule is None) == (certified.preset is None):
        raise UsageError("give a rule: --rule FILE, or --preset NAME (runregistry json presets lists them), and not both")
    chosen = read_runs(certified.run_list or ())
    runs = None
    if chosen is not None:
        runs = {*chosen.numbers, *(number for first, last in chosen.ranges for number in range(first, last + 1))}
    return {
        "rule": certified.rule if certified.preset is None else f"preset:{certified.preset.removeprefix('preset:')}",
        "dataset_name_filter": certified.dataset,
        "source": _source(certified, registry),
        "run_min": certified.run_min,
        "run_max": certified.run_max,
        "runs": runs,
        "allow_unknown_paths": certified.unknown,
        "as_of": certified.as_of,
    }


def _source(certified: Certified, registry: Registry) -> str | None:
    given = {"--source": certified.source, "--database": registry.database, "--target": registry.target}
    if registry.database is not None and registry.target == "embedded":
        given["--target"] = None  # it is the same registry
    named = {option: value for option, value in given.items() if value is not None}
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} name different data: give one of them")
    if registry.database is not None:
        with needing("A registry of your own", "server"):
            check_there(registry.database)
    return next(iter(named.values()), None)


def _summary(made: Certification, output: Path | None) -> list[str]:
    golden, whole = made.totals, made.denominator_totals
    where = f" in {output}" if output is not None else ""
    counts = f"{golden.runs} of {whole.runs} runs, {made.golden.n_ranges} ranges"
    lines = [f"{counts}, {golden.lumisections} of {whole.lumisections} lumisections{where}"]
    if whole.recorded_invpb or whole.delivered_invpb:
        lines.append(f"{_luminosity('recorded', golden, whole)}; {_luminosity('delivered', golden, whole)}")
    source = made.provenance.source
    version = f", version {source['version']}" if source["version"] is not None else ""
    by = f"by the portal (JSON {made.provenance.portal_id})" if made.provenance.engine == "portal" else "by this process"
    lines.append(f"made {by} from {source['name']}{version}, datasets {made.provenance.dataset_name_filter}")
    if made.snapshot is not None and made.snapshot.n_datasets > len(set(made.snapshot.run_numbers)):
        lines.append("some runs have several datasets: a lumisection is in the JSON if it passes in any of them")
    return lines


def _luminosity(kind: str, golden: Totals, whole: Totals) -> str:
    part, total = (getattr(each, f"{kind}_invpb") for each in (golden, whole))
    share = f" ({100 * part / total:.1f} %)" if total else ""
    return f"{kind} {part:.3f} of {total:.3f} /pb{share}"


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items() if name != "text"}


def _written(rule: Any) -> str:
    """Return a rule with a clause a line, as people write it."""
    if isinstance(rule, dict) and len(rule) == 1:
        ((operator, clauses),) = rule.items()
        if isinstance(clauses, Sequence) and operator in ("and", "or"):
            lines = ",\n".join(f"    {json.dumps(clause, ensure_ascii=False)}" for clause in clauses)
            return f'{{\n  "{operator}": [\n{lines}\n  ]\n}}'
    return json.dumps(rule, indent=2, ensure_ascii=False)
