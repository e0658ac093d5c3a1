"""What the figures were taken on: processor, memory, and the versions of everything that was timed."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from analysis.kernels.products import computes_in_bf16
from analysis.models.bundle import library_versions
from benchmarks.results import Machine

_PEERS = ("minicons", "captum")


def this_machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        bf16=computes_in_bf16(),
        system=f"{platform.system()} {platform.release()}",
    )


def versions() -> tuple[tuple[str, str], ...]:
    """Python, the project, its libraries, and the peers that are installed."""
    found = [("python", platform.python_version()), *library_versions()]
    for name in _PEERS:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def load_average() -> float:
    """How many processes have been running or waiting over the last minute."""
    return round(os.getloadavg()[0], 2)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = named.get("model name", platform.processor() or "unknown")
    if "cpu family" in named:
        # Virtual machines often leave out the model's number.
        name += f" (family {named['cpu family']}, model {named.get('model', '?')})"
    return name
