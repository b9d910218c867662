#!/usr/bin/env python3
"""Train the `g2p` pronunciation model: English spelling to phonemes, PyTorch's nn.Transformer, on a CPU.

    pip install torch safetensors numpy

    python train.py split  --data CMUDICT --out RUN
    python train.py train  --data CMUDICT --out RUN --minutes 240
    python train.py eval   --data CMUDICT --out RUN
    python train.py say    --out RUN --words linnet kernel
    python train.py export --out RUN --export RUN/export
    python train.py golden --data CMUDICT --out RUN --export RUN/export

CMUDICT holds cmudict.dict, the Carnegie Mellon Pronouncing Dictionary. RUN receives everything that is
made:

    {train,valid,test}.words       the words of each part, one per line
    {train,valid,test}.phonemes    their pronunciations, alternatives separated by tabs
    last.pt, best.pt               checkpoints (weights, optimiser state, position in the data, time used)
    train.log                      the log of the run
    export/                        the weights, the two vocabularies and config.json, for linnet-convert

Which part a word belongs to is in split.py, which needs no libraries.

`train` continues from last.pt when there is one. The learning rate follows the processor time and not a
number of steps: progress is (minutes of processor time used) / (--minutes). A resumed run can be given
more of them. With --finish-in N what is left of the schedule is laid over the next N minutes of the
clock instead, so the run ends fully annealed and on time however busy the machine is.
"""

import argparse
import json
import math
import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from split import order_of, read_dictionary, split, write_split

warnings.filterwarnings("ignore", message=".*enable_nested_tensor.*")

CONFIG = dict(
    d_model=192,
    nhead=6,
    num_encoder_layers=3,
    num_decoder_layers=3,
    dim_feedforward=640,
    activation="gelu",
    norm_first=True,
    layer_norm_eps=1e-5,
    bias=True,
)
POSITIONS = 64
SPECIALS = ["<pad>", "<s>", "</s>", "<unk>"]
PAD, BEGIN, END, UNKNOWN = range(4)


# ---------------------------------------------------------------------------------------------- data


class Vocabulary:
    def __init__(self, tokens):
        self.tokens = tokens
        self.ids = {token: i for i, token in enumerate(tokens)}

    @classmethod
    def of(cls, sequences):
        return cls(SPECIALS + sorted({token for sequence in sequences for token in sequence}))

    @classmethod
    def read(cls, path):
        return cls(Path(path).read_text(encoding="utf-8").split("\n")[:-1])

    def write(self, path):
        path.write_text("".join(token + "\n" for token in self.tokens), encoding="utf-8")

    def encode(self, tokens):
        return [self.ids.get(token, UNKNOWN) for token in tokens] + [END]


def padded(rows):
    out = torch.full((len(rows), max(map(len, rows))), PAD)
    for i, row in enumerate(rows):
        out[i, :len(row)] = torch.tensor(row)
    return out


class Pairs:
    """Every pronunciation of every word as a pair of its own, in batches of similar lengths."""

    def __init__(self, entries, words, source, target, seed):
        self.pairs = [(source.encode(word), target.encode(phonemes))
                      for word in words for phonemes in entries[word]]
        self.seed = seed

    def epoch(self, number, size):
        """Lists of pairs of which each side, with its padding, has at most `size` tokens."""
        rng = np.random.default_rng([self.seed, number])
        order = sorted(rng.permutation(len(self.pairs)).tolist(),
                       key=lambda i: (len(self.pairs[i][0]), len(self.pairs[i][1])))
        batches, batch, widest = [], [], 0
        for i in order:
            widest = max(widest, *map(len, self.pairs[i]))
            if batch and widest * (len(batch) + 1) > size:
                batches.append(batch)
                batch, widest = [], max(map(len, self.pairs[i]))
            batch.append(self.pairs[i])
        batches.append(batch)
        return [batches[i] for i in rng.permutation(len(batches))]

    def batches(self, size, number, position):
        """Endless (epoch, position after the batch, sources, targets), from a given place on."""
        while True:
            epoch = self.epoch(number, size)
            while position < len(epoch):
                sources, targets = zip(*epoch[position])
                position += 1
                yield number, position, padded(sources), padded(targets)
            number, position = number + 1, 0


