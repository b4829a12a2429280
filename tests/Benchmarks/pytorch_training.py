"""Trains torch.nn source in PyTorch for TrainingBenchmark.cs: a line of JSON in for each case, seconds of each step out."""

import json
import sys
import time

import torch


def steps(case):
    torch.manual_seed(1)
    names = {}
    exec(case["source"], names)
    model = names["model"].train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = torch.randn(case["batch"], *case["input"])
    labels = torch.randint(0, case["classes"], (case["batch"],))

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


running = {}
torch.set_num_threads(int(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    case = json.loads(line)
    name = case["name"]
    if name not in running:
        running[name] = steps(case)
    times = []
    for _ in range(case["steps"]):
        begin = time.perf_counter()
        running[name]()
        times.append(time.perf_counter() - begin)
    print(json.dumps(times), flush=True)
