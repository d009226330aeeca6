#!/usr/bin/env python3
"""Times BPE training and encoding in Hugging Face `tokenizers`.

    pip install tokenizers
    python tokenizers_peer.py corpus.txt ...

Prints one JSON line per measurement: seconds to train (fastest of three) and
MB/s to encode the same text (fastest of three), for Whitespace BPE with 500
entries and byte-level BPE with 4096 entries.
"""
import json
import pathlib
import sys
import time

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers


def whitespace_500():
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer, trainers.BpeTrainer(vocab_size=500, special_tokens=["[PAD]", "[UNK]"], show_progress=False)


def byte_level_4096():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, trainers.BpeTrainer(
        vocab_size=4096, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())


def fastest(times, work):
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


for path in sys.argv[1:]:
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for name, make in (("whitespace-500", whitespace_500), ("byte-level-4096", byte_level_4096)):
        def train():
            tokenizer, trainer = make()
            tokenizer.train([path], trainer)
            return tokenizer
        seconds, tokenizer = fastest(3, train)
        lines = text.splitlines(keepends=True)
        whole, encoding = fastest(3, lambda: tokenizer.encode(text))
        batch, _ = fastest(3, lambda: tokenizer.encode_batch_fast(lines))
        size = len(text.encode()) / 1e6
        print(json.dumps({
            "peer": f"tokenizers {tokenizers.__version__}", "corpus": pathlib.Path(path).parent.name, "bytes": int(size * 1e6),
            "tokenizer": name, "train_s": round(seconds, 3), "tokens": len(encoding.ids),
            "encode_MBps": round(size / whole, 2), "encode_batch_MBps": round(size / batch, 2)}), flush=True)
