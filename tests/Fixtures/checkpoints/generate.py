"""Makes the files of this folder: checkpoints with many objects beside the weights. Needs PyTorch 1.13 and NumPy.

Run it here: python3 generate.py. The network is that of ../field/architecture.json.
"""

import collections
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import random
import types
import uuid

import numpy
import torch
from torch.nn.utils import prune


class Color(enum.Enum):
    RED = 1


class Settings(dict):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.name = "settings"


class Meter:
    def __init__(self):
        self.values = [torch.ones(3), 2.5]


def network():
    torch.manual_seed(20)
    layers = collections.OrderedDict()
    layers["conv1"] = torch.nn.Conv2d(3, 4, 3, padding=1)
    layers["bn1"] = torch.nn.BatchNorm2d(4)
    layers["relu"] = torch.nn.ReLU()
    layers["pool"] = torch.nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = torch.nn.Flatten()
    layers["fc"] = torch.nn.Linear(4, 5)
    return torch.nn.Sequential(layers)


def objects(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    default = collections.defaultdict(list)
    default["x"].append(1)
    return {
        "datetime": datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
        "date": datetime.date(2026, 1, 2),
        "timedelta": datetime.timedelta(seconds=5),
        "decimal": decimal.Decimal("1.5"),
        "fraction": fractions.Fraction(1, 3),
        "uuid": uuid.UUID(int=5),
        "enum": Color.RED,
        "class": Color,
        "deque": collections.deque([1, 2], maxlen=5),
        "defaultdict": default,
        "counter": collections.Counter("hello"),
        "partial": functools.partial(torch.nn.functional.relu, inplace=True),
        "namespace": types.SimpleNamespace(lr=0.1),
        "path": pathlib.PurePosixPath("a/b"),
        "settings": Settings(lr=0.1),
        "meter": Meter(),
        "array": numpy.arange(4.0),
        "objects": numpy.array([None, "a"], dtype=object),
        "scalar": numpy.float64(0.5),
        "dtype": numpy.dtype("int32"),
        "numpy_state": numpy.random.RandomState(1).get_state(),
        "numpy_random": numpy.random.RandomState(1),
        "generator": numpy.random.default_rng(1),
        "python_state": random.Random(1).getstate(),
        "torch_state": torch.get_rng_state()[:8],
        "loss": torch.nn.CrossEntropyLoss(weight=torch.ones(5)),
        "optimizer_state": optimizer.state_dict(),
        "optimizer": optimizer,
        "scheduler_state": {k: v for k, v in scheduler.state_dict().items() if k != "_get_lr_called_within_step"},
        "sparse": torch.eye(3).to_sparse(),
        "complex_tensor": torch.ones(2, dtype=torch.complex64),
        "quantized": torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8),
        "device": torch.device("cpu"),
        "size": torch.Size([1, 2]),
        "dtype_of_torch": torch.float16,
        "complex": 1 + 2j,
        "bytes": b"abc",
        "bytearray": bytearray(b"abc"),
        "set": {1, 2},
        "frozenset": frozenset([1]),
        "range": range(3),
        "slice": slice(1, 2),
        "big": 1 << 100,
        "ellipsis": ...,
    }


def main():
    model = network()
    state = model.state_dict()
    checkpoint = {**objects(model), "network": {"inner": state}}
    torch.save(checkpoint, "objects.pth")
    torch.save(checkpoint, "objects_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(checkpoint, "objects_protocol4.pth", pickle_protocol=4)
    torch.save({**state, **objects(model)}, "objects_inside.pth")
    torch.save(torch.optim.swa_utils.AveragedModel(model).state_dict(), "averaged.pth")
    pruned = network()
    prune.l1_unstructured(pruned.fc, "weight", 0.5)
    torch.save(pruned.state_dict(), "pruned.pth")
    normed = network()
    torch.nn.utils.weight_norm(normed.fc)
    torch.save(normed.state_dict(), "weight_norm.pth")
    spectral = network()
    torch.nn.utils.parametrizations.spectral_norm(spectral.fc)
    torch.save(spectral.state_dict(), "parametrized.pth")
    torch.save(model, "whole_model.pth")
    torch.save({"model": model, "epoch": 3}, "whole_model_inside.pth")
    numpy.savetxt("sums.txt", [v.double().sum().item() for v in state.values()], fmt="%.17g")


if __name__ == "__main__":
    main()
