"""``runregistry json create``, ``explain``, ``verify`` and ``presets``: golden JSONs on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import Registry, examples
from runregistry.cli.options_of_certification import Certified, Explained

__all__ = ["add_certification_commands"]


def add_certification_commands(json_app: typer.Typer) -> None:
    """Add the commands to ``runregistry json``."""
    create_examples = examples(
        "runregistry json create --preset dcs-only --source oms_lumisections_2018.csv.gz --output dcs.json",
        "runregistry json create --rule golden.json --dataset '/PromptReco/Collisions2018(A|B)/DQM' --database registry.sqlite",
        "runregistry json create --preset golden-2022 --target production --output golden.json",
    )
    explain_examples = examples(
        "runregistry json explain --preset golden-2022 --database registry.sqlite --run-min 361105 --run-max 361110",
        "runregistry json explain --rule golden.json --dataset online --runs 315512 --ignore dt-dt --ignore energy",
        "runregistry json explain --preset muon-2022 --show ranges --format csv > lost.csv",
    )
    json_app.command(name="create", epilog=create_examples)(gathered(_create))
    json_app.command(name="explain", epilog=explain_examples)(gathered(_explain))
    json_app.command(name="verify", epilog=examples("runregistry json verify golden.json"))(_verify)
    json_app.command(name="presets", epilog=examples("runregistry json presets golden-2022"))(_presets)


def _create(
    certified: Certified,
    registry: Registry,
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Instead of stdout.")] = None,
    anti: Annotated[
        Path | None, typer.Option("--anti", metavar="FILE", help="Write what was certified and did not pass into this file.")
    ] = None,
    provenance: Annotated[
        bool,
        typer.Option(
            "--provenance/--no-provenance",
            help="Write FILE.provenance.json beside the output: rule, datasets, registry, version, totals, digest.",
        ),
    ] = True,
    portal: Annotated[
        bool | None,
        typer.Option(
            "--portal/--local",
            help="The JSON portal of the registry makes it, or the engine in this process. Without either the portal of a remote "
            "registry, unless runs are chosen; of a database or file always this process.",
        ),
    ] = None,
) -> None:
    """Make a golden JSON from a rule: all lumisections for which it is true."""
    from runregistry.cli.golden import create_golden

    create_golden(certified, registry, output=output, anti=anti, with_provenance=provenance, portal=portal)


def _explain(certified: Certified, explained: Explained, registry: Registry) -> None:
    """Say why lumisections do not pass a rule: which clauses failed where, what that cost, what would be won back."""
    from runregistry.cli.golden import explain_rule

    explain_rule(certified, explained, registry)


def _verify(
    golden: Annotated[Path, typer.Argument(metavar="FILE", help="A golden JSON with its FILE.provenance.json.")],
    provenance: Annotated[
        Path | None, typer.Option("--provenance", metavar="FILE", help="The side file, if it is elsewhere.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="SOURCE", help="Where the data is now; where it was, if not given.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", help="The rule that it ought to be made with: a file or preset:NAME.")
    ] = None,
) -> int:
    """Make a golden JSON again from its provenance and compare; the exit status is 1 if it differs or was changed."""
    from runregistry.cli.golden import verify_golden

    return verify_golden(golden, provenance, source, rule)


def _presets(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print the rule of this one; all are listed without it.")
    ] = None,
) -> None:
    """List the rules that ship with the package, or print one."""
    from runregistry.cli.golden import print_presets

    print_presets(name)
