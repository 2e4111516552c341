"""All measurements, in one run."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from reports.bench.databases import Say, Town, towns
from reports.bench.figures import compare_cohort_tables, compare_jobs, compare_letters, compare_positions
from reports.bench.letters import compare_workers
from reports.bench.pages import compare_pages
from reports.bench.timing import Ratio


def measure(
    *, large: int, small: int, runs: int, letters: int, seed_number: int, today: date, template: str, say: Say
) -> dict[str, Any]:
    """The document of `make bench`: every ratio with what it was measured on."""
    sizes = {"small": small, "large": large}
    with towns(sizes, today=today, seed_number=seed_number, template=template, say=say) as town:
        ratios = []
        for ratio in _ratios(town["large"], town["small"], today, runs, letters):
            say(f"{ratio.name}: {ratio.ratio:.2f} (at most {ratio.limit})")
            ratios.append(ratio.document())
    return {"cases": sizes, "runs": runs, "date": today, "unit": "ms", "ratios": ratios}


def _ratios(large: Town, small: Town, today: date, runs: int, letters: int) -> Iterator[Ratio]:
    yield from compare_pages(large, small, runs)
    yield compare_cohort_tables(large, today, runs)
    yield from compare_jobs(large, small, today, runs)
    yield from compare_positions(runs)
    yield compare_letters(today, runs)
    yield from compare_workers(today, letters)
