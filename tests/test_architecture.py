"""Who may use what: read from the source, so that a slip shows before it does harm.

Each rule is a function from sources to offences. It runs over the project, where it must find none, and over a made-up
source that breaks it, where it must find some: a rule that has lost its teeth fails too.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {"tests", "build", "dist"}

Sources = dict[str, str]
"""Source text by path, as 'analysis/forward.py'."""

Rule = Callable[[Sources], list[str]]


def read_sources() -> Sources:
    folders = [path for path in ROOT.glob("[!.]*") if path.is_dir() and path.name not in NOT_OURS]
    files = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


@pytest.fixture(scope="module")
def sources() -> Sources:
    found = read_sources()
    assert {
        "analysis/models/tokenizing.py",
        "analysis/models/forward.py",
        "dashboard/cache.py",
        "streamlit_app.py",
    } <= found.keys()
    return found


def nodes(source: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(source))


def imports(source: str, inside: str = "") -> set[str]:
    """Every module that is imported anywhere in the source; ``from a import b`` counts as a and as a.b."""
    found: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = ".".join(filter(None, [inside if node.level else "", node.module or ""]))
            found |= {home, *(f"{home}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            found |= {
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            }
    return found


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def called(node: ast.Call) -> str:
    """The last part of what is called: 'set_num_threads' of torch.set_num_threads(2)."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def under(sources: Sources, folder: str) -> Sources:
    return {path: source for path, source in sources.items() if path.startswith(f"{folder}/")}


# --- rules ---


def analysis_draws_nothing(sources: Sources) -> list[str]:
    drawing = {"streamlit", "plotly", "pandas", "dashboard"}
    return [
        f"{path} imports {top}" for path, s in under(sources, "analysis").items() for top in tops(imports(s)) & drawing
    ]


def only_encoding_calls_the_tokenizer(sources: Sources) -> list[str]:
    """A call of something called tokenizer, or of a method of it that tokenises."""
    methods = {"encode", "encode_plus", "batch_encode_plus", "tokenize", "_encode_plus", "prepare_for_model", "pad"}

    def tokenises(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        target = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in methods else node.func
        return last_name(target) in {"tokenizer", "_tokenizer"}

    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path.startswith(("analysis/", "dashboard/")) and path != "analysis/models/tokenizing.py"
        for node in nodes(source)
        if isinstance(node, ast.Call) and tokenises(node)
    ]


RUN_MODELS = ("analysis/kernels/bert.py", "analysis/models/families.py", "analysis/models/forward.py")
"""The only ones that may call a model or a part of one."""


def only_forward_calls_a_model(sources: Sources) -> list[str]:
    """A call of something called model, or of one of its parts, or of ``forward`` as a method, or attention itself."""
    parts = {"model", "_model", "encoder", "bert", "cls", "predictions", "seq_relationship", "pooler", "embeddings"}
    parts |= {"word_embeddings", "position_embeddings", "token_type_embeddings", "transform", "decoder", "dense"}
    parts |= {"LayerNorm", "scaled_dot_product_attention"}

    def runs(node: ast.Call) -> bool:
        target = node.func
        if isinstance(target, ast.Attribute):
            return target.attr in parts - {"cls"} or (target.attr == "forward" and last_name(target.value) in parts)
        return last_name(target) in parts - {"cls", "model"} or (last_name(target) == "model" and not defines(node))

    def defines(node: ast.Call) -> bool:
        """``model(bundle)`` of analysis.export is a function of ours, not a model."""
        return len(node.args) == 1 and last_name(node.args[0]) == "bundle"

    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path.startswith(("analysis/", "dashboard/")) and path not in RUN_MODELS
        for node in nodes(source)
        if isinstance(node, ast.Call) and runs(node)
    ]


