"""``TakenFigure``: a Plotly figure that is taken at its word."""

import base64
from functools import cached_property
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

Spec = dict[str, Any]

_TYPED = {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "float32": "f4", "float64": "f8"}
"""What plotly.js calls the kinds of numbers that it reads in base64."""
_PLAIN = {str, int, float, bool, type(None)}
_AS_LISTS = "range"
"""plotly.js reads two ends of an axis in no other form."""


class TakenFigure(go.Figure):
    """What a specification says, as Plotly would send it to a browser, without an object for each of its properties.

    To make and to check those objects took half of the time in which a page was drawn; what is drawn here is the same
    at every run, and the tests check every figure. ``checked`` is the figure with all its objects.
    """

    def __init__(self, spec: Spec) -> None:
        """Keep the specification, which nobody changes any more."""
        self._spec = spec

    @cached_property
    def checked(self) -> go.Figure:
        """The same as Plotly's own objects; ValueError where the specification is not sound."""
        return go.Figure(self._spec)

    @property
    def data(self) -> Any:
        """The traces, as Plotly's objects."""
        return self.checked.data

    @property
    def layout(self) -> Any:
        """The layout, as Plotly's object."""
        return self.checked.layout

    def to_dict(self) -> Spec:
        """The specification with its arrays in base64."""
        packed = _packed(self._spec)
        packed["layout"]["template"] = _template(packed["layout"]["template"])
        return packed


def _template(name: str) -> Spec:
    return plotly.io.templates[name].to_plotly_json()


def _packed(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {
            name: _listed(each) if name == _AS_LISTS else _packed(each)
            for name, each in value.items()
            if each is not None
        }
    if kind is list or kind is tuple:
        return [each if type(each) in _PLAIN else _packed(each) for each in value]
    if isinstance(value, np.ndarray):
        return _array(value)
    return _listed(value)


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value


def _array(values: np.ndarray) -> Any:
    if values.dtype == np.int64 and values.size:
        # plotly.js reads no larger ones; as small as they are, so that a browser gets no more than it needs.
        kinds = (np.int8, np.int16, np.int32)
        values = next((small for small in map(values.astype, kinds) if (small == values).all()), values)
    kind = _TYPED.get(str(values.dtype))
    if kind is None or not values.size:
        return [_packed(each) for each in values.tolist()]
    packed = {"dtype": kind, "bdata": base64.b64encode(np.ascontiguousarray(values)).decode("ascii")}
    return packed if values.ndim == 1 else packed | {"shape": ", ".join(map(str, values.shape))}
