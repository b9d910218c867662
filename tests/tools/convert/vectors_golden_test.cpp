#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "engine/encode/encoder.h"
#include "engine/model/feed_forward.h"
#include "tests/support/assets.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/golden.h"
#include "tools/convert/checkpoint/npz.h"

using namespace linnet;
using encode::Encoder;
using support::Scratch;

// Trained encoders whose inputs are vectors, against what was stored of them.
namespace {

using Numbers = std::vector<float>;

constexpr const char* kWords[]{"yes", "no", "silence", "noise"};

// Everything in an archive, by name.
std::map<std::string, Numbers> read_npz(const std::filesystem::path& path) {
  const auto npz = convert::Npz::open(path.string());
  REQUIRE_MESSAGE(npz, support::why(npz));
  std::map<std::string, Numbers> all;
  for (std::size_t i = 0; i < (*npz)->tensors().size(); ++i) {
    const convert::SourceTensor& tensor = (*npz)->tensors()[i];
    Numbers& numbers = all[tensor.name];
    numbers.resize(static_cast<std::size_t>(tensor.values()));
    REQUIRE((*npz)->read(static_cast<int>(i), 0, numbers));
  }
  return all;
}

// An archive of weights beside a config, converted.
Model converted(const std::filesystem::path& npz, const std::string& config, core::Dtype type,
                const Scratch& scratch) {
  const std::filesystem::path folder = scratch.path("folder");
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "model.npz");
  std::filesystem::create_symlink(npz, folder / "model.npz");
  scratch.write("folder/config.json", config);
  return support::converted_model(folder, type, scratch);
}

Model keywords(const std::filesystem::path& assets, core::Dtype type, const Scratch& scratch) {
  return converted(assets / "kwt1/kwt1_weights.npz",
                   R"({"model_type": "kwt", "num_layers": 12, "d_model": 64, "mlp_dim": 256,
                       "heads": 1, "dct_num_features": 40, "spectrogram_length": 98,
                       "attention_type": "time", "label_count": 12,
                       "labels": ["_silence_", "_unknown_", "yes", "no", "up", "down", "left",
                                  "right", "on", "off", "stop", "go"]})",
                   type, scratch);
}

Model sentiments(const std::filesystem::path& assets, core::Dtype type, const Scratch& scratch) {
  return converted(assets / "bert-tiny-sst2/bert_tiny_sst2_encoder.npz",
                   R"({"model_type": "bert", "architectures": ["BertForSequenceClassification"],
                       "inputs": "hidden_states", "vocab_size": 30522, "hidden_size": 128,
                       "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 2,
                       "id2label": {"0": "negative", "1": "positive"}})",
                   type, scratch);
}

Encoder encoded(const Model& model, Numbers vectors) {
  auto encoder = Encoder::open(model.transformer(), {.positions = 99});
  REQUIRE_MESSAGE(encoder, support::why(encoder));
  const int width = model.spec().vectors.width;
  const int rows = static_cast<int>(vectors.size()) / width;
  const encode::Sequence sequence{.vectors = {vectors.data(), rows, width, width}};
  REQUIRE(encoder->encode({&sequence, 1}));
  return std::move(*encoder);
}

Numbers numbers_of(core::Mat x) {
  Numbers all;
  for (int row = 0; row < x.rows; ++row) all.insert(all.end(), x.row(row), x.row(row) + x.cols);
  return all;
}

double largest_error(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::fabs(double{a[i]} - double{b[i]}));
  return largest;
}

std::ptrdiff_t best(const Numbers& scores) {
  return std::max_element(scores.begin(), scores.end()) - scores.begin();
}

std::map<std::string, Numbers> bert_golden() {
  std::map<std::string, Numbers> all;
  for (const auto& raw :
       support::load_raw(LINNET_SOURCE_DIR "/tests/golden/vectors/bert-tiny-sst2.safetensors")) {
    Numbers& numbers = all[raw.name];
    numbers.resize(raw.bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), raw.bytes.data(), raw.bytes.size());
  }
  return all;
}

// Single vectors through parts of the model.
class Parts {
 public:
  explicit Parts(const Model& model) : model_(model) {
    REQUIRE(ws_.allocate(model.spec(), model::Side::encoder, 1, 1));
  }

  // What the feed-forward of a layer has behind its activation.
  Numbers activated(int layer, Numbers x) {
    const std::string name = core::say("encoder.", layer, ".ffn.");
    model::FeedForward part;
    part.up = linear(name + "up");
    part.down = linear(name + "down");
    part.activation = ops::Activation::gelu;
    Numbers seen;
    const model::Watch watch = [&](std::string_view what, int, core::Mat found) {
      if (what == "activated") seen = numbers_of(found);
    };
    model::Step step = plain();
    step.watch = &watch;
    part(ws_.branch.top(1), input(x, part.up), step);
    return seen;
  }
  // What the pooler makes of a hidden state.
  Numbers pooled(Numbers x) {
    std::copy(x.begin(), x.end(), ws_.branch.row(0));
    model_.transformer().classify(ws_.branch.top(1), plain());
    return numbers_of(ws_.normed.top(1));
  }
  Numbers classes(Numbers x) {
    const ops::Linear part = linear("classes");
    ops::linear({{ws_.classes.top(1), &part}}, input(x, part), {});
    return numbers_of(ws_.classes.top(1));
  }

