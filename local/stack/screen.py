"""What the demo and `make dev` print: plain lines, coloured on a terminal, with a progress bar only there."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local.stack.run_watch import KeptMessage, Run

_PIPE_WIDTH = 100
_STATUS_STYLE = {"completed": "green", "partial": "yellow", "failed": "red", "skipped": "cyan"}
_NAMES, _ERROR = 16, 50  # columns


class Bar(Protocol):
    """A progress bar; nothing where there is no terminal."""

    def __call__(self, done: int) -> None:
        """Show that so many are done."""
        ...


class Screen:
    """Prints to stdout. Text is never read as markup: names come from strangers."""

    def __init__(self, *, verbose: bool = True) -> None:
        self.verbose = verbose
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a question mark
        terminal = sys.stdout.isatty()
        self._console = Console(
            highlight=False, markup=False, emoji=False, soft_wrap=True, width=None if terminal else _PIPE_WIDTH
        )
        self._began = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds since the screen was made."""
        return time.perf_counter() - self._began

    def headline(self, number: int, title: str, why: str) -> None:
        """Begin a scene."""
        if self.verbose:
            self._console.print()
        self._console.print(Text(f" {number}. {title}", style="bold"))
        self._console.print(Text(f"    {why}", style="dim"))

    def say(self, text: str, style: str = "") -> None:
        """One line of what happens."""
        self._console.print(Text(f"    {printable(text)}", style=style))

    def detail(self, text: str) -> None:
        """Say one line to those who want to hear everything."""
        if self.verbose:
            self.say(text)

    def check(self, text: str, *, good: bool) -> None:
        """Something that was compared, and whether it held."""
        mark, style = ("ok", "bold green") if good else ("WRONG", "bold red")
        self._console.print(Text.assemble("    ", (f"{mark}: ", style), printable(text)))

    def run(self, run: Run) -> None:
        """One line a run, as it ends; those that do not stand out are for who wants to hear everything."""
        if not (self.verbose or run.stands_out):
            return
        line = Text(f"{self.elapsed:6.1f} s  ", style="dim")
        line.append(f"{_cut(printable(run.workspace), _NAMES):<{_NAMES}}  ", style="bold")
        line.append(f"{run.source:<12}  ", style="not bold")
        line.append(f"{run.outcome:<18}  ", style=_STATUS_STYLE.get(run.status, ""))
        line.append(_result(run))
        self._console.print(line)

    def kept(self, message: KeptMessage) -> None:
        """One line for a message that its handler could not finish; that one waits, or fails again, is no news."""
        if not self.verbose and (message.error_type == "postponed" or message.receive > 1):
            return
        line = Text(f"{self.elapsed:6.1f} s  ", style="dim")
        line.append(f"receive {message.receive}: stays in the queue  ", style="red")
        line.append(_cut(f"{message.error_type}: {printable(message.error)}", _ERROR))
        self._console.print(line)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]], *, numbers_from: int) -> None:
        """Aligned columns; from column `numbers_from` on they are numbers."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        for place, head in enumerate(heads):
            table.add_column(head, justify="right" if place >= numbers_from else "left", no_wrap=True)
        for row in rows:
            table.add_row(*(Text(printable(str(value))) for value in row))
        with self._console.capture() as captured:
            self._console.print(table)
        for line in captured.get().splitlines():
            if line.strip():
                self._console.print(Text.from_ansi(f"    {line.rstrip()}"))

    @contextmanager
    def bar(self, label: str, total: int) -> Iterator[Bar]:
        """A progress bar for as long as the block runs; lines are printed above it."""
        if not self._console.is_terminal or self._console.is_dumb_terminal:
            yield lambda _done: None
            return
        columns = (TextColumn("    {task.description}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(label, total=total)
            yield lambda done: progress.update(task, completed=min(done, total))


def printable(text: str) -> str:
    """The text in one line, without anything that steers a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def counted(number: int, noun: str) -> str:
    """`1 calendar`, `2 calendars`, `1,474 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else f"{text[: columns - 3]}..."


def _result(run: Run) -> str:
    if run.status == "skipped":
        return "" if run.retry_after is None else f"again in {run.retry_after:.0f} s"
    if run.status == "failed" and run.error_type not in (None, run.outcome):
        return str(run.error_type)
    counts = f"+{run.inserted} ~{run.updated} -{run.deleted}"
    return f"{counts:<14}{run.calendars} cal  {run.pages} pages {run.total_ms:5d} ms"
