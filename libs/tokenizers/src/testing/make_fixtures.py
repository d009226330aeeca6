#!/usr/bin/env python3
"""Make the fixtures that hold this library to Hugging Face's `tokenizers`.

    pip install tokenizers==0.23.3
    python make_fixtures.py --out fixtures/hugging-face.json
    python make_fixtures.py --seed 5 --training 2000 --encoding 300 --out many.json

Random corpora with few characters, so that counts tie all the time, are trained on; random texts full of white space,
contractions, scripts and special tokens are encoded. With LILFORMER_FIXTURES=many.json the tests read another file.
"""
import argparse
import json
import os
import random
import tempfile
from collections import Counter

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

ALPHABETS = [
    "ab", "abc ", "aab \n", "ab'st re", "xyz \t\n  ", "éüa你🙂 n\u0301", "\u00a0\u3000\u2028 ab\u0085", "012 ab.,!?-_",
    "'stmdrevl ", "ÀΑאあ가ก 9٣½", "ab<|>c ", "aA\ufeff\u200b\u200d \r\n", "क्षि ab", "🇫🇷👩\u200d👩a ",
]
WORDS = ["the", "then", "there", "he", "her", "it", "it's", "don't", "we'll", "aaaa", "aaa", "abab", "baba", "naïve", "日本", "🙂🙂"]