def only_forward_runs_the_parts(sources: Sources) -> list[str]:
    """What computes stands behind the gate, in batches: forward asks families, and families asks bert."""
    offences = []
    for path, source in sources.items():
        if not path.startswith(("analysis/", "dashboard/", "streamlit_app")):
            continue
        if path not in RUN_MODELS and "analysis.models.families" in imports(source, inside="analysis"):
            offences.append(f"{path} imports analysis.models.families")
        if path not in {"analysis/kernels/bert.py", "analysis/models/families.py"}:
            names = {"bert", *bound_to(source, "bert")}
            offences += [f"{path}:{getattr(node, 'lineno', 0)}" for node in nodes(source) if runs_bert(node, names)]
    return offences


def runs_bert(node: ast.AST, names: set[str]) -> bool:
    """A use of one of the functions that compute, of a module that goes by one of these names."""
    computing = {"hidden_rows", "mlm_logits", "nsp_logits"}
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").endswith("bert") and bool({each.name for each in node.names} & {*computing, "*"})
    if isinstance(node, ast.Call) and called(node) == "getattr":
        return any(getattr(each, "value", None) in computing for each in node.args)
    return isinstance(node, ast.Attribute) and node.attr in computing and last_name(node.value) in names


def bound_to(source: str, module: str) -> set[str]:
    """Other names that a module goes by: ``b`` of ``from analysis.kernels import bert as b``."""
    return {
        alias.asname
        for node in nodes(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name.rpartition(".")[2] == module
    }


def last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def no_cycles_in_analysis(sources: Sources) -> list[str]:
    modules = {
        path.removesuffix(".py").replace("/", "."): source for path, source in under(sources, "analysis").items()
    }
    needs = {
        name: {each for each in imports(source, inside="analysis") if each in modules and each != name}
        for name, source in modules.items()
    }
    cycles, done = [], set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycles.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for other in sorted(needs[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(needs):
        visit(name, ())
    return cycles


def charts_know_results_only(sources: Sources) -> list[str]:
    offences = []
    for path, source in under(sources, "dashboard/drawing") | under(sources, "dashboard/pages").items():
        modules = imports(source, inside="dashboard")
        offences += [f"{path} imports streamlit" for _ in tops(modules) & {"streamlit"}]
        offences += [
            f"{path} imports {module}"
            for module in sorted(modules)
            if module.partition(".")[0] == "analysis" and not module.startswith(("analysis.types", "analysis.choices"))
        ]
    return offences


def only_cache_caches(sources: Sources) -> list[str]:
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path != "dashboard/cache.py"
        for node in nodes(source)
        if last_name(node) in {"cache_data", "cache_resource"}
        or (isinstance(node, ast.ImportFrom) and {"cache_data", "cache_resource"} & {a.name for a in node.names})
    ]


def no_raw_html(sources: Sources) -> list[str]:
    def raw(node: ast.AST) -> bool:
        by_name = isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html"
        return by_name or (isinstance(node, ast.Constant) and node.value == "unsafe_allow_html")

    return [path for path, source in sources.items() for node in nodes(source) if raw(node)]


def names_say_what_is_inside(sources: Sources) -> list[str]:
    return [
        path for path in sources if Path(path).name in {"utils.py", "util.py", "helpers.py", "misc.py", "common.py"}
    ]


def no_pages_folder(sources: Sources) -> list[str]:
    """Streamlit takes a folder called pages for its own, older kind of pages."""
    return [path for path in sources if Path(path).parts[0] == "pages"]


def no_bare_except(sources: Sources) -> list[str]:
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for node in nodes(source)
        if isinstance(node, ast.ExceptHandler) and (node.type is None or last_name(node.type) == "BaseException")
    ]


def only_set_threads_sets_threads(sources: Sources) -> list[str]:
    """Nor is it called while a module is imported."""
    offences = []
    for path, source in sources.items():
        if not path.startswith(("analysis/", "dashboard/", "streamlit_app")):
            continue
        for statement in ast.parse(source).body:
            calls = {called(node) for node in ast.walk(statement) if isinstance(node, ast.Call)}
            if path == "analysis/models/forward.py" and getattr(statement, "name", "") == "set_threads":
                continue
            if calls & {"set_num_threads", "set_num_interop_threads"}:
                offences.append(f"{path}:{statement.lineno}")
            if "set_threads" in calls and path.startswith("analysis/") and isinstance(statement, ast.Expr | ast.Assign):
                offences.append(f"{path}:{statement.lineno} at import")
    return offences


def the_model_is_left_as_it_is(sources: Sources) -> list[str]:
    """It is shared by everyone: no hooks, no training mode, no other attention."""
    forbidden = {
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "set_attn_implementation",
        "train",
        "requires_grad_",
    }
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path.startswith(("analysis/", "dashboard/"))
        for node in nodes(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in forbidden
    ]


def weights_are_never_pickled(sources: Sources) -> list[str]:
    """No pickle, and no call that leaves transformers the choice of a format or of running a checkpoint's code."""
    offences = []
    for path, source in under(sources, "analysis").items():
        offences += [f"{path} imports {top}" for top in tops(imports(source)) & {"pickle", "joblib", "dill", "shelve"}]
        for node in nodes(source):
            if isinstance(node, ast.Call) and called(node) == "from_pretrained":
                options = {each.arg: getattr(each.value, "value", None) for each in node.keywords}
                offences += [f"{path}:{node.lineno}"] * (options.get("trust_remote_code") is not False)
                offences += [f"{path}:{node.lineno}"] * (options.get("local_files_only") is not True)
                wants_weights = "dtype" in options or "output_loading_info" in options
                offences += [f"{path}:{node.lineno}"] * (wants_weights and options.get("use_safetensors") is not True)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                offences.append(f"{path}:{node.lineno}")
    return offences


BROKEN: dict[Rule, list[Sources]] = {
    analysis_draws_nothing: [
        {"analysis/mlm.py": "import streamlit as st"},
        {"analysis/mlm.py": "def f():\n    from plotly.graph_objects import Figure"},
        {"analysis/deep/x.py": "import importlib\nimportlib.import_module('pandas')"},
        {"analysis/mlm.py": "from dashboard import cache"},
    ],
    only_encoding_calls_the_tokenizer: [
        {"analysis/mlm.py": "def f(bundle):\n    return bundle.tokenizer('a')"},
        {"analysis/mlm.py": "def f(tokenizer):\n    return tokenizer('a', truncation=True)"},
        {"analysis/mlm.py": "def f(bundle):\n    return bundle.tokenizer.encode('a')"},
        {"dashboard/views.py": "def f(bundle):\n    return bundle.tokenizer.tokenize('a')"},
    ],
    only_forward_calls_a_model: [
        {"analysis/mlm.py": "def f(bundle, ids):\n    return bundle.model(ids)"},
        {"analysis/mlm.py": "def f(model, ids):\n    return model(input_ids=ids)"},
        {"analysis/mlm.py": "def f(model, ids):\n    return model(ids)"},
        {"analysis/nsp.py": "def f(bundle, ids):\n    return bundle.model.bert(ids)"},
        {"analysis/nsp.py": "def f(bundle, h):\n    return bundle.model.cls.predictions(h)"},
        {"analysis/nsp.py": "def f(bundle, h):\n    return bundle.model.forward(h)"},
        {"dashboard/cache.py": "def f(model, h):\n    encoder = model.bert\n    return encoder(h)"},
        {"analysis/lens.py": "def f(layer, h):\n    return layer.output.dense(h)"},
        {"analysis/lens.py": "def f(head, h):\n    return head.transform.LayerNorm(h)"},
        {"analysis/deep/bert.py": "def f(model, h):\n    return model.bert.embeddings.word_embeddings(h)"},
        {"analysis/attention.py": "def f(q, k, v):\n    return functional.scaled_dot_product_attention(q, k, v)"},
    ],
    only_forward_runs_the_parts: [
        {"analysis/lens.py": "from analysis.models.families import parts_of"},
        {"analysis/lens.py": "from analysis.models import families"},
        {"dashboard/cache.py": "def f(m):\n    from analysis.models import families\n    return families.parts_of(m)"},
        {
            "analysis/models/forward.py": "from analysis.kernels import bert\ndef f(m, h):\n    return bert.mlm_logits(m, h)"
        },
        {
            "analysis/hidden.py": "from analysis.kernels import bert\ndef f(m, i, r):\n    return bert.hidden_rows(m, i, r)"
        },
        {"analysis/lens.py": "from analysis.kernels.bert import mlm_logits"},
        {
            "analysis/lens.py": "import analysis.kernels.bert\ndef f(m, h):\n    return analysis.kernels.bert.mlm_logits(m, h)"
        },
        {"analysis/lens.py": "from analysis.kernels import bert\nrun = bert.nsp_logits"},
        {"analysis/lens.py": "from analysis.kernels import bert\nrun = getattr(bert, 'nsp_logits')"},
        {"dashboard/cache.py": "from .. import bert\ndef f(m, h):\n    return bert.nsp_logits(m, h)"},
        {"dashboard/cache.py": "import analysis.kernels.bert as b\ndef f(m, h):\n    return b.nsp_logits(m, h)"},
        {"analysis/lens.py": "from analysis.kernels.bert import *"},
    ],
    no_cycles_in_analysis: [
        {
            "analysis/a.py": "from analysis.b import f",
            "analysis/b.py": "from analysis import c",
            "analysis/c.py": "def g():\n    import analysis.a",
        },
        {"analysis/a.py": "from . import b", "analysis/b.py": "from .a import f"},
    ],
    charts_know_results_only: [
        {"dashboard/drawing/bars.py": "import streamlit as st"},
        {"dashboard/drawing/bars.py": "from analysis.mlm import read_seen"},
        {"dashboard/drawing/bars.py": "from analysis import read_seen"},
        {"dashboard/drawing/bars.py": "from analysis import types, loading"},
    ],
    only_cache_caches: [
        {"dashboard/views.py": "import streamlit as st\n@st.cache_data\ndef f(): ..."},
        {"dashboard/app_pages/x.py": "import streamlit as st\n@st.cache_resource(max_entries=1)\ndef f(): ..."},
        {"streamlit_app.py": "from streamlit import cache_data"},
    ],
    no_raw_html: [
        {"dashboard/views.py": "st.markdown('<b>', unsafe_allow_html=True)"},
        {"dashboard/views.py": "st.markdown('<b>', **{'unsafe_allow_html': True})"},
    ],
    names_say_what_is_inside: [{"analysis/utils.py": ""}, {"dashboard/drawing/helpers.py": ""}],
    no_pages_folder: [{"pages/one.py": ""}],
    no_bare_except: [
        {"analysis/hub.py": "try:\n    f()\nexcept:\n    pass"},
        {"training/train.py": "try:\n    f()\nexcept BaseException:\n    pass"},
    ],
    only_set_threads_sets_threads: [
        {"analysis/mlm.py": "import torch\ndef f():\n    torch.set_num_threads(2)"},
        {"analysis/models/forward.py": "import torch\ntorch.set_num_threads(1)\ndef set_threads(): ..."},
        {"analysis/__init__.py": "from analysis.forward import set_threads\nset_threads()"},
        {"dashboard/cache.py": "from torch import set_num_threads\nset_num_threads(1)"},
    ],
    the_model_is_left_as_it_is: [
        {"analysis/lens.py": "bundle.model.register_forward_hook(f)"},
        {"analysis/lens.py": "bundle.model.train()"},
        {"dashboard/cache.py": "bundle.model.set_attn_implementation('eager')"},
    ],
    weights_are_never_pickled: [
        {"analysis/loading.py": "import pickle"},
        {"analysis/loading.py": "import torch\ntorch.load('model.bin')"},
        {"analysis/loading.py": "AutoConfig.from_pretrained(f, local_files_only=True)"},
        {"analysis/loading.py": "AutoConfig.from_pretrained(f, local_files_only=True, trust_remote_code=True)"},
        {"analysis/loading.py": "M.from_pretrained(f, local_files_only=True, trust_remote_code=False, dtype=d)"},
        {"analysis/loading.py": "AutoConfig.from_pretrained(f, trust_remote_code=False)"},
    ],
}

SOUND: Sources = {
    "analysis/models/forward.py": "def set_threads():\n    torch.set_num_threads(1)\ndef f(model):\n    model(hidden_rows(1))",
    "analysis/kernels/bert.py": "def hidden_rows(model):\n    return model.bert.embeddings.word_embeddings(1)",
    "analysis/models/tokenizing.py": "def encode(bundle):\n    return bundle.tokenizer('a')",
    "analysis/export.py": "def model(bundle): ...\ndef f(bundle):\n    return model(bundle)",
    "analysis/loading.py": "def f(m):\n    return m.model.eval(), m.tokenizer.convert_ids_to_tokens(1)",
    "dashboard/cache.py": "import streamlit as st\n@st.cache_data\ndef hidden_rows(): ...",
    "dashboard/views.py": "from dashboard import cache\ndef f():\n    return cache.hidden_rows()",
    "dashboard/drawing/bars.py": "from analysis.types import SeenReading\nimport plotly",
    "dashboard/app_pages/tokens.py": "import streamlit as st\ntry:\n    f()\nexcept ValueError:\n    st.write('a')",
}


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)
def test_the_rule_is_kept(sources: Sources, rule: Rule) -> None:
    assert rule(sources) == []


