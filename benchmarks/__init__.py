"""Benchmarks: each prints its figures and adds its part to build/bench.json."""
