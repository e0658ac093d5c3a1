"""What a server allows that strangers use: which models, whether they are fetched, and how much may be asked at once.

``PRETEXT_SETTINGS`` names a file of settings (``docs/config.public.toml`` is one, with every key), ``PRETEXT_PUBLIC=1``
takes the defaults of it. Without either nothing is switched off. Whoever names a model, a text or a file is held to the
one record here, wherever the name came from; a command line's are its owner's, and it says so with ``everything``.
"""

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from analysis.errors import InputError, ModelError
from analysis.limits import MAX_DOWNLOAD_BYTES, MAX_SETTING_BYTES, MAX_SPEC_CHARS, MAX_TEXT_CHARS

BUNDLED = "bundled"
"""The spec of the model that comes with the package, which everybody may use."""

_SAID = 8
"""Names that a sentence lists."""

_MANY = 2**53
"""A whole number beyond any that somebody means, which still is itself in every file format."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """What is allowed; a bound that is None is none beside those of ``analysis.limits``.

    Attributes
    ----------
    models
        Specs that may be named: ``bundled`` and ids of the hub, none of them a folder. None where any may be.
    downloads
        How many of them this process may begin to fetch from the hub.
    download_bytes, free_disk_bytes
        How large one of them may be, and how much room it has to leave on the disk of the cache.
    text_characters
        Code points of one text.
    parts
        Chunks of about half a second into which one question may be cut.
    table_rows
        Rows, or lines, of a file that a visitor brings.
    """

    models: tuple[str, ...] | None = None
    downloads: int | None = None
    download_bytes: int | None = None
    free_disk_bytes: int = 0
    text_characters: int = MAX_TEXT_CHARS
    parts: int | None = None
    table_rows: int | None = None

    @property
    def public(self) -> bool:
        """Whether strangers use this server."""
        return self.models is not None

    def keeps(self, spec: str) -> bool:
        """Whether a model stays loaded, whatever others are wanted."""
        return spec == BUNDLED or (self.models is not None and spec in self.models)

    def check_model(self, spec: str) -> None:
        """InputError unless a model may be named: one sentence for all, whatever lies on this machine or elsewhere."""
        if self.models is not None and spec not in self.models:
            raise InputError(
                f"This Pretext is run for visitors, and its models are {_listed(self.models)}: choose from these, "
                "or run Pretext yourself for other models and for folders."
            )

    def check_download(self, spec: str, begun: int) -> None:
        """ModelError if a model may not be fetched now, ``begun`` having been before."""
        if self.downloads is not None and begun >= self.downloads:
            raise ModelError(
                f"The model '{spec}' is not on this server, which fetches none for its visitors"
                + (" any more" if self.downloads else "")
                + ": choose another one from the list, or tell who runs this server."
            )

    def check_size(self, spec: str, size: int, free: int) -> None:
        """ModelError if a model of so many bytes may not be fetched onto a disk with so many ``free``."""
        too_large = self.download_bytes is not None and size > self.download_bytes
        if too_large or free - size < self.free_disk_bytes:
            why = "is larger than what this server fetches" if too_large else "would leave too little room on its disk"
            raise ModelError(
                f"The model '{spec}' {why} for its visitors: choose another one from the list, or tell who runs this "
                "server."
            )

    def check_parts(self, count: int) -> None:
        """InputError if a question takes more chunks than one may."""
        if self.parts is not None and count > self.parts:
            raise InputError(
                f"This takes {count:,} parts of about half a second; {self.parts:,} are what one question may take "
                "here, where others wait, too: shorten the text, ask for less, or run Pretext yourself."
            )

    def check_rows(self, count: int, name: str) -> None:
        """InputError if a file has more rows than one may; ``name`` is what it is called, as "The file"."""
        if self.table_rows is not None and count > self.table_rows:
            raise InputError(
                f"{name} has {count:,} rows, and {self.table_rows:,} are what one may have here, where others wait, "
                "too: give fewer, or run Pretext yourself."
            )


PUBLIC = Hosting(
    models=(BUNDLED,),
    downloads=0,
    download_bytes=2 * 2**30,
    free_disk_bytes=2 * 2**30,
    text_characters=20_000,
    parts=240,
    table_rows=1_000,
)
"""What holds where a setting does not say otherwise: of text some times what can be read in windows, two minutes of a
question, a table that is scored in as long."""

_BOUNDS = {
    "downloads": (0, 1_000),
    "download_bytes": (0, MAX_DOWNLOAD_BYTES),
    "free_disk_bytes": (0, _MANY),
    "text_characters": (1, MAX_TEXT_CHARS),
    "parts": (1, _MANY),
    "table_rows": (1, _MANY),
}

_here: list[Hosting] = []
"""What this process has said of itself; empty while it goes by its environment."""


def everything() -> None:
    """Nothing is switched off in this process: somebody uses it on a machine of their own."""
    _here[:] = [Hosting()]


def in_force() -> Hosting:
    """What this process allows; InputError if its settings can't be read, so that nothing is allowed by a slip."""
    return _here[0] if _here else _from_environment()


@cache
def _from_environment() -> Hosting:
    return settings_of(os.environ.get("PRETEXT_PUBLIC", ""), os.environ.get("PRETEXT_SETTINGS", ""))


def settings_of(public: str, file: str) -> Hosting:
    """What PRETEXT_PUBLIC and PRETEXT_SETTINGS come to; InputError if either can't be followed."""
    public, file = public.strip(), file.strip()
    if public not in {"", "0", "1"}:
        raise InputError(f"PRETEXT_PUBLIC = '{public[:20]}' came: set 1 for a server of strangers, or 0.")
    if file and public == "0":
        raise InputError("PRETEXT_PUBLIC is 0 and PRETEXT_SETTINGS names a file: leave one of them out.")
    if not file:
        return PUBLIC if public == "1" else Hosting()
    try:
        with Path(file).open("rb") as stream:
            given = tomllib.loads(stream.read(MAX_SETTING_BYTES).decode("utf-8"))
    except (OSError, ValueError):
        raise InputError(
            "The file that PRETEXT_SETTINGS names can't be read as TOML: check its name, its rights and its lines."
        ) from None
    return _checked(given)


def _checked(given: dict[str, Any]) -> Hosting:
    known = [each.name for each in fields(Hosting)]
    for name in given:
        if name not in known:
            raise InputError(f"The settings have '{name[:40]}', which is none: choose from {_listed(known)}.")
    values: dict[str, Any] = {each: getattr(PUBLIC, each) for each in known} | given
    values["models"] = _models(values["models"])
    for name, (least, most) in _BOUNDS.items():
        if type(values[name]) is not int or not least <= values[name] <= most:
            raise InputError(f"The setting '{name}' is no whole number from {least:,} to {most:,}: set one.")
    return Hosting(**values)


def _models(given: Any) -> tuple[str, ...]:
    specs = list(given) if isinstance(given, list | tuple) else [None]
    for spec in specs:
        sound = isinstance(spec, str) and spec == spec.strip() and spec.isprintable() and 0 < len(spec) < MAX_SPEC_CHARS
        # An id of the hub begins with a letter, a digit or _, and has one slash at most.
        if not sound or spec[0] in "./~\\" or spec.count("/") > 1:
            raise InputError(
                "The setting 'models' is a list of 'bundled' and ids of the Hugging Face hub, each in quotation marks "
                "and none of them a folder: correct it."
            )
    return tuple(dict.fromkeys([BUNDLED, *specs]))


def _listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    first, more = names[:_SAID], len(names) - _SAID
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")