 private:
  model::Step plain() {
    model::Step step;
    step.ws = &ws_;
    return step;
  }
  ops::Input input(const Numbers& x, const ops::Linear& reader) {
    std::copy(x.begin(), x.end(), ws_.x.row(0));
    return ops::input(ws_.x.top(1), {&reader}, ws_.quantized, {});
  }
  ops::Linear linear(const std::string& name) const {
    return {model_.bundle().weight(name + ".weight")->weight,
            reinterpret_cast<const float*>(model_.bundle().weight(name + ".bias")->weight.panels)};
  }

  const Model& model_;
  model::Workspace ws_;
};

}  // namespace

TEST_CASE("the keyword transformer hears what was said, within 1e-4 of its stored logits") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch;
  const auto golden = read_npz(*assets / "kwt1/golden_features_logits.npz");
  const Model model = keywords(*assets, core::Dtype::f32, scratch);
  CHECK(model.spec().reading.labels[2] == "yes");
  double error = 0;
  for (const std::string word : kWords) {
    Encoder encoder = encoded(model, golden.at(word + "_features"));
    error =
        std::max(error, largest_error(numbers_of(encoder.classes()), golden.at(word + "_logits")));
  }
  MESSAGE("kwt1: largest error of a logit " << error);
  CHECK(error <= 1e-4);
}

TEST_CASE("the keyword transformer of integers hears the same words") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch;
  const auto golden = read_npz(*assets / "kwt1/golden_features_logits.npz");
  const Model model = keywords(*assets, core::Dtype::i8, scratch);
  double error = 0;
  for (const std::string word : kWords) {
    Encoder encoder = encoded(model, golden.at(word + "_features"));
    const Numbers got = numbers_of(encoder.classes()), &expected = golden.at(word + "_logits");
    CHECK(best(got) == best(expected));
    error = std::max(error, largest_error(got, expected));
  }
  MESSAGE("kwt1 int8: largest error of a logit " << error);
  CHECK(error <= 0.2);
}

TEST_CASE(
    "each stage of the small BERT makes of what was stored before it what was stored behind") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch;
  const auto stored = read_npz(*assets / "bert-tiny-sst2/fhe_activation_vectors.npz");
  const Model model = sentiments(*assets, core::Dtype::f32, scratch);
  Parts parts(model);
  const auto first = [](Numbers numbers) {
    numbers.resize(128);
    return numbers;
  };
  const auto distance = [&](const Numbers& got, const char* name) {
    const double found = support::relative_distance(got, stored.at(name));
    MESSAGE(std::string(name) << ": " << found);
    return found;
  };
  CHECK(distance(first(parts.activated(0, stored.at("l0_selfoutput_cls"))),
                 "l0_intermediate_cls_first128") <= 1e-4);
  CHECK(distance(first(parts.activated(1, stored.at("l1_selfoutput_cls"))),
                 "l1_intermediate_cls_first128") <= 3e-4);
  CHECK(distance(parts.pooled(stored.at("l1_output_cls")), "pooler_tanh_cls") <= 3e-4);
  CHECK(distance(parts.classes(stored.at("pooler_tanh_cls")), "logits") <= 1e-4);
}

TEST_CASE("the small BERT makes of hidden states what transformers makes of them") {
  const auto assets = support::assets();
  if (!assets) return;
  const Scratch scratch;
  const auto golden = bert_golden();
  const Model model = sentiments(*assets, core::Dtype::f32, scratch);
  Encoder encoder = encoded(model, golden.at("inputs"));
  CHECK(support::relative_distance(numbers_of(encoder.hidden(0)), golden.at("hidden")) <= 1e-4);
  CHECK(support::relative_distance(numbers_of(encoder.pooler()), golden.at("pooler")) <= 1e-4);
  CHECK(largest_error(numbers_of(encoder.classes()), golden.at("classes")) <= 1e-4);
  const Model ints = sentiments(*assets, core::Dtype::i8, scratch);
  Encoder other = encoded(ints, golden.at("inputs"));
  const Numbers classes = numbers_of(other.classes());
  const double error = largest_error(classes, golden.at("classes"));
  MESSAGE("bert-tiny-sst2 int8: largest error of a logit " << error);
  CHECK(best(classes) == best(golden.at("classes")));
  CHECK(error <= 0.2);
}
