"""Results as JSON-ready dictionaries, in the layouts of ``docs/json.md``: the keys of numbers name their units."""

from analysis.export.about import model_facts, tour_steps
from analysis.export.attention import attention
from analysis.export.compare import comparison
from analysis.export.gaps import candidate_contest, fill_result
from analysis.export.influence import influence_map
from analysis.export.layers import layer_reading
from analysis.export.nsp import pair_matrix, pair_percentile, segmentation_comparison, split_sweep
from analysis.export.patching import patching
from analysis.export.readings import distribution, reading, sentence_score
from analysis.export.summary import summary
from analysis.export.table import scored_table
