#!/usr/bin/env python3
"""Measures an exported decoder by transformers and compares its loss with the recorded one.

    python3 -m venv reference
    reference/bin/pip install torch transformers --extra-index-url https://download.pytorch.org/whl/cpu
    reference/bin/python worker/native/benches/llama_loss.py .local/demo/model .local/corpus.bin

The directory is what `assay model export` or the quickstart wrote, the file the data it was trained on;
tokens are bytes. Fails unless the two losses agree within the rounding of the exact profile.
"""

import argparse
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import LlamaForCausalLM

# What 12 bits an operand may cost, in nats.
TOLERANCE = 5e-4


def held_out(data, rows, context):
    """Examples spread evenly over the last sixteenth, with their next bytes: [rows, context + 1]."""
    train = len(data) - len(data) // 16
    span = len(data) // 16 - context
    starts = (train + row * span // rows for row in range(rows))
    return torch.tensor([list(data[start : start + context + 1]) for start in starts])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    given = parser.parse_args()
    record = json.loads((given.model / "config.json").read_text())["assay"]
    tensors = load_file(given.model / "model.safetensors")
    context = record["plan"]["model"]["gpt"]["context"]
    examples = held_out(given.data.read_bytes(), record["plan"]["eval_rows"], context)
    model = LlamaForCausalLM.from_pretrained(given.model, dtype=torch.float32)
    missing = set(tensors) - set(model.state_dict())
    if missing:
        sys.exit(f"transformers does not know {sorted(missing)}")
    with torch.no_grad():
        logits = model(examples[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), examples[:, 1:].flatten())
    difference = loss.item() - record["loss"]
    print(json.dumps({
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "transformers": loss.item(),
        "recorded": record["loss"],
        "difference": difference,
    }))
    if abs(difference) > TOLERANCE:
        sys.exit("the losses differ by more than the rounding")


if __name__ == "__main__":
    main()
