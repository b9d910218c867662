#include <doctest/doctest.h>

#include <cmath>

#include "tests/tools/convert/golden.h"
#include "tools/convert/json.h"

using namespace linnet;
using convert::Json;
using core::Dtype;
using core::Error;
using core::Fault;
using support::ModelCopy;
using support::RawTensor;
using support::says;
using support::Scratch;

// What linnet-convert must not turn into a model.
namespace {

Error refusal_of(const std::string& input, const std::string& output) {
  const auto report = convert::convert({.input = input, .output = output});
  REQUIRE_FALSE(report);
  return report.error();
}

// The refusal of a Llama whose config.json has that field.
Error with_field(const char* name, const Json& value, const char* golden = "llama-grouped") {
  ModelCopy copy(golden);
  copy.config[name] = value;
  return copy.refusal();
}

void put(RawTensor& raw, std::size_t index, float value) {
  REQUIRE(raw.dtype == "F32");
  std::memcpy(raw.bytes.data() + 4 * index, &value, sizeof value);
}

}  // namespace

TEST_CASE("a tensor that is missing is named") {
  for (const char* name : {"model.norm.weight", "model.layers.1.self_attn.k_proj.weight",
                           "model.embed_tokens.weight", "lm_head.weight"}) {
    ModelCopy copy("llama-grouped");
    copy.erase(name);
    const Error error = copy.refusal();
    CHECK(error.fault == Fault::corrupt);
    CHECK_MESSAGE(says(error, core::say("the tensor '", name, "' is missing")), error.sentence);
    CHECK(says(error, folder_of(copy)));
  }
}

TEST_CASE("a tensor that is left over is named") {
  for (const char* name : {"model.layers.2.mlp.up_proj.weight", "extra", "model.norm.bias",
                           "model.layers.x.self_attn.rotary_emb.inv_freq", "norm.weight"}) {
    ModelCopy copy("llama-grouped");
    copy.tensors.push_back({name, "F32", {1}, "1234"});
    const Error error = copy.refusal();
    CHECK(error.fault == Fault::unsupported);
    CHECK_MESSAGE(says(error, core::say("the tensor '", name, "' is left over")), error.sentence);
  }
}

TEST_CASE(
    "biases that the config does not speak of are left over, and the other way round missing") {
  ModelCopy copy("llama-biased");
  copy.config["mlp_bias"] = false;
  CHECK(says(copy.refusal(), "mlp.down_proj.bias' is left over"));
  ModelCopy other("llama-grouped");
  other.config["attention_bias"] = true;
  CHECK(says(other.refusal(), "self_attn.q_proj.bias' is missing"));
}

TEST_CASE("tensors that carry nothing are ignored") {
  ModelCopy llama("llama-grouped");
  llama.tensors.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", "F32", {1}, "1234"});
  CHECK(llama.convert());
  for (const char* prefix : {"", "transformer."}) {
    ModelCopy gpt2("gpt2-plain");
    for (RawTensor& raw : gpt2.tensors) raw.name = prefix + raw.name.substr(12);
    gpt2.tensors.push_back({core::say(prefix, "h.0.attn.bias"), "BOOL", {1, 1, 2, 2}, "\1\0\1\1"});
    gpt2.tensors.back().bytes.resize(4);
    gpt2.tensors.push_back({core::say(prefix, "h.1.attn.masked_bias"), "F32", {}, "1234"});
    const auto report = gpt2.convert();
    CHECK_MESSAGE(report, support::why(report));
  }
}

TEST_CASE("config and checkpoint of GPT-J as older versions of the library wrote them") {
  ModelCopy copy("gptj-plain");
  copy.config["rotary"] = copy.config["scale_attn_weights"] = true;
  copy.config["summary_type"] = "cls_index";
  copy.tensors.push_back({"transformer.h.0.attn.bias", "U8", {1, 1, 2, 2}, "1011"});
  copy.tensors.push_back({"transformer.h.1.attn.masked_bias", "F32", {}, "1234"});
  const auto report = copy.convert();
  CHECK_MESSAGE(report, support::why(report));
}

TEST_CASE("a checkpoint without its usual prefix makes the same model") {
  ModelCopy with("gpt2-plain"), without("gpt2-plain");
  for (RawTensor& raw : without.tensors) raw.name = raw.name.substr(12);
  const auto bytes = [](const ModelCopy& copy) {
    convert::Options options = copy.save();
    // Under one name, for the file says where it comes from.
    const std::string input = copy.path("model");
    std::filesystem::create_directory(input);
    for (const char* name : {"config.json", "model.safetensors"})
      std::filesystem::rename(copy.path(name), input + "/" + name);
    options.input = input;
    REQUIRE(convert::convert(options));
    return support::contents(options.output);
  };
  CHECK(bytes(with) == bytes(without));
}

