"""From record batches to record batches: a scorer that can be pickled and loads its models when it is first used."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.files.rows import ERROR, ROW
from analysis.batch.measures import recipes_of
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Answers, Work, first_costs, read_ahead, work_off
from analysis.batch.suites import suite_recipes
from analysis.errors import InputError, PretextError, quoted
from analysis.models import devices, forward, store
from analysis.models.bundle import ModelBundle
from analysis.version import SCHEMA_VERSION, __version__

_TYPES: dict[str, pa.DataType] = {
    "float64": pa.float64(),
    "float32": pa.float32(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "list<string>": pa.list_(pa.string()),
    "list<float64>": pa.list_(pa.float64()),
    "list<int32>": pa.list_(pa.int32()),
}


class Scorer:
    """Scores record batches by its settings.

    A batch has the file's columns and perhaps ``row`` and ``error``; its rows are packed together, so equal batches
    give equal numbers to the last bit. ``bundles`` stand in for the settings' models where somebody has them loaded.
    """

    def __init__(self, settings: Settings, bundles: Sequence[ModelBundle] | None = None) -> None:
        specs = settings.models
        if len(set(specs)) < len(specs):
            twice = next(spec for spec in specs if specs.count(spec) > 1)
            raise InputError(f"The model '{quoted(twice)}' came twice: name each once.")
        self.settings = settings
        self._bundles = None if bundles is None else tuple(bundles)

    def __getstate__(self) -> Settings:
        return self.settings

    def __setstate__(self, settings: Settings) -> None:
        self.__init__(settings)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """One row per row."""
        return self.both(batch)[0]

    @cached_property
    def bundles(self) -> tuple[ModelBundle, ...]:
        """The models, loaded; ModelError or InputError if one can't be."""
        if self._bundles is not None:
            return self._bundles
        store.quiet_transformers()
        forward.set_threads(self.settings.threads)
        dtype = None if self.settings.dtype is None else store.check_dtype(self.settings.dtype)
        device = None if self.settings.device is None else devices.check_device(self.settings.device)
        return tuple(store.load_bundle(spec, dtype=dtype, device=device) for spec in self.settings.models)

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """What is done with every row; InputError if a name in the settings is unknown."""
        return recipes_of(self.settings) if self.settings.suite is None else suite_recipes(self.settings)

    def require(self) -> None:
        """InputError unless each recipe has a model with the head that it needs.

        Of several models one without that head leaves its own columns of the recipe empty.
        """
        for recipe in self.recipes:
            heads = [getattr(bundle, recipe.head) for bundle in self.bundles if recipe.head is not None]
            if heads and not any(head.real for head in heads):
                heads[0].require()

    def columns(self) -> tuple[Column, ...]:
        """The columns that are added to a row's own, without ``error``."""
        return _once(column for recipe in self.recipes for column in recipe.columns)

    def token_columns(self) -> tuple[Column, ...]:
        """Those of the table of tokens, without ``row`` and ``model``."""
        return _once(column for recipe in self.recipes for column in recipe.tokens)

    def schema(self, given: pa.Schema) -> pa.Schema:
        """The schema of the scored rows of a table with these columns."""
        own = [pa.field(new, given.field(name).type) for name, new in self._kept(given.names).items()]
        added = [
            _field(column, self._named(column.name, spec)) for spec in self.settings.models for column in self.columns()
        ]
        return pa.schema([pa.field(ROW, pa.int64()), *own, *added, pa.field(ERROR, pa.string())], self.metadata())

    def token_schema(self) -> pa.Schema:
        """The schema of the table of tokens."""
        first = [pa.field(ROW, pa.int64()), pa.field("model", pa.string())]
        return pa.schema([*first, *(_field(each, each.name) for each in self.token_columns())], self.metadata())

    def metadata(self) -> dict[bytes, bytes]:
        """What goes with every number: models, revisions, versions, settings."""
        said = {
            "pretext": __version__,
            "schema": SCHEMA_VERSION,
            "settings": asdict(self.settings),
            "models": [asdict(bundle.provenance()) for bundle in self.bundles],
        }
        return {b"pretext": json.dumps(said, ensure_ascii=False, sort_keys=True).encode()}

    def costs(self, batch: pa.RecordBatch) -> list[list[int]]:
        """What each row asks of the one model, request by request in tokens; of a row in error nothing."""
        (bundle,) = self.bundles
        errors = batch.column(ERROR).to_pylist() if ERROR in batch.schema.names else [None] * len(batch)
        return [
            [] if error is not None else first_costs(bundle, [each.score(bundle, values) for each in self.recipes])
            for values, error in zip(self._values(batch), errors, strict=True)
        ]

    def ahead(self, batch: pa.RecordBatch, known: Answers, tokens: int) -> Answers:
        """The next answers that the row of a batch of one takes of the one model, of about so many tokens."""
        (bundle,), (values,) = self.bundles, self._values(batch)
        return read_ahead(bundle, self._row(bundle, values), known, tokens)

    def both(
        self, batch: pa.RecordBatch, score: Sequence[bool] | None = None, known: Answers | None = None
    ) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """One row per row, and one row per token (none where the settings don't ask for it).

        ``score`` says which rows are scored; the others keep empty columns and no tokens. ``known`` are answers that
        have been read.
        """
        schema, rows = self.schema(batch.schema), self._values(batch)
        numbers = batch.column(ROW).to_pylist() if ROW in batch.schema.names else list(range(1, len(batch) + 1))
        errors: list[str | None] = [None] * len(rows)
        if ERROR in batch.schema.names:
            errors = batch.column(ERROR).to_pylist()
        mine = [at for at, error in enumerate(errors) if error is None and (score is None or score[at])]
        columns: dict[str, list[Any]] = {}
        tokens: list[pa.RecordBatch] = []
        wrong: dict[int, dict[str, str]] = {}
        for bundle, spec in zip(self.bundles, self.settings.models, strict=True):
            found = dict(zip(mine, work_off(bundle, [self._row(bundle, rows[at]) for at in mine], known), strict=True))
            scored: list[Scored | None] = [None] * len(rows)
            for at, each in found.items():
                scored[at], why = (None, str(each)) if isinstance(each, PretextError) else each
                if why:
                    wrong.setdefault(at, {})[spec] = why
            for column in self.columns():
                values = [None if each is None else each.values.get(column.name) for each in scored]
                columns[self._named(column.name, spec)] = values
            if self.settings.by_token:
                tokens.append(self._tokens(spec, numbers, scored))
        for at, by_model in wrong.items():
            errors[at] = self._told(by_model)
        own = {new: batch.column(name) for name, new in self._kept(batch.schema.names).items()}
        arrays = {ROW: numbers, **own, **columns, ERROR: errors}
        by_row = pa.RecordBatch.from_arrays([_array(arrays[each.name], each.type) for each in schema], schema=schema)
        by_token = pa.Table.from_batches(tokens, self.token_schema()).combine_chunks().to_batches()
        return by_row, by_token[0] if by_token else pa.RecordBatch.from_pylist([], self.token_schema())

    def _row(self, bundle: ModelBundle, values: Values) -> Work[tuple[Scored | None, str]]:
        """A row through all recipes: what came of those that could read it, and what the others said."""
        whole: Scored | None = None
        said: dict[str, None] = {}
        for recipe in self.recipes:
            try:
                found = yield from recipe.score(bundle, values)
            except PretextError as error:
                said[str(error)] = None
            else:
                whole = found if whole is None else Scored(whole.values | found.values, whole.tokens | found.tokens)
        return whole, " ".join(said)

    def _told(self, by_model: Mapping[str, str]) -> str:
        """An error that names its model, unless all of them say the same."""
        if len(by_model) == len(self.settings.models) and len(set(by_model.values())) == 1:
            return next(iter(by_model.values()))
        return " ".join(f"{spec}: {why}" for spec, why in by_model.items())

    def _values(self, batch: pa.RecordBatch) -> list[Values]:
        """The rows by the meanings of their columns."""
        rows = batch.to_pylist()
        meanings = dict(self.settings.columns)
        for meaning, column in meanings.items():
            if column not in batch.schema.names:
                raise InputError(f"The column '{column}' is to be {meaning}, and the file has none of that name.")
        return [row | {meaning: row[column] for meaning, column in meanings.items()} for row in rows]

    def _tokens(self, spec: str, numbers: Sequence[int], scored: Sequence[Scored | None]) -> pa.RecordBatch:
        schema = self.token_schema()
        own = [(number, each.tokens) for number, each in zip(numbers, scored, strict=True) if each and each.tokens]
        counts = [len(next(iter(tokens.values()))) for _, tokens in own]
        arrays = [
            pa.array(np.repeat(np.array([number for number, _ in own], np.int64), counts)),
            pa.array([spec] * sum(counts), pa.string()),
        ]
        for field in list(schema)[2:]:
            parts = [tokens.get(field.name, [None] * count) for (_, tokens), count in zip(own, counts, strict=True)]
            arrays.append(_joined(parts, field.type))
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _named(self, column: str, spec: str) -> str:
        return column if len(self.settings.models) == 1 else f"{column}[{spec}]"

    def _kept(self, names: Sequence[str]) -> dict[str, str]:
        """The columns of the file by the names that they have beside those that are added."""
        added = {each.name for each in self.columns()}
        added |= {self._named(name, spec) for name in added for spec in self.settings.models}
        kept = {}
        for name in names:
            new = name
            while name in added and new in {*added, *names}:
                new = f"input_{new}"
            kept[name] = new
        return {name: new for name, new in kept.items() if name not in {ROW, ERROR}}


def score(batches: Iterable[pa.RecordBatch], settings: Settings) -> Iterator[pa.RecordBatch]:
    """Score the rows of record batches: the function to hand to Spark's ``mapInArrow`` or to a loop of one's own."""
    scorer = Scorer(settings)
    for batch in batches:
        yield scorer(batch)


def _field(column: Column, name: str) -> pa.Field:
    said = {"says": column.says, **({"source": column.source} if column.source else {})}
    return pa.field(name, _TYPES[column.kind], metadata={key: each.encode() for key, each in said.items()})


def _array(values: Any, type_: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, type_, from_pandas=True)


def _joined(parts: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """The values of many rows in one array: far sooner made than one of each."""
    if not parts:
        return pa.array([], type_)
    if all(isinstance(part, pa.Array) for part in parts):
        return pa.concat_arrays(parts)
    if all(isinstance(part, np.ndarray) for part in parts):
        return _array(np.concatenate(parts), type_)
    return _array(
        [value for part in parts for value in (part.to_pylist() if isinstance(part, pa.Array) else part)], type_
    )


def _once(columns: Iterable[Column]) -> tuple[Column, ...]:
    return tuple({column.name: column for column in columns}.values())
