#!/usr/bin/env python3
"""Times one training step of each workload of workloads.json in PyTorch.

    pip install torch
    python training_peer.py [--workload NAME ...] [--mode eager|compile|bf16] [--steps N] [--tuned]

--tuned restarts the process with malloc settings that keep freed memory, which
saves PyTorch page faults.

Prints one JSON line per workload: milliseconds per step (min, median) over N
steps after two warm-up steps, and GFLOP/s of useful arithmetic, counted as
6 * (matrix parameters) * tokens + 12 * L * B * T^2 * d for attention.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class RMSNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-8)


class Attention(nn.Module):
    def __init__(self, d, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.dropout if self.training else 0.0)
        return self.out(y.transpose(1, 2).reshape(b, t, d))


class Mlp(nn.Module):
    def __init__(self, d, ff, act):
        super().__init__()
        self.up, self.down = nn.Linear(d, ff), nn.Linear(ff, d)
        self.act = F.gelu if act == "gelu" else F.relu

    def forward(self, x):
        return self.down(self.act(self.up(x)))


class Top1Moe(nn.Module):
    """Top-1 experts; the tokens of each expert are gathered."""

    def __init__(self, d, ff, act, experts):
        super().__init__()
        self.router = nn.Linear(d, experts)
        self.experts = nn.ModuleList(Mlp(d, ff, act) for _ in range(experts))

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        choice = self.router(flat).argmax(-1)
        out = torch.zeros_like(flat)
        for i, expert in enumerate(self.experts):
            rows = (choice == i).nonzero(as_tuple=True)[0]
            out = out.index_add(0, rows, expert(flat[rows]).to(out.dtype))
        return out.view_as(x)


class Block(nn.Module):
    def __init__(self, w):
        super().__init__()
        norm = RMSNorm if w["norm"] == "rms" else nn.LayerNorm
        d = w["d"]
        self.n1, self.n2 = norm(d), norm(d)
        self.attn = Attention(d, w["heads"], w["dropout"])
        self.mlp = Top1Moe(d, w["ff"], w["act"], w["experts"]) if w.get("experts", 1) > 1 else Mlp(d, w["ff"], w["act"])
        self.drop = nn.Dropout(w["dropout"])

    def forward(self, x):
        x = x + self.drop(self.attn(self.n1(x)))
        return x + self.drop(self.mlp(self.n2(x)))


class Transformer(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.tok = nn.Embedding(w["vocab"], w["d"])
        self.pos = nn.Embedding(w["seq"], w["d"])
        self.blocks = nn.ModuleList(Block(w) for _ in range(w["layers"]))
        self.norm = RMSNorm(w["d"]) if w["norm"] == "rms" else nn.LayerNorm(w["d"])
        self.head = nn.Linear(w["d"], w["vocab"], bias=False)

    def forward(self, ids):
        x = self.tok(ids) + self.pos.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class Bigram(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.tok = nn.Embedding(w["vocab"], w["d"])
        self.head = nn.Linear(w["d"], w["vocab"])

    def forward(self, ids):
        return self.head(self.tok(ids))


class Recurrent(nn.Module):
    """nn.RNN / nn.GRU, the fused sequence kernels."""

    def __init__(self, w):
        super().__init__()
        cls = nn.GRU if w["kind"] == "gru" else nn.RNN
        self.tok = nn.Embedding(w["vocab"], w["d"])
        self.rnn = cls(w["d"], w["hidden"], num_layers=w["layers"], batch_first=True)
        self.head = nn.Linear(w["hidden"], w["vocab"])

    def forward(self, ids):
        return self.head(self.rnn(self.tok(ids))[0])


def build(w):
    return {"transformer": Transformer, "bigram": Bigram, "rnn": Recurrent, "gru": Recurrent}[w["kind"]](w)


def flops(w):
    """Useful floating-point operations of one training step (forward and backward)."""
    tokens = w["batch"] * w["seq"]
    if w["kind"] == "transformer":
        matrices = w["layers"] * (4 * w["d"] ** 2 + 2 * w["d"] * w["ff"]) + w["d"] * w["vocab"]
        return 6 * matrices * tokens + 12 * w["layers"] * w["batch"] * w["seq"] ** 2 * w["d"]
    if w["kind"] == "bigram":
        return 6 * w["d"] * w["vocab"] * tokens
    gates = 3 if w["kind"] == "gru" else 1
    h = w["hidden"]
    matrices = gates * h * (w["d"] + h) + (w["layers"] - 1) * gates * 2 * h * h + h * w["vocab"]
    return 6 * matrices * tokens


def main():
    here = pathlib.Path(__file__).parent
    workloads = json.loads((here / "workloads.json").read_text())
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", nargs="*", default=list(workloads))
    parser.add_argument("--mode", choices=["eager", "compile", "bf16"], default="eager")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tuned", action="store_true")
    args = parser.parse_args()
    if args.tuned and "MALLOC_TOP_PAD_" not in os.environ:
        os.environ.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="17179869184", MALLOC_TOP_PAD_="268435456")
        os.execv(sys.executable, [sys.executable, *sys.argv])
    for name in args.workload:
        w = workloads[name]
        torch.manual_seed(0)
        model = build(w).to(args.device)
        step_model = torch.compile(model) if args.mode == "compile" else model
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=True)
        ids = torch.randint(0, w["vocab"], (w["batch"], w["seq"] + 1), device=args.device)
        times = []
        for i in range(args.steps + 2):
            start = time.perf_counter()
            with torch.autocast(args.device, dtype=torch.bfloat16, enabled=args.mode == "bf16"):
                logits = step_model(ids[:, :-1])
                loss = F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss.item()
            times.append((time.perf_counter() - start) * 1e3)
        times = sorted(times[2:])
        best, median = times[0], times[len(times) // 2]
        print(json.dumps({
            "peer": f"torch {torch.__version__} {args.mode}{' tuned' if args.tuned else ''}", "workload": name, "threads": torch.get_num_threads(),
            "ms_min": round(best, 2), "ms_median": round(median, 2), "gflops_best": round(flops(w) / best / 1e6, 1),
            "parameters": sum(p.numel() for p in model.parameters()),
        }), flush=True)


if __name__ == "__main__":
    main()
