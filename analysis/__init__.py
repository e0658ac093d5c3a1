"""Pretext's numbers: what BERT's two pre-training heads predict for a text, exactly.

The public names and where they live are listed in ``__init__.pyi``; each is imported when it is first used, because
torch and transformers take seconds, and neither ``--help`` nor the dashboard's frame should wait for them.

>>> from analysis import load_bundle, read_seen
>>> reading = read_seen(load_bundle("bundled"), "Paris is the capital of [MASK].")
>>> reading.top_tokens[6][:2]
('france', 'paris')
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
