"""Who may use what: read from the source, so that a slip shows before it does harm.

Who may import whom is checked by ``make lint``, and tested in ``test_imports.py``; here is what no import tells. Each
rule is a function from sources to offences. It runs over the project, where it must find none, and over a made-up
source that breaks it, where it must find some: a rule that has lost its teeth fails too.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {"tests", "build", "dist"}

Sources = dict[str, str]
"""Source text by path, as 'analysis/models/forward.py'."""

Rule = Callable[[Sources], list[str]]


def read_sources() -> Sources:
    folders = [path for path in ROOT.glob("[!.]*") if path.is_dir() and path.name not in NOT_OURS]
    files = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


@pytest.fixture(scope="module")
def sources() -> Sources:
    found = read_sources()
    assert {TOKENIZES, *RUN_MODELS, "streamlit_app.py"} <= found.keys()
    assert CACHES & found.keys()
    return found


def nodes(source: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(source))


def imports(source: str) -> set[str]:
    """Every module that is imported anywhere in the source; ``from a import b`` counts as a and as a.b."""
    found: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def called(node: ast.Call) -> str:
    """The last part of what is called: 'set_num_threads' of torch.set_num_threads(2)."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


# --- rules ---


TOKENIZES = "analysis/models/tokenizing.py"
"""The only one that may call a tokenizer."""

RUN_MODELS = ("analysis/kernels/bert.py", "analysis/models/families.py", "analysis/models/forward.py")
"""The only ones that may call a model or a part of one."""

INSIDE = "analysis/models/inside.py"
"""What asks for the parts besides forward, behind the same gate."""

CACHES = {"dashboard/screen/cache.py", "dashboard/cache.py"}
"""Where Streamlit's caches may be used: the second is of the layout before dashboard/screen."""


def only_tokenizing_calls_the_tokenizer(sources: Sources) -> list[str]:
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
        if path.startswith(("analysis/", "dashboard/")) and path != TOKENIZES
        for node in nodes(source)
        if isinstance(node, ast.Call) and tokenises(node)
    ]


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
    """What computes stands behind the gate, in batches: forward asks families for the parts, and families asks bert;
    the models' inside asks both, and the kernels'."""
    offences = []
    for path, source in sources.items():
        if not path.startswith(("analysis/", "dashboard/", "streamlit_app")):
            continue
        takes = []
        if path not in {*RUN_MODELS, INSIDE} and "analysis.models.families" in imports(source):
            takes += [node for node in nodes(source) if takes_parts(node)]
        if path not in {
            "analysis/kernels/bert.py",
            "analysis/kernels/inside.py",
            "analysis/models/families.py",
            INSIDE,
        }:
            names = {"bert", "inside", *bound_to(source, "bert"), *bound_to(source, "inside")}
            takes += [node for node in nodes(source) if runs_bert(node, names)]
        offences += [f"{path}:{getattr(node, 'lineno', 0)}" for node in takes]
    return offences


def takes_parts(node: ast.AST) -> bool:
    """What else a family says may be asked by anyone."""
    names = {each.name for each in node.names} if isinstance(node, ast.ImportFrom) else {last_name(node)}
    return bool(names & {"parts", "parts_of"})


def runs_bert(node: ast.AST, names: set[str]) -> bool:
    """A use of one of the functions that compute, of a module that goes by one of these names."""
    computing = {
        "hidden_rows",
        "mlm_logits",
        "nsp_logits",
        "layer_states",
        "rows_of_words",
        "rows_of_states",
        "through",
    }
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").endswith(("kernels.bert", "kernels.inside")) and bool(
            {each.name for each in node.names} & {*computing, "*"}
        )
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


