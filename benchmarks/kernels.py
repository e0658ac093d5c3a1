"""Who multiplies and who takes exponentials on this machine, with the times that it was chosen by."""

from collections.abc import Iterator
from pathlib import Path

import torch

from analysis.kernels import products, rows
from analysis.models.store import ModelStore
from benchmarks.setting import spec_of


def chosen(model: str, folder: Path) -> Iterator[str]:
    """Load a model as ``auto`` does and say in a line each what was timed and taken."""
    before = set(products.CHOICES)
    bundle = ModelStore().get(spec_of(model, folder), dtype="auto")
    threads = torch.get_num_threads()
    for product, kernel in ((key[0], kernel) for key, kernel in products.CHOICES.items() if key not in before):
        flops = 2 * kernel.n_rows * kernel.n_columns * kernel.n_in
        times = ", ".join(f"{name} {1e3 * s:.2f} ms ({flops / s / 1e9:.0f} GFLOP/s)" for name, s in kernel.seconds)
        then = "" if product.then == "none" else f" and {product.then}"
        yield (
            f"{product.dtype} {kernel.n_in:,} to {kernel.n_out:,}{then}: {kernel.library}; {kernel.n_rows:,} rows to "
            f"{kernel.n_columns:,} columns: {times or 'not timed'}"
        )
    by_numpy, by_torch = rows.timed()
    yield f"exponentials of a row: {rows.faster()}; numpy {1e6 * by_numpy:.0f} us, torch {1e6 * by_torch:.0f} us"
    yield f"auto takes {bundle.dtype} on {threads} of the cores: {bundle.why_dtype}"
