"""Dimensions of the cases.

They are unequal and partly odd, so that a swapped axis or a hard-coded `4 * d_model` shows.
"""
DIMENSIONS = {
    "evolution": dict(vocab_size=61, d_model=16, d_ff=48, n_layers=2, n_heads=2, n_experts=2,
                      max_seq_len=16, batch=2, seq=11),
    "tiny_transformer": dict(vocab_size=70, d_model=24, n_heads=4, d_ff=40, max_seq_len=14,
                             n_layers=2, batch=3, seq=10),
    "recurrent": dict(vocab_size=50, embed_size=12, hidden_size=20, num_layers=3,
                      batch=3, seq=9, seq_next=5),
    "nano_gpt": dict(vocab_size=53, n_embd=24, block_size=14, n_layer=2, n_head=4,
                     batch=2, seq=12),
    "nanogpt": dict(vocab_size=23, n_embd=8, block_size=10, n_head=2, batch=2, seq=9),
    "char_gpt": dict(vocab_size=65, n_embed=24, n_head=3, n_layer=2, block_size=16,
                     dropout=0.2, batch=2, seq=13),
    "hf": dict(vocab=120, d=32, layers=2, heads=4, ff=56, positions=64, kv=8, t5_heads=3,
               buckets=8, max_distance=20, batch=3, seq=11, target=7),
    "unit": dict(rows=3, width=20, heads=4, seq=9, classes=13),
    "tokenizers": dict(word_vocab=500, byte_vocab=1000, word_from=0, word_to=None,
                       byte_from=0, byte_to=300_000, kept=60),
}
