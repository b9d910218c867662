#include <doctest/doctest.h>

#include <cmath>

#include "engine/io/reader.h"
#include "engine/model/spec_settings.h"
#include "tests/support/seq2seq_golden.h"
#include "tests/tools/convert/golden.h"

using namespace linnet;
using core::Dtype;
using core::Error;
using core::Fault;
using support::RawTensor;
using support::says;
using support::Scratch;
using Ids = std::vector<std::int32_t>;

// The encoder-decoders of Hugging Face transformers, on their way to a Spec.
namespace {

struct Copy : support::ModelCopy {
  explicit Copy(std::string_view name) : ModelCopy(core::say("../seq2seq/", name)) {
    generation = nlohmann::json::parse(
        support::contents(support::seq2seq_folder(name) + "/generation_config.json"));
  }
  nlohmann::json generation;

  core::Result<convert::Report> convert_with(convert::Options more = {}) const {
    convert::Options options = save(Dtype::f32);
    write("generation_config.json", generation.dump());
    options.source_begin = more.source_begin;
    options.target_begin = more.target_begin;
    return convert::convert(options);
  }
  model::Spec spec(const convert::Options& more = {}) const {
    const auto report = convert_with(more);
    REQUIRE_MESSAGE(report, support::why(report));
    auto bundle = io::read_model(path("out.linnet"));
    REQUIRE(bundle);
    auto spec = model::read_spec(*bundle);
    REQUIRE_MESSAGE(spec, support::why(spec));
    return *spec;
  }
  Error refused() const {
    const auto report = convert_with();
    REQUIRE_FALSE(report);
    return report.error();
  }
};

}  // namespace

TEST_CASE("every encoder-decoder of the goldens is tested") {
  support::check_named(support::seq2seq_folder(""), support::kSeq2seqGoldens);
}

TEST_CASE("Marian: sinusoids in halves from 0, norms behind the branches, padding suppressed") {
  const model::Spec spec = Copy("marian").spec();
  CHECK(spec.family == "marian");
  CHECK(spec.encoder.place == model::NormPlace::after);
  CHECK_FALSE(spec.encoder.final_norm);
  CHECK(spec.encoder.position == model::Position::sinusoid);
  CHECK(spec.encoder.sinusoid_layout == model::SinusoidLayout::halves);
  CHECK(spec.encoder.position_start == 0);
  REQUIRE(spec.decoder.sinusoid_frequencies.size() == 8);
  CHECK(spec.decoder.sinusoid_frequencies[4] == doctest::Approx(0.01));
  CHECK(spec.embed_scale == 4.0f);
  CHECK(spec.tied_head);
  CHECK(spec.head_bias);
  CHECK(spec.source_vocab == 0);
  CHECK(spec.sequences.start == Ids{39});
  CHECK(spec.sequences.ends == Ids{0});
  CHECK(spec.sequences.suppressed == Ids{39});
  CHECK(spec.sequences.source_end == Ids{0});
  CHECK(spec.sequences.source_begin.empty());
}

TEST_CASE("BART: learned positions from row 2, a norm behind the embeddings, a begin of sources") {
  const model::Spec spec = Copy("bart").spec();
  for (const model::Stack* s : {&spec.encoder, &spec.decoder}) {
    CHECK(s->position == model::Position::learned);
    CHECK(s->positions == 34);
    CHECK(s->position_start == 2);
    CHECK(s->embed_norm);
    CHECK(s->place == model::NormPlace::after);
    CHECK_FALSE(s->final_norm);
  }
  CHECK(spec.encoder.layers == 2);
  CHECK(spec.decoder.layers == 1);
  CHECK(spec.encoder.heads == 2);
  CHECK(spec.decoder.heads == 4);
  CHECK(spec.embed_scale == 1.0f);
  CHECK(spec.sequences.source_begin == Ids{0});
  CHECK(spec.sequences.source_end == Ids{2});
  CHECK(spec.sequences.forced_first == Ids{0});
}

