"""nanoGPT's GPT (github.com/karpathy/nanoGPT): its names, optional biases, and the checkpoint of its train.py.

Written from the names and the architecture, not copied. The case `nano_gpt` is another model: the
Transformer of the recurrent notebook.
"""
from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from common import Case, case_seed, facts, generator, greedy, random_ids, record, roughen


class CausalSelfAttention(nn.Module):
    def __init__(self, width: int, heads: int, bias: bool):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)

    def forward(self, x):
        size = x.shape[-1] // self.heads
        q, k, v = (part.unflatten(-1, (self.heads, size)).transpose(1, 2)
                   for part in self.c_attn(x).chunk(3, dim=-1))
        length = x.shape[1]
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = (q @ k.mT / math.sqrt(size)).masked_fill(future, -math.inf).softmax(-1)
        return self.c_proj((weights @ v).transpose(1, 2).flatten(2)), weights


class Mlp(nn.Module):
    def __init__(self, width: int, bias: bool):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, bias: bool):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, bias=bias)
        self.attn = CausalSelfAttention(width, heads, bias)
        self.ln_2 = nn.LayerNorm(width, bias=bias)
        self.mlp = Mlp(width, bias)

    def forward(self, x):
        mixed, weights = self.attn(self.ln_1(x))
        x = x + mixed
        return x + self.mlp(self.ln_2(x)), weights


class GPT(nn.Module):
    def __init__(self, vocab_size, n_embd, block_size, n_layer, n_head, bias, dropout):
        super().__init__()
        assert dropout == 0
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocab_size, n_embd),
            "wpe": nn.Embedding(block_size, n_embd),
            "h": nn.ModuleList(Block(n_embd, n_head, bias) for _ in range(n_layer)),
            "ln_f": nn.LayerNorm(n_embd, bias=bias),
        })
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        self.transformer["wte"].weight = self.lm_head.weight  # tied

    def forward(self, ids):
        parts = self.transformer
        x = parts["wte"](ids) + parts["wpe"].weight[: ids.shape[1]]
        seen = {"hidden.0": x}
        for layer, block in enumerate(parts["h"]):
            x, seen[f"attn.{layer}"] = block(x)
            seen[f"hidden.{layer + 1}"] = x
        x = parts["ln_f"](x)
        seen["hidden.final"] = x
        return self.lm_head(x), seen


def without_key_bias(state: dict) -> dict:
    """Sets the key part of c_attn.bias to 0. It changes no output, because softmax ignores what all keys of
    a query add. Its gradient is rounding error, which AdamW magnifies to whole steps."""
    clean = {name: value.clone() for name, value in state.items()}
    for name, value in clean.items():
        if name.endswith("c_attn.bias"):
            value.chunk(3)[1].zero_()
    return clean


def make(root, dims: dict) -> None:
    for name, bias, layers in (("with_bias", True, 2), ("without_bias", False, 1)):
        _make(root, f"nanogpt/{name}", bias, {**dims, "n_layer": layers})


def _make(root, name: str, bias: bool, dims: dict) -> None:
    model_args = {k: dims[k] for k in ("n_layer", "n_head", "n_embd", "block_size")}
    model_args |= {"bias": bias, "vocab_size": dims["vocab_size"], "dropout": 0.0}
    for attempt in range(100):
        salt = f"{name}#{attempt}"
        torch.manual_seed(case_seed(salt))
        gen = generator(salt + "/data")
        model = GPT(**model_args).eval()
        roughen(model, gen)
        with torch.no_grad():
            model.lm_head.weight.normal_(0, 0.5, generator=gen)
            model.transformer["wpe"].weight.normal_(0, 0.5, generator=gen)
        ids = random_ids(gen, dims["vocab_size"], dims["batch"], dims["seq"] + 1)
        inputs = {"input_ids": ids[:, :-1], "targets": ids[:, 1:]}
        start = random_ids(gen, dims["vocab_size"], 2).tolist()

        def next_logits(tokens):
            return model(torch.tensor([tokens[-dims["block_size"]:]]))[0][0, -1]

        def run(net):
            logits, seen = net(inputs["input_ids"])
            loss = F.cross_entropy(logits.flatten(0, 1), inputs["targets"].flatten())
            return loss, {"logits": logits, **seen}

        generated, rows, lead = greedy(next_logits, start, dims["block_size"] + 4)
        if lead < 1e-3 or len(set(generated)) < 4:
            continue
        case = Case(root, name)
        recorded = record(case, model, run, inputs, weights_pt=False, clean=without_key_bias,
                          tied=[["transformer.wte.weight", "lm_head.weight"]])
        if recorded["float32_noise"]["grads"] <= 1e-6:
            break
    else:
        raise RuntimeError(f"{name}: no suitable start found")

    trained, optimizer = recorded["_trained"]
    prefix = "_orig_mod." if bias else ""  # of torch.compile
    case.torch("ckpt.pt", {
        "model": {prefix + key: value for key, value in without_key_bias(trained.state_dict()).items()},
        "optimizer": optimizer.state_dict(),
        "model_args": model_args,
        "iter_num": 5,
        "best_val_loss": run(trained)[0].detach(),
        "config": {"out_dir": "out", "eval_interval": 5, "always_save_checkpoint": True,
                   "dataset": "shakespeare_char", "batch_size": dims["batch"],
                   **{k: model_args[k] for k in ("block_size", "n_layer", "n_head", "n_embd", "dropout", "bias")},
                   "learning_rate": 1e-3, "max_iters": 5, "device": "cpu", "compile": bias},
    })
    case.tensors("generation.safetensors", {
        "prompt": torch.tensor(start), "greedy_ids": torch.tensor(generated),
        "step_logits": rows})
    case.json("config.json", {
        "model": "GPT", "module": "nanogpt", "seed": 0, "arguments": model_args,
        "input": {"batch": dims["batch"], "seq": dims["seq"]},
        **facts(recorded),
        "generation": {"window": dims["block_size"], "smallest_lead_of_best_logit": lead,
                       "rule": "greedy, fed with the last block_size tokens"},
        "notes": [
            "lm_head.weight and transformer.wte.weight are one tensor; `parameters` counts it once.",
            "ckpt.pt has the layout of train.py's checkpoint after the five steps; with biases its "
            "names begin with _orig_mod., as after torch.compile.",
            "In trained.safetensors and ckpt.pt the key part of c_attn.bias is set to 0.",
            "nanoGPT initializes linear and embedding weights with N(0, 0.02); these start larger, "
            "so that mistakes show.",
        ],
    })
