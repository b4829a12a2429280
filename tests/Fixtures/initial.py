"""Writes initial.json: the first numbers of tensors as PyTorch's modules begin with after torch.manual_seed."""

import json
import pathlib

import torch
from torch import nn

SEED = 20_000

# The architecture's input and layers, and the same as modules.
NETWORKS = [
    (
        [5, 40],
        [
            {"type": "conv1d", "out_channels": 7, "kernel_size": 3},
            {"type": "batch_norm1d"},
            {"type": "conv1d", "out_channels": 14, "kernel_size": 5, "groups": 7, "bias": False},
            {"type": "group_norm", "num_groups": 2},
            {"type": "linear", "out_features": 33},
            {"type": "flatten"},
            {"type": "linear", "out_features": 10, "bias": False},
            {"type": "linear", "out_features": 3},
        ],
        lambda: nn.Sequential(
            nn.Conv1d(5, 7, 3),
            nn.BatchNorm1d(7),
            nn.Conv1d(7, 14, 5, groups=7, bias=False),
            nn.GroupNorm(2, 14),
            nn.Linear(34, 33),
            nn.Flatten(),
            nn.Linear(14 * 33, 10, bias=False),
            nn.Linear(10, 3),
        ),
    ),
    (
        [3, 32, 32],
        [
            {"type": "conv2d", "out_channels": 64, "kernel_size": 7, "stride": 2},
            {"type": "batch_norm2d"},
            {"type": "conv2d", "out_channels": 64, "kernel_size": [1, 3], "groups": 64},
            {"type": "layer_norm", "normalized_shape": [13, 11]},
            {"type": "conv2d", "out_channels": 96, "kernel_size": 3, "groups": 4},
            {"type": "flatten"},
            {"type": "linear", "out_features": 10},
        ],
        lambda: nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2),
            nn.BatchNorm2d(64),
            nn.Conv2d(64, 64, (1, 3), groups=64),
            nn.LayerNorm([13, 11]),
            nn.Conv2d(64, 96, 3, groups=4),
            nn.Flatten(),
            nn.Linear(96 * 11 * 9, 10),
        ),
    ),
    (
        [2, 8, 9, 7],
        [
            {"type": "conv3d", "out_channels": 6, "kernel_size": [3, 2, 1]},
            {"type": "batch_norm3d"},
            {"type": "conv3d", "out_channels": 9, "kernel_size": 2, "groups": 3},
        ],
        lambda: nn.Sequential(nn.Conv3d(2, 6, (3, 2, 1)), nn.BatchNorm3d(6), nn.Conv3d(6, 9, 2, groups=3)),
    ),
]


def first_numbers(module):
    return {key: tensor.flatten()[:8].tolist() for key, tensor in module.state_dict().items()}


networks = []
for shape, layers, build in NETWORKS:
    torch.manual_seed(SEED)
    module = build()
    module(torch.zeros(2, *shape))  # the shapes fit
    torch.manual_seed(SEED)
    numbers = first_numbers(build())
    networks.append({"architecture": {"input": {"shape": shape}, "layers": layers}, "first_numbers": numbers})
text = json.dumps({"made_with": f"PyTorch {torch.__version__}", "seed": SEED, "networks": networks}, indent=1)
pathlib.Path(__file__).with_name("initial.json").write_text(text + "\n")
