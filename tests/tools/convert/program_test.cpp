#include "tests/tools/linnet/program.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/tools/convert/golden.h"

using namespace linnet;
using nlohmann::json;
using support::Ended;
using support::golden_folder;
using support::How;
using support::Scratch;

// linnet-convert as people and scripts meet it.
namespace {

Ended convert_with(const std::vector<std::string>& arguments, const How& how = {.input = ""}) {
  return support::run("linnet-convert", arguments, how);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A Llama of zeros, sparse on the disk, that takes a while to convert.
std::string slow_model(const Scratch& scratch) {
  constexpr std::int64_t kWidth = 2048, kInner = 8192, kVocab = 512;
  std::string header;
  std::int64_t at = 0;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    const std::int64_t begin = at;
    at += 4 * (shape.size() == 1 ? shape[0] : shape[0] * shape[1]);
    header += (header.empty() ? "{" : ",") + json(name).dump() + ":" +
              json{{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, at}}}.dump();
  };
  add("model.embed_tokens.weight", {kVocab, kWidth});
  add("model.norm.weight", {kWidth});
  const std::string layer = "model.layers.0.";
  for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
    add(layer + norm + ".weight", {kWidth});
  for (const char* matrix : {"q", "k", "v", "o"})
    add(layer + "self_attn." + matrix + "_proj.weight", {kWidth, kWidth});
  add(layer + "mlp.gate_proj.weight", {kInner, kWidth});
  add(layer + "mlp.up_proj.weight", {kInner, kWidth});
  add(layer + "mlp.down_proj.weight", {kWidth, kInner});
  const std::string bytes = support::safetensors_bytes(header + "}", 0);
  const std::string path = scratch.write("model.safetensors", bytes);
  std::filesystem::resize_file(path, bytes.size() + static_cast<std::uintmax_t>(at));
  scratch.write("config.json", json{{"model_type", "llama"},
                                    {"vocab_size", kVocab},
                                    {"hidden_size", kWidth},
                                    {"intermediate_size", kInner},
                                    {"num_hidden_layers", 1},
                                    {"num_attention_heads", 16},
                                    {"tie_word_embeddings", true}}
                                   .dump());
  return support::folder_of(scratch);
}

}  // namespace

TEST_CASE("help is on standard output, within 80 columns, and ends with 0") {
  const Ended help = convert_with({"--help"});
  CHECK(help.code == 0);
  CHECK(help.said == "");
  for (const char* flag : {"-o, --output", "--type", "--tokenizer", "--quiet", "--json", "Example"})
    CHECK(help.out.find(flag) != std::string::npos);
  for (const std::string& line : lines_of(help.out)) CHECK(line.size() <= 80);
  CHECK(convert_with({"--version"}).out.starts_with("linnet-convert "));
}

TEST_CASE("a conversion reports every tensor on standard error, and --quiet says nothing") {
  const Scratch scratch;
  const std::string out = scratch.path("m.linnet");
  const Ended told = convert_with({golden_folder("gpt2-plain"), "-o", out, "--type", "f16"});
  CHECK(told.code == 0);
  CHECK(told.out == "");
  CHECK(told.said.find("decoder.1.ffn.down.weight") != std::string::npos);
  CHECK(told.said.find("decoder.1.ffn.down.bias") != std::string::npos);
  CHECK(told.said.find("worst: ") != std::string::npos);
  CHECK(told.said.find("no tokenizer was found") != std::string::npos);
  const std::string bytes = support::contents(out);
  const Ended quiet =
      convert_with({golden_folder("gpt2-plain"), "-o", out, "--type", "f16", "--quiet", "-t", "1"});
  CHECK(quiet.code == 0);
  CHECK(quiet.out + quiet.said == "");
  CHECK(support::contents(out) == bytes);
}

