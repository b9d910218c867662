#!/usr/bin/env python3
"""Conversations as the chat templates of well-known models write them, rendered by the reference library.

    pip install transformers==5.23.0 jinja2
    python3 tests/golden/make_chat_golden.py <folder>

The folder holds the templates, which are other people's texts and not here: NAME.jinja for each NAME
of MODELS, the `chat_template` of the tokenizer_config.json of such a model. Writes tests/golden/chat/:

    words.json, metaspace.json   tokenizers of tests/golden/tokenizer with the marks of chat formats
    cases.json   a list of {"template", "format", "begins", "system" (the one that the template has by
                 itself), "tokenizer", "turns" [speaker, text], "open", "text", "ids"}
"""
import json
import pathlib
import sys

from jinja2.exceptions import TemplateError
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
OUT = HERE / "chat"

# Template: the format that it is, whether it writes the begin token first, the tokenizer.
MODELS = {
    "openhermes": ("chatml", False, "words"),
    "internlm2": ("chatml", True, "words"),
    "qwen2": ("chatml", False, "words"),
    "qwen2.5": ("chatml", False, "words"),
    "qwen3": ("chatml", False, "words"),
    "smollm2": ("chatml", False, "words"),
    "llama2": ("llama2", True, "metaspace"),
    "llama3": ("llama3", True, "words"),
    "gemma2": ("gemma", True, "metaspace"),
    "gemma3": ("gemma", True, "metaspace"),
    "mistral-0.2-old": ("mistral", True, "metaspace"),
    "mistral-v1": ("mistral-v1", True, "metaspace"),
    "mistral-v3": ("mistral-v3", True, "words"),
    "phi3-small": ("phi3", True, "metaspace"),
    "phi3.5": ("phi3", False, "metaspace"),
    "zephyr": ("zephyr", False, "words"),
}
MARKS = {
    "words": ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>",
              "<|eot_id|>", "[INST]", "[/INST]"],
    "metaspace": ["<s>", "</s>", "<start_of_turn>", "<end_of_turn>"],
}
CONVERSATIONS = [
    [("user", "the king")],
    [("system", "Be brief."), ("user", "Who was the king of the sea?")],
    [("user", "the king"), ("assistant", "the queen"), ("user", "and the house")],
    [("system", "You  tell tales"), ("user", "Once upon"), ("assistant", "a time,\nthere was"),
     ("user", "naïve 東京 😀")],
    [("user", "  blanks  "), ("assistant", " more \n"), ("user", "x\n\ny ")],
    [("system", " s "), ("user", " a "), ("assistant", "b"), ("user", "1\t2")],
    [("user", "the end"), ("assistant", "is near")],
]


def make_tokenizer(name):
    source = {"words": "qwen2_words", "metaspace": "metaspace_first"}[name]
    tokenizer = Tokenizer.from_file(str(HERE / f"tokenizer/{source}.json"))
    marks = [AddedToken(mark, special=True, normalized=False) for mark in MARKS[name]]
    if name == "metaspace":  # as in Phi 3, where they swallow the blanks behind them
        marks += [AddedToken(mark, special=True, normalized=False, rstrip=True)
                  for mark in ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")]
    tokenizer.add_special_tokens(marks)
    text = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(text), bos_token="<s>",
                                   eos_token="</s>")


def main():
    folder = pathlib.Path(sys.argv[1])
    tokenizers = {name: make_tokenizer(name) for name in MARKS}
    cases = []
    for name, (kind, begins, words) in MODELS.items():
        tokenizer = tokenizers[words]
        template = (folder / f"{name}.jinja").read_text(encoding="utf-8")
        system = {"qwen2": "You are a helpful assistant.",
                  "qwen2.5": "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
                  "smollm2": "You are a helpful AI assistant named SmolLM, trained by Hugging Face"}
        for turns in CONVERSATIONS:
            if name == "mistral-v3" and turns[0][0] == "system":
                continue  # there it moves from turn to turn
            if name == "qwen3" and turns[-1][0] == "assistant":
                continue  # with an empty thought
            if name == "mistral-v3" and any(text != text.strip() for role, text in turns
                                            if role == "assistant"):
                continue  # it strips answers and nothing else; ours are not written anew
            opened = turns[-1][0] == "user"
            messages = [{"role": role, "content": text} for role, text in turns]
            try:
                text = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False,
                                                     add_generation_prompt=opened)
            except TemplateError:
                continue  # it refuses a system text
            if not opened and text.endswith("<|end|>\n</s>"):
                text = text.removesuffix("</s>")  # Phi's end of all texts
            case = {"template": name, "format": kind, "begins": begins}
            if name in system:
                case["system"] = system[name]
            ids = tokenizer(text, add_special_tokens=False).input_ids
            cases.append(case | {"tokenizer": words, "turns": turns, "open": opened, "text": text,
                                 "ids": ids})
    with open(OUT / "cases.json", "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
