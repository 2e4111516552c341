"""`make bench`: what a page, a job and a letter cost here, as ratios (docs/performance.md)."""
