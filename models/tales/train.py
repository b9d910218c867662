#!/usr/bin/env python3
"""Train the `tales` story model: a small Llama, from nothing, on a CPU, in an hour and a half.

    pip install torch transformers sentencepiece safetensors numpy

    python train.py train  --data DATA --out RUN --minutes 97
    python train.py eval   --data DATA --out RUN
    python train.py sample --out RUN --prompt "Once upon a time"
    python train.py check  --out RUN

DATA holds tales.txt and tales.valid.txt: UTF-8 text, one story after another, each ended by a line
`<|endoftext|>`, the first line of a story being its title. RUN receives everything that is made:

    tokenizer.model     byte-fallback BPE of 4096 pieces, trained on tales.txt alone
    last.pt, best.pt    checkpoints (weights, optimiser state, position in the data, time used)
    train.log           the log of the run
    export/             the model as a Hugging Face folder (float32)

`train` continues from last.pt when there is one. The learning rate follows the clock and not a number
of steps: progress is (training time used) / (--minutes), so the run ends fully annealed and on time
however busy the machine is. That also means that a second run, on another machine, makes another
number of steps; the seed fixes the initial weights and the order of the data.

The hidden matrices are trained by Muon (momentum, made orthogonal by five Newton-Schulz steps), the
embedding and the norms by AdamW.
"""

import argparse
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import sentencepiece as spm
import torch
import torch.nn.functional as F
from torch import nn

CONFIG = dict(
    vocab_size=4096,
    hidden_size=256,
    intermediate_size=704,
    num_hidden_layers=4,
    num_attention_heads=8,
    num_key_value_heads=4,
    head_dim=32,
    max_position_embeddings=512,
    rms_norm_eps=1e-5,
    rope_theta=10000.0,
)
BOS, EOS, IGNORE = 1, 2, -100
SEPARATOR = "<|endoftext|>"


# ---------------------------------------------------------------------------------------------- text


def read_stories(path):
    """The stories of a file, without separator lines and without the newline before them."""
    stories, lines = [], []
    for line in Path(path).read_text(encoding="utf-8").split("\n"):
        if line == SEPARATOR:
            stories.append("\n".join(lines).strip("\n"))
            lines = []
        else:
            lines.append(line)
    return [s for s in stories if s]


def make_tokenizer(stories, path):
    """Train the BPE. Lines go in one by one, so a newline is never part of a piece: it stays <0x0A>."""
    lines = [line for story in stories for line in story.split("\n") if line]
    partial = path.with_name("tokenizer.partial")
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(partial),
        model_type="bpe",
        vocab_size=CONFIG["vocab_size"],
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=True,
        character_coverage=0.99995,
        max_sentence_length=1 << 16,
        unk_id=0, bos_id=BOS, eos_id=EOS, pad_id=-1,
        num_threads=2,
        minloglevel=2,
    )
    os.replace(f"{partial}.model", path)
    os.remove(f"{partial}.vocab")


def encode(tokenizer, text):
    return [BOS] + tokenizer.encode(text) + [EOS]


class Stories:
    """Training data. An epoch is all the stories in a new order, cut into windows, in a new order.

    Three times in ten a story goes in without its title line, so that the model can begin both ways:
    with a title, and with the first sentence.
    """

    def __init__(self, stories, tokenizer, window, seed):
        self.window, self.seed = window, seed
        self.titled = [np.array(encode(tokenizer, s), dtype=np.int32) for s in stories]
        self.plain = [np.array(encode(tokenizer, s.split("\n\n", 1)[-1]), dtype=np.int32) for s in stories]
        self.tokens = sum(len(s) for s in self.titled)

    def epoch(self, number):
        rng = np.random.default_rng([self.seed, number])
        parts = []
        for i in rng.permutation(len(self.titled)):
            parts.append(self.plain[i] if rng.random() < 0.3 else self.titled[i])
        stream = np.concatenate(parts)[rng.integers(self.window):]
        count = (len(stream) - 1) // self.window
        starts = rng.permutation(count) * self.window
        return stream, starts

    def batches(self, size, number, position):
        """Endless (epoch, position after the batch, inputs, targets), from a given place on."""
        while True:
            stream, starts = self.epoch(number)
            while position + size <= len(starts):
                rows = np.stack([stream[s:s + self.window + 1] for s in starts[position:position + size]])
                rows = torch.from_numpy(rows.astype(np.int64))
                position += size
                yield number, position, rows[:, :-1].contiguous(), rows[:, 1:].contiguous()
            number, position = number + 1, 0


