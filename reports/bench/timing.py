"""How long something takes beside something else: in turn, so that whatever else the machine does falls on both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]
SLOW = 2.0  # seconds: what takes longer is not repeated as often
SLOW_RUNS = 3


@dataclass(frozen=True)
class Ratio:
    """Medians in milliseconds: what we take, what it is held against, and the most that may lie between the two."""

    name: str
    ours: float
    baseline: float
    limit: float
    about: str

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline

    def document(self) -> dict[str, object]:
        return {
            "name": self.name,
            "ours": round(self.ours, 3),
            "baseline": round(self.baseline, 3),
            "ratio": round(self.ratio, 2),
            "limit": self.limit,
            "within": self.ratio <= self.limit,
            "about": self.about,
        }


def compare(name: str, ours: Work, baseline: Work, *, limit: float, runs: int, about: str) -> Ratio:
    """Both once to warm up, then both `runs` times in turn. The median of each counts."""
    slowest = max(_seconds(ours), _seconds(baseline))
    if slowest > SLOW:
        runs = min(runs, SLOW_RUNS)
    took: tuple[list[float], list[float]] = ([], [])
    for _turn in range(runs):
        took[0].append(_seconds(ours))
        took[1].append(_seconds(baseline))
    return Ratio(name, 1000 * statistics.median(took[0]), 1000 * statistics.median(took[1]), limit, about)


def _seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
