"""Processes that compute alike: what one of a run chose by timing, all of it take, or a last digit would be another."""

from dataclasses import asdict, replace
from typing import Any

from analysis.kernels import products, rows
from analysis.kernels.products import Product
from analysis.types import Kernel

Chosen = dict[str, Any]
"""As JSON has it: who makes the products, and whose exponentials are taken, on so many ``threads``."""


def chosen(threads: int) -> Chosen:
    """What this process has chosen, once its models are loaded."""
    made = [
        {"product": list(product), "kernel": asdict(kernel)}
        for (product, cores), kernel in products.CHOICES.items()
        if cores == threads
    ]
    return {"threads": threads, "products": made, "exponentials": rows.faster()}


def take(found: Chosen) -> None:
    """Choose the same, before any model is loaded; what this process has chosen already stays."""
    threads = found["threads"]
    for each in found["products"]:
        kernel = Kernel(**each["kernel"])
        kernel = replace(kernel, seconds=tuple((library, taken) for library, taken in kernel.seconds))
        products.CHOICES.setdefault((Product(*each["product"]), threads), kernel)
    rows.FASTER.setdefault(threads, found["exponentials"])


def holds(found: Chosen) -> bool:
    """Whether this process computes so."""
    own = chosen(found["threads"])
    libraries = {tuple(each["product"]): each["kernel"]["library"] for each in own["products"]}
    return own["exponentials"] == found["exponentials"] and all(
        libraries.get(tuple(each["product"])) == each["kernel"]["library"] for each in found["products"]
    )
