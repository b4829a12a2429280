"""Writes initialization.json: what PyTorch's modules hold after torch.manual_seed. Run with PyTorch 1.13.

Each network is given in this server's JSON and built here from the same modules in the same order.
"""
import json
import pathlib

import torch
from torch import nn

SEED = 1717
NETWORKS = [
    (
        [2, 9],
        [
            ({"type": "conv1d", "out_channels": 6, "kernel_size": 3, "groups": 2}, lambda: nn.Conv1d(2, 6, 3, groups=2)),
            ({"type": "batch_norm1d"}, lambda: nn.BatchNorm1d(6)),
            ({"type": "linear", "out_features": 5, "bias": False}, lambda: nn.Linear(7, 5, bias=False)),
        ],
    ),
    (
        [3, 8, 8],
        [
            ({"type": "conv2d", "out_channels": 8, "kernel_size": [3, 2]}, lambda: nn.Conv2d(3, 8, (3, 2))),
            ({"type": "batch_norm2d"}, lambda: nn.BatchNorm2d(8)),
            ({"type": "conv2d", "out_channels": 4, "kernel_size": 1, "bias": False}, lambda: nn.Conv2d(8, 4, 1, bias=False)),
            ({"type": "group_norm", "num_groups": 2}, lambda: nn.GroupNorm(2, 4)),
            ({"type": "flatten"}, nn.Flatten),
            ({"type": "linear", "out_features": 16}, lambda: nn.Linear(168, 16)),
            ({"type": "layer_norm", "normalized_shape": [16]}, lambda: nn.LayerNorm([16])),
            ({"type": "linear", "out_features": 3}, lambda: nn.Linear(16, 3)),
        ],
    ),
    (
        [2, 5, 5, 5],
        [
            ({"type": "conv3d", "out_channels": 4, "kernel_size": 2}, lambda: nn.Conv3d(2, 4, 2)),
            ({"type": "batch_norm3d", "affine": False}, lambda: nn.BatchNorm3d(4, affine=False)),
        ],
    ),
]


def tensors(modules):
    torch.manual_seed(SEED)
    network = nn.Sequential(*(module() for module in modules))
    return {
        name: {"shape": list(tensor.shape), "values": tensor.flatten()[:24].tolist(), "sum": tensor.double().sum().item()}
        for name, tensor in network.state_dict().items()
    }


def main():
    networks = [
        {
            "architecture": {"input": {"shape": shape}, "layers": [layer for layer, _ in layers]},
            "tensors": tensors([module for _, module in layers]),
        }
        for shape, layers in NETWORKS
    ]
    path = pathlib.Path(__file__).with_name("initialization.json")
    lines = ",\n".join("    " + json.dumps(network) for network in networks)
    path.write_text(f'{{\n  "seed": {SEED},\n  "networks": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
