"""Walks through the console in a real browser; run by the interpreter of .tools/browser, which has playwright.

    python tests/browser/walk.py SCENE.json [FOLDER]

SCENE.json: `url`, `logins` (one-time links), `pages` by name, `chromium`. Screenshots go to FOLDER, if there is one;
what is wrong is written to stdout as one JSON list.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

WAYS = (
    (1280, "light", None),
    (1280, "dark", ["color-contrast", "link-in-text-block"]),
    (320, "light", ["scrollable-region-focusable", "target-size"]),
)
"""Width, scheme, and what axe asks (None: all): after the first way only for what the scheme or the width changes."""
SLOWEST_MS = 90_000
"""How long a page may take where much else runs; what is measured stands in the bench."""
POLL_SECONDS = 2


def main() -> int:
    scene = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder, wrong = (Path(sys.argv[2]) if len(sys.argv) > 2 else None), []
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    logins = iter(scene["logins"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=scene["chromium"], args=["--no-sandbox"])
        for script in (False, True):
            context = browser.new_context(java_script_enabled=script, reduced_motion="reduce")
            page = context.new_page()
            page.set_default_timeout(SLOWEST_MS)
            look = Look(page, scene["url"], wrong)
            page.goto(next(logins))
            for name, path in scene["pages"].items():
                look.at(name, path)
                if script:
                    look.in_every_way(name, folder)
            if script:
                flows(page, scene, wrong)
                live(page, look, scene, folder)
            else:
                forms(page, look, scene)
            context.close()
        browser.close()
    sys.stdout.write(json.dumps(wrong) + "\n")
    return 0


class Look:
    """Looks at one page after another, and at what its browser has to say."""

    def __init__(self, page, url, wrong) -> None:
        self.page, self.url, self.wrong, self.place = page, url, wrong, ""
        page.on("console", lambda said: self.say("console", said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.say("script", str(error)))
        page.on("dialog", lambda dialog: (self.say("dialog", dialog.message), dialog.dismiss()))
        page.on("request", self.request)

    def say(self, kind, text) -> None:
        self.wrong.append(f"{self.place}: {kind}: {text[:400]}")

    def request(self, request) -> None:
        if request.url.startswith("data:"):
            return
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.say("request to elsewhere", request.url)

    def at(self, name, path) -> None:
        """Open a page."""
        self.place = name
        answer = self.page.goto(self.url + path)
        if answer is None or answer.status != 200:
            self.say("status", str(answer and answer.status))
        if not self.page.query_selector("main h1"):
            self.say("no heading", path)

    def in_every_way(self, name, folder) -> None:
        """Look at the page that is open, wide and narrow, light and dark."""
        self.page.evaluate(AXE_SCRIPT)
        for width, scheme, rules in WAYS:
            self.place = f"{name}-{width}-{scheme}"
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)
            if folder:
                self.page.screenshot(path=str(folder / f"{self.place}.png"), full_page=True)
            self.axe(rules)
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                self.say("sideways scroll", f"{wide} px")

    def axe(self, rules) -> None:
        only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        options = {"resultTypes": ["violations"], **only}
        for found in self.page.evaluate("options => axe.run(options)", options)["violations"]:
            nodes = "; ".join(
                str(node["target"]) + " " + (node.get("failureSummary") or "") for node in found["nodes"][:2]
            )
            self.say("axe", f"{found['id']}: {nodes}")


def forms(page, look, scene) -> None:
    """Without a script: a sync is asked for, its page says the same when it is loaded anew, one letter is sent back."""

    def expect(true, text) -> None:
        if not true:
            look.say("without a script", text)

    look.at("workspace", scene["pages"]["workspace"])
    page.get_by_role("button", name="Sync", exact=True).click()
    page.wait_for_url("**/console/jobs/*")
    expect("waits in the queue" in page.inner_text("main"), "the job's page says that it waits")
    job = page.url
    page.reload()
    expect(page.url == job and "waits in the queue" in page.inner_text("main"), "it still does")
    look.at("people", scene["pages"]["people"])
    page.click(".meetings a:has-text('Change') >> nth=0")
    page.fill(".meetings .fields input[name=minutes]", "60")
    page.click(".meetings .fields button")
    page.wait_for_url("**said=**")
    expect("The meeting was changed" in page.inner_text("main"), "a meeting is changed")
    expect("60 min in meeting hours" in page.inner_text("main"), "and is shown as it is now")
    look.at("habits-change", scene["pages"]["habits-change"])
    page.click(".meetings summary:has-text('Leave out a date') >> nth=0")
    page.click("button:has-text('Leave it out') >> nth=0")
    page.wait_for_url("**said=**")
    expect("is left out: the next plan" in page.inner_text("main"), "a date of a habit is left out")
    look.at("dead-letters", scene["pages"]["dead-letters"])
    for left in page.query_selector_all("input[type=checkbox]")[1:]:
        left.uncheck()
    page.get_by_role("button", name="Send the chosen back").click()
    page.wait_for_url("**said=**")
    expect("1 letter was sent back" in page.inner_text("main"), "the chosen one was sent back")
    expect(len(page.query_selector_all("input[type=checkbox]")) == 2, "the others are left")


def flows(page, scene, wrong) -> None:
    """The main ways with the keyboard alone: search, workspace, sync; letters sent back once."""

    def expect(true, text) -> None:
        if not true:
            wrong.append(f"keyboard: {text}, at {page.url}")

    page.goto(scene["url"] + "/console")
    page.keyboard.press("Tab")
    expect(page.evaluate("document.activeElement.textContent") == "To the content", "the first stop is the skip link")
    page.keyboard.press("/")
    page.keyboard.type("Harbour")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/workspaces/*")
    expect("Harbour Design" in page.title(), "search leads to the workspace")
    focused = reach(page, "Sync")
    expect(focused, "Sync can be reached")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    expect(outline != "none", "focus can be seen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/jobs/*")
    expect("waits in the queue" in page.inner_text("main"), "the job's page says that it waits")
    page.goto(scene["url"] + scene["pages"]["plan"])
    expect(reach(page, "Apply this plan"), "a plan can be applied")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week**")
    expect("The plan was written" in page.inner_text("main"), "the plan is written")
    page.goto(scene["url"] + scene["pages"]["writing"])
    expect(reach(page, "Keep what was wanted here"), "a conflict can be decided")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=**")
    expect("what was wanted here stays" in page.inner_text("main"), "the conflict is decided")
    page.goto(scene["url"] + scene["pages"]["people"])
    expect(reach(page, "Add a meeting"), "the form of a new meeting can be opened")
    page.keyboard.press("Enter")
    expect(reach_field(page, "title"), "its first field is next")
    page.keyboard.type("Retrospective")
    for user in ("ada", "ben"):
        expect(reach_field(page, "required", user), f"{user} can be chosen")
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=**")
    expect("The meeting was added" in page.inner_text("main"), "the meeting is added")
    page.goto(scene["url"] + scene["pages"]["dead-letters"])
    expect(reach(page, "Send the chosen back"), "letters can be sent back")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=**")
    expect("2 letters were sent back" in page.inner_text("main"), "all that were shown were sent back")


def live(page, look, scene, folder) -> None:
    """A run that goes on: its page follows it without losing the place, pauses, and asks no more when it is over.

    The page's clock is ours. The scene's run goes on when it is asked for, and ends when it is told to.
    """

    def expect(true, text) -> None:
        if not true:
            look.say("live", text)

    def polled(seconds=POLL_SECONDS) -> int:
        before = len(asked)
        page.clock.run_for(1000 * seconds)
        return len(asked) - before

    asked = []
    page.on("request", lambda request: asked.append(request.url) if "part=1" in request.url else None)
    page.clock.install()
    look.at("run-live", scene["live"])
    look.in_every_way("run-live", folder)
    page.set_viewport_size({"width": 640, "height": 300})
    page.focus("#live a")
    page.evaluate("scrollTo(0, 120)")
    with page.expect_response("**part=1"):
        page.clock.run_for(1000 * POLL_SECONDS)
    page.get_by_text("1 of 3 calendars done").wait_for()
    expect(page.evaluate("document.activeElement.matches('#live a')"), "the focus is where it was")
    expect(page.evaluate("scrollY") == 120, "the page is where it was")
    page.click("[data-pause]")
    expect(polled() == 0, "Pause was pressed")
    page.click("[data-pause]")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    expect(polled() == 0, "nobody sees the page")
    page.evaluate("delete document.hidden")
    page.request.get(look.url + scene["live"] + "?part=finish")
    with page.expect_response("**part=1"):
        page.clock.run_for(1000 * POLL_SECONDS)
    page.get_by_text("Completed").or_(page.get_by_text("completed")).first.wait_for()
    expect(polled(seconds=30) == 0, "the run is over")
    expect(not page.is_visible("[data-pause]"), "there is nothing left to pause")


def reach(page, text) -> bool:
    """Press Tab until something with that text has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return True
    return False


def reach_field(page, name, value=None) -> bool:
    """Press Tab until a field of that name, and of that value if one is given, has the focus."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([name, value]) => { const at = document.activeElement;"
            " return at.name === name && (value === null || at.value === value) }",
            [name, value],
        ):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
