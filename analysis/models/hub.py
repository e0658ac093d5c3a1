"""From a Hugging Face id to a folder on this machine: sizes checked first, safetensors only, progress in bytes."""

import errno
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from analysis import hosting
from analysis.errors import InputError, ModelError
from analysis.limits import HUB_TIMEOUT_SECONDS, MAX_DOWNLOAD_BYTES

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all) while a checkpoint is fetched."""

VOCABULARIES = frozenset(
    {
        "tokenizer.json",
        "vocab.txt",
        "vocab.json",
        "sentencepiece.bpe.model",
        "spiece.model",
        "spm.model",
        "tokenizer.model",
    }
)
"""Files of which a tokenizer needs one."""
SIDE_FILES = VOCABULARIES | {
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    "model.safetensors.index.json",
    "README.md",
}
"""What is fetched beside the weights."""
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
_STORAGE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR})
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DEFAULT_REVISION = "main"
_SHOWN_CHARS = 60
_COUNTING = threading.Lock()
_begun: list[str] = []
"""Models that this process began to fetch."""


def parse_hub_spec(spec: str) -> tuple[str, str]:
    """Split ``owner/name@revision`` into the id and the revision (``main`` when none is given), or raise InputError."""
    repo_id, _, revision = spec.partition("@")
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        refuse_spec(spec)
    if not re.fullmatch(r"([\w-][\w./-]*)?", revision) or ".." in revision or revision.endswith("/"):
        refuse_spec(spec)
    return repo_id, revision or _DEFAULT_REVISION


def refuse_spec(spec: str) -> NoReturn:
    """Raise the InputError for something that names no model."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in spec[:_SHOWN_CHARS])
    shown += "..." if len(spec) > _SHOWN_CHARS else ""
    came = f"'{shown}' is no name of a model" if spec else "No model was named"
    raise InputError(
        f"{came}: give 'bundled', a Hugging Face id such as 'bert-base-uncased', or a folder that holds a checkpoint."
    )


def cached_snapshot(repo_id: str, revision: str) -> Path | None:
    """The checkpoint's folder in the local Hugging Face cache, named by its commit; None when it is not there whole."""
    repo = Path(constants.HF_HUB_CACHE) / ("models--" + repo_id.replace("/", "--"))
    commit = revision if _COMMIT.fullmatch(revision) else _commit_of(repo, revision)
    folder = repo / "snapshots" / (commit or "")
    return folder if commit is not None and _is_whole(_file_names(folder)) else None


def cached_models() -> tuple[tuple[str, str], ...]:
    """``(spec, commit)`` of every whole checkpoint in the local Hugging Face cache, sorted by spec.

    The spec of another commit than the one that ``main`` stands for names it: ``owner/name@commit``.
    """
    found = []
    for repo in Path(constants.HF_HUB_CACHE).glob("models--*"):
        repo_id = repo.name.removeprefix("models--").replace("--", "/")
        main = _commit_of(repo, _DEFAULT_REVISION)
        for commit in _file_names(repo / "snapshots"):
            if _COMMIT.fullmatch(commit) and _is_whole(_file_names(repo / "snapshots" / commit)):
                found.append((repo_id if commit == main else f"{repo_id}@{commit}", commit))
    return tuple(sorted(found))


def fetch(
    repo_id: str, revision: str, progress: Progress | None = None, check: Callable[[Path], None] = lambda _folder: None
) -> Path:
    """Download a checkpoint into the local Hugging Face cache; its folder is named by its commit.

    ``check`` is called with the folder when all but the weights is there, and may raise ModelError. So does this if the
    hub can't be reached, has no such model or revision, wants a login, or the checkpoint is too large or not in
    safetensors, or not to be fetched by this process.
    """
    allowed = hosting.in_force()
    with _COUNTING:
        allowed.check_download(repo_id, len(_begun))
        _begun.append(repo_id)
    try:
        info = _look_up(repo_id, revision)
        sizes = _wanted(repo_id, {file.rfilename: file.size or 0 for file in info.siblings or ()})
        if allowed.public:
            allowed.check_size(repo_id, sum(sizes.values()), _free_bytes())
        commit = info.sha or revision
        counter = _ByteCounter(progress, sum(sizes.values()))
        # The weights last, so that a download that was interrupted never looks whole, and none is in vain.
        path, checked = "", False
        for name in sorted(sizes, key=lambda name: (bool(_WEIGHTS.fullmatch(name)), name)):
            if _WEIGHTS.fullmatch(name) and not checked:
                check(Path(path).parent)
                checked = True
            path = hf_hub_download(
                repo_id,
                name,
                revision=commit,
                endpoint=constants.ENDPOINT,
                etag_timeout=HUB_TIMEOUT_SECONDS,
                tqdm_class=counter.bar(),
            )
            counter.finish(sizes[name])
        if not _COMMIT.fullmatch(revision):
            _remember_reference(path, revision, commit)
        return Path(path).parent
    except GatedRepoError:
        raise ModelError(
            f"The model '{repo_id}' asks for a login: accept its terms on the hub and log in, then try again."
        ) from None
    except RepositoryNotFoundError:
        raise ModelError(
            f"The hub has no public model '{repo_id}': check the spelling, or give a folder that holds a checkpoint."
        ) from None
    except RevisionNotFoundError:
        raise ModelError(
            f"The model '{repo_id}' has no revision '{revision}': leave it out to get the newest."
        ) from None
    except OSError as error:
        if isinstance(error, HfHubHTTPError) and error.response is not None:
            raise ModelError(
                f"The hub answered with an error ({error.response.status_code}) for '{repo_id}': try again in a while."
            ) from None
        if error.errno in _STORAGE_ERRORS:
            raise ModelError(
                f"The model '{repo_id}' can't be stored in the local cache: check the free space and the permissions."
            ) from None
        raise _unreachable(repo_id) from None
    except Exception as error:
        # The hub's client lets its HTTP library's own errors through; all of them mean that no answer came.
        if type(error).__module__.split(".")[0] in {"httpx", "httpx2", "httpcore", "httpcore2"}:
            raise _unreachable(repo_id) from None
        raise


