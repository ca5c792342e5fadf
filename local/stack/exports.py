"""An environment as a file that a shell can `source`."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path


def write_exports(environment: Mapping[str, str], file: Path) -> None:
    """Write it anew, readable by its owner only: it holds a password and a key."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