TEST_CASE("--json gives one event a line, the last one the result") {
  const Scratch scratch;
  const std::string out = scratch.path("m.linnet");
  const Ended ended = convert_with({golden_folder("llama-sharded"), "-o", out, "--json"});
  CHECK(ended.code == 0);
  std::vector<json> events;
  for (const std::string& line : lines_of(ended.out)) events.push_back(json::parse(line));
  REQUIRE(events.size() == 1 + 21 + 1);
  CHECK(events.front()["event"] == "warning");
  CHECK(events[1]["event"] == "tensor");
  CHECK(events[1]["name"] == "embed.tokens.weight");
  CHECK(events[1]["type"] == "int8");
  CHECK(events[1]["shape"] == json{96, 32});
  CHECK(events[1]["relative_error"] > 0.001);
  CHECK(events.back()["event"] == "result");
  CHECK(events.back()["tensors"] == 21);
  CHECK(events.back()["output"] == out);
}

TEST_CASE("every kind of failure has its exit code and leaves no file") {
  const Scratch scratch;
  const std::string out = scratch.path("m.linnet"), good = golden_folder("llama-grouped");
  const std::string broken = scratch.write("broken.bin", std::string(100, '\1'));
  struct Case {
    std::vector<std::string> arguments;
    int code;
    const char* says;
  };
  const Case cases[] = {
      {{}, 2, "IN is required"},
      {{good}, 2, "--output is required"},
      {{good, "-o", out, "--type", "int3"}, 2, "--type"},
      {{good, "-o", out, "--frobnicate"}, 2, "frobnicate"},
      {{good, "another", "-o", out}, 2, "another"},
      {{good, "-o", out, "-t", "0"}, 2, "--threads"},
      {{good, "-o", good}, 2, "is a folder"},
      {{broken, "-o", broken}, 3, "broken.bin"},
      {{broken, "-o", out}, 3, "broken.bin"},
      {{scratch.path("absent"), "-o", out}, 5, "absent"},
      {{good, "-o", scratch.path("no/folder")}, 5, "no/folder"},
      {{good, "-o", out, "--tokenizer", scratch.path("absent")}, 5, "absent"},
      {{good, "-o", out, "--tokenizer", broken}, 3, "broken.bin"},
  };
  for (const Case& c : cases) {
    const Ended ended = convert_with(c.arguments);
    CAPTURE(ended.said);
    CHECK(ended.code == c.code);
    CHECK(ended.out == "");
    CHECK(ended.said.starts_with("linnet-convert: "));
    CHECK(ended.said.find(c.says) != std::string::npos);
  }
  CHECK(scratch.entries() == 1);

  const Ended event = convert_with({broken, "-o", out, "--json"});
  CHECK(event.code == 3);
  const json error = json::parse(event.out);
  CHECK(error["event"] == "error");
  CHECK(error["code"] == 3);
  CHECK(event.said.find(error["message"].get<std::string>()) != std::string::npos);
}

TEST_CASE("an input is not converted onto itself") {
  const Scratch scratch;
  const std::string folder = support::folder_of(scratch);
  for (const char* name : {"config.json", "model.safetensors"})
    scratch.write(name, support::contents(golden_folder("llama-tied") + "/" + name));
  std::filesystem::create_symlink("model.safetensors", scratch.path("link.linnet"));
  const Ended ended = convert_with({folder, "-o", scratch.path("link.linnet")});
  CHECK(ended.code == 2);
  CHECK(ended.said.find("would be lost") != std::string::npos);
  CHECK(support::contents(scratch.path("model.safetensors")) ==
        support::contents(golden_folder("llama-tied") + "/model.safetensors"));
}

TEST_CASE("a failed write on standard output is an error of its own") {
  const Scratch scratch;
  const Ended ended = convert_with({golden_folder("llama-tied"), "-o", scratch.path("m"), "--json"},
                                   {.input = "", .output_to = "/dev/full"});
  CHECK(ended.code == 5);
  CHECK(ended.said.find("standard output") != std::string::npos);
}

TEST_CASE("a signal ends the conversion with its code and leaves no file") {
  const Scratch scratch;
  const std::string model = slow_model(scratch), out = scratch.path("m.linnet");
  const int before = scratch.entries();
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ended ended = convert_with({model, "-o", out, "--json", "--type", "f32"},
                                     {.input = "", .signal_after_output = signal});
    CAPTURE(ended.said);
    CHECK(ended.code == 128 + signal);
    CHECK(scratch.entries() == before);
  }
}