@pytest.mark.parametrize(
    ("rule", "broken"),
    [(rule, broken) for rule, cases in BROKEN.items() for broken in cases],
    ids=[f"{rule.__name__}-{i}" for rule, cases in BROKEN.items() for i in range(len(cases))],
)
def test_the_rule_has_teeth(rule: Rule, broken: Sources) -> None:
    assert rule(broken) != []
    assert rule(SOUND) == []


@pytest.mark.parametrize("path", RUN_MODELS)
def test_who_may_call_a_model_does(sources: Sources, path: str) -> None:
    """An exemption that nobody needs any longer would let the next one in."""
    assert only_forward_calls_a_model({"analysis/another.py": sources[path]}) != []


def test_the_parts_are_run_where_they_may_be(sources: Sources) -> None:
    for path in ("analysis/models/families.py", "analysis/models/forward.py"):
        assert only_forward_runs_the_parts({"analysis/another.py": sources[path]}) != []


def loaded_after(statement: str) -> set[str]:
    probe = f"import sys\n{statement}\nprint(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_importing_all_of_analysis_loads_nothing_that_draws() -> None:
    files = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "analysis").rglob("*.py")]
    names = sorted(".".join(path.parts).removesuffix(".__init__") for path in files if path.name != "__main__")
    loaded = loaded_after(f"import {', '.join(names)}")
    assert "torch" in loaded, "or the probe looks at nothing"
    assert loaded & {"streamlit", "plotly", "pandas", "dashboard"} == set()


def test_importing_analysis_is_cheap() -> None:
    assert loaded_after("import analysis") & {"torch", "transformers", "huggingface_hub", "numpy"} == set()


def test_importing_analysis_leaves_torch_s_threads_alone() -> None:
    probe = (
        "import torch\nbefore = torch.get_num_threads(), torch.get_num_interop_threads()\n"
        "import analysis.tasks.seen, analysis.models.store, analysis.models.forward\n"
        "after = torch.get_num_threads(), torch.get_num_interop_threads()\n"
        "sys.modules['same' if before == after else 'other'] = None"
    )
    assert "same" in loaded_after(probe)


def test_every_public_name_leads_somewhere() -> None:
    import analysis

    for name in analysis.__all__:
        assert getattr(analysis, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        analysis.nothing  # noqa: B018
