"""Trains a model of lilformer in PyTorch with the same initial weights, windows, dropout masks and options.

Called by agreement-peer.ts with one argument, a JSON file (PeerTask in agreement-task.ts). Prints a JSON line for every
step and every evaluation, and one at the end.
"""
import json
import math
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1]).parent
task = json.loads(Path(sys.argv[1]).read_text())
sys.path.insert(0, task["models"])

import numpy  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from dropout_masks import dropout_mask, kept_bits  # noqa: E402

torch.set_num_threads(task["threads"])
KIND = torch.float64 if task["float64"] else torch.float32
options = task["options"]

# Models: those of the golden values, by the type and the config of lilformer's model.

STAGES = {"bigram": 3, "attention": 4, "positional-attention": 5, "attention-ffn": 6, "transformer": 7,
          "stacked-transformer": 8, "multi-head-transformer": 9, "moe-transformer": 10}


def renamed(config: dict, **names: str) -> dict:
    return {theirs: config[ours] for ours, theirs in names.items() if ours in config}


def make_model(config: dict) -> nn.Module:
    kind = config["type"]
    if kind in STAGES:
        from evolution import EvolutionLM
        sizes = renamed(config, vocabSize="vocab_size", dModel="d_model", dFf="d_ff", nLayers="n_layers", nHeads="n_heads",
                        nExperts="n_experts", contextLength="max_seq_len")
        return EvolutionLM(STAGES[kind], **sizes, train_router=config.get("router") == "trained")
    if kind == "tiny-transformer":
        from tiny_transformer import TinyTransformerLM
        sizes = renamed(config, vocabSize="vocab_size", dModel="d_model", nHeads="n_heads", dFf="d_ff",
                        contextLength="max_seq_len", nLayers="n_layers")
        return TinyTransformerLM(**sizes, positions=config["positions"] == "sinusoids")
    if kind == "char-gpt" and config["attentionScale"] == "width":
        from char_gpt import CharTransformer
        sizes = renamed(config, vocabSize="vocab_size", dModel="n_embed", nHeads="n_head", nLayers="n_layer",
                        contextLength="block_size", dropout="dropout")
        return CharTransformer(**sizes)
    if kind == "tied-transformer":
        from nano_gpt import Transformer
        return Transformer(**renamed(config, vocabSize="vocab_size", dModel="n_embd", contextLength="block_size",
                                     nLayers="n_layer", nHeads="n_head"))
    if kind == "nano-gpt" and config["dropout"] == 0:
        from nanogpt import GPT
        return GPT(**renamed(config, vocabSize="vocab_size", dModel="n_embd", contextLength="block_size", nLayers="n_layer",
                             nHeads="n_head", bias="bias", dropout="dropout"))
    if kind in ("simple-rnn", "multi-layer-rnn", "gru"):
        from recurrent import GRULM, MultiLayerRNN, SimpleRNN
        sizes = renamed(config, vocabSize="vocab_size", embedSize="embed_size", hiddenSize="hidden_size",
                        nLayers="num_layers")
        return {"simple-rnn": SimpleRNN, "multi-layer-rnn": MultiLayerRNN, "gru": GRULM}[kind](**sizes)
    raise SystemExit(f"ValueError: model {json.dumps(config)}: agreement_peer.py does not have it. "
                     "Expected a model of tools/golden/generators.")


def logits_of(model: nn.Module, ids: torch.Tensor) -> torch.Tensor:
    if not hasattr(model, "start"):
        return model(ids)[0]
    hidden, rows = model.start(len(ids)), []
    for token in ids.unbind(1):
        row, hidden = model(token, hidden)
        rows.append(row)
    return torch.stack(rows, 1)


def read_safetensors(path: Path) -> dict:
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


# Dropout with lilformer's masks.

class Masks:
    """The masks of one dropout layer of lilformer, a new one for each forward pass of a training step."""

    def __init__(self, rate: float, seed: int):
        self.rate, self.seed, self.counter = rate, seed, 0

    def next(self, parts: int, rows: int, columns: int) -> torch.Tensor:
        mask = dropout_mask(self.rate, self.seed, self.counter, parts, rows, columns)
        self.counter += 1
        return torch.from_numpy(mask).to(KIND)


class MaskedDropout(nn.Module):
    """Dropout of the output of a layer: the mask has one row for each position."""

    def __init__(self, masks: Masks):
        super().__init__()
        self.masks = masks

    def forward(self, x):
        return x * self.masks.next(1, x.shape[:-1].numel(), x.shape[-1]).view(x.shape) if self.training else x


class HeadDropout(nn.Module):
    """Dropout of the attention weights of one head: the heads of a layer, called in order, share a mask [B, H, T, T]."""

    def __init__(self, masks: Masks, heads: int, head: int, shared: dict):
        super().__init__()
        self.masks, self.heads, self.head, self.shared = masks, heads, head, shared

    def forward(self, weights):
        if not self.training:
            return weights
        batch, rows, columns = weights.shape
        if self.head == 0:
            mask = self.masks.next(batch * self.heads, rows, columns)
            self.shared["mask"] = mask.view(batch, self.heads, rows, columns)
        return weights * self.shared["mask"][:, self.head]


