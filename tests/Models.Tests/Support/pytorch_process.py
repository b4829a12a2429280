"""Runs torch.nn source for PyTorchProcess.cs: a line of JSON in for each network, a line of JSON out."""

import base64
import json
import sys
import traceback
import warnings

try:
    import torch
except ImportError as error:
    sys.exit(print(error))


def read(tensor):
    flat = torch.frombuffer(bytearray(base64.b64decode(tensor["float32"])), dtype=torch.float32) \
        if tensor["float32"] else torch.empty(0)
    return flat.reshape(tensor["shape"])


def write(tensor):
    flat = tensor.detach().to(torch.float32).contiguous().flatten()
    return {"shape": list(tensor.shape), "float32": base64.b64encode(flat.numpy().tobytes()).decode()}


def answer(case):
    torch.manual_seed(case["seed"])
    names = {}
    exec(case["source"], names)
    model = names["model"]
    initial = {key: write(tensor) for key, tensor in model.state_dict().items()}
    weights = {key: read(tensor) for key, tensor in case["weights"].items()}

    # In float64, rounding does not hide or make a difference.
    model.double().load_state_dict(weights)
    with torch.no_grad():
        return {"initial": initial, "logits": write(model(read(case["input"]).double()))}


warnings.simplefilter("ignore")
torch.set_num_threads(1)
print("ready", flush=True)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception:
        reply = {"error": traceback.format_exc()}
    print(json.dumps(reply), flush=True)
