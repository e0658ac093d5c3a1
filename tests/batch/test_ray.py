"""The engine of a cluster gives the local one's rows."""

from pathlib import Path

import pytest

from analysis.batch.recipe import Settings
from analysis.batch.run import Job, run
from analysis.errors import InputError
from tests.analysis.checkpoints import tiny_bert
from tests.batch.made import rows_of, same, sentences, write_csv


def test_without_ray_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    source = write_csv(tmp_path / "in.csv", sentences(3))
    with pytest.raises(InputError, match=r"pip install -r requirements-ray\.txt, or leave --engine ray out"):
        run(Job(source, tmp_path / "out.parquet", Settings(), engine="ray"))


@pytest.mark.filterwarnings("ignore")
def test_one_actor_on_two_cpus_gives_the_rows_of_the_local_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr("analysis.batch.plan.PACK_ROWS", 8)
    monkeypatch.setenv("PRETEXT_THREADS", "2")
    texts = sentences(40, seed=4)
    texts[7], texts[30] = "", texts[3]
    source, settings = write_csv(tmp_path / "in.csv", texts), Settings((str(tiny_bert(tmp_path / "model")),))
    settings = Settings(settings.models, measures=("seen", "pll"))
    run(Job(source, tmp_path / "local.parquet", settings, tokens=tmp_path / "local-tokens.parquet"))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        run(Job(source, tmp_path / "ray.parquet", settings, tokens=tmp_path / "ray-tokens.parquet", engine="ray"))
    finally:
        ray.shutdown()
    assert [row["row"] for row in rows_of(tmp_path / "ray.parquet")] == list(range(1, 41))
    assert same(tmp_path / "ray.parquet", tmp_path / "local.parquet")
    assert same(tmp_path / "ray-tokens.parquet", tmp_path / "local-tokens.parquet")
    assert not list(tmp_path.glob("*.parts"))
