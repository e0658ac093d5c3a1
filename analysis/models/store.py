"""The owner of the models: from a spec to a ``ModelBundle``, loaded once and kept within a budget of bytes.

A spec is ``bundled``, a Hugging Face id (``bert-base-uncased``, ``owner/name``, with ``@revision`` if one is meant) or
a folder.
"""

import hashlib
import json
import os
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import cache, partial
from typing import Any, Literal, NamedTuple

from huggingface_hub.utils import logging as hub_logging
from transformers.utils import logging as transformers_logging

from analysis import hosting
from analysis.choices import Device, Dtype, chosen
from analysis.errors import InputError, ModelError, PretextError
from analysis.kernels import bert
from analysis.kernels.products import computes_in_bf16
from analysis.limits import DEFAULT_MODEL_MEMORY_BYTES, FAILURE_SECONDS, LOAD_SECONDS, MAX_POSITIONS
from analysis.models import checkpoint, families, hub
from analysis.models.bundle import Gate, ModelBundle
from analysis.models.checkpoint import BUNDLED
from analysis.models.devices import WantedDevice, check_device, default_device
from analysis.models.devices import found as found_device
from analysis.models.tokenizing import single_letters, writes_pieces
from analysis.models.trial import tried

_READING = threading.Lock()
"""``from_pretrained`` changes torch for the whole process meanwhile: two at once gave models without their weights."""

_POLL_SECONDS = 0.1
_HANGS = (
    "Loading this model has come no further for {:.0f} s, as on a disk or a network that hangs: choose another model, "
    "or try again in a while."
)

WantedDtype = Literal["auto", "fp32", "bf16"]
WANTED_DTYPES: tuple[WantedDtype, ...] = ("auto", "fp32", "bf16")
"""What may be asked for; ``auto`` is bf16 where the model is BERT and its products were measured to be clearly faster
in it on this processor, else fp32."""

_WORTH_BF16 = 1.3
"""How many times as fast as in fp32 the encoder's products must be for ``auto`` to give up its exactness."""


def quiet_transformers() -> None:
    """Keep the libraries' progress bars and reports off the terminal; for entrypoints, it is process-wide."""
    hub_logging.set_verbosity(hub_logging.CRITICAL)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


@cache
def bundled_revision() -> str:
    """The bundled checkpoint's revision."""
    return checkpoint.find(BUNDLED).revision


def default_spec() -> str:
    """The model used when none is named: ``PRETEXT_MODEL``, else the bundled one."""
    return os.environ.get("PRETEXT_MODEL", "").strip() or BUNDLED


def default_dtype() -> WantedDtype:
    """The arithmetic used when none is named: ``PRETEXT_DTYPE``, else fp32."""
    return check_dtype(os.environ.get("PRETEXT_DTYPE", "").strip() or "fp32")


def check_dtype(wanted: str) -> WantedDtype:
    """Return ``wanted``, or raise InputError when it is no arithmetic."""
    return chosen("arithmetic", wanted, WANTED_DTYPES)


def load_bundle(
    spec: str | None = None,
    progress: hub.Progress | None = None,
    *,
    dtype: WantedDtype | None = None,
    device: WantedDevice | None = None,
) -> ModelBundle:
    """Load a model, or hand out the one already loaded.

    Parameters
    ----------
    spec
        ``bundled``, a Hugging Face id, or a folder; None means ``default_spec()``.
    progress
        Called with (bytes so far, bytes in all) while weights are downloaded.
    dtype
        ``fp32``, ``bf16`` (about twice as fast on some processors, slower on others; surprisals change by some
        thousandths of a bit) or ``auto``, which times both; None means ``default_dtype()``.
    device
        ``cpu``, ``cuda``, ``mps``, or ``auto``, which takes a GPU where there is one; None means ``default_device()``.

    Raises
    ------
    InputError
        If the spec can't name a model, or if this processor or this model can't compute in bf16 at all, or the
        device is not there.
    ModelError
        If the model can't be found, fetched or loaded.
    """
    wanted = default_dtype() if dtype is None else check_dtype(dtype)
    where = default_device() if device is None else check_device(device)
    return MODELS.get(spec if spec is not None else default_spec(), progress, wanted, where)


class _Job(Future[ModelBundle]):
    """One load in a thread of its own, and the bytes fetched so far: whoever waits may leave, and it still ends."""

    bytes = (0, 0)

    def __init__(self) -> None:
        super().__init__()
        self.moved = time.monotonic()
        """When it last came further."""

    def note(self, done: int, total: int) -> None:
        self.bytes = done, total
        self.further()

    def further(self) -> None:
        self.moved = time.monotonic()

    def check(self) -> None:
        """ModelError if it hangs."""
        if time.monotonic() - self.moved > LOAD_SECONDS:
            raise ModelError(_HANGS.format(LOAD_SECONDS))

    def tell(self, progress: hub.Progress | None) -> None:
        done, total = self.bytes
        if progress is not None and total:
            progress(done, total)


class _Key(NamedTuple):
    """What tells a loaded model from another."""

    spec: str
    dtype: WantedDtype
    device: Device


