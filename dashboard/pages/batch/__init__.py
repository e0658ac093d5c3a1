"""Batch: what the two heads say of every row of a table."""

from dataclasses import replace

from analysis.choices import BY_COLUMNS, PLAIN_ROWS
from analysis.limits import MAX_PASTED_ROWS
from analysis.questions import Table
from dashboard import glossary
from dashboard.about import About
from dashboard.glossary import MARGIN, PLL
from dashboard.options import MASKING
from dashboard.page import Choice, Example, Page, Several, Texts, Words
from dashboard.pages.batch.chosen import ALL, groups_of, numbers_of, only_of
from dashboard.pages.batch.examples import CLOZE, LABELLED_PAIRS, MINIMAL_PAIRS, TEXTS
from dashboard.pages.batch.words import ACCURACY, AUC, BOOTSTRAP, MEASURES, SCORES, SUITES
from dashboard.view import ViewState


def _listed(view: ViewState, option: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in view.name(option).split(",") if each.strip())


def _questions(view: ViewState, _about: About) -> dict[str, Table]:
    return {
        "batch": Table(
            view.text.text_a,
            view.name("suite"),
            _listed(view, "measures"),
            _listed(view, "scores"),
            _listed(view, "columns"),
            masking=next(each for each in glossary.MASKING_NAMES if each == view.option("masking")),
        )
    }


PAGE = Page(
    key="batch",
    title="Batch",
    icon=":material/table_rows:",
    group="Side by side",
    tip="Every row of a table: minimal pairs, labelled pairs, texts, gaps with candidates.",
    asks="What do BERT's two heads say of every row?",
    texts=Texts(
        "table",
        ("Paste rows: a text a line, columns of a spreadsheet, CSV, or a JSON object a line", ""),
    ),
    examples=(
        Example("Twelve minimal pairs", MINIMAL_PAIRS),
        Example("Pairs that follow, and that don't", LABELLED_PAIRS),
        Example("Texts in groups", TEXTS),
        Example("Gaps with candidates", CLOZE),
    ),
    options=(
        Choice(
            name="suite",
            label="Rows are",
            default=BY_COLUMNS,
            allowed=(BY_COLUMNS, PLAIN_ROWS, *SUITES),
            names={BY_COLUMNS: "by columns", PLAIN_ROWS: "plain rows", **SUITES},
            style="list",
            help="By columns: what their names say. Plain rows are measured one by one; minimal pairs are a good and a "
            "bad sentence; labelled pairs say whether the second follows; suites are read as they are published. "
            f"At most {MAX_PASTED_ROWS:,} rows; `python -m analysis batch` has no end and reads more formats.",
        ),
        Several(
            name="measures",
            label="Measures",
            default="",
            allowed=tuple(MEASURES),
            names=MEASURES,
            help="Of plain rows; with none chosen, what fits their columns.",
            place="folded",
        ),
        Several(
            name="scores",
            label="Scores",
            default="",
            allowed=tuple(SCORES),
            names=SCORES,
            help="Of minimal pairs; with none chosen, the PLL with the rest of a word hidden too, or a suite's own.",
            place="folded",
        ),
        Words(
            name="columns",
            label="Which column is what",
            placeholder="text_a=premise, label=gold",
            help="Where the columns' own names don't say it: text, text_a, text_b, sentence_good, sentence_bad, label, "
            "group or candidates, and the column's name.",
            place="folded",
        ),
        replace(MASKING, shows=False),
        Choice(
            name="number",
            label="Number drawn",
            default="",
            among=numbers_of,
            style="list",
            shows=True,
            place="sections",
        ),
        Choice(name="group", label="Group", default=ALL, among=groups_of, style="list", shows=True, place="sections"),
        Choice(name="only", label="Only", default=ALL, among=only_of, style="list", shows=True, place="sections"),
    ),
    questions=_questions,
    prints=lambda _view: [
        "print(batch.taken_for)",
        'print("What ends in _nats is in nats, in _bits in bits.")',
        "names = [column.name for column in batch.columns]",
        "for row in batch.rows:",
        "    print(row.number, *row.texts, row.error or dict(zip(names, row.values)))",
        "for each in batch.summary.scores if batch.summary else ():",
        "    for found in each.overall.estimates:",
        '        print(f"{each.score}, {found.name}: {found.value:.3f} {found.unit}", end=" ")',
        '        print(f"({found.low:.3f} to {found.high:.3f}, n {found.n})")',
    ],
    measures=(PLL, MARGIN),
    notes=(("accuracy", ACCURACY), ("AUC", AUC), ("95 % interval", BOOTSTRAP)),
)
