"""``runregistry demo``: what the package does, on real runs, from OMS data to a golden JSON."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import runregistry
from runregistry.cli.demo_data import FIRST_RUN, LAST_RUN, DemoData, dcs_only_rule, find_data
from runregistry.cli.demo_files import choose_run, draw_demo, write_runs
from runregistry.cli.demo_load import load_demo
from runregistry.cli.demo_report import compare, notebook_lines, report_classes, report_comparison, report_ranges
from runregistry.cli.opening import needing, open_store
from runregistry.errors import NotFound, UsageError
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["run_demo"]

_VARIABLE = "RUNREGISTRY_DATABASE"
_FILTER = {"run_number": {"and": [{">": 315000}, {"<": 316000}]}, "tracker-strip": "GOOD"}
_EXAMPLE_RUN = 315512


def run_demo(output: Path, data: Path | None, database: str | None, run_number: int | None) -> None:
    """Load, classify, ask, certify, compare, draw; and say how to go on.

    Parameters
    ----------
    output : path
        Where the files go; made if missing.
    data : path, optional
        See `find_data`.
    database : str, optional
        The demo's registry; the embedded one's file if not given.
    run_number : int, optional
        The run in the picture.
    """
    from rich.console import Console

    _check_extras()
    files = find_data(data)
    output.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False, soft_wrap=True)
    console.print("[bold]Run Registry demo[/bold]: real OMS lumisections of 2018, certified on this machine\n")
    started = monotonic()
    _load(console, files, database)
    with _embedded(database):
        runs = _ask(console)
        chosen = _chosen(runs, run_number)
        golden = _certify(console, output)
        published = LumiMask.read(files.published).restrict(FIRST_RUN, LAST_RUN)
        console.print(f"[bold]4  Compare[/bold] with the DCS-only JSON published for runs {FIRST_RUN}-{LAST_RUN}, as sets")
        report_comparison(console, compare(golden, published))
        _write_files(console, output, runs, chosen or choose_run(runs, golden), golden, published)
    console.print(f"\nDone in {monotonic() - started:.1f} s. To go on, ten lines for a notebook or for python:\n", style="bold")
    for line in notebook_lines(_example(runs), (output / "golden.json").absolute(), _to_be_named(database)):
        console.print(f"    {line}", markup=False)


def _check_extras() -> None:
    """Say what is missing before anything is made, and not after the work."""
    with needing("The demo's registry", "server"):
        import runregistry.server  # noqa: F401
    with needing("The demo's picture", "plots"):
        import matplotlib  # noqa: F401


@contextmanager
def _embedded(database: str | None) -> Iterator[None]:
    """Let the official functions ask the demo's registry, and afterwards what they asked before."""
    before, target = os.environ.get(_VARIABLE), runregistry.runregistry.target_name
    if database is not None:
        os.environ[_VARIABLE] = database
    try:
        runregistry.setup("embedded")
        yield
    finally:
        if database is not None:
            os.environ.pop(_VARIABLE)
            os.environ.update({_VARIABLE: before} if before is not None else {})
        runregistry.setup(target)


def _load(console: Console, files: DemoData, database: str | None) -> None:
    console.print("[bold]1  Load[/bold] OMS lumisections into an embedded registry, and classify the runs as the service does")
    started = monotonic()
    with open_store(database) as store:
        if store.database.in_memory:
            raise UsageError("a registry in memory is gone before anyone asks it; name a file with --database")
        console.print(f"   {files.lumisections} → {store.database.name}", markup=False)
        loaded = load_demo(store, files.lumisections)
    console.print(f"   [bold]{loaded.n_runs:,} runs, {loaded.n_lumisections:,} lumisections[/bold]", end="")
    if loaded.n_created:
        console.print(f", {loaded.n_created:,} runs new, in {monotonic() - started:.1f} s")
    else:
        console.print(": all there from an earlier demo, nothing to load")


def _ask(console: Console) -> list[dict[str, Any]]:
    console.print("[bold]2  Ask[/bold] with the functions of the official client")
    runs: list[dict[str, Any]] = runregistry.get_runs()
    if not runs:
        raise UsageError("the demo's file holds no runs")
    console.print(f"   get_runs() → {len(runs)} runs; by class:")
    report_classes(console, runs)
    some = runregistry.get_runs(filter=_FILTER)
    console.print(f"   get_runs(filter={json.dumps(_FILTER)}) → {len(some)} runs", markup=False)
    number = _example(runs)
    run = runregistry.get_run(run_number=number)
    ranges = runregistry.get_lumisection_ranges(number, "online")
    n_lumisections = run["oms_attributes"]["ls_duration"]
    console.print(f"   get_run(run_number={number}) → {run['class']}, {run['state']}, {n_lumisections} lumisections")
    console.print(f'   get_lumisection_ranges({number}, "online") → {len(ranges)} ranges')
    report_ranges(console, ranges, ("cms-cms", "tracker-pixel", "tracker-strip"))
    return runs


def _example(runs: Sequence[Mapping[str, Any]]) -> int:
    numbers = [run["run_number"] for run in runs]
    return _EXAMPLE_RUN if _EXAMPLE_RUN in numbers else int(numbers[0])


def _chosen(runs: Sequence[Mapping[str, Any]], run_number: int | None) -> Mapping[str, Any] | None:
    if run_number is None:
        return None
    found = [run for run in runs if run["run_number"] == run_number]
    if not found:
        raise NotFound(f"run {run_number} is none of the demo's {len(runs)} runs; --run draws one of those")
    return found[0]


def _certify(console: Console, output: Path) -> LumiMask:
    console.print("[bold]3  Certify[/bold]: the JSON portal makes a golden JSON from a json-logic rule")
    rule = dcs_only_rule()
    console.print(f"   rule: tracker on, CMS active, both beams present and stable: {len(rule['and'])} conditions")
    # The official function prints how far it is, for people who wait for minutes.
    with redirect_stdout(io.StringIO()):
        answer = runregistry.create_json(json_logic=rule, dataset_name_filter="online")
    golden = LumiMask.from_json(answer["generated_json"])
    golden.write(output / "golden.json")
    (output / "rule.json").write_text(json.dumps(rule, indent=1) + "\n", encoding="utf-8")
    totals = f"{golden.n_runs:,} runs, {golden.n_ranges:,} ranges, {golden.n_lumisections:,} lumisections"
    console.print(f"   golden JSON: [bold]{totals}[/bold]")
    return golden


def _write_files(
    console: Console,
    output: Path,
    runs: Sequence[Mapping[str, Any]],
    drawn: Mapping[str, Any],
    golden: LumiMask,
    published: LumiMask,
) -> None:
    from rich.markup import escape

    n_rows = write_runs(output / "runs.csv", runs, golden, published)
    draw_demo(output / "lumisections.png", drawn, runs, golden, published)
    console.print(f"[bold]5  Files[/bold] in {escape(str(output.absolute()))}")
    console.print("   golden.json        the golden JSON")
    console.print("   rule.json          the rule that made it")
    console.print(f"   runs.csv           {n_rows} runs: class, lumisections, how many are GOOD and golden")
    console.print(f"   lumisections.png   status bars of run {drawn['run_number']}, and all runs of its class")


def _to_be_named(database: str | None) -> str | None:
    """Return the database as a notebook in any folder must name it, without a password; None if it is found without."""
    from runregistry.store.database import normalise_url

    named = database or os.environ.get(_VARIABLE, "").strip()
    if not named:
        return None
    url = normalise_url(named)
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").absolute())
    return url.render_as_string(hide_password=True)
