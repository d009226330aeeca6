"""Hugging Face's side of the generation race: loads a folder, reads and writes greedily, and prints a line of JSON.

Called by generation.ts with one JSON argument: `model`, `folder`, `architecture` (a class of transformers), `precision`
(of weights and products: float32 or bf16), `repeats`,
`prompt` (ids of one text), `texts` (how many an encoder alone reads at once) and `written` (how many tokens to write).
"""
import json
import sys
import time

import torch
import transformers
from transformers.generation.streamers import BaseStreamer

task = json.loads(sys.argv[1])
transformers.utils.logging.set_verbosity_error()
start = time.perf_counter()
dtype = {"float32": torch.float32, "bf16": torch.bfloat16}[task["precision"]]
model = getattr(transformers, task["architecture"]).from_pretrained(task["folder"], dtype=dtype).eval()
loading = time.perf_counter() - start


class Clock(BaseStreamer):
    """When the first token was there, and the last."""

    def __init__(self):
        self.times = []

    def put(self, value):
        self.times.append(time.perf_counter())

    def end(self):
        pass


encoder_alone = not model.can_generate()
ids = torch.tensor(task["prompt"]).reshape(task["texts"] if encoder_alone else 1, -1)
mask = torch.ones_like(ids)
both = model.config.is_encoder_decoder


def read():
    if encoder_alone:
        return model(ids, attention_mask=mask)
    if both:
        return model.get_encoder()(ids, attention_mask=mask)
    return model(ids, attention_mask=mask, use_cache=True, logits_to_keep=1)


best_read = best_write = float("inf")
with torch.inference_mode():
    for _ in range(task["repeats"]):
        start = time.perf_counter()
        result = read()
        best_read = min(best_read, time.perf_counter() - start)
        if encoder_alone:
            written = result.last_hidden_state[0].argmax(-1).tolist()
            continue
        clock = Clock()
        count = task["written"]
        out = model.generate(
            ids, attention_mask=mask, max_new_tokens=count, min_new_tokens=count, do_sample=False, num_beams=1,
            eos_token_id=None, forced_eos_token_id=None, forced_bos_token_id=None, pad_token_id=0, streamer=clock)
        written = out[0, -count:].tolist()
        # The prompt comes first, then token by token.
        best_write = min(best_write, clock.times[-1] - clock.times[1])

print(json.dumps({
    "peer": f"transformers {transformers.__version__}",
    "model": task["model"],
    "parameters": model.num_parameters(),
    "ids": written,
    "load_ms": loading * 1e3,
    "prompt_ms": best_read * 1e3,
    "tokens_per_s": ids.numel() / best_read if encoder_alone else (task["written"] - 1) / best_write,
}), flush=True)
