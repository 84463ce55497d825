"""The one place where the command line begins and ends: exceptions become one line and an exit status."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from runregistry.errors import RunRegistryError, SettingsError, UsageError

__all__ = ["main"]

_FAILED = 1
_MISUSED = 2
_INTERRUPTED = 130  # 128 and the number of the signal, as a shell counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0; 1 if it failed, or nobody reads its output any more; 2 if it was asked for what can't work; 130 after Ctrl-C.

    Examples
    --------
    >>> main(["version"])  # doctest: +ELLIPSIS
    runregistry ...
    0
    """
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except SystemExit as left:  # so typer leaves when the reader of a pipe has left, and after it has completed a word
        return left.code if isinstance(left.code, int) else _FAILED
    except BrokenPipeError:
        _discard_stdout()
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _run(arguments: Sequence[str] | None) -> int:
    import typer

    from runregistry.cli.app import app

    # Typer carries its own copy of click in newer releases: its class for misuse is the base of what it exports.
    misuse: Any = typer.BadParameter.__base__
    try:
        with _warnings_as_notes():
            answer = app(args=arguments, prog_name="runregistry", standalone_mode=False)
    except misuse as error:
        error.show(file=sys.stderr)
        return _MISUSED
    except typer.Abort:
        return _INTERRUPTED
    except RunRegistryError as error:
        _say(error)
        return _MISUSED if isinstance(error, UsageError | SettingsError) else _FAILED
    except BrokenPipeError:
        raise
    except OSError as error:
        _say(f"{error.filename}: {error.strerror}" if error.filename else error)
        return _FAILED
    return answer if isinstance(answer, int) else 0


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Tell what somebody should know as one line on stderr, without the place in our code."""

    def tell(message: Warning | str, category: type[Warning], *place: object) -> None:
        print("Warning:", " ".join(str(message).split()), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=UserWarning)
        warnings.showwarning = tell  # type: ignore[assignment]  # catch_warnings brings the old one back
        yield


def _say(problem: object) -> None:
    """Print an error as one line, whatever its text holds."""
    print("Error:", " ".join(str(problem).split()), file=sys.stderr)


def _discard_stdout() -> None:
    """Send what is still to be written nowhere, or the interpreter would complain about the closed pipe when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
