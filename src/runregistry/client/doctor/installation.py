"""What is installed: Python, this package, its extras, and whether another release is mixed in.

The official client has the same name and the same modules: installed into another folder of the same Python, or over this one,
the two make a third thing that nobody wrote.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path

from runregistry.client.doctor.checks import FAIL, OK, WARN, Check

__all__ = ["check_installation"]

_PACKAGE = Path(__file__).resolve().parents[2]
_FIRST_OWN_RELEASE = 4  # those before are of the official client
_ANEW = "run `pip uninstall runregistry` until it finds nothing more, then `pip install runregistry` once"
_SHOWN = 3


def check_installation(path: Sequence[str] | None = None, package: Path = _PACKAGE) -> Iterator[Check]:
    """Yield how the installation stands.

    Parameters
    ----------
    path : sequence of str, optional
        Where Python looks for packages; ``sys.path`` if not given.
    package : path
        The folder of the package that runs.
    """
    yield Check("python", OK, f"Python {platform.python_version()} in {sys.prefix}")
    looked_up = distributions(name="runregistry", path=list(path or sys.path))
    found = [*{(_folder(one), one.version): one for one in looked_up}.values()]  # a folder may be on the path twice
    own = [one for one in found if _is_own(one)]
    yield _check_releases(found, own, package)
    yield from map(_check_files, (one for one in own if _holds(one, package)), [package])
    if own:
        yield _check_extras(own[0])


def _is_own(distribution: Distribution) -> bool:
    first = re.match(r"\d+", distribution.version or "")
    return first is not None and int(first[0]) >= _FIRST_OWN_RELEASE


def _holds(distribution: Distribution, package: Path) -> bool:
    """Tell whether the files of a distribution are those that run; an editable installation has none."""
    files = distribution.files or []
    return any(file.parts[:1] == ("runregistry",) for file in files) and _folder(distribution) == package.parent


def _folder(distribution: Distribution) -> Path:
    return Path(str(distribution.locate_file(""))).resolve()


def _check_releases(found: list[Distribution], own: list[Distribution], package: Path) -> Check:
    releases = "; ".join(f"{one.version} in {_folder(one)}" for one in found)
    if not found:
        return Check("package", WARN, f"runs from {package}, and is not installed", "install it: pip install runregistry")
    if len(own) < len(found):
        return Check("package", FAIL, f"the official client is installed in the same Python: {releases}", _ANEW)
    if len(own) > 1:
        return Check("package", WARN, f"installed more than once: {releases}", _ANEW)
    return Check("package", OK, f"runregistry {own[0].version} in {package}")


def _check_files(distribution: Distribution, package: Path) -> Check:
    files = _recorded(distribution)
    sources = {f"runregistry/{path.relative_to(package).as_posix()}" for path in package.rglob("*.py")}
    missing = [name for name in files if name.endswith(".py") and name not in sources]
    foreign = sorted(sources - files.keys())
    changed = [name for name in sorted(sources & files.keys()) if _is_changed(package.parent / name, files[name])]
    troubles = [
        f"{_some(names)} {what}"
        for names, what in ((changed, "of another release, or edited"), (foreign, "not ours"), (missing, "missing"))
        if names
    ]
    if troubles:
        return Check("files", FAIL, f"files are mixed up: {'; '.join(troubles)}", _ANEW)
    return Check("files", OK, f"{len(sources)} modules as released")


def _recorded(distribution: Distribution) -> dict[str, str]:
    """Return what was installed into our folder, with the digest of each file.

    Read from ``RECORD`` itself: newer versions of `importlib.metadata` leave out what is no longer there.
    """
    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[0].startswith("runregistry/")}


def _is_changed(path: Path, recorded: str) -> bool:
    mode, _, value = recorded.partition("=")
    if mode != "sha256":
        return False
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != value


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _check_extras(distribution: Distribution) -> Check:
    missing: dict[str, list[str]] = {}
    for line in distribution.requires or []:
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"""extra\s*==\s*['"]([\w-]+)['"]""", line)
        if name is None or extra is None or extra[1] == "all" or name[0].lower() == "runregistry":
            continue
        lacking = missing.setdefault(extra[1], [])
        if not _is_installed(name[0]):
            lacking.append(name[0])
    there = [extra for extra, names in missing.items() if not names]
    absent = [f"{extra} ({', '.join(names)})" for extra, names in missing.items() if names]
    step = (
        f"if you need one: pip install 'runregistry[{next(extra for extra, names in missing.items() if names)}]'"
        if absent
        else ""
    )
    return Check("extras", OK, f"with {_list(there)}; without {_list(absent)}", step)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
