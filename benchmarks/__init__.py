"""Timed comparisons, run by hand: `make bench` prints them and writes docs/benchmarks.md."""
