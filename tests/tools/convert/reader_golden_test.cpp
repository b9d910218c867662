#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "engine/encode/encoder.h"
#include "tests/support/converted_model.h"
#include "tests/tools/convert/golden.h"

using namespace linnet;
using encode::Encoder;
using support::relative_distance;
using support::Scratch;

// Encoders alone, from somebody's checkpoint to what they answer, against what Hugging Face
// transformers made of the same (tests/golden/make_reader_golden.py).
namespace {

constexpr std::array kReaders{
    "bert-bare",           "bert-words",        "bert-trained",     "bert-next",
    "bert-sequence",       "bert-tokens",       "bert-spans",       "roberta-words",
    "roberta-sequence",    "xlm-roberta-words", "distilbert-words", "distilbert-sequence",
    "albert-words",        "albert-sequence",   "electra-words",    "electra-replaced",
    "electra-sequence",    "mpnet-words",       "mpnet-sequence",   "modernbert-words",
    "modernbert-sequence", "modernbert-tokens"};

std::string reader_folder(std::string_view name) {
  return core::say(LINNET_SOURCE_DIR "/tests/golden/readers/", name);
}

struct Expected {
  std::array<std::vector<int>, 2> tokens, types;
  std::map<std::string, std::vector<float>> floats;  // "hidden.0"
};

template <class T>
std::vector<T> values_of(const support::RawTensor& raw) {
  std::vector<T> values(raw.bytes.size() / sizeof(T));
  std::memcpy(values.data(), raw.bytes.data(), raw.bytes.size());
  return values;
}

Expected read_expected(std::string_view name) {
  Expected expected;
  for (const auto& raw : support::load_raw(reader_folder(name) + "/expected.safetensors")) {
    const auto i = static_cast<std::size_t>(raw.name.back() - '0');
    if (raw.name.starts_with("tokens"))
      expected.tokens[i] = values_of<int>(raw);
    else if (raw.name.starts_with("types"))
      expected.types[i] = values_of<int>(raw);
    else
      expected.floats[raw.name] = values_of<float>(raw);
  }
  REQUIRE(expected.tokens[0].size() > expected.tokens[1].size());
  return expected;
}

std::vector<float> numbers_of(core::Mat x) {
  std::vector<float> all;
  for (int row = 0; row < x.rows; ++row) all.insert(all.end(), x.row(row), x.row(row) + x.cols);
  return all;
}

using Answers = std::map<std::string, std::vector<float>>;

// What the model answers to the sequences of `which`, run together.
Answers answers_of(const Model& model, const Expected& expected, std::vector<std::size_t> which,
                   int threads = 1) {
  auto encoder =
      Encoder::open(model.transformer(),
                    {.positions = 40, .sequences = 2, .rows = 80, .words = 40, .threads = threads});
  REQUIRE_MESSAGE(encoder, support::why(encoder));
  std::vector<encode::Sequence> sequences;
  for (const std::size_t i : which)
    sequences.push_back({.tokens = expected.tokens[i], .types = expected.types[i]});
  REQUIRE(encoder->encode(sequences));
  const model::Spec& spec = model.spec();
  Answers answers;
  for (std::size_t at = 0; at < which.size(); ++at) {
    const std::string end = "." + std::to_string(which[at]);
    const int sequence = static_cast<int>(at);
    answers["hidden" + end] = numbers_of(encoder->hidden(sequence));
    if (spec.head == model::Head::logits) {
      std::vector<int> places;
      for (int i = 0; i < encoder->hidden(sequence).rows; ++i) places.push_back(i);
      answers["words" + end] = numbers_of(encoder->words(sequence, places));
    }
    if (spec.reading.classes == model::Classes::sequence)
      answers["classes" + end] = numbers_of(encoder->classes().slice(sequence, 1));
    else if (spec.reading.pooler && spec.reading.classes == model::Classes::none)
      answers["pooler" + end] = numbers_of(encoder->pooler().slice(sequence, 1));
    if (spec.reading.classes < model::Classes::tokens) continue;
    const int first = at == 0 ? 0 : encoder->hidden(0).rows;
    answers["classes" + end] =
        numbers_of(encoder->token_classes().slice(first, encoder->hidden(sequence).rows));
  }
  return answers;
}

// The largest distance of all answers.
double distance_of(const Answers& answers, const Expected& expected) {
  CHECK(answers.size() == expected.floats.size());
  double distance = 0;
  for (const auto& [name, values] : expected.floats) {
    const std::string what = name;
    CAPTURE(what);
    REQUIRE(answers.contains(name));
    distance = std::max(distance, relative_distance(answers.at(name), values));
  }
  return distance;
}

}  // namespace

TEST_CASE("every encoder of the goldens is tested") {
  support::check_named(reader_folder(""), kReaders);
}

TEST_CASE("converted encoders answer as transformers does, to sequences beside one another") {
  for (const char* name : kReaders) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(name);
    const Model model = support::converted_model(reader_folder(name), core::Dtype::f32, folder);
    const double distance = distance_of(answers_of(model, expected, {0, 1}), expected);
    MESSAGE(std::string(name) << ": " << distance);
    CHECK(distance <= 1e-4);
  }
}

TEST_CASE("an encoder's answers to a sequence do not depend on its neighbours or on threads") {
  for (const char* name : kReaders) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(name);
    const Model model = support::converted_model(reader_folder(name), core::Dtype::i8, folder);
    const Answers both = answers_of(model, expected, {0, 1});
    for (const std::size_t one : {0, 1})
      for (const auto& [what, values] : answers_of(model, expected, {one}))
        CHECK(values == both.at(what));
    for (const int threads : {2, 3}) CHECK(answers_of(model, expected, {0, 1}, threads) == both);
  }
}

TEST_CASE("encoders stored as halves and as int8 stay near the answers of transformers") {
  for (const char* name : kReaders) {
    CAPTURE(std::string(name));
    const Scratch folder;
    const Expected expected = read_expected(name);
    const Model halves = support::converted_model(reader_folder(name), core::Dtype::f16, folder);
    CHECK(distance_of(answers_of(halves, expected, {0, 1}), expected) <= 0.01);
    const Model ints = support::converted_model(reader_folder(name), core::Dtype::i8, folder);
    const double distance = distance_of(answers_of(ints, expected, {0, 1}), expected);
    MESSAGE(std::string(name) << " int8: " << distance);
    CHECK(distance <= 0.15);
  }
}