TEST_CASE("mBART: as BART with norms before the branches and behind the stacks") {
  const model::Spec spec = Copy("mbart").spec();
  CHECK(spec.encoder.place == model::NormPlace::before);
  CHECK(spec.encoder.final_norm);
  CHECK(spec.decoder.embed_norm);
  CHECK(spec.embed_scale == 4.0f);
  CHECK(spec.sequences.forced_first == Ids{7});
  CHECK(spec.sequences.source_begin.empty());
}

TEST_CASE("M2M-100: the sinusoids of fairseq, from 2") {
  const model::Spec spec = Copy("m2m100").spec();
  CHECK(spec.decoder.position == model::Position::sinusoid);
  CHECK(spec.decoder.position_start == 2);
  CHECK(spec.decoder.sinusoid_frequencies[7] == doctest::Approx(1e-4));
  CHECK(spec.decoder.activation == model::Activation::relu);
  CHECK_FALSE(spec.head_bias);
  CHECK_FALSE(spec.decoder.embed_norm);
  CHECK(spec.sequences.forced_first == Ids{5});
}

TEST_CASE("T5: relative positions, RMS norms, no biases, a tied head whose inputs are scaled") {
  const model::Spec spec = Copy("t5-relu").spec();
  for (const model::Stack* s : {&spec.encoder, &spec.decoder}) {
    CHECK(s->position == model::Position::relative_bias);
    CHECK(s->relative_buckets == 8);
    CHECK(s->relative_distance == 6);
    CHECK(s->attention_scale == 1.0f);
    CHECK(s->norm == model::NormKind::rms);
    CHECK(s->norm_eps == 1e-6f);
    CHECK(s->d_head == 6);
    CHECK(s->activation == model::Activation::relu);
    CHECK_FALSE(s->gated);
    CHECK_FALSE(s->qkv_bias);
    CHECK(s->final_norm);
  }
  CHECK(spec.tied_head);
  CHECK(spec.logit_scale == 0.25f);
  CHECK(spec.sequences.start == Ids{0});
  CHECK(spec.sequences.source_end == Ids{1});
}

TEST_CASE("T5 1.1: a gate with the other GELU, and a head of its own that is not scaled") {
  const model::Spec spec = Copy("t5-gated").spec();
  CHECK(spec.decoder.gated);
  CHECK(spec.decoder.activation == model::Activation::gelu_tanh);
  CHECK_FALSE(spec.tied_head);
  CHECK(spec.logit_scale == 1.0f);
  // As version 5 of the library writes the same.
  Copy newer("t5-gated");
  newer.config["tie_word_embeddings"] = true;
  newer.config["scale_decoder_outputs"] = false;
  const model::Spec same = newer.spec();
  CHECK_FALSE(same.tied_head);
  CHECK(same.logit_scale == 1.0f);
}

TEST_CASE("every tensor of an encoder-decoder has to be there, and no other") {
  for (const char* name : support::kSeq2seqGoldens) {
    CAPTURE(std::string(name));
    const Copy whole(name);
    for (const RawTensor& raw : whole.tensors) {
      // A head that is tied, or a bias of all zeros that is not written, may be missing.
      if (raw.name == "lm_head.weight" || raw.name == "final_logits_bias" ||
          raw.name.find("embed_positions") != std::string::npos)
        continue;
      Copy copy(name);
      copy.erase(raw.name);
      CHECK_MESSAGE(says(copy.refused(), core::say("'", raw.name, "' is missing")), raw.name);
    }
    Copy more(name);
    more.tensors.push_back({"model.decoder.layers.7.fc1.bias", "F32", {1}, "1234"});
    CHECK(says(more.refused(), "is left over"));
  }
}

TEST_CASE("an embedding that is stored under several names must be the same under all of them") {
  for (const char* other : {"model.encoder.embed_tokens.weight",
                            "model.decoder.embed_tokens.weight", "lm_head.weight"}) {
    Copy copy("bart");
    RawTensor again = copy.tensor("model.shared.weight");
    again.name = other;
    copy.tensors.push_back(again);
    CHECK(copy.convert_with());
    copy.tensors.back().bytes.back() ^= 1;
    const Error error = copy.refused();
    CHECK_MESSAGE(says(error, core::say("'", other, "' is not equal to 'model.shared.weight'")),
                  error.sentence);
    // And it will do without the usual one.
    copy.erase("model.shared.weight");
    CHECK(copy.convert_with());
  }
}

