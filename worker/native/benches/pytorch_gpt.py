"""Measures how fast PyTorch trains the same GPT on this CPU and prints it as JSON.

    python3 -m venv reference
    reference/bin/pip install torch --index-url https://download.pytorch.org/whl/cpu
    reference/bin/python worker/native/benches/pytorch_gpt.py --size 10M

The index of CPU wheels saves gigabytes; `pip install torch` without it works as well. Sizes are those
of the example candle_bench: layer norms, learned positions, biases, plain feed-forward layers with
the GELU by a hyperbolic tangent, a tied head, no dropout. AdamW is fused, and so is attention.

Both programs look at random bytes by default: the losses of the two are not those of the same numbers.
For the best figures start it with the allocator's settings of candle_bench, too:

    MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456
"""

import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

# Layers, heads, width of a head, context, batch.
SIZES = {
    "1M": (4, 4, 32, 64, 12),
    "10M": (6, 6, 64, 256, 4),
    "50M": (16, 8, 64, 256, 4),
}
# Steps before the clock starts.
WARM_UP = 3


class Block(nn.Module):
    """A pre-norm block."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        count, length, width = x.shape
        normed = self.norm1(x)
        split = (count, length, self.heads, width // self.heads)
        projected = (layer(normed) for layer in (self.query, self.key, self.value))
        query, key, value = (y.view(split).transpose(1, 2) for y in projected)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(count, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Decoder(nn.Module):
    """A GPT whose head is its table of tokens."""

    def __init__(self, vocabulary, layers, heads, head, context):
        super().__init__()
        width = heads * head
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        for table in (self.tokens, self.positions):
            nn.init.uniform_(table.weight, -(width**-0.5), width**-0.5)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)


def arguments():
    parser = argparse.ArgumentParser(description="trains a GPT and prints its speed as JSON")
    parser.add_argument("--size", choices=SIZES, default="10M")
    parser.add_argument("--precision", choices=["f32", "bf16", "both"], default="both")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--vocabulary", type=int, default=256)
    parser.add_argument("--data", help="a file; its bytes are taken modulo the vocabulary")
    return parser.parse_args()


def tokens(given):
    """The data as token ids."""
    if given.data is None:
        torch.manual_seed(1)
        return torch.randint(given.vocabulary, (1 << 20,))
    with open(given.data, "rb") as file:
        read = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)
    return read.long() % given.vocabulary


def measure(given, precision, data):
    layers, heads, head, context, batch = SIZES[given.size]
    torch.manual_seed(1)
    model = Decoder(given.vocabulary, layers, heads, head, context)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() != 2]
    groups = [
        {"params": matrices, "weight_decay": 0.1},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), eps=1e-8, fused=True)
    milliseconds, losses = [], []
    for step in range(WARM_UP + given.steps):
        start = time.perf_counter()
        starts = torch.randint(len(data) - context, (batch,))
        rows = torch.stack([data[first : first + context + 1] for first in starts])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = model(rows[:, :-1])
            loss = F.cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if step >= WARM_UP:
            milliseconds.append(1e3 * (time.perf_counter() - start))
    median = statistics.median(milliseconds)
    return {
        "torch": torch.__version__,
        "precision": precision,
        "tokens_per_second": batch * context / median * 1e3,
        "milliseconds_per_step": median,
        "least_milliseconds": min(milliseconds),
        "most_milliseconds": max(milliseconds),
        "steps": given.steps,
        "threads": torch.get_num_threads(),
        "parameters": sum(p.numel() for p in model.parameters()),
        # Of the process so far, in units of 2^20 bytes; Linux counts in 2^10.
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "first_loss": losses[0],
        "last_loss": losses[-1],
    }


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    data = tokens(given)
    precisions = ["f32", "bf16"] if given.precision == "both" else [given.precision]
    for precision in precisions:
        print(json.dumps(measure(given, precision, data)), flush=True)


main()
