"""Times Hugging Face transformers: loads a model folder, processes a prompt, generates greedily, prints one JSON line.

Called by generation.ts with one JSON argument: `model`, `folder`, `architecture` (a class of transformers), `precision`
(float32 or bf16), `repeats`, `prompt` (token ids), `batch` (prompts per batch of an encoder) and `newTokens`.
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
    """Times of the generated tokens."""

    def __init__(self):
        self.times = []

    def put(self, value):
        self.times.append(time.perf_counter())

    def end(self):
        pass


encoder_only = not model.can_generate()
ids = torch.tensor(task["prompt"]).reshape(task["batch"] if encoder_only else 1, -1)
mask = torch.ones_like(ids)
encoder_decoder = model.config.is_encoder_decoder


def process_prompt():
    if encoder_only:
        return model(ids, attention_mask=mask)
    if encoder_decoder:
        return model.get_encoder()(ids, attention_mask=mask)
    return model(ids, attention_mask=mask, use_cache=True, logits_to_keep=1)


best_prompt = best_generate = float("inf")
with torch.inference_mode():
    for _ in range(task["repeats"]):
        start = time.perf_counter()
        result = process_prompt()
        best_prompt = min(best_prompt, time.perf_counter() - start)
        if encoder_only:
            generated = result.last_hidden_state[0].argmax(-1).tolist()
            continue
        clock = Clock()
        count = task["newTokens"]
        out = model.generate(
            ids, attention_mask=mask, max_new_tokens=count, min_new_tokens=count, do_sample=False, num_beams=1,
            eos_token_id=None, forced_eos_token_id=None, forced_bos_token_id=None, pad_token_id=0, streamer=clock)
        generated = out[0, -count:].tolist()
        # times[0] is the prompt.
        best_generate = min(best_generate, clock.times[-1] - clock.times[1])

print(json.dumps({
    "peer": f"transformers {transformers.__version__}",
    "model": task["model"],
    "parameters": model.num_parameters(),
    "ids": generated,
    "load_ms": loading * 1e3,
    "prompt_ms": best_prompt * 1e3,
    "tokens_per_s": ids.numel() / best_prompt if encoder_only else (task["newTokens"] - 1) / best_generate,
}), flush=True)
