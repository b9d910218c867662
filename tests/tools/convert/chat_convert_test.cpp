#include <doctest/doctest.h>

#include "engine/engine.h"
#include "tests/tools/convert/tiny_gguf.h"

// From a chat template that came with a model to the chat format in the file.

using namespace linnet;
using nlohmann::json;
using support::GgufFile;
using support::GgufScratch;

namespace {

const std::string kChatMl =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}";

// What a conversion made and what it said.
struct Made {
  core::Result<convert::Report> report;
  std::vector<std::string> said = {};
  std::optional<text::ChatFormat> format = {};
};

Made make(convert::Options options) {
  std::vector<std::string> said;
  const convert::Listener listener{.warn = [&](const std::string& text) { said.push_back(text); }};
  Made made{convert::convert(options, listener), {}, {}};
  made.said = said;
  if (!made.report) return made;
  const auto model = Model::open(options.output);
  REQUIRE_MESSAGE(model, support::why(model));
  if (model->chat_format() != nullptr) made.format = *model->chat_format();
  CHECK(made.report->chat_format == (made.format ? made.format->name : ""));
  return made;
}

// Where the marks are symbols that are found in any text.
GgufFile gguf(const std::string& chat_template) {
  GgufFile file = support::tiny_gguf();
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "<|im_start|>", "<|im_end|>", "a"});
  file.integers("tokenizer.ggml.token_type", {2, 3, 4, 4, 1});
  file.reals("tokenizer.ggml.scores", {0, 0, 0, 0, -1});
  file.number("tokenizer.ggml.bos_token_id", 1);
  if (!chat_template.empty()) file.text("tokenizer.chat_template", chat_template);
  return file;
}

// A folder of tokenizer files, and a model with room for their tokens.
struct Folder : GgufScratch {
  json config = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};

  convert::Options save_all() const {
    GgufFile file = support::tiny_gguf();
    std::erase_if(file.fields, [](const auto& field) { return field.first == "llama.vocab_size"; });
    file.number("llama.vocab_size", 440);
    support::tensor_of(file, "token_embd.weight") = {
        "token_embd.weight", {32, 440}, 0, support::gguf_floats(32 * 440, 1)};
    convert::Options options = save(file);
    options.tokenizer = support::folder_of(*this);
    write("tokenizer.json", support::contents(LINNET_SOURCE_DIR "/tests/golden/chat/words.json"));
    write("tokenizer_config.json", config.dump());
    return options;
  }
};

TEST_CASE("The chat template of a GGUF file becomes a chat format, and its symbols marks") {
  const GgufScratch scratch;
  const Made made = make(scratch.save(gguf("{{ bos_token }}" + kChatMl)));
  REQUIRE_MESSAGE(made.report, support::why(made.report));
  CHECK(made.said.empty());
  REQUIRE(made.format);
  CHECK(made.format->name == "chatml");
  CHECK(made.format->begin == "<s>");
  CHECK(made.format->user_before == "<|im_start|>user\n");
  CHECK(made.format->ends == std::vector<int>{3});
  const auto model = Model::open(scratch.path("out.linnet"));
  CHECK(model->tokenizer()->is_special(2));
  CHECK(model->tokenizer()->is_special(3));
}

TEST_CASE("The chat template of a folder is found wherever Hugging Face keeps it") {
  const json several = json::array(
      {{{"name", "rag"}, {"template", "x"}}, {{"name", "default"}, {"template", kChatMl}}});
  for (const json& value : {json(kChatMl), several}) {
    Folder folder;
    folder.config["chat_template"] = value;
    const Made made = make(folder.save_all());
    REQUIRE_MESSAGE(made.report, support::why(made.report));
    REQUIRE(made.format);
    CHECK(made.format->name == "chatml");
    CHECK(made.format->begin == "");
  }
  Folder folder;
  folder.config["chat_template"] = "not this one";
  folder.write("chat_template.jinja", "{{ bos_token }}" + kChatMl);
  const Made made = make(folder.save_all());
  REQUIRE(made.format);
  CHECK(made.format->begin == "<s>");
  for (const json& value : {json(7), json::array({1, json::object()}), json(nullptr)}) {
    Folder other;
    other.config["chat_template"] = value;
    CHECK_FALSE(make(other.save_all()).format);
  }
}

TEST_CASE("A template that is not known, or cannot be followed, is named and left out") {
  const GgufScratch scratch;
  const Made unknown = make(scratch.save(gguf("{{ messages }}")));
  REQUIRE(unknown.report);
  CHECK_FALSE(unknown.format);
  REQUIRE(unknown.said.size() == 1);
  CHECK(unknown.said[0] ==
        scratch.path("m.gguf") +
            ": the chat template is none of those that are known (chatml, gemma, llama2, llama3, "
            "mistral, mistral-v1, mistral-v3, phi3, zephyr); the file will have no chat format, "
            "unless --chat-format names one");
  GgufFile lacking = gguf(kChatMl);
  std::erase_if(lacking.fields,
                [](const auto& field) { return field.first == "tokenizer.ggml.tokens"; });
  lacking.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "<|im_start|>", "b", "a"});
  const Made cannot = make(scratch.save(lacking));
  REQUIRE(cannot.report);
  CHECK_FALSE(cannot.format);
  REQUIRE(cannot.said.size() == 1);
  CHECK(cannot.said[0].find("needs the special token <|im_end|>") != std::string::npos);
  const Made more = make(scratch.save(gguf("{% if tools %}{{ 'x' }}{% endif %}" + kChatMl)));
  REQUIRE(more.said.size() == 1);
  CHECK(more.said[0].ends_with("is known (chatml); left out: its texts for tools"));
  CHECK(more.format);
}

TEST_CASE("--chat-format chooses, against the template or without one") {
  Folder folder;
  folder.config["chat_template"] = kChatMl;
  convert::Options options = folder.save_all();
  options.chat_format = "llama3";
  CHECK(make(options).format->name == "llama3");
  options.chat_format = "none";
  CHECK_FALSE(make(options).format);
  options.chat_format = "zephyr";
  CHECK(make(options).format->user_after == "</s>\n");
  for (const char* name : {"gemma", "chat-ml"}) {
    options.chat_format = name;
    const Made made = make(options);
    REQUIRE_FALSE(made.report);
    CHECK(made.report.error().fault == core::Fault::bad_argument);
  }
}

}  // namespace
