"""Pretext against what people use today for the same numbers: ratios on one machine, not absolute times.

::

    python -m benchmarks list
    python -m benchmarks run W3 --model small --rounds 5 --json w3.json
    python -m benchmarks page w3.json

Contenders take turns in one process, after a check that they give the same answers. Nothing here is a test: no
threshold fails a build.
"""
