"""``runregistry admin``: setting a registry up, looking after it, moving it; `runregistry.cli.upkeep` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli.rows import Format

__all__ = ["admin_app"]

admin_app = typer.Typer(help="Set up and look after a registry of your own.", no_args_is_help=True)

_Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL|FILE",
        help="sqlite:///file.db, a SQLite file, or postgresql://user@host/name. Without it RUNREGISTRY_DATABASE, "
        "or the embedded registry's file in the user's data folder.",
    ),
]
_Settings = Annotated[Path | None, typer.Option("--settings", metavar="FILE", help="Settings (JSON) of a new registry.")]


@admin_app.command()
def init(database: _Database = None, settings: _Settings = None) -> None:
    """Make a registry: its tables, and its settings."""
    from runregistry.cli.upkeep import init_registry

    init_registry(database, settings)


@admin_app.command("import-settings")
def import_settings_command(
    settings: Annotated[Path, typer.Argument(metavar="FILE", help="Workspaces, columns, permissions, classifiers (JSON).")],
    database: _Database = None,
) -> None:
    """Give a registry that has no settings those of a file."""
    from runregistry.cli.upkeep import import_settings

    import_settings(settings, database)


@admin_app.command()
def migrate(database: _Database = None) -> None:
    """Bring the tables of a registry that an older release made to this one; make a backup first."""
    from runregistry.cli.upkeep import migrate_registry

    migrate_registry(database)


@admin_app.command()
def check(database: _Database = None) -> None:
    """Compare everything that a registry shows with its events; print the differences, and fail if there are any."""
    from runregistry.cli.upkeep import check_registry

    check_registry(database)


@admin_app.command()
def rebuild(database: _Database = None) -> None:
    """Make everything that a registry shows anew from its events; start its servers again if `check` found differences."""
    from runregistry.cli.upkeep import rebuild_registry

    rebuild_registry(database)


@admin_app.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; it is gzipped text, a row a line.")],
    database: _Database = None,
) -> None:
    """Write a whole registry into a file; it may be in use meanwhile."""
    from runregistry.cli.upkeep import export_to_file

    export_to_file(file, database)


@admin_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What admin export wrote, of this release or an older one.")],
    database: _Database = None,
) -> None:
    """Fill an empty database with the registry of a file, on SQLite or PostgreSQL."""
    from runregistry.cli.upkeep import import_from_file

    import_from_file(file, database)


@admin_app.command()
def permissions(
    path: Annotated[
        str | None,
        typer.Option("--path", metavar="PATH", help="Only the e-groups that may call this, e.g. /runs/mark_significant."),
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
    database: _Database = None,
) -> None:
    """Show which e-group may call which paths, and what this release ships that is not in force."""
    from runregistry.cli.upkeep import show_permissions

    show_permissions(path, style, database)