class ModelStore:
    """Loaded models, the least recently used put away first when their weights exceed the budget.

    The bundled model stays, and so do those that a server is run for, a model that is computing and the one that was
    asked for last.
    """

    def __init__(self, budget_bytes: int | None = None) -> None:
        self._budget = budget_bytes
        self._bundles: OrderedDict[_Key, ModelBundle] = OrderedDict()
        self._stamps: dict[str, checkpoint.Stamp] = {}
        self._revisions: dict[str, str] = {}
        self._jobs: dict[_Key, _Job] = {}
        self._failures: dict[_Key, tuple[float, checkpoint.Stamp, PretextError]] = {}
        self._lock = threading.Lock()

    def get(
        self,
        spec: str,
        progress: hub.Progress | None = None,
        dtype: WantedDtype | None = None,
        device: WantedDevice | None = None,
    ) -> ModelBundle:
        """The bundle of ``spec``, loaded once for all who ask meanwhile; a folder written anew is loaded again.

        ``progress`` is called from the caller's thread; when it raises, only this caller stops waiting. A load that has
        failed is not tried again at once, unless the folder was written meanwhile; one that hangs is a ModelError.
        """
        spec = spec.strip()
        budget = _memory_budget() if self._budget is None else self._budget
        stamp = checkpoint.stamp(spec)
        key = _Key(spec, dtype or default_dtype(), found_device(device or default_device()))
        with self._lock:
            if key in self._bundles and self._stamps[spec] == stamp:
                self._bundles.move_to_end(key)
                return self._bundles[key]
            self._refuse_again(key, stamp)
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = _Job()
                threading.Thread(target=self._run, args=(job, key, stamp, budget), daemon=True).start()
        while not wait([job], _POLL_SECONDS).done:
            job.tell(progress)
            job.check()
        job.tell(progress)
        try:
            return job.result()
        except PretextError as error:
            # Anew for each who waited.
            raise type(error)(*error.args) from None

    def revision(self, spec: str) -> str:
        """The revision of ``spec``, without its weights when it was loaded before and has been put away since."""
        return self._revision_at_hand(spec.strip()) or self.get(spec).revision

    def at_hand(self, spec: str) -> bool:
        """Whether a model has been loaded before, and what it was loaded from is as it was then."""
        return self._revision_at_hand(spec.strip()) is not None

    def _revision_at_hand(self, spec: str) -> str | None:
        stamp = checkpoint.stamp(spec)
        with self._lock:
            return self._revisions[spec] if spec in self._revisions and self._stamps[spec] == stamp else None

    def known(self) -> tuple[str, ...]:
        """Specs of the models that have been loaded, whether or not their weights are still in memory."""
        with self._lock:
            return tuple(self._stamps)

    def loaded(self) -> tuple[str, ...]:
        """Specs of the models in memory, the least recently used first."""
        with self._lock:
            return tuple(key.spec for key in self._bundles)

    def computing(self) -> int:
        """How many callers are inside a forward pass or waiting for one, over all models."""
        with self._lock:
            return sum(bundle.gate.present for bundle in self._bundles.values())

    def _run(self, job: _Job, key: _Key, stamp: checkpoint.Stamp, budget: int) -> None:
        spec = key.spec
        finish: partial[None] = partial(
            job.set_exception, RuntimeError("a load ended without a model and without an error")
        )
        try:
            bundle = _load(key, job)
            finish = partial(job.set_result, bundle)
            with self._lock:
                if self._stamps.get(spec, stamp) != stamp:
                    # A folder written anew: what was loaded from it in another arithmetic is no longer what it holds.
                    for other in [each for each in self._bundles if each.spec == spec]:
                        del self._bundles[other]
                self._bundles[key] = bundle
                self._bundles.move_to_end(key)
                self._stamps[spec], self._revisions[spec] = stamp, bundle.revision
                self._put_away(budget)
        except Exception as error:
            finish = partial(job.set_exception, error)
            # Of a folder only, which says by its stamp when it is worth another try.
            if isinstance(error, PretextError) and stamp:
                with self._lock:
                    self._failures[key] = (time.monotonic(), stamp, error)
        finally:
            with self._lock:
                del self._jobs[key]
            finish()

    def _refuse_again(self, key: _Key, stamp: checkpoint.Stamp) -> None:
        """Raise the error that a load of this ended with a moment ago."""
        now = time.monotonic()
        self._failures = {of: each for of, each in self._failures.items() if now - each[0] < FAILURE_SECONDS}
        if key in self._failures and self._failures[key][1] == stamp:
            error = self._failures[key][2]
            raise type(error)(*error.args)

    def _put_away(self, budget: int) -> None:
        *older, _newest = self._bundles
        for key in older:
            if sum(bundle.n_bytes for bundle in self._bundles.values()) <= budget:
                return
            if not hosting.in_force().keeps(key.spec) and not self._bundles[key].gate.present:
                del self._bundles[key]


MODELS = ModelStore()
"""The models of this process."""


