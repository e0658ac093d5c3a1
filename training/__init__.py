"""How the bundled checkpoint is made and measured: its corpus, its pre-training and its held-out figures.

Three commands, each with its own ``--help``::

    python -m training.corpus     the corpus, from git checkouts of its sources
    python -m training.pretrain   both heads, from the bundled checkpoint or from another folder
    python -m training.evaluate   the figures of the model card

The drawing of training examples (``examples``, ``corruption``) loads neither torch nor transformers, so that a page
that teaches can show the very code that trained the model.
"""
