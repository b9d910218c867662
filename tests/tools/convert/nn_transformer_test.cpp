#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/convert/golden.h"
#include "tools/convert/sinusoid.h"
#include "tools/convert/source_model.h"

using namespace linnet;
using core::Error;
using support::says;
using Ids = std::vector<std::int32_t>;
using json = nlohmann::json;

// A state dict of torch.nn.Transformer with a config.json that says what stands around it.
namespace {

struct Folder : support::Scratch {
  json config = {{"model_type", "nn.Transformer"},
                 {"d_model", 8},
                 {"nhead", 2},
                 {"num_encoder_layers", 1},
                 {"num_decoder_layers", 2},
                 {"dim_feedforward", 12},
                 {"activation", "gelu"},
                 {"norm_first", true},
                 {"layer_norm_eps", 1e-5},
                 {"bias", true},
                 {"positions", "sinusoid"},
                 {"sinusoid_layout", "interleaved"},
                 {"position_start", 0},
                 {"max_positions", 32},
                 {"scale_embedding", true},
                 {"prefix", "transformer."},
                 {"source_embedding", "source_embedding"},
                 {"target_embedding", "target.table"},
                 {"head", "head"},
                 {"ignored", {"positions.table"}},
                 {"source",
                  {{"vocabulary", "source.txt"},
                   {"split", "characters"},
                   {"begin", json::array()},
                   {"end", {"</s>"}},
                   {"unknown", "<unk>"},
                   {"pad", "<pad>"}}},
                 {"target",
                  {{"vocabulary", "target.txt"},
                   {"split", "words"},
                   {"start", {"<s>"}},
                   {"end", "</s>"},
                   {"unknown", "<unk>"},
                   {"pad", "<pad>"}}}};
  std::vector<support::RawTensor> tensors;

  Folder() {
    write("source.txt", "<pad>\n<unk>\n</s>\na\nb\n");
    write("target.txt", "<pad>\n<s>\n</s>\nAA\nB\n<unk>\n");
    add("source_embedding.weight", {5, 8});
    add("target.table.weight", {6, 8});
    add("head.weight", {6, 8}), add("head.bias", {6});
    add("positions.table", {32, 8});
    layer("transformer.encoder.layers.0", {"self_attn"}, 2);
    for (const char* i : {"0", "1"})
      layer(core::say("transformer.decoder.layers.", i), {"self_attn", "multihead_attn"}, 3);
    norm("transformer.encoder.norm"), norm("transformer.decoder.norm");
  }
  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::size_t values = 1;
    for (const std::int64_t size : shape) values *= static_cast<std::size_t>(size);
    const std::vector<float> numbers = support::exact_values(values, tensors.size() + 1);
    tensors.push_back({name, "F32", shape,
                       std::string(reinterpret_cast<const char*>(numbers.data()), 4 * values)});
  }
  void norm(const std::string& name) { add(name + ".weight", {8}), add(name + ".bias", {8}); }
  void layer(const std::string& name, std::initializer_list<const char*> attentions, int norms) {
    for (const char* attention : attentions) {
      const std::string own = name + "." + attention;
      add(own + ".in_proj_weight", {24, 8}), add(own + ".in_proj_bias", {24});
      add(own + ".out_proj.weight", {8, 8}), add(own + ".out_proj.bias", {8});
    }
    add(name + ".linear1.weight", {12, 8}), add(name + ".linear1.bias", {12});
    add(name + ".linear2.weight", {8, 12}), add(name + ".linear2.bias", {8});
    for (int i = 1; i <= norms; ++i) norm(core::say(name, ".norm", i));
  }
  void erase(std::string_view part) {
    std::erase_if(tensors, [&](const support::RawTensor& raw) {
      return raw.name.find(part) != std::string::npos;
    });
  }

  convert::Options save() const {
    support::SafetensorsFile file;
    for (const auto& raw : tensors) file.add_bytes(raw.name, raw.shape, raw.bytes, raw.dtype);
    write("config.json", config.dump());
    write("model.safetensors", file.bytes());
    return {.input = folder_of(*this),
            .output = path("out.linnet"),
            .tokenizer = {},
            .type = core::Dtype::f32};
  }
  convert::SourceModel model() const {
    auto model = convert::open_source(save().input, {});
    REQUIRE_MESSAGE(model, support::why(model));
    const auto report = convert::convert(save());
    REQUIRE_MESSAGE(report, support::why(report));
    return std::move(*model);
  }
  Error refusal() const {
    const auto report = convert::convert(save());
    REQUIRE_FALSE(report);
    return report.error();
  }
};

}  // namespace

