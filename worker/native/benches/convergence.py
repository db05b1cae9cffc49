#!/usr/bin/env python3
"""Compares the losses of the exact lane and of bf16 with those of f32, in pairs of one seed.

    convergence.py DIR [--plot FILE]

DIR is what scripts/convergence.sh has filled. The table needs Python alone, the plot matplotlib.
"""

import argparse
import json
import math
import pathlib
import statistics
import sys

# Student's t, 97.5 %, by degrees of freedom: half the width of a 95 % interval in standard errors.
T = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262,
    10: 2.228, 11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 19: 2.093, 29: 2.045,
}
# What the exact lane has to reach, in per cent of the loss in f32.
MEAN, INTERVAL = 0.3, 0.5


def read(directory):
    """The runs by (plan, data, base, scale), then lane, then seed."""
    groups = {}
    for path in sorted(pathlib.Path(directory).glob("*.json")):
        run = json.loads(path.read_text())
        key = (run["plan"], run["data"], run["base"], run["scale"])
        groups.setdefault(key, {}).setdefault(run["lane"], {})[run["seed"]] = run
    return groups


def interval(differences):
    """Mean and half the width of its 95 % interval."""
    mean = statistics.mean(differences)
    count = len(differences)
    if count < 2:
        return mean, math.inf
    at = max(freedom for freedom in T if freedom <= count - 1)
    return mean, T[at] * statistics.stdev(differences) / math.sqrt(count)


def reference(groups, key):
    """Runs in f32 for a group: floats don't see a scale nor second terms."""
    plan, data, base, scale = key
    if base is not None:
        return groups.get(("wide", data, base, 4096), {}).get("f32", {})
    return groups.get(key, {}).get("f32", {})


def table(groups):
    print("| plan | text | lane | seeds | loss | f32 | difference | 95 % interval | reached |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for key in sorted(groups, key=lambda key: (key[2] or "", key[0], key[1], key[3])):
        plan, data, base, scale = key
        floats = reference(groups, key)
        name = plan if base is None else f"{plan}, adapters, x {scale}"
        for lane in ("exact", "bf16"):
            runs = groups[key].get(lane, {})
            seeds = sorted(set(runs) & set(floats))
            if not seeds:
                continue
            differences = [
                100 * (runs[seed]["held_out"] / floats[seed]["held_out"] - 1) for seed in seeds
            ]
            mean, half = interval(differences)
            within = abs(mean) <= MEAN and abs(mean) + half <= INTERVAL
            loss = statistics.mean(runs[seed]["held_out"] for seed in seeds)
            other = statistics.mean(floats[seed]["held_out"] for seed in seeds)
            print(
                f"| {name} | {data} | {lane} | {len(seeds)} | {loss:.4f} | {other:.4f} "
                f"| {mean:+.3f} % | {mean - half:+.3f} to {mean + half:+.3f} % "
                f"| {'yes' if within else 'no'} |"
            )


def plot(groups, file):
    try:
        import matplotlib
    except ImportError:
        sys.exit("the plot needs matplotlib: install it into a virtual environment")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    keys = sorted(key for key in groups if key[2] is None)
    figure, axes = pyplot.subplots(2, len(keys), figsize=(4 * len(keys), 6.4), squeeze=False)
    styles = {"f32": ("black", "-", 2.2), "bf16": ("tab:orange", "--", 1.2), "exact": ("tab:blue", ":", 1.6)}
    for column, key in enumerate(keys):
        above, below = axes[0][column], axes[1][column]
        lanes = groups[key]
        for lane, (colour, line, width) in styles.items():
            runs = lanes.get(lane, {})
            seeds = sorted(set(runs) & set(lanes.get("f32", {})))
            if not seeds:
                continue
            curves = [runs[seed]["curve"] for seed in seeds]
            steps = [runs[seeds[0]]["point"] * (at + 1) for at in range(len(curves[0]))]
            mean = [statistics.mean(values) for values in zip(*curves)]
            above.plot(steps, mean, line, color=colour, lw=width, label=f"{lane}, {len(seeds)} seeds")
            if lane == "f32":
                continue
            for seed in seeds:
                pairs = zip(runs[seed]["curve"], lanes["f32"][seed]["curve"])
                below.plot(steps, [100 * (a / b - 1) for a, b in pairs], line, color=colour, lw=0.6)
        above.set_title(f"{key[0]}, {key[1]}", fontsize=10)
        above.legend(fontsize=8)
        below.axhspan(-INTERVAL, INTERVAL, color="tab:green", alpha=0.12)
        below.axhline(0, color="black", lw=0.6)
        below.set_ylim(-2, 2)
        below.set_xlabel("step")
    axes[0][0].set_ylabel("loss of batches, nats")
    axes[1][0].set_ylabel("difference from f32, same seed, %")
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--plot", metavar="FILE")
    given = parser.parse_args()
    groups = read(given.directory)
    if not groups:
        sys.exit(f"{given.directory} has no runs: fill it with scripts/convergence.sh")
    table(groups)
    if given.plot:
        plot(groups, given.plot)


if __name__ == "__main__":
    main()