def share_masks(model: nn.Module) -> None:
    """Replaces the dropout layers of a CharTransformer."""
    layers = {name: Masks(layer["rate"], layer["seed"]) for name, layer in task["dropout"].items()}
    for i, block in enumerate(model.blocks if layers else []):
        masks, shared = layers.pop(f"blocks.{i}.sa.weights_dropout"), {}
        for h, head in enumerate(block.sa.heads):
            head.dropout = HeadDropout(masks, len(block.sa.heads), h, shared)
        block.sa.dropout = MaskedDropout(layers.pop(f"blocks.{i}.sa.dropout"))
        block.ffwd.net[3] = MaskedDropout(layers.pop(f"blocks.{i}.ffwd.dropout"))
    if layers or any(isinstance(module, nn.Dropout) and module.p > 0 for module in model.modules()):
        raise SystemExit(f"ValueError: dropout: no masks for these layers, or no layers for {', '.join(layers)}")
    for case in task["masks"]:
        kept = case.pop("kept")
        if kept_bits(dropout_mask(**case)) != kept:
            raise SystemExit(f"ValueError: dropout: the mask of {case} differs from lilformer's")


# Batches: the first token of each window.

tokens = {split: numpy.memmap(folder / f"{split}.tokens", dtype="<u4", mode="r") for split in ("train", "validation")}


def batches_of(name: str, split: str):
    """Yields inputs and targets of the batches in `name`.starts; `name`.sizes has the number of windows of each."""
    starts, first = numpy.fromfile(folder / f"{name}.starts", dtype="<u4"), 0
    span = numpy.arange(task["length"] + 1)
    for size in numpy.fromfile(folder / f"{name}.sizes", dtype="<u4"):
        windows = tokens[split][starts[first : first + size, None].astype(numpy.int64) + span]
        windows = torch.from_numpy(windows.astype(numpy.int64))
        first += size
        yield windows[:, :-1], windows[:, 1:]


def steps_of(batches_per_epoch: int | None, accumulation: int):
    """Yields the batches of each step: `accumulation` of them, fewer at the end of an epoch."""
    taken = []
    for number, batch in enumerate(batches_of("train", "train"), 1):
        taken.append(batch)
        end = batches_per_epoch is not None and number % batches_per_epoch == 0
        if len(taken) == accumulation or end:
            yield taken, end
            taken = []


def mean_loss(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(logits_of(model, inputs).flatten(0, 1), targets.flatten())


@torch.no_grad()
def evaluate(model: nn.Module, step: int) -> float:
    model.eval()
    name = f"evaluation-{step}" if (folder / f"evaluation-{step}.starts").exists() else "evaluation"
    total = count = 0
    for inputs, targets in batches_of(name, "validation"):
        total += mean_loss(model, inputs, targets).item() * targets.numel()
        count += targets.numel()
    return total / count


# Optimizer and schedule.

def make_optimizer(parameters, given: dict, rate: float) -> torch.optim.Optimizer:
    kind, decay = given["type"], given.get("weightDecay")
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01 if decay is None else decay)
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay or 0)
    return torch.optim.SGD(parameters, lr=rate, momentum=given.get("momentum", 0), weight_decay=decay or 0)


def rate_at(step: int, given: dict, total: int) -> float:
    """Learning rate of a schedule that depends on the step alone: nanoGPT's cosine, transformers' linear."""
    peak, low, warmup = given["learningRate"], given.get("minLearningRate"), given.get("warmupSteps", 0)
    if given["type"] == "constant":
        return peak
    done = (step - warmup) / max(1, total - warmup)
    if given["type"] == "cosine":
        if step < warmup:
            return peak * (step + 1) / (warmup + 1)
        return low + 0.5 * (1 + math.cos(math.pi * done)) * (peak - low)
    return peak * step / max(1, warmup) if step < warmup else low + (peak - low) * max(0, 1 - done)


def report(**line) -> None:
    print(json.dumps(line), flush=True)


def main() -> None:
    model = make_model(task["model"])
    model.load_state_dict(read_safetensors(folder / "weights.safetensors"))
    share_masks(model)
    model.to(KIND)
    parameters = sum(value.numel() for value in model.parameters())
    given = options["schedule"]
    optimizer = make_optimizer(model.parameters(), options["optimizer"], given["learningRate"])
    plateau = given["type"] == "plateau" and torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=given["factor"], patience=given["patience"], min_lr=given["minLearningRate"])
    accumulation, total = options["gradientAccumulationSteps"], task["totalSteps"]
    best, bad, validation = math.inf, 0, None
    start = time.perf_counter()

    def evaluated(step: int) -> bool:
        """Evaluates; returns whether early stopping ends the run."""
        nonlocal best, bad, validation
        validation = evaluate(model, step)
        report(step=step, validation=validation)
        if plateau:
            plateau.step(validation)
        best, bad = (validation, 0) if validation < best else (best, bad + 1)
        return bad >= (options.get("earlyStoppingPatience") or math.inf)

    step = 0
    over = options["evalAtStart"] and evaluated(0)
    for taken, end_of_epoch in steps_of(task["batchesPerEpoch"], accumulation):
        if over or step == total:
            break
        if not plateau:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, given, total)
        model.train()
        optimizer.zero_grad(set_to_none=True)
        count, mean = sum(targets.numel() for _, targets in taken), 0.0
        for inputs, targets in taken:
            loss = mean_loss(model, inputs, targets) * (targets.numel() / count)
            loss.backward()
            mean += loss.item()
        if options["maxGradNorm"] > 0:
            nn.utils.clip_grad_norm_(model.parameters(), options["maxGradNorm"])
        optimizer.step()
        step += 1
        report(step=step, loss=mean, seconds=time.perf_counter() - start)
        every = options["evalEvery"]
        if step == total or (end_of_epoch if every == "epoch" else step % every == 0):
            over = evaluated(step)
    report(done=True, steps=step, validation=validation, parameters=parameters, torch=torch.__version__,
           seconds=time.perf_counter() - start)


main()
