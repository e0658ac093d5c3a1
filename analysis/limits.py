"""Every bound of the package in one place, with its unit and its reason."""

MAX_TEXT_CHARS = 100_000
"""Code points of one text. A model reads some hundred tokens; this only keeps a pasted book out of the tokenizer."""

MAX_SPEC_CHARS = 300
"""Code points of a model's name or folder."""

MAX_POSITIONS = 1_024
"""Tensors of one input, for models that would take more: a page can neither draw nor a person read longer ones."""

GROUP_TOKENS = 100_000
"""Tensors of many texts' masked inputs that are laid out at once: some megabytes."""

CHUNK_OPERATIONS = 40_000_000_000
"""Floating-point operations between two moments in which a long reading can be stopped."""

MAX_WINDOWED_TOKENS = 4_096
"""Tensors of a text that is read in overlapping windows: what a page can still draw as a strip."""

MAX_SENTENCES = 40
"""Sentences whose ordered pairs are all read: 1,560 passes, and a matrix that a page can still draw."""

MAX_CONTROLS = 50
"""Controls beside each cut or sentence: the bank has 51 passages."""

MAX_PASSAGES = 1_000
"""Passages of one's own that controls are drawn from: each that is drawn is tokenised to see how long it is."""

LARGEST_SEED = 1_000_000
"""Seeds that a page offers: nobody needs more draws than these."""

MAX_ORDERED = 6
"""Sentences of which every order is scored: 720 orders."""

MAX_MASKS = 64
"""[MASK]s that are filled jointly: each takes a pass of its own."""

MAX_BEAM = 20
"""Hypotheses of a beam."""

LARGEST_K = 50
"""Predictions per position that a page offers, and reads whatever it shows: asking for more then computes nothing."""

MAX_WATCH = 5
"""Ids that are followed through a text: each takes one more pass over the logits."""

MAX_CANDIDATES = 100
"""Candidates of one contest."""

MAX_PIECES = 16
"""Pieces of one candidate: each takes a pass of its own."""

MAX_STEPS = 512
"""Points of a path of integrated gradients: each takes a pass and its way back."""

GRADIENT_TOKENS = 1_024
"""Tensors of one pass whose gradients are wanted: what the way back needs is kept of all of them until then."""

CURVE_POINTS = 12
"""Steps of an insertion or deletion curve: of more words several go at a time."""

MAX_SHUFFLES = 20
"""Random orders beside a map's own: each takes as many passes as that one."""

MAX_EVERY_WORDS = 96
"""Words of a text in which every word's influence on every position is read: some thousand passes."""

MOVERS = 10
"""Tensors listed per compared pair: those with the largest parts of the divergence."""

PACK_ROWS = 256
"""Rows of a table that are scored together: enough for full passes, few enough that little is lost when it stops."""

PACK_TOKENS = 32_768
"""Tensors of a pack by the estimate from its letters, hidden readings squared: some seconds of a small model."""

OUTPUT_ROWS = 8_192
"""Rows of a table that are written at once: a group of rows of Parquet."""

MAX_WORKERS = 256
"""Processes of one run on one machine."""

MAX_PASTED_ROWS = 1_000
"""Rows of a table that is asked as one question: what a page draws as points, and a person looks through."""

MAX_PASTED_BYTES = 2_000_000
"""Of the same table as text: 1,000 rows of a long passage each."""

PASTED_TOO_MUCH = (
    f"more than {MAX_PASTED_BYTES / 1e6:.0f} MB, the most of a table that is read at once: give the file to "
    "python -m analysis batch"
)
"""What is said of a longer one."""

MAX_ROW_CHARS = 1_000_000
"""Code points of one row of a file, of a line or of all cells: ten of the longest texts; 256 such rows still fit."""

MAX_COLUMNS = 1_000
"""Columns of a table, and keys of its objects: the widest published suite has some twenty."""

LOOK_ROWS = 10_000
"""Rows of a file that are looked at before it is read, for its columns and their types: a fraction of a second."""

MAX_TABLE_ROWS = 100_000_000
"""Rows of one file: a month of work for a machine. A small packed file can claim any number."""

MAX_BLANK_ROWS = 2_000_000
"""Blank rows together: a sheet that was saved down to its last row has half as many."""

MAX_UNPACKED_RATIO = 200
"""How many times its own size a packed file may unpack to: texts pack to a tenth, the same row again and again to less;
a file that is made to fill a memory reaches a thousand."""

ALWAYS_UNPACKED_BYTES = 64 * 2**20
"""What a packed file may unpack to whatever its size: seconds of work, and never in the memory at once."""

AT_ONCE_BYTES = 128 * 2**20
"""What of a Parquet file is unpacked at once, its pages or the rows made of them: its writers end a page at 1 MiB, the
most generous at 100 MB."""

MAX_LIST_VALUES = 10_000_000
"""Elements of a column of lists in a row group, all of which one row may hold: some hundred megabytes."""

MAX_LIST_BYTES = 2**30
"""What they may come to if each were the longest text of their dictionary: nothing in the file's size bounds that."""

HEAD_ROWS = 16
"""Rows of logits handed out at once: 16 of BERT's vocabulary are 1.9 MiB, which stays inside the processor's cache."""

HEAD_PRODUCT_ROWS = 128
"""Rows of logits alive at once, 15 MiB for BERT's vocabulary: the head's product reads 47 MB of weights or more each
time, and 16 rows of it run at half the speed."""

HEAD_ROWS_ELSEWHERE = 512
"""The same two on a device with memory of its own, 60 MiB for BERT's vocabulary: to begin a step takes longer there
than to take it for some rows."""

PASS_TOKENS = 2_048
"""Tensors of one pass through the encoder: enough to fill a core's vectors, few enough to stay within some 50 MB."""

MAX_ROC_POINTS = 1_000
"""Corners of a ROC that are handed out: more than a screen has pixels for."""

MAX_DOWNLOAD_BYTES = 4 * 2**30
"""Largest checkpoint that is fetched from a hub."""

MAX_WEIGHTS_BYTES = 8 * 2**30
"""Largest checkpoint that is loaded from a folder."""

LOAD_SECONDS = 120
"""How long a model may be loaded without a byte more of it: a disk or a network that hangs ends in a sentence."""

FAILURE_SECONDS = 10
"""How long a failed load is remembered, so that a class that names one bad model does not read it thirty times."""

MAX_HEADER_BYTES = 16 * 2**20
"""Header of a file of weights: those of a thousand layers take two."""

MAX_VOCABULARY_BYTES = 128 * 2**20
"""One file of a tokenizer: that of a million entries takes half as much."""

MAX_SETTING_BYTES = 16 * 2**20
"""One of the other files beside the weights."""

MAX_SETTING = 2**24
"""A whole number in a configuration: larger ones are no size of anything, and some are the length of a list."""

MAX_MODULES = 4_096
"""How often a configuration may repeat a module before its weights are looked at."""

DEFAULT_MODEL_MEMORY_BYTES = 3 * 2**30
"""Weights kept loaded at once, in fp32; the environment variable PRETEXT_MODEL_MEMORY sets another number of bytes."""

FORWARDS_AT_ONCE = 1
"""Forward passes that run at the same time: one pass already uses every core, two would only slow each other down."""

MAX_THREADS = 1024
"""Largest number of cores that can be asked for; torch takes no more than fits its own integers."""

HUB_TIMEOUT_SECONDS = 10
"""How long the hub may take to answer before it counts as unreachable."""