def held_out_windows(stories, tokenizer, window):
    """Every token after BOS is predicted exactly once, from at most `window` tokens before it.

    A story is BOS + tokens + EOS = t[0..n]. Window k feeds t[k*w .. k*w+w-1] at positions 0..w-1 and
    predicts t[k*w+1 .. k*w+w]. Nothing is carried over from one window to the next.
    """
    inputs, targets = [], []
    for story in stories:
        t = encode(tokenizer, story)
        for start in range(0, len(t) - 1, window):
            x, y = t[start:start + window], t[start + 1:start + window + 1]
            x = x[:len(y)]
            inputs.append(x + [EOS] * (window - len(x)))
            targets.append(y + [IGNORE] * (window - len(y)))
    return torch.tensor(inputs), torch.tensor(targets)


# --------------------------------------------------------------------------------------------- model
# Modules carry the names of Hugging Face's LlamaForCausalLM, so the state dict is the export.


class Norm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, CONFIG["rms_norm_eps"])


def rotate(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        hidden = c["hidden_size"]
        self.q_proj = nn.Linear(hidden, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, hidden, bias=False)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q = self.q_proj(x).view(b, t, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(b, t, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(b, t, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(out.transpose(1, 2).reshape(b, t, -1))


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.up_proj = nn.Linear(c["hidden_size"], c["intermediate_size"], bias=False)
        self.down_proj = nn.Linear(c["intermediate_size"], c["hidden_size"], bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = Norm(c["hidden_size"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = Norm(c["hidden_size"])
        self.mlp = FeedForward(c)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Tales(nn.Module):
    def __init__(self, c=CONFIG):
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.model.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.model.norm = Norm(c["hidden_size"])
        inverse = c["rope_theta"] ** -(torch.arange(0, c["head_dim"], 2) / c["head_dim"])
        angle = torch.outer(torch.arange(c["max_position_embeddings"]).float(), inverse)
        angle = torch.cat((angle, angle), dim=-1)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

        for name, p in self.named_parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=0.02)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * c["num_hidden_layers"]))

    def forward(self, tokens):
        t = tokens.shape[1]
        cos, sin = self.cos[:t], self.sin[:t]
        x = self.model.embed_tokens(tokens)
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)

    def nll(self, tokens, targets):
        """Sum of the negative log likelihoods (natural logarithm) of the targets."""
        logits = self(tokens).float().view(-1, CONFIG["vocab_size"])
        return F.cross_entropy(logits, targets.view(-1), ignore_index=IGNORE, reduction="sum")


# ----------------------------------------------------------------------------------------- optimiser


def orthogonalise(g, steps=5):
    """Newton-Schulz: move all singular values of a stack of matrices (rows <= columns) close to 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (g.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.mT
        x = a * x + (b * s + c * (s @ s)) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal; matrices of one shape are handled as one stack."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, mu, decay = group["lr"], group["momentum"], group["weight_decay"]
            stacks = {}
            for p in group["params"]:
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - mu)
                update = p.grad.lerp(m, mu)
                tall = p.shape[0] > p.shape[1]
                update = update.mT if tall else update
                stacks.setdefault(tuple(update.shape), []).append((p, update, tall))
            for members in stacks.values():
                updates = orthogonalise(torch.stack([u for _, u, _ in members]))
                for (p, _, tall), u in zip(members, updates):
                    scale = math.sqrt(max(1.0, p.shape[0] / p.shape[1]))
                    p.mul_(1 - lr * decay)
                    p.add_(u.mT if tall else u, alpha=-lr * scale)


def make_optimisers(model, args):
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    norms = [p for p in model.parameters() if p.ndim == 1]
    adam = torch.optim.AdamW(
        [dict(params=[model.model.embed_tokens.weight], weight_decay=0.01), dict(params=norms, weight_decay=0.0)],
        lr=args.adam_lr, betas=(0.9, 0.95), eps=1e-10, fused=True)
    muon = Muon(matrices, lr=args.muon_lr)
    for optimiser in (muon, adam):
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return muon, adam


def schedule(progress):
    """Warm-up in the first 2 % of the time, constant to 30 %, then linear to zero."""
    if progress < 0.02:
        return max(progress / 0.02, 0.01)
    return min(1.0, max(0.0, (1 - progress) / 0.7))


# -------------------------------------------------------------------------------------------- output


def save_atomically(thing, path):
    partial = path.with_suffix(".partial")
    torch.save(thing, partial)
    os.replace(partial, path)


def export(model, out):
    """Write RUN/export: files are made beside the folder and renamed into it."""
    from safetensors.torch import save_file
    target, work = out / "export", out / "export.partial"
    target.mkdir(exist_ok=True)
    work.mkdir(exist_ok=True)
    save_file({k: v.detach().clone().contiguous() for k, v in model.state_dict().items()},
              work / "model.safetensors", metadata={"format": "pt"})
    config = dict(
        architectures=["LlamaForCausalLM"], model_type="llama", **CONFIG,
        hidden_act="silu", attention_bias=False, mlp_bias=False, attention_dropout=0.0,
        tie_word_embeddings=True, rope_scaling=None, initializer_range=0.02, pretraining_tp=1,
        bos_token_id=BOS, eos_token_id=EOS, torch_dtype="float32", use_cache=True)
    generation = dict(bos_token_id=BOS, eos_token_id=EOS, do_sample=True, temperature=0.8, top_p=0.95)
    tokenizer = dict(tokenizer_class="LlamaTokenizer", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
                     add_bos_token=True, add_eos_token=False, legacy=True,
                     clean_up_tokenization_spaces=False, model_max_length=CONFIG["max_position_embeddings"])
    for name, content in (("config.json", config), ("generation_config.json", generation),
                          ("tokenizer_config.json", tokenizer)):
        (work / name).write_text(json.dumps(content, indent=2) + "\n")
    (work / "tokenizer.model").write_bytes((out / "tokenizer.model").read_bytes())
    for file in sorted(work.iterdir()):
        os.replace(file, target / file.name)
    work.rmdir()


def load_export(out):
    from safetensors.torch import load_file
    model = Tales()
    model.load_state_dict(load_file(out / "export" / "model.safetensors"))
    return model.eval()


@torch.no_grad()
def held_out(nll, windows, batch=8):
    """(sum of NLL, number of predicted tokens). The last batch is filled up so all have one shape."""
    inputs, targets = windows
    total = 0.0
    for i in range(0, len(inputs), batch):
        x, y = inputs[i:i + batch], targets[i:i + batch]
        if len(x) < batch:
            x = F.pad(x, (0, 0, 0, batch - len(x)), value=EOS)
            y = F.pad(y, (0, 0, 0, batch - len(y)), value=IGNORE)
        total += nll(x, y).item()
    return total, int((targets != IGNORE).sum())


# ------------------------------------------------------------------------------------------ commands


def train(args):
    out, data = Path(args.out), Path(args.data)
    out.mkdir(parents=True, exist_ok=True)
    log_file = open(out / "train.log", "a", buffering=1)

    def log(text):
        print(text, flush=True)
        log_file.write(text + "\n")

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    window = CONFIG["max_position_embeddings"]

    stories, valid = read_stories(data / "tales.txt"), read_stories(data / "tales.valid.txt")
    if not (out / "tokenizer.model").exists():
        make_tokenizer(stories, out / "tokenizer.model")
    tokenizer = spm.SentencePieceProcessor(model_file=str(out / "tokenizer.model"))
    broken = sum(tokenizer.decode(tokenizer.encode(s)) != s for s in stories + valid)
    source = Stories(stories, tokenizer, window, args.seed)
    windows = held_out_windows(valid, tokenizer, window)
    valid_bytes = sum(len(s.encode()) for s in valid)

    model = Tales()
    muon, adam = make_optimisers(model, args)
    state = dict(step=0, tokens=0, elapsed=0.0, epoch=0, position=0, best=math.inf)
    if (out / "last.pt").exists():
        saved = torch.load(out / "last.pt", weights_only=True)
        model.load_state_dict(saved["model"])
        muon.load_state_dict(saved["muon"])
        adam.load_state_dict(saved["adam"])
        state = saved["state"]
        log(f"resumed at step {state['step']}, {state['elapsed'] / 60:.1f} min")
    else:
        log(f"{sum(p.numel() for p in model.parameters())} parameters; "
            f"{len(stories)} stories of {source.tokens} tokens; held out {len(valid)} stories, "
            f"{len(windows[0])} windows, {valid_bytes} bytes; stories that do not round-trip: {broken}")
        log("config " + json.dumps(CONFIG))
        log("run " + json.dumps(dict(seed=args.seed, minutes=args.minutes, batch=args.batch, micro=args.micro,
                                     muon_lr=args.muon_lr, adam_lr=args.adam_lr, threads=args.threads,
                                     compile=args.compile, torch=torch.__version__)))

    nll = torch.compile(model.nll, dynamic=False) if args.compile else model.nll
    budget = args.minutes * 60
    start = time.monotonic() - state["elapsed"]
    stop = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.append(True))

    def save():
        state["elapsed"] = time.monotonic() - start
        total, count = held_out(nll, windows)
        loss = total / count
        log(f"held-out  step {state['step']:5d}  loss {loss:.4f}  perplexity {math.exp(loss):.2f}  "
            f"bits/byte {total / math.log(2) / valid_bytes:.4f}")
        everything = dict(model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict(), state=state)
        if loss < state["best"]:
            state["best"] = loss
            save_atomically(everything, out / "best.pt")
        save_atomically(everything, out / "last.pt")
        export(model, out)

    batches = source.batches(args.batch, state["epoch"], state["position"])
    last_save = last_log = time.monotonic()
    running, running_tokens = 0.0, 0
    while not stop:
        progress = (time.monotonic() - start) / budget
        if progress >= 1:
            break
        factor = schedule(progress)
        for optimiser in (muon, adam):
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * factor

        state["epoch"], state["position"], x, y = next(batches)
        for i in range(0, args.batch, args.micro):
            loss = nll(x[i:i + args.micro], y[i:i + args.micro])
            (loss / y.numel()).backward()
            running += loss.item()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        muon.step()
        adam.step()
        model.zero_grad(set_to_none=True)
        state["step"] += 1
        state["tokens"] += y.numel()
        running_tokens += y.numel()

        now = time.monotonic()
        if state["step"] % args.log_every == 0:
            log(f"step {state['step']:5d}  epoch {state['tokens'] / source.tokens:5.2f}  "
                f"tokens {state['tokens']:9d}  loss {running / running_tokens:.4f}  "
                f"lr x{factor:.3f}  {running_tokens / (now - last_log):6.0f} tok/s  {(now - start) / 60:6.2f} min")
            running, running_tokens, last_log = 0.0, 0, now
        if now - last_save > args.save_minutes * 60:
            save()
            last_log += time.monotonic() - now
            last_save = time.monotonic()
    save()
    log("interrupted" if stop else f"done: {state['step']} steps, {state['tokens']} tokens, "
        f"{state['tokens'] / source.tokens:.2f} epochs, {state['elapsed'] / 60:.1f} min")


def evaluate(args):
    torch.set_num_threads(args.threads)
    out = Path(args.out)
    tokenizer = spm.SentencePieceProcessor(model_file=str(out / "export" / "tokenizer.model"))
    valid = read_stories(Path(args.data) / "tales.valid.txt")
    windows = held_out_windows(valid, tokenizer, CONFIG["max_position_embeddings"])
    total, count = held_out(load_export(out).nll, windows)
    size = sum(len(s.encode()) for s in valid)
    print(f"{len(valid)} stories, {size} bytes, {len(windows[0])} windows, {count} predicted tokens")
    print(f"sum of NLL {total:.3f}  mean {total / count:.6f}  perplexity {math.exp(total / count):.4f}  "
          f"bits/byte {total / math.log(2) / size:.4f}")


@torch.no_grad()
def sample(args):
    torch.set_num_threads(args.threads)
    out = Path(args.out)
    model = load_export(out)
    tokenizer = spm.SentencePieceProcessor(model_file=str(out / "export" / "tokenizer.model"))
    for seed in args.seeds:
        random = torch.Generator().manual_seed(seed)
        tokens = [BOS] + (tokenizer.encode(args.prompt) if args.prompt else [])
        while len(tokens) < CONFIG["max_position_embeddings"] and tokens[-1] != EOS:
            p = F.softmax(model(torch.tensor([tokens]))[0, -1] / args.temperature, dim=-1)
            p, order = p.sort(descending=True)
            p[p.cumsum(0) - p > args.top_p] = 0
            tokens.append(int(order[torch.multinomial(p, 1, generator=random)]))
        text = tokenizer.decode([t for t in tokens if t not in (BOS, EOS)])
        print(f"--- seed {seed}, {len(tokens)} tokens{', ended' if tokens[-1] == EOS else ''}\n{text}\n")


@torch.no_grad()
def check(args):
    """Compare with transformers: the exported folder has to give the same logits there."""
    from transformers import LlamaForCausalLM
    out = Path(args.out)
    theirs = LlamaForCausalLM.from_pretrained(out / "export", dtype=torch.float32).eval()
    random = torch.Generator().manual_seed(0)
    tokens = torch.randint(3, CONFIG["vocab_size"], (2, CONFIG["max_position_embeddings"]), generator=random)
    a, b = load_export(out)(tokens), theirs(tokens).logits
    worst = (a - b).abs().max().item()
    print(f"largest difference of two logits {worst:.2e}, largest logit {b.abs().max():.2f}, "
          f"same first choice at {(a.argmax(-1) == b.argmax(-1)).float().mean():.2%} of positions")
    sys.exit(worst > 1e-3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("train", "eval", "sample", "check"))
    parser.add_argument("--data", help="folder of tales.txt and tales.valid.txt")
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--minutes", type=float, default=97, help="training time, over all resumed parts")
    parser.add_argument("--batch", type=int, default=16, help="windows of 512 tokens in a step")
    parser.add_argument("--micro", type=int, default=8, help="windows in one forward and backward pass")
    parser.add_argument("--muon-lr", type=float, default=0.02)
    parser.add_argument("--adam-lr", type=float, default=3e-3)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--prompt", default="")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--top-p", type=float, default=0.95)
    args = parser.parse_args()
    dict(train=train, eval=evaluate, sample=sample, check=check)[args.command](args)


if __name__ == "__main__":
    main()
