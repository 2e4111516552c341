"""Letters by the hundred: two workers against bare WeasyPrint in two processes, and whether memory grows."""

import gc
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections

from cases.letters.layout import letter_layout
from cases.letters.registry import get_kind
from cases.letters.rendering import complete_context, compose, letter_stylesheet, render_letter
from loans import rules
from reports.bench.figures import agreement, envelope_of, with_files
from reports.bench.timing import Ratio

Render = Callable[[], object]
PROCESSES = 2
TURNS, FEW = 3, 100  # of a few letters, once will do
# Two workers do at least 85 % of what bare WeasyPrint does.
AT_LEAST = 0.85
# A process that has made all the letters is no larger than this, against one that has made a tenth.
MOST_GROWTH = 1.10
FIRST = 10


def compare_workers(today: date, letters: int) -> Iterator[Ratio]:
    """The same letters, in turn: ours from facts to PDF, bare WeasyPrint from finished HTML with its style sheet read once."""
    turns = TURNS if letters > FEW else 1
    each = max(2, letters // PROCESSES // TURNS // 8)
    took: tuple[list[float], list[float]] = ([], [])
    for _turn in range(turns):
        took[0].append(_in_processes(_ours, today, each))
        took[1].append(_in_processes(_bare, today, each))
    per_letter = [1000 * statistics.median(seconds) / (PROCESSES * each) for seconds in took]
    about = f"Milliseconds per loan agreement in {PROCESSES} processes, {each} each, and bare WeasyPrint in as many"
    yield Ratio("letters_by_two_workers", per_letter[0], per_letter[1], round(1 / AT_LEAST, 2), about)
    early, late = _sizes(today, letters)
    about = f"Resident megabytes of a worker after {letters} reminders, and after {max(1, letters // FIRST)}"
    yield Ratio("memory_of_a_worker", late, early, MOST_GROWTH, about)


def _ours(today: date) -> Render:
    kind, envelope, context = get_kind("loan_agreement"), envelope_of(today), agreement(today)
    return lambda: render_letter(kind, envelope, context)


def _reminder(today: date) -> Render:
    kind, envelope = get_kind("instalment_reminder"), envelope_of(today)
    facts = {"amount": Decimal(596), "due": today + timedelta(days=7), "number": 1, "count": 84}
    context = {**facts, "payment_reference": rules.payment_reference(1)}
    return lambda: render_letter(kind, envelope, context)


def _bare(today: date) -> Render:
    import weasyprint

    kind = get_kind("loan_agreement")
    html = with_files(compose(kind, envelope_of(today), complete_context(kind, agreement(today)))[0])
    fonts = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(string=with_files(letter_stylesheet(letter_layout())), font_config=fonts)

    def render() -> bytes:
        document = weasyprint.HTML(string=html, media_type="print")
        return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True)

    return render


def _in_processes(make: Callable[[date], Render], today: date, each: int) -> float:
    """Seconds until all processes have made theirs; each makes one first, to warm up."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(PROCESSES + 1)
    processes = [context.Process(target=_work, args=(make, today, each, ready)) for _number in range(PROCESSES)]
    for process in processes:
        process.start()
    ready.wait()
    started = time.perf_counter()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("a process that made letters failed")
    return time.perf_counter() - started


def _work(make: Callable[[date], Render], today: date, each: int, ready: Any) -> None:
    render = make(today)
    render()
    ready.wait()
    for _number in range(each):
        render()


def _sizes(today: date, letters: int) -> tuple[float, float]:
    """Megabytes of one process after a tenth of the letters, and after all."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    theirs, ours = context.Pipe()
    process = context.Process(target=_grow, args=(today, letters, theirs))
    process.start()
    sizes = ours.recv()
    process.join()
    return sizes


def _grow(today: date, letters: int, tell: Any) -> None:
    render = _reminder(today)
    first = max(1, letters // FIRST)
    sizes = []
    for number in range(1, letters + 1):
        render()
        if number in (first, letters):
            gc.collect()
            sizes.append(resident())
    tell.send((sizes[0], sizes[-1]))


def resident() -> float:
    """What this process holds in memory, in megabytes."""
    with open(f"/proc/{os.getpid()}/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