TEST_CASE("a tied head may be stored if it is the embedding, and only then") {
  ModelCopy copy("llama-tied");
  RawTensor head = copy.tensor("model.embed_tokens.weight");
  head.name = "lm_head.weight";
  copy.tensors.push_back(head);
  CHECK(copy.convert());
  std::filesystem::remove(copy.path("out.linnet"));
  copy.tensors.back().bytes.back() ^= 1;
  const Error error = copy.refusal();
  CHECK(says(error, "'lm_head.weight' is not equal to 'model.embed_tokens.weight'"));
  copy.tensors.back().shape = {32, 96};
  copy.tensors.back().bytes = head.bytes;
  CHECK(says(copy.refusal(), "'lm_head.weight' is not equal to 'model.embed_tokens.weight'"));
}

TEST_CASE("a tensor of another shape or type is named with both") {
  ModelCopy copy("llama-grouped");
  copy.tensor("model.layers.0.mlp.up_proj.weight").shape = {32, 40};
  CHECK(says(copy.refusal(),
             "'model.layers.0.mlp.up_proj.weight' has the shape [32, 40] and not [40, 32]"));
  ModelCopy ints("llama-grouped");
  ints.tensor("model.norm.weight").dtype = "I32";
  CHECK(says(ints.refusal(), "'model.norm.weight' is of type I32"));
}

TEST_CASE("a weight that is no finite number is refused by the tensor's name") {
  for (const char* name : {"model.norm.weight", "model.layers.0.mlp.up_proj.weight"})
    for (const float value : {NAN, INFINITY, -INFINITY})
      for (const Dtype type : {Dtype::f32, Dtype::f16, Dtype::i8}) {
        ModelCopy copy("llama-grouped");
        put(copy.tensor(name), 7, value);
        const Error error = copy.refusal(type);
        CHECK(error.fault == Fault::corrupt);
        CHECK_MESSAGE(says(error, core::say("'", name, "' holds NaN or infinity")), error.sentence);
      }
}

TEST_CASE("a weight that half precision cannot hold is refused for f16 alone") {
  const char* name = "model.layers.0.mlp.up_proj.weight";
  ModelCopy copy("llama-grouped");
  put(copy.tensor(name), 7, -70000.0f);
  CHECK(says(copy.refusal(Dtype::f16), "holds -70000, which half precision cannot hold"));
  CHECK(copy.convert(Dtype::i8));
  CHECK(copy.convert(Dtype::f32));
  ModelCopy edge("llama-grouped");
  put(edge.tensor(name), 7, 65519.0f);
  CHECK(edge.convert(Dtype::f16));
}

TEST_CASE("what config.json asks for and this version lacks is refused by name") {
  struct Case {
    const char* field;
    Json value;
    const char* golden = "llama-grouped";
  };
  const Case cases[] = {{"sliding_window", 4096},
                        {"hidden_act", "quick_gelu"},
                        {"quantization_config", {{"bits", 4}}},
                        {"auto_map", {{"AutoModel", "x.y"}}},
                        {"rope_scaling", {{"type", "ntk"}, {"factor", 2.0}}, "llama-linear"},
                        {"is_encoder_decoder", true},
                        {"new_trick", 1},
                        {"num_attention_heads", 0},
                        {"num_hidden_layers", "two"},
                        {"rms_norm_eps", "1e-5"},
                        {"scale_attn_by_inverse_layer_idx", true, "gpt2-plain"},
                        {"add_cross_attention", true, "gpt2-plain"},
                        {"activation_function", "gelu_10", "gpt2-plain"},
                        {"rotary_dim", 8, "gpt2-plain"},
                        {"rotary_dim", nullptr, "gptj-plain"},
                        {"rotary", false, "gptj-plain"},
                        {"scale_attn_weights", false, "gptj-plain"}};
  for (const Case& c : cases) {
    const Error error = with_field(c.field, c.value, c.golden);
    CHECK_MESSAGE(says(error, core::say("config.json: the field '", c.field)), error.sentence);
  }
}

TEST_CASE("numbers of config.json that do not fit together are refused") {
  CHECK(says(with_field("num_key_value_heads", 3), "kv_heads' is 3 and does not divide"));
  CHECK(says(with_field("head_dim", 7), "'head_dim' must be even"));
  CHECK(says(with_field("head_dim", 1 << 28), "d_head' is 268435456"));
  CHECK(says(with_field("hidden_size", 1 << 28), "d_model' is 268435456"));
  CHECK(says(with_field("num_hidden_layers", 1 << 28), "layers' is 268435456"));
  CHECK(says(with_field("num_hidden_layers", 3), "model.layers.2."));
  CHECK(says(with_field("n_head", 5, "gpt2-plain"), "'n_head' does not divide n_embd"));
  for (const int turned : {7, 18, 1 << 28})  // of heads of 16
    CHECK(says(with_field("rotary_dim", turned, "gptj-plain"), "'rotary_dim' must be an even"));
}