# --------------------------------------------------------------------------------------------- model


def sinusoids(positions, width):
    """[positions, width]; sine and cosine take turns, as in Vaswani et al. (2017), section 3.5."""
    rate = 10000.0 ** (-torch.arange(0, width, 2) / width)
    angle = torch.outer(torch.arange(positions).float(), rate)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)


class Dropout(nn.Module):
    """Dropout at 26/256, from random bytes: drawing a Bernoulli number for each element took a fifth of
    the training time."""

    random = np.random.default_rng(0)
    factors = np.where(np.arange(256) < 26, 0, 256 / 230).astype(np.float32)

    def forward(self, x):
        if not self.training:
            return x
        return x * torch.from_numpy(self.factors[self.random.integers(0, 256, x.shape, dtype=np.uint8)])


class G2p(nn.Module):
    def __init__(self, source_size, target_size):
        super().__init__()
        width = CONFIG["d_model"]
        self.transformer = nn.Transformer(**CONFIG, dropout=0.0, batch_first=True)
        self.source_embedding = nn.Embedding(source_size, width)
        self.target_embedding = nn.Embedding(target_size, width)
        self.head = nn.Linear(width, target_size)
        self.dropout = Dropout()
        for layer in (*self.transformer.encoder.layers, *self.transformer.decoder.layers):
            for name in ("dropout", "dropout1", "dropout2", "dropout3"):
                if hasattr(layer, name):
                    setattr(layer, name, Dropout())
        self.register_buffer("positions", sinusoids(POSITIONS, width), persistent=False)
        for table in (self.source_embedding, self.target_embedding):
            nn.init.normal_(table.weight, std=width ** -0.5)

    def embed(self, table, tokens):
        x = table(tokens) * math.sqrt(CONFIG["d_model"])
        return self.dropout(x + self.positions[:tokens.shape[1]])

    def encode(self, source):
        return self.transformer.encoder(self.embed(self.source_embedding, source),
                                        src_key_padding_mask=padding(source))

    def decode(self, memory, source, target):
        """Logits [batch, target tokens, vocabulary] of the token after each of `target`."""
        mask = torch.full((target.shape[1],) * 2, -math.inf).triu(1)
        x = self.transformer.decoder(self.embed(self.target_embedding, target), memory, tgt_mask=mask,
                                     memory_key_padding_mask=padding(source), tgt_is_causal=True)
        return self.head(x)

    def loss(self, source, target, smoothing):
        """Sum over the target tokens, </s> among them."""
        shifted = torch.cat((torch.full_like(target[:, :1], BEGIN), target[:, :-1]), dim=1)
        logits = self.decode(self.encode(source), source, shifted)
        return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction="sum",
                               label_smoothing=smoothing)

    @torch.no_grad()
    def greedy(self, source):
        """For each row the most likely tokens up to </s> exclusive, and the sum of their natural log
        probabilities, </s> included."""
        memory = self.encode(source)
        target = torch.full((len(source), 1), BEGIN)
        scores, done = torch.zeros(len(source)), torch.zeros(len(source), dtype=torch.bool)
        while not done.all() and target.shape[1] < POSITIONS:
            best, token = F.log_softmax(self.decode(memory, source, target)[:, -1], dim=-1).max(-1)
            scores += best.masked_fill(done, 0.0)
            target = torch.cat((target, token.masked_fill(done, PAD)[:, None]), dim=1)
            done |= token == END
        return [[t for t in row if t not in (PAD, END)] for row in target[:, 1:].tolist()], scores.tolist()


def padding(tokens):
    """What nobody may look at, or nothing where all rows are equally long."""
    mask = tokens == PAD
    return mask if mask.any() else None


