from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import DatasetFilters, Doing, Listing, Looking, LumisectionFilters, Output, Registry, RunFilters


@dataclass(frozen=True)
class Base:
    first: Annotated[int, typer.Option("--first")] = 1


@dataclass(frozen=True)
class Both(Base):
    last: Annotated[int | None, typer.Option("--last")] = None


def command(number: int, both: Both, flag: bool = False) -> tuple[int, Both, bool]:
    """Do it."""
    return number, both, flag


def test_the_options_of_a_group_stand_where_the_group_stood() -> None:
    written = gathered(command)
    assert list(inspect.signature(written).parameters) == ["number", "first", "last", "flag"]
    assert (written.__name__, written.__doc__) == ("command", "Do it.")


def test_what_comes_in_is_put_together() -> None:
    assert gathered(command)(number=3, first=1, last=None, flag=True) == (3, Both(1, None), True)


def test_typer_reads_the_options_and_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    @app.command()
    @gathered
    def show(both: Both) -> None:
        print(both)

    app(["--last", "7"], standalone_mode=False)
    assert capsys.readouterr().out == "Both(first=1, last=7)\n"


@pytest.mark.parametrize("group", [DatasetFilters, Doing, Listing, Looking, LumisectionFilters, Output, Registry, RunFilters])
def test_every_option_of_a_group_may_be_left_out(group: type) -> None:
    assert group() == group()