TEST_CASE("an unknown field is let through where the user vouches for it") {
  ModelCopy copy("llama-grouped");
  copy.config["new_trick"] = 1;
  convert::Options options = copy.save();
  CHECK_FALSE(convert::convert(options));
  options.ignored_fields = {"new_trick"};
  CHECK(convert::convert(options));
  // But not a known one that is unsupported.
  copy.config["sliding_window"] = 4096;
  options = copy.save();
  options.ignored_fields = {"new_trick", "sliding_window"};
  CHECK_FALSE(convert::convert(options));
}

TEST_CASE("models of other families are refused by name") {
  CHECK(says(with_field("model_type", "mamba"), "the model_type 'mamba' is not one of those"));
  CHECK(says(with_field("model_type", "llama2.c"), "the model_type 'llama2.c'"));
  CHECK(says(with_field("architectures", {"LlamaForSequenceClassification"}),
             "the architecture 'LlamaForSequenceClassification' is not supported"));
  ModelCopy copy("llama-grouped");
  copy.config.erase("model_type");
  CHECK(says(copy.refusal(), "the model_type ''"));
  ModelCopy plain("llama-grouped");
  plain.config.erase("architectures");
  CHECK(plain.convert());
}

TEST_CASE("folders and files of the wrong kind are refused by what they are") {
  const Scratch folder;
  const std::string out = folder.path("out.linnet"), here = folder_of(folder);
  CHECK(says(refusal_of(folder.path("absent"), out), "cannot open: No such file"));
  CHECK(says(refusal_of(here, out), "config.json: cannot open"));
  folder.write("config.json",
               support::contents(support::golden_folder("llama-grouped") + "/config.json"));
  CHECK(says(refusal_of(here, out), "has no model.safetensors"));
  folder.write("pytorch_model-00001-of-00002.bin", "PK\x03\x04");
  const Error pickle = refusal_of(here, out);
  CHECK(pickle.fault == Fault::unsupported);
  CHECK(says(pickle, "pytorch_model-00001-of-00002.bin is a pickle"));
  CHECK(says(pickle, "safetensors"));
  CHECK(says(refusal_of(folder.write("a.pt", "\x80\x02}q\1"), out), "is a pickle"));
  CHECK(says(refusal_of(folder.write("b.bin", "PK\x03\x04...."), out), "is a pickle"));
  CHECK(says(refusal_of(folder.write("c.gguf", "GGUF...."), out), "GGUF"));
  CHECK(
      says(refusal_of(folder.write("m.safetensors", "12345678{}"), out), "config.json beside it"));
  CHECK(says(refusal_of(folder.write("empty.bin", ""), out), "too short"));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("an output that is an input is refused and left as it was") {
  const ModelCopy copy("llama-grouped");
  convert::Options options = copy.save();
  std::filesystem::create_symlink("model.safetensors", copy.path("link"));
  std::filesystem::create_hard_link(copy.path("config.json"), copy.path("hard"));
  copy.write("tokenizer_config.json", "{}");
  const std::string before = support::contents(copy.path("model.safetensors"));
  for (const char* name : {"model.safetensors", "link", "config.json", "hard",
                           "./model.safetensors", "tokenizer_config.json"}) {
    CAPTURE(std::string(name));
    options.output = copy.path(name);
    const auto report = convert::convert(options);
    REQUIRE_FALSE(report);
    CHECK(report.error().fault == Fault::bad_argument);
    CHECK(says(report.error(), "would be lost"));
  }
  options.output = folder_of(copy);
  const auto onto_folder = convert::convert(options);
  REQUIRE_FALSE(onto_folder);
  CHECK(onto_folder.error().fault == Fault::bad_argument);
  CHECK(support::contents(copy.path("model.safetensors")) == before);
  CHECK(copy.entries() == 5);

  // A model of an earlier run is no input, and is replaced.
  options.output = copy.path("out.linnet");
  CHECK(convert::convert(options));
  CHECK(convert::convert(options));
}

TEST_CASE("an output that cannot be written is an error of its own kind") {
  const ModelCopy copy("llama-grouped");
  convert::Options options = copy.save();
  options.output = copy.path("absent/out.linnet");
  const auto report = convert::convert(options);
  REQUIRE_FALSE(report);
  CHECK(report.error().fault == Fault::io);
  CHECK(says(report.error(), "absent"));
}
