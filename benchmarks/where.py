"""Where a contender's time goes, by torch's own profiler: what keeps it from the rooflines."""

from time import perf_counter
from typing import Any

from torch.profiler import ProfilerActivity, profile

from benchmarks.race import Contender

_KINDS = {
    "matrix products": ("_linear_pointwise", "aten::addmm", "aten::mm", "mkldnn_linear", "_mkl_linear"),
    "attention": ("scaled_dot_product", "aten::bmm", "aten::baddbmm", "aten::_softmax"),
}
_OTHER, _OUTSIDE = "normalisation, sums and other operations of torch", "numpy, the tokenizer and Python"


def where_time_goes(contender: Contender[Any], streamed: float | None = None) -> str:
    """Run a contender once under the profiler and say what share of its time was spent on what.

    ``streamed`` is how long its least arithmetic takes at the streamed roofline, in seconds.
    """
    contender.run()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        start = perf_counter()
        contender.run()
        whole = 1e6 * (perf_counter() - start)
    spent = dict.fromkeys([*_KINDS, _OTHER], 0.0)
    for event in profiled.key_averages():
        kind = next((kind for kind, names in _KINDS.items() if any(name in event.key for name in names)), _OTHER)
        spent[kind] += event.self_cpu_time_total
    spent[_OUTSIDE] = max(0.0, whole - sum(spent.values()))
    shares = ", ".join(f"{of} {us / whole:.0%}" for of, us in spent.items())
    limit = "" if streamed is None else f"; its least products, streamed, would take {1e6 * streamed / whole:.0%}"
    return f"{contender.name}, one profiled run: {shares}{limit}."
