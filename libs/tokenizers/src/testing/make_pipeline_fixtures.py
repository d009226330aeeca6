#!/usr/bin/env python3
"""Make small tokenizers of the four pretrained families, and the ids that Hugging Face's `tokenizers` gives with them.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python make_pipeline_fixtures.py --corpus input.txt --texts strings.json --out fixtures/pipelines.json
    python make_pipeline_fixtures.py ... --charsmap nmt_nfkc --out whole.json

The corpus is any English text (Tiny Shakespeare), the texts are rows with a "text". Normalizers, pre-tokenizers,
post-processors and decoders are those of the published files of BERT, T5, GPT-2 and BART, vocabularies are small and
learnt here. SentencePiece makes T5's table of characters: by default from a few hundred rules of its own, which keeps
the file small; `nmt_nfkc` is the table that T5 has. With LILFORMER_PIPELINES=whole.json the tests read another file.
"""
import argparse
import base64
import io
import json
import os
import tempfile
import unicodedata

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MORE_TEXTS = [
    "ΑΣ ΟΔΟΣ ΣΑΣ", "İstanbul STRASSE ẞ ß", "ǅ Ǆ ǆ", "e\u0301\u0327 a\u0308\u0301", "中文字ascii混合", "\U00020000\U0002a6df a",
    "[MASK] is [CLS]not[SEP]", "x<mask>  <mask>y", "<extra_id_0> and<extra_id_1> <extra_id_99>", "</s> <pad><unk>",
    "a" * 101 + " " + "b" * 100, "…¿¡§¶ ‹›«» „“", "$100 + 5% = ^tilde~ `tick`", "ﬃ ① ㎏ ｶﾞ Ｆｕｌｌ", "\u2581already ▁ marked",
    "a\u200db \u00ad soft\u2060join", "1\u0301 \u06001", "\r\n\r\n x \n\r y", "\ue000 private \ufffd", "don't ,, 'tis ' s n't !",
    "各各 각 ᄀ\u1161\u11a8", "ก\u0e33 ล\u0e49", "k\u0327a\u0300 o\u031b\u0323", "\u0000", "  \t\n ", "x\u3000y\u2003z\u00a0w",
]


def rules():
    """A table like nmt_nfkc, of a few hundred characters: (source, target)."""
    blocks = [range(0x00a0, 0x0250), range(0x2000, 0x2070), range(0x2100, 0x2130), range(0x2460, 0x2480), range(0x3131, 0x3140),
              range(0xfb00, 0xfb07), range(0xff01, 0xff5f), range(0xff66, 0xff80), range(0x1d400, 0x1d440)]
    table = {chr(code): unicodedata.normalize("NFKC", chr(code)) for block in blocks for code in block}
    for character in list(table):
        apart = unicodedata.normalize("NFD", character)
        if len(apart) > 1 and unicodedata.normalize("NFC", apart) != apart:
            table[apart] = unicodedata.normalize("NFKC", character)
    table.update({character: " " for character in "\t\n\r\u00a0\u1680\u2000\u2003\u2028\u2029\u3000\ufeff"})
    table.update({character: "" for character in "\u0001\u0008\u007f\u200b\u200e"})
    return {source: target for source, target in table.items() if source != target}


def charsmap(kind, corpus):
    with tempfile.TemporaryDirectory() as folder:
        options = {"normalization_rule_name": kind}
        if kind == "small":
            path = os.path.join(folder, "rules.tsv")
            with open(path, "w", encoding="utf-8") as file:
                for source, target in sorted(rules().items()):
                    print(*(" ".join(f"{ord(c):X}" for c in text) for text in (source, target)), sep="\t", file=file)
            options = {"normalization_rule_tsv": path}
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus.split("\n")[:500]), model_writer=model, vocab_size=100, hard_vocab_limit=False,
            minloglevel=2, **options)
        return normalizer_spec(model.getvalue())


def fields(data):
    """Numbers and contents of the fields of a protocol buffer."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or number()
            yield key >> 3, data[at:at + size]
            at += size


def normalizer_spec(model):
    """ModelProto.normalizer_spec (3), NormalizerSpec.precompiled_charsmap (2)."""
    spec = next(value for field, value in fields(model) if field == 3)
    return next(value for field, value in fields(spec) if field == 2)


def special(*contents, **options):
    return [AddedToken(content, special=True, normalized=False, **options) for content in contents]


def bert(corpus, lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(corpus.split("\n"), trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=special(*names), show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def t5(corpus, table, converted):
    tokenizer = Tokenizer(models.Unigram())
    metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    precompiled = normalizers.Precompiled(table)
    if converted:
        tokenizer.normalizer = normalizers.Sequence(
            [precompiled, normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
        tokenizer.pre_tokenizer = metaspace
    else:
        tokenizer.normalizer = precompiled
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.train_from_iterator(corpus.split("\n"), trainers.UnigramTrainer(
        vocab_size=400, special_tokens=special("<pad>", "</s>", "<unk>"), unk_token="<unk>", show_progress=False))
    tokenizer.add_special_tokens(special(*(f"<extra_id_{i}>" for i in range(99, -1, -1))))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def byte_level(corpus, family):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<|endoftext|>"] if family == "gpt2" else ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(corpus.split("\n"), trainers.BpeTrainer(
        vocab_size=400, special_tokens=special(*names), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    if family == "gpt2":
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    else:
        tokenizer.add_special_tokens(special("<mask>", lstrip=True))
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def row(tokenizer, text):
    tokenizer.encode_special_tokens = False
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    whole = tokenizer.encode(text).ids
    result = {"text": text, "ids": plain, "with_special": whole, "decoded": tokenizer.decode(whole),
              "decoded_whole": tokenizer.decode(whole, skip_special_tokens=False)}
    tokenizer.encode_special_tokens = True
    result["as_text"] = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    return result


parser = argparse.ArgumentParser()
parser.add_argument("--corpus", required=True)
parser.add_argument("--texts", required=True)
parser.add_argument("--charsmap", default="small")
parser.add_argument("--out", required=True)
arguments = parser.parse_args()
with open(arguments.corpus, encoding="utf-8") as file:
    corpus = file.read()[:300_000]
with open(arguments.texts, encoding="utf-8") as file:
    texts = [entry["text"] for entry in json.load(file)] + MORE_TEXTS
table = charsmap(arguments.charsmap, corpus)
assert base64.b64encode(table)
made = {
    "bert_uncased": bert(corpus, True),
    "bert_cased": bert(corpus, False),
    "t5": t5(corpus, table, False),
    "t5_converted": t5(corpus, table, True),
    "gpt2": byte_level(corpus, "gpt2"),
    "bart": byte_level(corpus, "bart"),
}
with open(arguments.out, "w", encoding="utf-8") as file:
    json.dump({
        "made_with": f"tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}, make_pipeline_fixtures.py "
                     f"--charsmap {arguments.charsmap}",
        "families": {name: {"tokenizer": json.loads(tokenizer.to_str()), "texts": [row(tokenizer, text) for text in texts]}
                     for name, tokenizer in made.items()},
    }, file, separators=(",", ":"))
    file.write("\n")
