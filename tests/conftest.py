"""What every test may use: the bundled model, a tiny random one, and generated texts that are the same every time."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from analysis.kernels import products, rows
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle, quiet_transformers
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.oracle import Plain

# Without a deadline (a shared machine has slow moments) and without chance: a failure can be run again.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("wandering", settings.get_profile("steady"), derandomize=False, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

quiet_transformers()
# The texts are short: two threads would spend their time waiting for each other, and on a busy machine most of it.
torch.set_num_threads(1)
# Libraries and results that stay are looked through for garbage less often: that took a twelfth of the pages' tests.
gc.set_threshold(2_000, 20, 40)


@pytest.fixture(scope="session", autouse=True)
def _usual_libraries() -> Generator[None]:
    """Nothing is timed, so that no last digit hangs on a noisy moment; the tests of products take every library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "timed", lambda *_: {})
        patch.setattr(rows, "timed", lambda: (1.0, 1.0))
        yield


@pytest.fixture(scope="session")
def bundled() -> ModelBundle:
    """The checkpoint that comes with the project."""
    return load_bundle("bundled")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny random BERT and a toy vocabulary; copy it before changing anything."""
    return tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> ModelBundle:
    """The tiny random BERT, loaded: both heads, 74 columns, 64 positions."""
    return load_bundle(str(tiny_folder))


@pytest.fixture(scope="session")
def tiny_plain(tiny_folder: Path) -> Plain:
    """The tiny random BERT as a notebook would load it."""
    return Plain.load(tiny_folder)