def only_cache_caches(sources: Sources) -> list[str]:
    return [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        if path not in CACHES
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
    for path, source in sources.items():
        if not path.startswith("analysis/"):
            continue
        offences += [f"{path} imports {top}" for top in imports(source) & {"pickle", "joblib", "dill", "shelve"}]
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
    only_tokenizing_calls_the_tokenizer: [
        {"analysis/tasks/seen.py": "def f(bundle):\n    return bundle.tokenizer('a')"},
        {"analysis/tasks/seen.py": "def f(tokenizer):\n    return tokenizer('a', truncation=True)"},
        {"dashboard/screen/fields.py": "def f(bundle):\n    return bundle.tokenizer.tokenize('a')"},
    ],
    only_forward_calls_a_model: [
        {"analysis/tasks/seen.py": "def f(model, ids):\n    return model(ids)"},
        {"analysis/tasks/seen.py": "def f(bundle, ids):\n    return bundle.model(ids)"},
        {"analysis/tasks/seen.py": "def f(bundle, h):\n    return bundle.model.forward(h)"},
        {"analysis/tasks/layers.py": "def f(bundle, h):\n    return bundle.model.cls.predictions(h)"},
        {"analysis/tasks/attention.py": "def f(q, k, v):\n    return functional.scaled_dot_product_attention(q, k, v)"},
        {"dashboard/screen/work.py": "def f(model, h):\n    encoder = model.bert\n    return encoder(h)"},
    ],
    only_forward_runs_the_parts: [
        {"analysis/tasks/layers.py": "from analysis.models.families import parts_of"},
        {"analysis/models/checkpoint.py": "from analysis.models import families\nrun = families.family_of(c).parts"},
        {"analysis/models/forward.py": "from analysis.kernels import bert\nrun = bert.mlm_logits"},
        {"analysis/tasks/layers.py": "import analysis.kernels.bert\nrun = analysis.kernels.bert.mlm_logits"},
        {"analysis/tasks/layers.py": "from analysis.kernels import bert\nrun = getattr(bert, 'nsp_logits')"},
        {"analysis/tasks/layers.py": "from analysis.kernels.bert import *"},
        {"dashboard/screen/work.py": "import analysis.kernels.bert as b\nrun = b.hidden_rows"},
    ],
    only_cache_caches: [
        {"dashboard/screen/work.py": "import streamlit as st\n@st.cache_data\ndef f(): ..."},
        {"streamlit_app.py": "from streamlit import cache_resource"},
    ],
    no_raw_html: [
        {"dashboard/screen/show.py": "st.markdown('<b>', unsafe_allow_html=True)"},
        {"dashboard/screen/show.py": "st.markdown('<b>', **{'unsafe_allow_html': True})"},
    ],
    names_say_what_is_inside: [{"analysis/utils.py": ""}],
    no_pages_folder: [{"pages/one.py": ""}],
    no_bare_except: [
        {"analysis/models/hub.py": "try:\n    f()\nexcept:\n    pass"},
        {"training/train.py": "try:\n    f()\nexcept BaseException:\n    pass"},
    ],
    only_set_threads_sets_threads: [
        {"analysis/tasks/seen.py": "import torch\ndef f():\n    torch.set_num_threads(2)"},
        {"analysis/models/forward.py": "import torch\ntorch.set_num_threads(1)\ndef set_threads(): ..."},
        {"analysis/__init__.py": "from analysis.models.forward import set_threads\nset_threads()"},
    ],
    the_model_is_left_as_it_is: [
        {"analysis/tasks/layers.py": "bundle.model.register_forward_hook(f)"},
        {"dashboard/screen/work.py": "bundle.model.set_attn_implementation('eager')"},
    ],
    weights_are_never_pickled: [
        {"analysis/models/store.py": "import pickle"},
        {"analysis/models/store.py": "import torch\ntorch.load('model.bin')"},
        {"analysis/models/store.py": "C.from_pretrained(f, local_files_only=True)"},
        {"analysis/models/store.py": "C.from_pretrained(f, local_files_only=True, trust_remote_code=True)"},
        {"analysis/models/store.py": "C.from_pretrained(f, trust_remote_code=False)"},
        {"analysis/models/store.py": "M.from_pretrained(f, local_files_only=True, trust_remote_code=False, dtype=d)"},
    ],
}

SOUND: Sources = {
    "analysis/models/forward.py": (
        "from analysis.models.families import parts_of\n"
        "def set_threads():\n    torch.set_num_threads(1)\ndef f(m):\n    m.model(parts_of(m.model))"
    ),
    "analysis/models/checkpoint.py": "from analysis.models import families\nwhat = families.family_of(c).marks",
    "analysis/kernels/bert.py": "def hidden_rows(model):\n    return model.bert.embeddings.word_embeddings(1)",
    "analysis/models/tokenizing.py": "def encode(bundle):\n    return bundle.tokenizer('a')",
    "analysis/export.py": "def model(bundle): ...\ndef f(bundle):\n    return model(bundle)",
    "analysis/models/store.py": "def f(m):\n    return m.model.eval(), m.tokenizer.convert_ids_to_tokens(1)",
    "dashboard/screen/cache.py": "import streamlit as st\n@st.cache_data\ndef hidden_rows(): ...",
    "dashboard/screen/work.py": "from dashboard.screen import cache\ndef f():\n    return cache.hidden_rows()",
    "dashboard/screen/acts/tokens.py": "import streamlit as st\ntry:\n    f()\nexcept ValueError:\n    st.write('a')",
}


@pytest.mark.parametrize("rule", BROKEN, ids=lambda rule: rule.__name__)
def test_the_rule_is_kept(sources: Sources, rule: Rule) -> None:
    assert rule(sources) == []


def test_the_rule_has_teeth(subtests: pytest.Subtests) -> None:
    for rule, broken in [(rule, broken) for rule, cases in BROKEN.items() for broken in cases]:
        with subtests.test(rule=rule):
            assert rule(broken) != []
            assert rule(SOUND) == []


@pytest.mark.parametrize("path", RUN_MODELS)
def test_who_may_call_a_model_does(sources: Sources, path: str) -> None:
    """An exemption that nobody needs any longer would let the next one in."""
    assert only_forward_calls_a_model({"analysis/another.py": sources[path]}) != []


def test_the_parts_are_run_where_they_may_be(sources: Sources) -> None:
    for path in ("analysis/models/families.py", "analysis/models/forward.py", INSIDE):
        assert only_forward_runs_the_parts({"analysis/another.py": sources[path]}) != []


# --- style sheets ---

SHEETS = sorted(path for path in (ROOT / "dashboard").rglob("*.css"))
MARKUP = re.compile(r"<[/\w!]")
"""What the browser's sanitiser takes for markup: it throws a sheet away in which it finds that."""


def assert_whole(sheet: str) -> None:
    """Every brace has its fellow, at the outermost level there are no declarations, and nothing looks like markup."""
    depth = 0
    for char in re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", sheet, flags=re.DOTALL):
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    assert not MARKUP.search(sheet)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_is_whole(path: Path) -> None:
    assert_whole(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sheet", ["a { b: c", "a { b: c } }", '@property --x { syntax: "<length>"; }', "/* <b> */"])
def test_the_check_of_style_sheets_has_teeth(sheet: str) -> None:
    with pytest.raises(AssertionError):
        assert_whole(sheet)