TEST_CASE("generation_config.json says more than config.json about what stands around sequences") {
  Copy copy("bart");
  copy.config["forced_bos_token_id"] = 3;
  copy.config["suppress_tokens"] = {4, 5};
  copy.generation["eos_token_id"] = {2, 6};
  copy.generation["bad_words_ids"] = {{5}, {7}};
  const model::Spec spec = copy.spec();
  CHECK(spec.sequences.forced_first == Ids{0});
  CHECK(spec.sequences.ends == Ids{2, 6});
  CHECK(spec.sequences.suppressed == Ids{4, 5, 7});
  copy.generation["bad_words_ids"] = {{5, 6}};
  CHECK(says(copy.refused(), "bad_words_ids"));
  copy.generation["bad_words_ids"] = {{40}};
  CHECK(says(copy.refused(), "sequences.suppressed"));
  copy.generation["bad_words_ids"] = "no";
  CHECK(says(copy.refused(), "bad_words_ids"));
}

TEST_CASE("fields that this version does not follow are refused by name") {
  const auto refuse = [](const char* golden, const char* field, const nlohmann::json& value) {
    Copy copy(golden);
    copy.config[field] = value;
    const Error error = copy.refused();
    CHECK_MESSAGE(says(error, core::say("'", field, "'")), error.sentence);
  };
  refuse("marian", "normalize_before", true);
  refuse("marian", "static_position_embeddings", false);
  refuse("marian", "is_encoder_decoder", false);
  refuse("bart", "normalize_embedding", false);
  refuse("bart", "unheard_of", 1);
  refuse("mbart", "normalize_before", false);
  refuse("m2m100", "activation_function", "gelu_sideways");
  refuse("t5-relu", "feed_forward_proj", "gated-maxout");
  refuse("t5-relu", "num_heads", 0);
  refuse("bart", "decoder_attention_heads", 3);
}

TEST_CASE("tokens that the model does not say are given as options") {
  const Copy copy("m2m100");
  const model::Spec spec =
      copy.spec({.input = "", .output = "", .source_begin = {"4"}, .target_begin = {"6", "7"}});
  CHECK(spec.sequences.source_begin == Ids{4});
  CHECK(spec.sequences.forced_first == Ids{6, 7});
  const auto wrong = [&](convert::Options options) {
    const auto report = copy.convert_with(std::move(options));
    REQUIRE_FALSE(report);
    CHECK(report.error().fault == Fault::bad_argument);
  };
  wrong({.input = "", .output = "", .source_begin = {"__de__"}, .target_begin = {}});
  wrong({.input = "", .output = "", .source_begin = {"40"}, .target_begin = {}});
  convert::Options llama = support::ModelCopy("llama-tied").save();
  const support::ModelCopy decoder("llama-tied");
  llama = decoder.save();
  llama.source_begin = {"1"};
  const auto report = convert::convert(llama);
  REQUIRE_FALSE(report);
  CHECK(report.error().fault == Fault::bad_argument);
}

TEST_CASE("the golden outputs of encoder-decoders are whole") {
  for (const char* name : support::kSeq2seqGoldens) {
    CAPTURE(std::string(name));
    const support::Seq2seqLogits expected = support::read_seq2seq_logits(name);
    CHECK(expected.sources.size() == 3);
    CHECK(expected.sources[2].size() == 3);
    CHECK(expected.logits.size() == 3 * expected.steps * expected.vocab);
    for (const support::Seq2seqGenerated& one : support::read_seq2seq_generated(name)) {
      CHECK(one.score < 0);
      CHECK(one.tokens.size() <= static_cast<std::size_t>(one.max_tokens));
    }
  }
}
