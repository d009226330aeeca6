"""Trains one stage of the evolution in PyTorch with the settings, initial weights and windows of a run folder.

Called by agreement.ts with one JSON argument: `models` (folder of evolution.py), `stage`, `arguments` (of the
constructor), `weights` (a safetensors file), `windows` (little-endian int32 tokens, [steps, batch, context + 1]),
`settings` (of the run), `out` (path of the checkpoint). Prints a JSON line every `report` steps, and one at the end.
"""
import json
import math
import sys
import time

task = json.loads(sys.argv[1])
sys.path.insert(0, task["models"])

import numpy  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from evolution import EvolutionLM  # noqa: E402

settings = task["settings"]
context, batch, steps = settings["contextLength"], settings["batchSize"], settings["maxSteps"]
windows = numpy.memmap(task["windows"], dtype="<i4", mode="r", shape=(steps, batch, context + 1))


def read_safetensors(path: str) -> dict:
    """Reads float32 and bool tensors by name."""
    content = numpy.fromfile(path, dtype=numpy.uint8)
    start = 8 + int(content[:8].view("<u8")[0])
    header = json.loads(content[8:start].tobytes())
    header.pop("__metadata__", None)
    types = {"F32": "<f4", "BOOL": "?"}
    return {
        name: torch.from_numpy(
            content[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]]
            .view(types[entry["dtype"]]).reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


model = EvolutionLM(task["stage"], **task["arguments"])
model.load_state_dict(read_safetensors(task["weights"]))
optimizer = torch.optim.AdamW(model.parameters(), lr=settings["learningRate"], weight_decay=settings["weightDecay"])


def rate(step: int) -> float:
    """Cosine schedule with warmup, as in nanoGPT."""
    peak = settings["learningRate"]
    low, warmup = settings.get("minLearningRate", peak / 10), settings.get("warmupSteps", min(50, steps // 10))
    if settings["schedule"] == "constant":
        return peak
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return low + 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup))) * (peak - low)


start = time.perf_counter()
spent = 0.0
for step in range(steps):
    for group in optimizer.param_groups:
        group["lr"] = rate(step)
    window = torch.from_numpy(windows[step].astype(numpy.int64))
    optimizer.zero_grad(set_to_none=True)
    logits, _ = model(window[:, :-1])
    loss = functional.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
    loss.backward()
    if settings["maxGradNorm"] > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings["maxGradNorm"])
    optimizer.step()
    spent = time.perf_counter() - start
    if (step + 1) % task["report"] == 0:
        print(json.dumps({"step": step + 1, "loss": loss.item(), "seconds": spent}), flush=True)

torch.save({"model_state_dict": model.state_dict(), "config": task["arguments"]}, task["out"])
print(json.dumps({"done": True, "torch": torch.__version__, "seconds": spent, "steps": steps}), flush=True)
