"""transformers' side of round-trip.mjs: writes models for it, and reads those that it wrote.

    python round_trip.py make FOLDER    small random models of the four families, each with inputs and logits
    python round_trip.py read FOLDER    logits (answer.safetensors) and ids (answer.json) of every model in it
"""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BartConfig, BertConfig, GPT2Config, T5Config
from transformers import BartForConditionalGeneration, BertForMaskedLM, GPT2LMHeadModel, T5ForConditionalGeneration

SIZES = {"vocab_size": 300}
MADE = {
    "gpt2": (GPT2LMHeadModel, GPT2Config(n_embd=48, n_head=3, n_layer=3, n_positions=40, bos_token_id=1, eos_token_id=1, **SIZES)),
    "bert": (BertForMaskedLM, BertConfig(hidden_size=48, num_hidden_layers=3, num_attention_heads=3, intermediate_size=96,
                                         max_position_embeddings=40, **SIZES)),
    "bart": (BartForConditionalGeneration, BartConfig(d_model=48, encoder_layers=2, decoder_layers=3, encoder_attention_heads=3,
                                                      decoder_attention_heads=3, encoder_ffn_dim=96, decoder_ffn_dim=96,
                                                      max_position_embeddings=40, **SIZES)),
    "t5": (T5ForConditionalGeneration, T5Config(d_model=48, d_kv=16, d_ff=96, num_layers=2, num_decoder_layers=3, num_heads=3,
                                                decoder_start_token_id=0, **SIZES)),
}
CLASSES = {model.__name__: model for model, _ in MADE.values()}


def logits(model, inputs):
    given = {"input_ids": inputs["ids"]}
    if "decoder_ids" in inputs:
        given["decoder_input_ids"] = inputs["decoder_ids"]
    with torch.no_grad():
        return model.eval()(**given).logits.contiguous()


def make(folder):
    for name, (kind, config) in MADE.items():
        torch.manual_seed(len(name))
        model = kind(config)
        for parameter in model.parameters():  # zeros and ones would hide mistakes
            parameter.data += 0.02 * torch.randn_like(parameter)
        model.save_pretrained(folder / name)
        inputs = {"ids": torch.randint(4, 300, (2, 17))}
        if config.is_encoder_decoder:
            inputs["decoder_ids"] = torch.randint(4, 300, (2, 11))
        save_file({**inputs, "logits": logits(model, inputs)}, folder / name / "ask.safetensors")


def read(folder):
    for path in sorted(folder.iterdir()):
        config = json.loads((path / "config.json").read_text())
        model, info = CLASSES[config["architectures"][0]].from_pretrained(path, output_loading_info=True)
        wrong = {kind: sorted(names) for kind, names in info.items() if names}
        assert not wrong, f"{path}: {wrong}"
        save_file({"logits": logits(model, load_file(path / "ask.safetensors"))}, path / "answer.safetensors")
        answer = {}
        if (path / "tokenizer.json").exists():
            tokenizer = AutoTokenizer.from_pretrained(path)
            texts = json.loads((path / "texts.json").read_text())
            ids = [tokenizer(text)["input_ids"] for text in texts]
            answer = {"kind": type(tokenizer).__name__, "ids": ids, "decoded": [tokenizer.decode(row) for row in ids],
                      "eos": tokenizer.eos_token_id}
        (path / "answer.json").write_text(json.dumps(answer))


transformers.logging.set_verbosity_error()
{"make": make, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]))
print(f"transformers {transformers.__version__}, torch {torch.__version__}")
