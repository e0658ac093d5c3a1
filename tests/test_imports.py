"""Who may import whom: the rules are in pyproject.toml, and here each is broken. Then what an import loads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BREACHES = {
    "analysis/kernels/stray.py": ("import dashboard.view", "analysis is not allowed to import dashboard"),
    "analysis/texts/stray.py": (
        "def f():\n    from analysis import cli",
        "analysis.texts is not allowed to import analysis.cli",
    ),
    "analysis/models/stray.py": ("", "not listed as layers:\n\n- analysis.models.stray"),
    "analysis/types/stray.py": (
        "from analysis.types import Encoded",
        "analysis.types.stray is not allowed to import analysis.types",
    ),
    "dashboard/drawing/stray.py": (
        "import analysis.models.store",
        "dashboard.drawing is not allowed to import analysis.models",
    ),
    "dashboard/pages/fill/stray.py": (
        "import dashboard.pages.tokens",
        "dashboard.pages.fill is not allowed to import dashboard.pages.tokens",
    ),
    "dashboard/pages/tokens/stray.py": (
        "from dashboard.pages import PAGES",
        "dashboard.pages.tokens.stray is not allowed to import dashboard.pages",
    ),
    "dashboard/paper/stray.py": (
        "import dashboard.screen.markup",
        "dashboard.paper is not allowed to import dashboard.screen",
    ),
    "dashboard/screen/stray.py": (
        "from analysis import read_seen",
        "dashboard.screen.stray is not allowed to import analysis",
    ),
}
"""What each of these files may not import, and how import-linter says so."""


def test_every_contract_has_teeth(tmp_path: Path) -> None:
    def lint() -> tuple[int, str]:
        command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
        environment = {**os.environ, "COLUMNS": "120"}
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        return done.returncode, done.stdout

    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("analysis", "benchmarks", "dashboard", "tests", "training"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    assert lint()[0] == 0

    for name, (source, _) in BREACHES.items():
        (tmp_path / name).write_text(f"{source}\n")
    code, found = lint()
    assert code == 1
    assert " 0 kept, " in found, "a contract that nothing here breaks"
    assert [said for _, said in BREACHES.values() if said not in found] == []


@pytest.mark.parametrize(
    ("path", "line", "code"),
    [
        ("analysis/measures.py", "import pandas", "TID251"),
        ("analysis/measures.py", "from plotly.graph_objects import Figure", "TID251"),
        ("analysis/measures.py", "def f():\n    import jinja2", "TID251"),
        ("analysis/measures.py", "from dashboard import view", "TID251"),
        ("analysis/measures.py", "import streamlit", "TID251"),
        ("analysis/measures.py", "from . import errors", "TID252"),
        ("dashboard/pages/tokens/figures.py", "def f():\n    import streamlit", "TID251"),
        ("dashboard/pages/tokens/figures.py", "import pandas", None),
        ("dashboard/screen/show.py", "import streamlit", None),
    ],
)
def test_ruff_bans_what_a_folder_may_not_import(path: str, line: str, code: str | None) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    found = subprocess.run(command, input=line, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    assert "F401" in found, "or ruff has not read it"
    assert (code in found) if code else ("TID" not in found)


def loaded_after(statement: str) -> set[str]:
    probe = f"import sys\n{statement}\nprint(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_importing_all_of_analysis_loads_nothing_that_draws() -> None:
    files = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "analysis").rglob("*.py")]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in files if path.name != "__main__")
    threads = "torch.get_num_threads(), torch.get_num_interop_threads()"
    loaded = loaded_after(
        f"import torch\nbefore = {threads}\nimport {', '.join(names)}\n"
        f"sys.modules['same' if before == ({threads}) else 'other'] = None"
    )
    assert "transformers" in loaded, "or the probe looks at nothing"
    assert loaded & {"streamlit", "plotly", "pandas", "dashboard"} == set()
    assert "same" in loaded, "torch's threads are left alone"


def test_importing_analysis_is_cheap() -> None:
    assert loaded_after("import analysis") & {"torch", "transformers", "huggingface_hub", "numpy"} == set()


def test_every_public_name_leads_somewhere() -> None:
    import analysis

    for name in analysis.__all__:
        assert getattr(analysis, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        analysis.nothing  # noqa: B018
