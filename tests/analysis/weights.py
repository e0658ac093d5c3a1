"""What a loaded model computes with."""

import torch

from analysis.kernels.products import Layout


def tensors_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Its weights by name, those of products as they are packed."""
    packed = {
        f"{name}.packed": layer.layout.packed.to_dense()
        for name, layer in model.named_modules()
        if isinstance(layer.__dict__.get("layout"), Layout)
    }
    return packed | {name: each for name, each in model.state_dict().items() if each.device.type != "meta"}
