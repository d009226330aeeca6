#!/usr/bin/env python3
"""Generates the reference values, or compares the committed ones with newly generated ones.

    python3 tools/golden/generate.py --out DIR    # writes all values to DIR
    python3 tools/golden/generate.py --check      # generates to a temporary folder, compares with values/

Needs the packages of requirements.txt, and Node and `npm ci` for GPT-2's vocabulary. Takes about a
minute. Values are equal byte for byte on the same kind of CPU; elsewhere floating-point numbers may
differ by rounding, within the limits of tolerances.json.
"""
from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "generators"))

import char_gpt  # noqa: E402
import counts  # noqa: E402
import evolution  # noqa: E402
import formats  # noqa: E402
import gpt2_ids  # noqa: E402
import hf  # noqa: E402
import nano_gpt  # noqa: E402
import nanogpt  # noqa: E402
import recurrent  # noqa: E402
import tiny_transformer  # noqa: E402
import tokenizer_cases  # noqa: E402
import unit_layers  # noqa: E402
from common import pretty  # noqa: E402
from dimensions import DIMENSIONS  # noqa: E402

VALUES = HERE / "values"
TEXT = HERE / "data" / "tiny-shakespeare.txt"
TOLERANCES = json.loads((HERE / "tolerances.json").read_text())
# Measured on the machine that generates, not compared.
MEASURED = ("float32_noise", "smallest_lead_of_best_logit")


def generate(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for module, key in ((evolution, "evolution"), (tiny_transformer, "tiny_transformer"),
                        (recurrent, "recurrent"), (nano_gpt, "nano_gpt"), (nanogpt, "nanogpt"),
                        (char_gpt, "char_gpt"),
                        (unit_layers, "unit"), (hf, "hf")):
        module.make(out, DIMENSIONS[key])
    tokenizer_cases.make(out, DIMENSIONS["tokenizers"], TEXT)
    gpt2_ids.make(out, TEXT)
    formats.make(out)
    (out / "parameter-counts.json").write_text(
        pretty(counts.all_counts()) + "\n", encoding="utf-8")


def content(path: Path):
    """The content of a file as nested Python values; tensors stay tensors."""
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix in (".pt", ".bin"):
        return torch.load(path, weights_only="numpy_scalars" not in path.name)
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else text


def differences(new, old, limit: float, absolute: float | None, where: str) -> list[str]:
    """Where two contents differ: tensors and floats by more than the limit, all else at all.

    `limit` is relative to the largest value of a tensor; `absolute` replaces it where given.
    """
    if isinstance(old, dict):
        if new.keys() != old.keys():
            return [f"{where}: keys differ"]
        return [line for key in old if key not in MEASURED
                for line in differences(new[key], old[key], limit, absolute, f"{where} {key}")]
    if isinstance(old, (list, tuple)):
        if len(new) != len(old):
            return [f"{where}: lengths differ"]
        return [line for i, value in enumerate(old)
                for line in differences(new[i], value, limit, absolute, f"{where}[{i}]")]
    if isinstance(old, float):
        same = math.isclose(new, old, rel_tol=limit, abs_tol=1e-9)
        return [] if same else [f"{where}: {new}, committed {old}"]
    if not isinstance(old, torch.Tensor):
        return [] if new == old else [f"{where}: {new!r}, committed {old!r}"]
    if new.shape != old.shape or new.dtype != old.dtype:
        return [f"{where}: shape or type differs"]
    if not old.dtype.is_floating_point or old.numel() == 0:
        return [] if torch.equal(new, old) else [f"{where}: values differ"]
    a, b = new.double(), old.double()
    finite = torch.isfinite(b)
    if not torch.equal(a[~finite].nan_to_num(), b[~finite].nan_to_num()):
        return [f"{where}: infinities or NaN differ"]
    largest = b[finite].abs().max().item() if finite.any() else 0.0
    gap = (a[finite] - b[finite]).abs().max().item() if finite.any() else 0.0
    allowed = absolute if absolute is not None else limit * (largest or 1.0)
    return [] if gap <= allowed else [f"{where}: off by {gap:.2e}, allowed {allowed:.2e}"]


def check() -> int:
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        new, old = ({path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
                    for root in (Path(folder), VALUES))
        found = [f"{name}: only generated" for name in sorted(new - old)]
        found += [f"{name}: only committed" for name in sorted(old - new)]
        identical = 0
        for name in sorted(new & old):
            if (Path(folder) / name).read_bytes() == (VALUES / name).read_bytes():
                identical += 1
                continue
            after_training = "train" in Path(name).name
            found += differences(
                content(Path(folder) / name), content(VALUES / name),
                TOLERANCES["pretrained" if name.startswith("hf/") else "output"],
                TOLERANCES["trainedWeights"] if after_training else None, name)
    for line in found:
        print(line)
    print(f"{len(new & old)} files compared, {identical} identical, {len(found)} differences")
    return 1 if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--out", type=Path, metavar="DIR", help="write all values to this folder")
    action.add_argument("--check", action="store_true", help="compare with the committed values")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    if args.check:
        return check()
    generate(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
