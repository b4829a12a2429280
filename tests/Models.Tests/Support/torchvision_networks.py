"""Writes the layout of torchvision's classifiers for TorchvisionTests.cs: a line of JSON for each."""

import json
import sys

try:
    import torch
    import torchvision
except ImportError as error:
    sys.exit(print(json.dumps({"missing": str(error)})))

# Without initialisation, tensors take neither time nor memory.
for name in dir(torch.nn.init):
    if name.endswith("_") and not name.startswith("_"):
        setattr(torch.nn.init, name, lambda tensor, *rest, **more: tensor)

for name in sys.argv[1:]:
    builder = getattr(torchvision.models, name, None)
    if builder is None:
        print(json.dumps({"name": name, "missing": f"torchvision {torchvision.__version__} has no {name}"}), flush=True)
        continue
    options = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    model = builder(**options)
    state = [f"{key} {list(tensor.shape)} {str(tensor.dtype)[6:]}" for key, tensor in model.state_dict().items()]
    parts = list(model.modules())
    eps = sorted(part.eps for part in parts if hasattr(part, "eps"))
    dropped = sorted(part.p for part in parts if "ropout" in type(part).__name__ or "Depth" in type(part).__name__)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(json.dumps({"name": name, "state_dict": state, "parameters": count, "eps": eps,
                      "dropped": [p for p in dropped if p > 0]}), flush=True)