def schedule(progress):
    """Warm-up in the first 2 % of the time, constant to 25 %, then linear to zero."""
    if progress < 0.02:
        return max(progress / 0.02, 0.01)
    return min(1.0, max(0.0, (1 - progress) / 0.75))


# ------------------------------------------------------------------------------------------ measures


def distance(a, b):
    """Levenshtein: insertions, deletions and substitutions that make b of a."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        last, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            last, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, last + (x != y))
    return row[-1]


def without_stress(phonemes):
    return [p.rstrip("012") for p in phonemes]


def errors(hypotheses, references, strip):
    """In %: words that equal none of their pronunciations; edits to the nearest / its length, where of
    equally near ones the first in the dictionary counts."""
    wrong = edits = length = 0
    for hypothesis, alternatives in zip(hypotheses, references):
        if strip:
            hypothesis, alternatives = without_stress(hypothesis), [without_stress(a) for a in alternatives]
        wrong += hypothesis not in alternatives
        best, size = min(((distance(hypothesis, a), len(a)) for a in alternatives), key=lambda pair: pair[0])
        edits += best
        length += size
    return 100 * wrong / len(references), 100 * edits / length


def pronounce(model, words, source, target, batch=128):
    """The greedy pronunciations and their scores, in the order of the words."""
    order = sorted(range(len(words)), key=lambda i: len(words[i]))
    out = [None] * len(words)
    for at in range(0, len(order), batch):
        part = order[at:at + batch]
        rows, scores = model.greedy(padded([source.encode(words[i]) for i in part]))
        for i, row, score in zip(part, rows, scores):
            out[i] = ([target.tokens[t] for t in row], score)
    return out


# -------------------------------------------------------------------------------------------- output


def save_atomically(thing, path):
    partial = path.with_suffix(".partial")
    torch.save(thing, partial)
    os.replace(partial, path)


def side(name, **more):
    return dict(vocabulary=f"{name}_vocabulary.txt", **more, unknown="<unk>", pad="<pad>")


def export(model, source, target, folder):
    """Files are made beside the folder and renamed into it. Capital letters follow the vocabulary of the
    source, each with the embedding of its small letter."""
    from safetensors.torch import save_file
    folder.mkdir(parents=True, exist_ok=True)
    work = folder.with_suffix(".partial")
    work.mkdir(exist_ok=True)
    small = [i for i, token in enumerate(source.tokens) if len(token) == 1 and token.isalpha()]
    weights = {k: v.detach().clone().contiguous() for k, v in model.state_dict().items()}
    letters = weights["source_embedding.weight"]
    weights["source_embedding.weight"] = torch.cat((letters, letters[small]))
    save_file(weights, work / "model.safetensors", metadata={"format": "pt"})
    Vocabulary(source.tokens + [source.tokens[i].upper() for i in small]).write(work / "source_vocabulary.txt")
    target.write(work / "target_vocabulary.txt")
    config = dict(
        model_type="nn.Transformer", **CONFIG,
        positions="sinusoid", sinusoid_layout="interleaved", position_start=0, max_positions=POSITIONS,
        scale_embedding=True, prefix="transformer.", source_embedding="source_embedding",
        target_embedding="target_embedding", head="head", ignored=[],
        source=side("source", split="characters", begin=[], end=["</s>"]),
        target=side("target", split="words", start=["<s>"], end="</s>"))
    (work / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    for file in sorted(work.iterdir()):
        os.replace(file, folder / file.name)
    work.rmdir()


def load(out, name):
    """The model of a checkpoint in evaluation mode, and the two vocabularies that lie in it."""
    saved = torch.load(out / f"{name}.pt", weights_only=True)
    source, target = Vocabulary(saved["source"]), Vocabulary(saved["target"])
    model = G2p(len(source.tokens), len(target.tokens))
    model.load_state_dict(saved["model"])
    return model.eval(), source, target


# ------------------------------------------------------------------------------------------ commands


def train(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    log_file = open(out / "train.log", "a", buffering=1)

    def log(text):
        print(text, flush=True)
        log_file.write(text + "\n")

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    Dropout.random = np.random.default_rng(int(time.time()))

    entries = read_dictionary(Path(args.data) / "cmudict.dict")
    parts = split(entries)
    source = Vocabulary.of(parts["train"])
    target = Vocabulary.of(p for word in parts["train"] for p in entries[word])
    pairs = Pairs(entries, parts["train"], source, target, args.seed)
    held_out = Pairs(entries, parts["valid"], source, target, args.seed)
    quick = parts["valid"][::max(1, len(parts["valid"]) // args.valid_words)][:args.valid_words]

    model = G2p(len(source.tokens), len(target.tokens))
    decayed = [p for p in model.transformer.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if not any(p is d for d in decayed)]
    adam = torch.optim.AdamW([dict(params=decayed, weight_decay=0.01), dict(params=others, weight_decay=0.0)],
                             lr=args.lr, betas=(0.9, 0.98), eps=1e-9, fused=True)
    state = dict(step=0, pairs=0, used=0.0, epoch=0, position=0, best=math.inf)

    def used():
        """Seconds of processor time, over all parts of the run."""
        return state["used"] + time.process_time() - counted

    counted = time.process_time()
    if (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        adam.load_state_dict(saved["adam"])
        state = saved["state"]
        log(f"resumed at step {state['step']}, {used() / 60:.1f} of {args.minutes:g} min"
            + (f", to finish in {args.finish_in:g}" if args.finish_in else ""))
    else:
        log(f"{sum(p.numel() for p in model.parameters())} parameters; {len(pairs.pairs)} pairs of "
            f"{len(parts['train'])} words; validation {len(held_out.pairs)} pairs of {len(parts['valid'])} words; "
            f"{len(source.tokens)} source and {len(target.tokens)} target tokens")
        log("config " + json.dumps(CONFIG))
        log("run " + json.dumps(dict(seed=args.seed, minutes=args.minutes, batch=args.batch, lr=args.lr,
                                     smoothing=args.smoothing, threads=args.threads, torch=torch.__version__)))

    budget = args.minutes * 60
    before = used() / budget
    start = time.monotonic()

    def progress():
        if args.finish_in:
            return before + (1 - before) * (time.monotonic() - start) / (args.finish_in * 60)
        return used() / budget

    stop = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.append(True))

    @torch.no_grad()
    def check():
        model.eval()
        total = count = 0
        for batch in held_out.epoch(0, args.batch):
            sources, targets = map(padded, zip(*batch))
            total += model.loss(sources, targets, 0.0).item()
            count += int((targets != PAD).sum())
        said = [p for p, _ in pronounce(model, quick, source, target)]
        model.train()
        plain, marked = (errors(said, [entries[w] for w in quick], strip) for strip in (True, False))
        log(f"held-out  step {state['step']:6d}  loss {total / count:.4f}  greedy, {len(quick)} words: "
            f"word error {plain[0]:.1f} %, phoneme error {plain[1]:.2f} %; "
            f"with stress {marked[0]:.1f} %, {marked[1]:.2f} %")
        return total / count

    def save(checked):
        if checked:
            loss = check()
        everything = dict(model=model.state_dict(), adam=adam.state_dict(), state=dict(state, used=used()),
                          source=source.tokens, target=target.tokens)
        if checked and loss < state["best"]:
            state["best"] = loss
            save_atomically(everything, out / "best.pt")
        save_atomically(everything, out / "last.pt")

    batches = pairs.batches(args.batch, state["epoch"], state["position"])
    last_save = last_log = time.monotonic()
    last_check = used()
    running = running_tokens = 0
    model.train()
    while not stop:
        done = progress()
        if done >= 1:
            break
        for group in adam.param_groups:
            group["lr"] = args.lr * schedule(done)

        state["epoch"], state["position"], x, y = next(batches)
        tokens = int((y != PAD).sum())
        loss = model.loss(x, y, args.smoothing)
        (loss / tokens).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        model.zero_grad(set_to_none=True)
        state["step"] += 1
        state["pairs"] += len(x)
        running += loss.item()
        running_tokens += tokens

        now = time.monotonic()
        if state["step"] % args.log_every == 0:
            log(f"step {state['step']:6d}  epoch {state['pairs'] / len(pairs.pairs):5.2f}  "
                f"loss {running / running_tokens:.4f}  lr x{schedule(done):.3f}  "
                f"{running_tokens / (now - last_log):6.0f} tok/s  {used() / 60:6.2f} min")
            running, running_tokens, last_log = 0.0, 0, now
        if now - last_save > args.save_minutes * 60:
            checked = used() - last_check > args.check_minutes * 60
            save(checked)
            last_log += time.monotonic() - now
            last_save = time.monotonic()
            last_check = used() if checked else last_check
    save(not stop)
    log("interrupted" if stop else f"done: {state['step']} steps, "
        f"{state['pairs'] / len(pairs.pairs):.2f} epochs, {used() / 60:.1f} min")


def evaluate(args):
    torch.set_num_threads(args.threads)
    model, source, target = load(Path(args.out), args.checkpoint)
    entries = read_dictionary(Path(args.data) / "cmudict.dict")
    words = split(entries)[args.part]
    said = [p for p, _ in pronounce(model, words, source, target)]
    for strip, name in ((True, "without stress"), (False, "with stress")):
        word, phoneme = errors(said, [entries[w] for w in words], strip)
        print(f"{args.part}, {len(words)} words, greedy, {name}: word error {word:.2f} %, "
              f"phoneme error {phoneme:.2f} %")


def say(args):
    model, source, target = load(Path(args.out), args.checkpoint)
    for word, (phonemes, score) in zip(args.words, pronounce(model, args.words, source, target)):
        print(f"{word}\t{' '.join(phonemes)}\t{score:.4f}")


def write_export(args):
    export(*load(Path(args.out), args.checkpoint), Path(args.export))


@torch.no_grad()
def golden(args):
    """Outputs of PyTorch for the first 20 test words in the order of the hash, and for
    `linnet`, written beside the export."""
    model, source, target = load(Path(args.out), args.checkpoint)
    words = sorted(split(read_dictionary(Path(args.data) / "cmudict.dict"))["test"], key=order_of)[:20]
    words.append("linnet")
    cases = []
    for i, word in enumerate(words):
        ids = torch.tensor([source.encode(word)])
        rows, scores = model.greedy(ids)
        case = dict(word=word, source=ids[0].tolist(), tokens=[target.tokens[t] for t in rows[0]], ids=rows[0],
                    log_probability=scores[0])
        if i < 3:
            case["first_logits"] = model.decode(model.encode(ids), ids, torch.tensor([[BEGIN]]))[0, 0].tolist()
        cases.append(case)
    (Path(args.export) / "golden.json").write_text(json.dumps(cases, indent=1) + "\n")


COMMANDS = dict(split=lambda args: write_split(args.data, args.out), train=train, eval=evaluate, say=say,
                export=write_export, golden=golden)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--data", help="folder of cmudict.dict")
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--export", help="folder for the exported model")
    parser.add_argument("--checkpoint", default="best", choices=("best", "last"))
    parser.add_argument("--part", default="test", choices=("train", "valid", "test"))
    parser.add_argument("--words", nargs="+", default=["linnet"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--minutes", type=float, default=240,
                        help="processor time of the schedule, over all resumed parts")
    parser.add_argument("--finish-in", type=float, help="minutes of the clock in which to end the schedule")
    parser.add_argument("--batch", type=int, default=1280, help="tokens of one side in a step, with padding")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--smoothing", type=float, default=0.1)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-minutes", type=float, default=3)
    parser.add_argument("--check-minutes", type=float, default=8,
                        help="processor time between two looks at the validation words")
    parser.add_argument("--valid-words", type=int, default=500)
    args = parser.parse_args()
    COMMANDS[args.command](args)


if __name__ == "__main__":
    main()
