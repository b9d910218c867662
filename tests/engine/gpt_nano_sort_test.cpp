// A trained GPT-2-style model with its activations stored by another implementation.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/engine.h"
#include "engine/model/spec_settings.h"
#include "engine/model/tensors.h"
#include "kernels/kernels.h"
#include "kernels/pack.h"
#include "tests/support/assets.h"
#include "tests/support/slow.h"
#include "tests/support/stored_numbers.h"

namespace {

using namespace linnet;
using support::Numbers;
using support::Store;

model::Spec sorter() {
  model::Spec spec;
  spec.family = "mingpt";
  spec.vocab = 3;
  model::Stack& s = spec.decoder;
  s.layers = 3;
  s.d_model = 48;
  s.d_ff = 192;
  s.heads = s.kv_heads = 3;
  s.d_head = 16;
  s.position = model::Position::learned;
  s.positions = 11;
  s.activation = model::Activation::gelu_tanh;
  return spec;
}

// Their name for one of our tensors, and which third of a fused matrix it is (-1: all of it).
std::pair<std::string, int> theirs(std::string name) {
  const std::array<std::array<std::string, 2>, 13> parts{{{"embed.tokens", "transformer.wte"},
                                                          {"decoder.positions", "transformer.wpe"},
                                                          {"decoder.norm", "transformer.ln_f"},
                                                          {"head.", "lm_head."},
                                                          {"decoder.", "transformer.h."},
                                                          {"self_norm", "ln_1"},
                                                          {"ffn_norm", "ln_2"},
                                                          {"self.out", "attn.c_proj"},
                                                          {"ffn.up", "mlp.c_fc"},
                                                          {"ffn.down", "mlp.c_proj"},
                                                          {"self.query", "attn.c_attn"},
                                                          {"self.key", "attn.c_attn"},
                                                          {"self.value", "attn.c_attn"}}};
  int third = -1;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (const auto at = name.find(parts[i][0]); at != std::string::npos) {
      name.replace(at, parts[i][0].size(), parts[i][1]);
      if (i >= 10) third = static_cast<int>(i) - 10;
    }
  if (const auto at = name.find("gain"); at != std::string::npos) name.replace(at, 4, "weight");
  return {name, third};
}

core::Bundle bundle_of(const Store& store) {
  core::BundleBuilder builder;
  const model::Spec spec = sorter();
  model::write_spec(spec, builder);
  model::for_each_tensor(spec, [&](const model::TensorShape& shape) {
    const auto [name, third] = theirs(shape.name);
    const std::vector<float>& all = store.at(name).values;
    const float* from = all.data() + std::max(third, 0) * shape.out * shape.in;
    if (shape.vector) return builder.add_vector(shape.name, {from, std::size_t(shape.in)});
    std::span<std::byte> to = builder.add_matrix(shape.name, core::Dtype::f32, shape.out, shape.in);
    for (int row = 0; row < shape.out; row += kernels::kPanel)
      kernels::pack_panel_f32(
          to.data() + row / kernels::kPanel * kernels::panel_bytes_f32(shape.in),
          from + row * shape.in, std::min(kernels::kPanel, shape.out - row), shape.in);
  });
  return builder.build();
}

generate::Session open_session(const Model& model) {
  auto session = generate::Session::open(model.transformer(),
                                         {.threads = 1, .cache = model::PageType::f32, .tile = 11});
  REQUIRE(session);
  return std::move(*session);
}

// How far `got` [positions, width] is from the stored numbers of one example, whose layout is
// [positions, width] or, by heads, [heads, positions, width / heads].
double distance(core::Mat got, const Numbers& stored, int example) {
  const bool by_heads = stored.shape.size() == 4;
  const int examples = stored.shape[0], heads = by_heads ? stored.shape[1] : 1;
  const auto size = static_cast<int>(stored.values.size()) / examples;
  REQUIRE(size == got.rows * got.cols);
  const float* want = stored.values.data() + (examples == 1 ? 0 : example) * size;
  const int width = got.cols / heads;
  double worst = 0;
  for (int r = 0; r < got.rows; ++r)
    for (int c = 0; c < got.cols; ++c) {
      const float w = want[((c / width) * got.rows + r) * width + c % width];
      worst = std::fmax(worst, std::fabs(static_cast<double>(got.row(r)[c]) - w));
    }
  return worst;
}

std::vector<int> example_tokens(const Store& partials, int example) {
  std::vector<int> tokens;
  for (int i = 0; i < 11; ++i)
    tokens.push_back(
        static_cast<int>(partials.at("idx").values[static_cast<std::size_t>(example * 11 + i)]));
  return tokens;
}

// What our places inside a step are called in the stored file, in layer 0 and outside of layers.
// "normed" and "residual" are seen twice in a layer.
std::string stored_name(const std::string& name, int layer, int times) {
  const std::map<std::string, std::string> outside{
      {"tokens", "tok_emb"}, {"positions", "pos_emb"}, {"embedded", "x"}, {"final_norm", ""}};
  const std::map<std::string, std::string> inside{
      {"query", "q"},    {"key", "k"}, {"value", "v"},        {"attended", "y"},
      {"self", "yProj"}, {"up", "fc"}, {"activated", "gelu"}, {"ffn", "mlp"}};
  if (layer < 0) return outside.at(name);
  if (name == "residual" && times == 1) return "block" + std::to_string(layer);
  if (layer > 0) return "";
  if (name == "normed") return times == 0 ? "ln1" : "ln2";
  if (name == "residual") return "attnResid";
  return inside.at(name);
}

// Softmaxed scores of one head from our queries and keys (attention itself never stores them).
std::vector<float> attention_of(core::Mat queries, core::Mat keys, int head, int i) {
  std::vector<float> scores;
  for (int j = 0; j <= i; ++j) {
    float score = 0;
    for (int d = 16 * head; d < 16 * head + 16; ++d) score += queries.row(i)[d] * keys.row(j)[d];
    scores.push_back(score / 4.0f);
  }
  return scores;
}

struct Opened {
  Store partials;
  Model model;
};

std::optional<Opened> open_sorter() {
  const auto folder = support::assets();
  if (!folder) return std::nullopt;
  auto model = Model::from(
      bundle_of(support::read_store(*folder / "gpt-nano-sort/gpt-nano-sort-model.json")),
      "gpt-nano-sort");
  REQUIRE(model);
  return Opened{support::read_store(*folder / "gpt-nano-sort/gpt-nano-sort-t0-partials.json"),
                *model};
}

constexpr int kExamples = 3, kPositions = 11;

TEST_CASE("a trained GPT-2 gives every stored activation within 1e-5") {
  const auto opened = open_sorter();
  if (!opened) return;
  for (int example = 0; example < kExamples; ++example) {
    generate::Session session = open_session(opened->model);
    std::map<std::string, int> seen;
    int compared = 0;
    session.watch([&](const char* place, int layer, core::Mat x) {
      const int times = seen[std::string(place) + "/" + std::to_string(layer)]++;
      const std::string name = stored_name(place, layer, times);
      if (name.empty()) return;
      ++compared;
      INFO(name);
      CHECK(distance(x, opened->partials.at(name), example) < 1e-5);
      if (name == "block0") CHECK(distance(x, opened->partials.at("mlpResid"), example) < 1e-5);
    });
    REQUIRE(session.feed(example_tokens(opened->partials, example)));
    CHECK(compared == 3 + 12 + 2);
  }
}

TEST_CASE("a trained GPT-2 gives the stored attention weights within 1e-5") {
  const auto opened = open_sorter();
  if (!opened) return;
  const Numbers &raw = opened->partials.at("att"), &weights = opened->partials.at("attSm");
  for (int example = 0; example < kExamples; ++example) {
    generate::Session session = open_session(opened->model);
    core::Mat queries;
    double worst = 0;
    session.watch([&](const char* place, int layer, core::Mat x) {
      if (layer == 0 && std::string(place) == "query") queries = x;
      if (layer != 0 || std::string(place) != "key") return;
      for (int h = 0; h < 3; ++h)
        for (int i = 0; i < kPositions; ++i) {
          std::vector<float> row = attention_of(queries, x, h, i);
          const std::size_t at = std::size_t(((example * 3 + h) * kPositions + i) * kPositions);
          for (std::size_t j = 0; j < row.size(); ++j)
            worst = std::fmax(worst, std::fabs(row[j] - raw.values[at + j]));
          kernels::active().softmax(row.data(), i + 1);
          for (std::size_t j = 0; j < row.size(); ++j)
            worst = std::fmax(worst, std::fabs(row[j] - weights.values[at + j]));
        }
    });
    REQUIRE(session.feed(example_tokens(opened->partials, example)));
    CHECK(worst < 1e-5);
  }
}

TEST_CASE("a trained GPT-2 gives the stored logits within 1e-5") {
  const auto opened = open_sorter();
  if (!opened) return;
  const Numbers& stored = opened->partials.at("lm_head");
  const Numbers& normed = opened->partials.at("ln_f");
  for (int example = 0; example < kExamples; ++example) {
    generate::Session session = open_session(opened->model);
    double worst = 0, worst_norm = 0;
    int row = 0;
    session.watch([&](const char* place, int, core::Mat x) {
      if (std::string(place) != "final_norm") return;
      for (int r = 0; r < x.rows; ++r, ++row)
        for (int c = 0; c < x.cols; ++c)
          worst_norm = std::fmax(
              worst_norm,
              std::fabs(x.row(r)[c] -
                        normed.values[std::size_t((example * kPositions + row) * x.cols + c)]));
    });
    REQUIRE(session.feed(
        example_tokens(opened->partials, example), [&](int i, std::span<const float> logits) {
          for (std::size_t v = 0; v < 3; ++v)
            worst = std::fmax(
                worst, std::fabs(logits[v] -
                                 stored.values[std::size_t((example * kPositions + i) * 3) + v]));
        }));
    CHECK(row == kPositions);
    CHECK(worst < 1e-5);
    CHECK(worst_norm < 1e-5);
  }
}

// The six letters that greedy decoding writes after the six of `input`.
std::vector<int> sorted_by(generate::Session& session, const std::vector<int>& input) {
  session.truncate(0);
  REQUIRE(session.feed(input));
  std::vector<int> output;
  while (output.size() < input.size()) {
    const std::span<float> logits = session.logits();
    output.push_back(
        static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    if (output.size() < input.size()) REQUIRE(session.feed(std::span(output).last(1)));
  }
  return output;
}

TEST_CASE("a trained GPT-2 sorts every one of 729 inputs") {
  const auto opened = open_sorter();
  if (!opened) return;
  generate::Session session = open_session(opened->model);
  const int step = support::very_slow() ? 27 : 1;
  int sorted = 0;
  for (int code = 0; code < 729; code += step) {
    std::vector<int> input;
    for (int rest = code, i = 0; i < 6; ++i, rest /= 3) input.push_back(rest % 3);
    const std::vector<int> output = sorted_by(session, input);
    std::sort(input.begin(), input.end());
    sorted += output == input;
  }
  CHECK(sorted == 729 / step);
}

}  // namespace