def random_text(rng, length):
    alphabet = rng.choice(ALPHABETS)
    if rng.random() < 0.4:
        pool = rng.sample(WORDS, rng.randint(2, 6)) + list(alphabet)
        return rng.choice(["", " ", "\n"]).join(rng.choice(pool) for _ in range(max(1, length // 4)))
    return "".join(rng.choice(alphabet) for _ in range(length))


def pre_tokenizer(kind):
    if kind == "whitespace":
        return pre_tokenizers.Whitespace()
    if kind == "none":
        return None
    return pre_tokenizers.ByteLevel(add_prefix_space=kind == "byte-level-prefix")


def train(case):
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizer(case["pre_tokenizer"])
    if split is not None:
        tokenizer.pre_tokenizer = split
    options = {"limit_alphabet": case["limit_alphabet"]} if case["limit_alphabet"] is not None else {}
    trainer = trainers.BpeTrainer(
        vocab_size=case["vocab_size"], min_frequency=case["min_frequency"], special_tokens=case["special_tokens"],
        initial_alphabet=case["initial_alphabet"], show_progress=False, **options)
    if case["from"] == "files":
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "corpus.txt")
            with open(path, "wb") as file:
                file.write(case["sequences"][0].encode())
            tokenizer.train([path], trainer)
    else:
        tokenizer.train_from_iterator(case["sequences"], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocab = sorted(model["vocab"], key=model["vocab"].get)
    assert [model["vocab"][token] for token in vocab] == list(range(len(vocab)))
    return vocab, model["merges"]


def limit_is_clear(case):
    """Of characters that come equally often, Hugging Face drops whichever its hash map has first."""
    split = pre_tokenizer(case["pre_tokenizer"])
    counts = Counter()
    for text in case["sequences"]:
        for word, _ in split.pre_tokenize_str(text) if split is not None else [(text, None)]:
            counts.update(word)
    for character in case["initial_alphabet"]:
        counts[character] = 1 << 60
    ranked = sorted(counts.values(), reverse=True)
    limit = case["limit_alphabet"]
    return limit >= len(ranked) or limit == 0 or ranked[limit - 1] != ranked[limit]


def training_case(rng):
    while True:
        kind = rng.choice(["whitespace", "whitespace", "byte-level", "byte-level", "byte-level-prefix", "none"])
        source = rng.choice(["iterator", "files"])
        count = 1 if source == "files" else rng.randint(1, 5)
        case = {
            "from": source,
            "sequences": [random_text(rng, rng.choice([0, 5, 30, 120, 400])) for _ in range(count)],
            "pre_tokenizer": kind,
            "vocab_size": rng.choice([5, 12, 20, 40, 80, 200]) + (256 if kind.startswith("byte") and rng.random() < 0.5 else 0),
            "min_frequency": rng.choice([0, 0, 1, 2, 3, 5]),
            "special_tokens": rng.choice([[], ["<|endoftext|>"], ["[PAD]", "[UNK]"], ["a", "ab"], ["abc", "Ġt", "<s>"]]),
            "initial_alphabet": rng.choice([[], [], ["a", "q"], ["é", "🙂", "b"]]),
            "limit_alphabet": rng.choice([None, None, None, 1, 3, 6]),
        }
        if kind.startswith("byte") and rng.random() < 0.3:
            case["initial_alphabet"] = sorted(pre_tokenizers.ByteLevel.alphabet())
        if case["limit_alphabet"] is not None and not (
                len(case["initial_alphabet"]) <= case["limit_alphabet"] and limit_is_clear(case)):
            continue
        results = [train(case) for _ in range(3)]
        if any(result != results[0] for result in results):
            continue  # left to the order of a hash map
        case["vocab"], case["merges"] = results[0]
        return case


def encoding_case(rng):
    text = "".join(random_text(rng, 200) + " " for _ in range(4))
    kind = rng.choice(["whitespace", "byte-level", "byte-level-prefix", "none"])
    affixes = {}
    if kind in ("whitespace", "none") and rng.random() < 0.5:
        affixes = rng.choice([{"continuing_subword_prefix": "##"}, {"end_of_word_suffix": "</w>"},
                              {"continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"}])
    tokenizer = Tokenizer(models.BPE(**affixes))
    split = pre_tokenizer(kind)
    if split is not None:
        tokenizer.pre_tokenizer = split
    special = ["[UNK]", "<|endoftext|>", "<|end"]
    if rng.random() < 0.4:
        special += [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator([text], trainers.BpeTrainer(
        vocab_size=rng.choice([40, 100, 300]) + len(special), special_tokens=special, show_progress=False, **affixes,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if kind.startswith("byte") and rng.random() < 0.7 else []))
    data = json.loads(tokenizer.to_str())
    model = data["model"]
    data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
    model["unk_token"] = rng.choice([None, "[UNK]", "[UNK]"])
    model["fuse_unk"] = rng.random() < 0.5
    model["ignore_merges"] = rng.random() < 0.3
    # With the bytes' tokens there, an unknown character becomes bytes.
    model["byte_fallback"] = "<0x00>" in model["vocab"]
    if rng.random() < 0.3:
        model["merges"] = [" ".join(pair) for pair in model["merges"] if not any(" " in part for part in pair)]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    if kind.startswith("byte"):
        tokenizer.decoder = decoders.ByteLevel()
        if rng.random() < 0.5:
            tokenizer.post_processor = processors.ByteLevel(trim_offsets=rng.random() < 0.7, add_prefix_space=kind.endswith("prefix"))
    elif "end_of_word_suffix" in affixes:
        tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    elif model["byte_fallback"] and rng.random() < 0.5:
        tokenizer.decoder = decoders.ByteFallback()
    added = [
        AddedToken("ab", single_word=True, normalized=False),
        AddedToken("<s>", lstrip=True, special=True, normalized=False),
        AddedToken("</s>", rstrip=True, special=True, normalized=False),
        AddedToken("<|endoftext|>!", normalized=True),
        AddedToken("the ", normalized=True),
        AddedToken("e", single_word=True, normalized=True),
    ]
    tokenizer.add_tokens(rng.sample(added, rng.randint(0, 3)))
    contents = special[:3] + [token.content for token in added]
    # After a character that vanishes, or becomes bytes that a prefix is part of, their offsets are off; ours are not.
    alphabet = pre_tokenizers.ByteLevel.alphabet() if kind.startswith("byte") else ["no alphabet is complete"]
    nothing_vanishes = all(character in model["vocab"] for character in alphabet) or (
        model["unk_token"] is not None and not model["byte_fallback"])
    texts = []
    for _ in range(6):
        text = "".join(
            rng.choice([random_text(rng, rng.choice([1, 5, 20])), rng.choice(contents), rng.choice([" ", "  ", "\n", ""])])
            for _ in range(rng.randint(0, 8)))
        row = {"text": text}
        tokenizer.encode_special_tokens = False
        encoding = tokenizer.encode(text)
        row.update(ids=encoding.ids, tokens=encoding.tokens,
                   offsets=encoding.offsets if nothing_vanishes else None,
                   decoded=tokenizer.decode(encoding.ids), decoded_whole=tokenizer.decode(encoding.ids, skip_special_tokens=False))
        tokenizer.encode_special_tokens = True
        row["ids_as_text"] = tokenizer.encode(text).ids
        texts.append(row)
    return {"tokenizer": json.loads(tokenizer.to_str()), "texts": texts}


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--training", type=int, default=60)
parser.add_argument("--encoding", type=int, default=16)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()
rng = random.Random(arguments.seed)
fixtures = {
    "made_with": f"tokenizers {tokenizers.__version__}, make_fixtures.py --seed {arguments.seed} "
                 f"--training {arguments.training} --encoding {arguments.encoding}",
    "training": [training_case(rng) for _ in range(arguments.training)],
    "encoding": [encoding_case(rng) for _ in range(arguments.encoding)],
}
with open(arguments.out, "w", encoding="utf-8") as file:
    json.dump(fixtures, file, separators=(",", ":"))
    file.write("\n")
