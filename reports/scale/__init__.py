"""A synthetic municipality of any size, for measuring: written in sets, the same for the same seed (docs/scaling.md)."""
