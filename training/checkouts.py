"""Reading files of a named commit out of git checkouts or mirrors, whatever their working trees hold."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from analysis.errors import InputError
from analysis.lines import one_a_line

Markup = Literal["cnxml", "xhtml"]

_LINE = re.compile(
    r"(?P<repository>[\w.-]+/(?P<name>\w[\w.-]*)) (?P<commit>[0-9a-f]{40}) (?P<licence>\S+) (?P<markup>\S+)"
)

# A partial clone would fetch what it lacks, and a private one ask for a password: neither belongs into a build.
_GIT_ENVIRONMENT = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Source:
    """A repository (``owner/name``), the commit to read, its licence there, and the markup of its texts."""

    repository: str
    commit: str
    licence: str
    markup: Markup

    @property
    def name(self) -> str:
        """The repository's name without its owner: the ``book`` of its documents."""
        return self.repository.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A source and the folder that has its commit."""

    source: Source
    folder: Path


def read_sources(path: Path) -> list[Source]:
    """Read a list of sources: repository, commit, licence, markup on a line; # begins a comment line."""
    try:
        lines = one_a_line(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read as a list of sources.") from error
    sources = [_source(line, path) for line in lines if not line.startswith("#")]
    if not sources:
        raise InputError(f"{path} lists no sources.")
    return sources


def find_checkouts(sources: list[Source], folder: Path) -> list[Checkout]:
    """Find the checkout of each source below ``folder``: ``owner/name`` or ``name``, or either with ``.git``.

    Raises
    ------
    InputError
        That names every source whose checkout or commit is missing.
    """
    found = [(source, _folder_of(source, folder)) for source in sources]
    absent = [source.repository for source, place in found if place is None]
    if absent:
        raise InputError(f"{folder} has no checkout of {', '.join(absent)}.")
    checkouts = [Checkout(source, place) for source, place in found if place is not None]
    outdated = [f"{it.source.repository} {it.source.commit}" for it in checkouts if not _has_commit(it)]
    if outdated:
        raise InputError(f"Commits are missing, fetch them first: {', '.join(outdated)}.")
    return checkouts


def read_files(checkout: Checkout, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the commit's wanted files, in git's order."""
    listing = _git(checkout.folder, "ls-tree", "-r", "-z", checkout.source.commit).decode(errors="replace")
    entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
    wanted = [(path, description.split()[2]) for description, _, path in entries if is_wanted(path)]
    answer = _git(checkout.folder, "cat-file", "--batch", given="".join(f"{blob}\n" for _, blob in wanted).encode())
    at = 0
    for path, blob in wanted:
        head, _, _ = answer[at : answer.index(b"\n", at)].partition(b"\n")
        size = head.split()[-1]
        if not size.isdigit():
            raise InputError(f"The checkout of {checkout.source.repository} lacks {path} ({blob}); fetch it in full.")
        begin = at + len(head) + 1
        yield path, answer[begin : begin + int(size)]
        at = begin + int(size) + 1


def _source(line: str, path: Path) -> Source:
    match = _LINE.fullmatch(line.strip())
    markups = get_args(Markup)
    if match is None or match["markup"] not in markups:
        raise InputError(
            f"{path} has the line {line!r}; one has repository, commit (40 hex digits), licence and "
            f"markup ({' or '.join(markups)})."
        )
    markup = cast("Markup", match["markup"])
    return Source(match["repository"], match["commit"], match["licence"], markup)


def _folder_of(source: Source, folder: Path) -> Path | None:
    names = [source.repository, source.name]
    places = [folder / f"{name}{ending}" for name in names for ending in ("", ".git")]
    return next((place for place in places if place.is_dir()), None)


def _has_commit(checkout: Checkout) -> bool:
    commit = f"{checkout.source.commit}^{{commit}}"
    return _run_git(checkout.folder, "cat-file", "-e", commit).returncode == 0


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    done = _run_git(folder, *arguments, given=given)
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"git can't read {folder}: {' '.join(complaint) or 'no reason given'}")
    return done.stdout


def _run_git(folder: Path, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(
            command, input=given, capture_output=True, check=False, env={**os.environ, **_GIT_ENVIRONMENT}
        )
    except FileNotFoundError as error:
        raise InputError("git is not installed; the corpus is read out of git checkouts.") from error