TEST_CASE("a state dict and what stands around it become a Spec") {
  const convert::SourceModel model = Folder().model();
  const model::Spec& spec = model.spec;
  CHECK(spec.vocab == 6);
  CHECK(spec.source_vocab == 5);
  CHECK(spec.encoder.layers == 1);
  CHECK(spec.decoder.layers == 2);
  CHECK(spec.decoder.cross);
  CHECK(spec.decoder.place == model::NormPlace::before);
  CHECK(spec.decoder.final_norm);
  CHECK(spec.decoder.sinusoid_frequencies == convert::paper_sinusoid(8));
  CHECK(spec.decoder.sinusoid_layout == model::SinusoidLayout::interleaved);
  CHECK(spec.embed_scale == doctest::Approx(2.828427));
  CHECK(spec.head_bias);
  CHECK_FALSE(spec.tied_head);
  CHECK(spec.sequences.source_begin.empty());
  CHECK(spec.sequences.source_end == Ids{2});
  CHECK(spec.sequences.start == Ids{1});
  CHECK(spec.sequences.ends == Ids{2});
  CHECK(model.found.source.by_characters);
  CHECK_FALSE(model.found.target.by_characters);
}

TEST_CASE("a stack without a last norm, and norms behind the branches") {
  Folder folder;
  folder.erase("coder.norm.");
  folder.config["norm_first"] = false;
  const model::Spec spec = folder.model().spec;
  CHECK_FALSE(spec.encoder.final_norm);
  CHECK_FALSE(spec.decoder.final_norm);
  CHECK(spec.decoder.place == model::NormPlace::after);
}

TEST_CASE("a head that is the embedding is tied, stored or not") {
  Folder folder;
  folder.erase("head.weight");
  CHECK(folder.model().spec.tied_head);
  folder.tensors.push_back({"head.weight", "F32", {6, 8}, folder.tensors[1].bytes});
  CHECK(folder.model().spec.tied_head);
  folder.tensors.back().bytes[0] ^= 1;
  CHECK_FALSE(folder.model().spec.tied_head);
}

TEST_CASE("one embedding for both sides") {
  Folder folder;
  folder.erase("source_embedding");
  folder.config["source_embedding"] = "target.table";
  folder.config["source"]["vocabulary"] = "target.txt";
  CHECK(folder.model().spec.source_vocab == 0);
}

TEST_CASE("learned positions are found under the names of the config") {
  Folder folder;
  folder.config["positions"] = "learned";
  folder.config["source_positions"] = "where.source";
  folder.add("where.source.weight", {32, 8});
  folder.add("target_positions.weight", {32, 8});
  CHECK(folder.model().spec.encoder.position == model::Position::learned);
  folder.erase("where.source");
  CHECK(says(folder.refusal(), "'where.source.weight' is missing"));
}

TEST_CASE("no tensor of a state dict may be missing or left over") {
  const Folder whole;
  for (const auto& raw : whole.tensors) {
    if (raw.name.starts_with("head.") || raw.name == "positions.table") continue;
    Folder folder;
    std::erase_if(folder.tensors, [&](const auto& other) { return other.name == raw.name; });
    const bool last_norm = raw.name.find("coder.norm.weight") != std::string::npos;
    const Error error = folder.refusal();
    CHECK_MESSAGE(says(error, last_norm ? "is left over" : "' is missing"), error.sentence);
  }
  Folder more;
  more.add("generator.weight", {1});
  CHECK(says(more.refusal(), "'generator.weight' is left over"));
}

TEST_CASE("a vocabulary that does not fit, and a token that it has not, are refused by name") {
  Folder folder;
  folder.write("target.txt", "<s>\n</s>\n");
  CHECK(says(folder.refusal(), "target.txt has 2 tokens"));
  folder.write("target.txt", "<pad>\n<s>\nx\nAA\nB\n<unk>\n");
  CHECK(says(folder.refusal(), "target.txt has no token '</s>'"));
  folder.config["target"]["vocabulary"] = "../target.txt";
  CHECK(says(folder.refusal(), "target.vocabulary"));
  folder.config["target"]["vocabulary"] = "nowhere.txt";
  CHECK(says(folder.refusal(), "nowhere.txt"));
}

TEST_CASE("values that are not known are refused by the name of their field") {
  for (const auto& [field, value] :
       std::initializer_list<std::pair<const char*, json>>{{"positions", "rotary"},
                                                           {"sinusoid_layout", "mixed"},
                                                           {"activation", "tanh"},
                                                           {"nhead", 3},
                                                           {"batch_first", true},
                                                           {"max_positions", nullptr},
                                                           {"source", nullptr}}) {
    Folder folder;
    folder.config[field] = value;
    const Error error = folder.refusal();
    CHECK_MESSAGE(says(error, core::say("'", field, "'")), error.sentence);
  }
}
