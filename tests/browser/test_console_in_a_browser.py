"""The console in a real browser: every page, light and dark, wide and narrow, with and without JavaScript.

Skipped where `make test-browser` has not installed its tools, or the machine has no chromium.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.scene import console

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".tools" / "browser" / "bin" / "python"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.skipif(not PYTHON.exists(), reason="`make test-browser` installs what this needs"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.timeout(400),
]
SCREENS = os.environ.get("ALMANAC_SCREENSHOTS")
"""Where screenshots go, None for none: they take as long as looking at the pages."""
LOGINS = 2


def test_every_page_is_right_in_a_real_browser(tmp_path: Path) -> None:
    with console(tmp_path) as (url, wiring, pages, live):
        object.__setattr__(wiring.console_logins, "public_url", url)
        logins = [wiring.console_logins.link("admin", None) for _ in range(LOGINS)]
        scene = tmp_path / "scene.json"
        said = {"url": url, "logins": logins, "pages": pages, "live": live, "chromium": CHROMIUM}
        scene.write_text(json.dumps(said), encoding="utf-8")
        command = [str(PYTHON), str(Path(__file__).with_name("walk.py")), str(scene), *filter(None, [SCREENS])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