def _memory_budget() -> int:
    given = os.environ.get("PRETEXT_MODEL_MEMORY", "").strip()
    if given and not given.isdecimal():
        raise InputError(f"PRETEXT_MODEL_MEMORY = '{given}' came: set a number of bytes, such as 3221225472 for 3 GiB.")
    return int(given) if given else DEFAULT_MODEL_MEMORY_BYTES


def _load(key: _Key, job: _Job) -> ModelBundle:
    spec, wanted, device = key
    found = checkpoint.find(spec, job.note)
    job.further()
    if not _READING.acquire(timeout=LOAD_SECONDS):
        raise ModelError(_HANGS.format(LOAD_SECONDS))
    try:
        job.further()
        read = checkpoint.read(found)
        job.further()
    finally:
        _READING.release()
    model = read.model
    # Behind the gate: what is timed is to have the processor to itself.
    with Gate()():
        dtype, why_dtype = _dtype(wanted, model, device)
        if dtype == "bf16":
            bert.to_bf16(model)
        # Layouts are the processor's; the libraries of a GPU make their own.
        laid_out = device == "cpu" and bert.suits(model)
        kernels, packed_on_top = bert.pack(model) if laid_out else ((), 0)
        _move(model, device, found.called)
    try:
        bundle = _described(spec, found, read, packed_on_top)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # Sizes and ids that a configuration or a tokenizer file leaves out, or gives as something else than numbers.
        raise ModelError(
            f"{found.called} lacks a size or a token that every model of its kind has, or states it wrongly: correct "
            "its config.json and tokenizer_config.json."
        ) from None
    bundle = replace(bundle, device=device, dtype=dtype, why_dtype=why_dtype, kernels=kernels)
    return tried(bundle, found.called)


def _move(model: Any, device: Device, called: str) -> None:
    """Let a model compute on a device; ModelError if it has no room there."""
    if device == "cpu":
        return
    try:
        model.to(device)
    except (RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"{called} can't be put on the device {device}: choose a smaller model, or cpu as the device."
        ) from error


def _described(spec: str, found: checkpoint.Found, read: checkpoint.Checkpoint, packed_on_top: int) -> ModelBundle:
    """The bundle of what was read, with what the model says of itself; V is 0 until it has run."""
    tokenizer, model = read.tokenizer, read.model
    family = families.family_of(model.config)
    special = ("cls", "sep", "pad", "mask", "bos", "eos")
    ids = {name: getattr(tokenizer, f"{name}_token_id") for name in special}
    return ModelBundle(
        spec=spec,
        revision=found.revision,
        model=model,
        tokenizer=tokenizer,
        architecture=type(model).__name__,
        mlm=read.mlm,
        nsp=read.nsp,
        nsp_meaning=family.nsp_meaning or "next sentence",
        max_tokens=int(min(tokenizer.model_max_length, families.n_positions(model), read.longest, MAX_POSITIONS)),
        n_layers=families.n_layers(model),
        n_hidden=families.n_hidden(model),
        n_vocabulary=0,
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_bytes=sum(p.numel() * p.element_size() for p in model.parameters()) + packed_on_top,
        vocabulary_hash=_vocabulary_hash(tokenizer),
        outside_ids=tuple(sorted({i for i in ids.values() if i is not None})),
        mask_id=tokenizer.mask_token_id,
        unk=tokenizer.unk_token or "",
        unk_id=tokenizer.unk_token_id if tokenizer.unk_token_id is not None else -1,
        pad_id=ids["pad"] if ids["pad"] is not None else 0,
        uses_segment_ids=families.reads_segment_ids(model, listed="token_type_ids" in tokenizer.model_input_names),
        on_pairs=family.on_pairs,
        writes=writes_pieces(tokenizer),
        uses_mask=families.reads_mask(model),
        licence=checkpoint.stated_licence(found),
        letters=single_letters(tokenizer, threading.Lock()),
    )


def _dtype(wanted: WantedDtype, model: Any, device: Device) -> tuple[Dtype, str]:
    """The arithmetic that a wish comes to on a device of this machine and with this model, and why."""
    if wanted == "fp32":
        return "fp32", "as asked for"
    here, suits = computes_in_bf16(device), bert.suits(model)
    if not (here and suits):
        why = (
            "this model is no BERT with both heads"
            if here
            else f"this {'processor' if device == 'cpu' else 'device'} does not compute in it"
        )
        if wanted == "auto":
            return "fp32", f"bf16 is not possible: {why}"
        raise InputError(f"bf16 came, but {why}: choose fp32, or auto to have it only where it is possible and faster.")
    if device != "cpu":
        return ("bf16", "as asked for") if wanted == "bf16" else ("fp32", "bf16 is measured on processors only")
    gain = bert.bf16_gain(model)
    measured = (
        "the products are too small to be timed"
        if gain is None
        else f"bf16 measured at {gain:.1f} times the speed of fp32"
    )
    if wanted == "bf16":
        return "bf16", f"as asked for; {measured}"
    return ("bf16" if gain is not None and gain >= _WORTH_BF16 else "fp32"), measured


def _vocabulary_hash(tokenizer: Any) -> str:
    entries = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return hashlib.sha256(json.dumps(entries, ensure_ascii=True).encode()).hexdigest()
