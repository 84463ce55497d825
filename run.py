"""Set the project up and run a task in it: `python3 run.py demo`, `test`, `lint` or `bench`.

The first call makes the virtual environment `.venv` and installs the project with everything that the task needs; later calls
find it there. Only the standard library is used, and the first lines run on an old Python too, so that it is told what it lacks.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)


def explain_old_python():
    """Say which Python is needed, and name a newer one that is installed here."""
    wanted = ".".join(map(str, OLDEST))
    found = ".".join(map(str, sys.version_info[:2]))
    newer = next(filter(shutil.which, ("python3.13", "python3.12", "python3.11", "python3.14")), None)
    advice = f"Install Python {wanted} or newer and run it again with that."
    if newer:
        advice = f"Run it again with {newer}: {newer} run.py {' '.join(sys.argv[1:])}"
    return f"run.py needs Python {wanted} or newer; this is Python {found}. {advice}"


if sys.version_info < OLDEST:
    sys.exit(explain_old_python())

from pathlib import Path  # noqa: E402  (an old Python must get as far as the message above)

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = SCRIPTS / f"python{SUFFIX}"

EXTRA = "all"
PIP_WITH_GROUPS = (25, 1)  # the first pip that installs dependency groups
# A file's tests stay together, because they share what is costly to make.
EVERYTHING = ("-n", "auto", "--dist", "loadfile")
# What would mix another installation's packages into this one; a CMSSW environment sets the first.
MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET")
# With it each of the many Pythons that the tests start would compile the package again.
SLOW = ("PYTHONDONTWRITEBYTECODE",)

USAGE = """usage: python3 run.py TASK [arguments]

  demo [--help]   show the registry at work on real runs (arguments of `runregistry demo`)
  test [-k NAME]  run the tests (arguments of pytest)
  lint            check style, format and types
  bench [--help]  measure (arguments of benchmarks/run.py)

The first call sets everything up in .venv, which takes a minute; delete that folder to start anew."""


class SetupError(Exception):
    """The environment can't be made; the text says what to do."""


def main(arguments: list[str]) -> int:
    """Run a task and return its exit status."""
    task, *rest = arguments or ["--help"]
    if task in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    if task not in TASKS:
        print(f"run.py: there is no task {task!r}\n\n{USAGE}", file=sys.stderr)
        return 2
    try:
        return TASKS[task](rest)
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(arguments: list[str]) -> int:
    """Run `runregistry demo` where the user stands, so that paths among the arguments mean what they say."""
    set_up("test")
    return run([SCRIPTS / f"runregistry{SUFFIX}", "demo", *arguments], Path.cwd())


def test(arguments: list[str]) -> int:
    """Run the tests: all of them on every core, or as the arguments say."""
    set_up("test")
    if not arguments:
        # Other clients and tools that ours is compared with, each in an environment of its own; made once.
        run([PYTHON, "-m", "tests.environments"], ROOT)
    return run([PYTHON, "-m", "pytest", *(arguments or EVERYTHING)], ROOT)


def lint(arguments: list[str]) -> int:
    """Run every check, also after one that fails, and return the first failure."""
    if arguments:
        raise SetupError(f"lint takes no arguments, not {' '.join(arguments)!r}")
    set_up("lint")
    checks = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "--strict", "src"])
    return next(filter(None, [run([PYTHON, "-m", *check], ROOT) for check in checks]), 0)


def bench(arguments: list[str]) -> int:
    """Measure."""
    set_up("test")
    return run([PYTHON, ROOT / "benchmarks" / "run.py", *arguments], ROOT)


TASKS = {"demo": demo, "test": test, "lint": lint, "bench": bench}


def set_up(group: str) -> None:
    """Make the environment, and install the project and a dependency group, unless that was done since pyproject.toml changed."""
    stamp, wanted = VENV / f".installed-{group}", fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted and runs("import runregistry"):
        return
    say(f"installing the project into {VENV} (only now, and whenever pyproject.toml changes; about a minute)")
    stamp.unlink(missing_ok=True)
    make_venv()
    if pip_version() < PIP_WITH_GROUPS:
        pip("install", "--upgrade", f"pip>={'.'.join(map(str, PIP_WITH_GROUPS))}")
    pip("install", "--editable", f".[{EXTRA}]", "--group", group)
    stamp.write_text(wanted)


def fingerprint() -> str:
    """Return what an installation depends on: the project's settings, and its folder, whose path the scripts hold."""
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + os.fsencode(ROOT)).hexdigest()


def make_venv() -> None:
    """Make the virtual environment with pip in it; one that works stays as it is."""
    if runs("import pip"):
        return
    missing = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupError(
            f"this Python can't make virtual environments: it has no {' and no '.join(missing)}. On Debian and Ubuntu that is a"
            f" package of its own: sudo apt-get install python{version}-venv"
        )
    # One that does not run is of no use to anyone: its Python was removed, or making it was interrupted.
    clear = [] if runs("") else ["--clear"]
    if subprocess.call([sys.executable, "-m", "venv", *clear, str(VENV)], env=clean_environment()) != 0:
        raise SetupError(f"can't make the virtual environment {VENV}; the lines above say why")


def pip_version() -> tuple[int, ...]:
    """Return the first two numbers of the version of the environment's pip."""
    asked = [str(PYTHON), "-c", "import pip; print(pip.__version__)"]
    text = subprocess.run(asked, env=clean_environment(), capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in text.split(".")[:2])


def pip(*arguments: str) -> None:
    """Run the environment's pip; it speaks up only when something is wrong."""
    command = [str(PYTHON), "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", *arguments]
    if subprocess.call(command, cwd=ROOT, env=clean_environment(), stdin=subprocess.DEVNULL) != 0:
        raise SetupError("the installation failed; the lines above say why. Without a package index nothing can be installed.")


def runs(code: str) -> bool:
    """Whether the environment's Python runs this code."""
    if not PYTHON.exists():
        return False
    try:
        return subprocess.run([str(PYTHON), "-c", code], env=clean_environment(), capture_output=True).returncode == 0
    except OSError:
        return False


def run(command: list[object], folder: Path) -> int:
    """Run a command in a folder and return its exit status, as a shell counts it."""
    sys.stdout.flush()
    with subprocess.Popen([str(part) for part in command], cwd=folder, env=clean_environment()) as child:
        while True:
            try:
                status = child.wait()
            except KeyboardInterrupt:
                continue  # the child got the same signal, and says itself how it ends
            return status if status >= 0 else 128 - status


def clean_environment() -> dict[str, str]:
    """Return the environment without what would mix another installation's packages into this one, or slow everything down."""
    return {name: value for name, value in os.environ.items() if name not in (*MISLEADING, *SLOW)}


def say(text: str) -> None:
    """Tell the user what is going on, apart from the output of the task."""
    print(f"run.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
