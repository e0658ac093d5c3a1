"""Version of the package and of the layout of what it hands out."""

__version__ = "0.1.0"

SCHEMA_VERSION = 2
"""Raised whenever a result, a JSON answer or a cached value changes its layout or its meaning."""