def _look_up(repo_id: str, revision: str) -> ModelInfo:
    try:
        return HfApi(endpoint=constants.ENDPOINT).model_info(
            repo_id, revision=revision, files_metadata=True, timeout=HUB_TIMEOUT_SECONDS
        )
    except HfHubHTTPError:
        raise
    except (ValueError, KeyError, TypeError):
        raise ModelError(
            f"Something else than the Hugging Face hub answered for '{repo_id}', perhaps a network's login page: open "
            "a web page to see, then try again."
        ) from None


def _free_bytes() -> int:
    """Room on the disk of the cache, which need not be there yet."""
    cache = Path(constants.HF_HUB_CACHE).absolute()
    return shutil.disk_usage(next(folder for folder in (cache, *cache.parents) if folder.is_dir())).free


def _unreachable(repo_id: str) -> ModelError:
    return ModelError(
        f"The Hugging Face hub can't be reached from here, and '{repo_id}' is not in the local cache: connect to the "
        "network, or use 'bundled', a cached model or a folder."
    )


def _wanted(repo_id: str, sizes: dict[str, int]) -> dict[str, int]:
    wanted = {name: size for name, size in sizes.items() if name in SIDE_FILES or _WEIGHTS.fullmatch(name)}
    if not any(_WEIGHTS.fullmatch(name) for name in wanted):
        raise ModelError(
            f"The model '{repo_id}' has no weights in safetensors, the only format that is loaded: choose a model "
            "that has a file model.safetensors."
        )
    if "config.json" not in wanted:
        raise ModelError(f"'{repo_id}' is no transformers model (it has no config.json): choose a BERT-like model.")
    if not wanted.keys() & VOCABULARIES:
        raise ModelError(f"The model '{repo_id}' has no tokenizer that can be read: choose one with a tokenizer.json.")
    total = sum(wanted.values())
    if total > MAX_DOWNLOAD_BYTES:
        raise ModelError(
            f"The model '{repo_id}' is {total / 2**30:.1f} GiB; at most {MAX_DOWNLOAD_BYTES / 2**30:.0f} GiB are "
            "downloaded: choose a smaller one, or download it yourself and give its folder."
        )
    return wanted


def _is_whole(names: set[str]) -> bool:
    if "config.json" not in names or not names & VOCABULARIES:
        return False
    shards = {name for name in names if (match := _WEIGHTS.fullmatch(name)) and match.group(1)}
    expected = int(next(iter(shards)).split("-of-")[1].split(".")[0]) if shards else 0
    return "model.safetensors" in names or (bool(shards) and len(shards) == expected)


def _commit_of(repo: Path, revision: str) -> str | None:
    """The commit that the cache knows a branch or tag by."""
    try:
        return (repo / "refs" / revision).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _file_names(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError:
        return set()


def _remember_reference(path: str, revision: str, commit: str) -> None:
    """Note which commit a branch or tag stood for, so that the cache answers for it without a network."""
    reference = Path(path).parents[2] / "refs" / revision
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit, encoding="utf-8")


class _ByteCounter:
    """Adds up the bytes of all files of one download, those that were here already included."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total = progress, total
        self._finished = self._told = 0

    def finish(self, size: int) -> None:
        """Note that a file of that many bytes is here, however it came."""
        self._finished += size
        self._tell(self._finished)

    def bar(self) -> type[tqdm]:
        """A silent progress bar for one file that counts here; of several bars for it the farthest counts."""
        counter = self

        class Bar(tqdm):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                self._so_far = int(kwargs.get("initial") or 0)
                kwargs["disable"] = True
                super().__init__(*args, **kwargs)

            def update(self, n: float | None = 1) -> None:
                self._so_far += int(n or 0)
                counter._tell(max(counter._told, counter._finished + self._so_far))

        return Bar

    def _tell(self, done: int) -> None:
        done = max(0, min(self._total, done))
        if self._progress is not None and done != self._told:
            self._progress(done, self._total)
        self._told = done
