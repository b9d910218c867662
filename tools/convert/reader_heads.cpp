#include "tools/convert/reader_heads.h"

#include <algorithm>

#include "tools/convert/hugging_face.h"
#include "tools/convert/json.h"
#include "tools/convert/sentence_pooling.h"

namespace linnet::convert {
namespace {

class Heads {
 public:
  Heads(Config& config, Found& found, model::Spec& spec, const ReaderHeads& heads)
      : config_(config), found_(found), spec_(spec), heads_(heads) {}

  void describe() {
    const std::string& kind = found_.architecture;
    spec_.head = model::Head::none;
    const bool has_words =
        (kind == "ForMaskedLM" || kind == "ForPreTraining") && stored(heads_.transform);
    if (has_words) words();
    if (kind == "ForSequenceClassification")
      sequences(heads_.dense.empty() ? heads_.pooler : heads_.dense, heads_.classifier);
    else if (kind == "ForImageClassification")
      classes(model::Classes::sequence, heads_.classifier);
    else if (kind == "ForTokenClassification")
      classes(model::Classes::tokens, heads_.token_classifier);
    else if (kind == "ForQuestionAnswering")
      classes(model::Classes::spans, heads_.spans);
    else if (stored(heads_.next))
      sequences(heads_.pooler, heads_.next);
    else if (!has_words && stored(heads_.pooler))
      pool(heads_.pooler);
    if (reading().classes != model::Classes::sequence) read_pooling();
    // Many a checkpoint has kept the pooler of the model that it was made from.
    if (!reading().pooler && !heads_.pooler.empty())
      for (const char* last : {".weight", ".bias"})
        found_.ignored.push_back(std::string(heads_.pooler) + last);
  }

 private:
  model::Reading& reading() { return spec_.reading; }

  // Under that name, or without the first part of it, which bare models leave out.
  bool stored(std::string_view module) const {
    if (module.empty()) return false;
    const std::string name = std::string(module) + ".weight";
    const std::size_t dot = std::min(name.find('.'), name.size() - 1);
    return found_.checkpoint.find(name) >= 0 || found_.checkpoint.find(name.substr(dot + 1)) >= 0;
  }

  void words() {
    spec_.head = model::Head::logits;
    spec_.tied_head = config_.flag("tie_word_embeddings", true);
    spec_.head_bias = true;
    reading().transform = true;
  }

  void sequences(std::string_view pooler, std::string_view classifier) {
    pool(pooler);
    classes(model::Classes::sequence, classifier);
  }

  void pool(std::string_view module) {
    if (module.empty()) return;
    reading().pooler = true;
    if (module == heads_.dense) reading().pooler_activation = heads_.dense_activation;
    found_.words["pooler"] = module;
  }

  void classes(model::Classes kind, std::string_view module) {
    reading().classes = kind;
    found_.words["classes"] = module;
    const int place = found_.checkpoint.find(std::string(module) + ".weight");
    const auto& tensors = found_.checkpoint.tensors();
    if (place >= 0 && !tensors[static_cast<std::size_t>(place)].shape.empty())
      reading().class_count = static_cast<int>(std::clamp<std::int64_t>(
          tensors[static_cast<std::size_t>(place)].shape.front(), 0, 1 << 28));
    if (module == heads_.next)
      reading().labels = {"next", "random"};
    else if (kind != model::Classes::spans)
      name_classes();
  }

  void name_classes() {
    std::optional<Config> names = config_.section("id2label");
    if (!names) return;
    for (int i = 0; i < reading().class_count; ++i) {
      const std::string label = names->text(std::to_string(i), "");
      if (label.empty()) return reading().labels.clear();
      reading().labels.push_back(label);
    }
  }

  void read_pooling() {
    if (found_.folder.empty()) return;
    const auto pooling = read_sentence_pooling(found_.folder);
    if (!pooling) return config_.fail(pooling.error());
    reading().pooling = pooling->pooling;
    reading().unit_length = pooling->unit_length;
  }

  Config& config_;
  Found& found_;
  model::Spec& spec_;
  const ReaderHeads& heads_;
};

}  // namespace

void describe_reading(Config& config, Found& found, model::Spec& spec, const ReaderHeads& heads) {
  config.harmless(kReaderHarmless);
  config.harmless("tie_word_embeddings");  // matters to a head of words only
  Heads(config, found, spec, heads).describe();
}

void describe_bert_like(Config& config, model::Spec& spec) {
  read_common_fields(config);
  config.only("position_embedding_type", "absolute");
  spec.vocab = config.count("vocab_size");
  spec.token_types = config.count("type_vocab_size", 2);
  model::Stack& s = spec.encoder;
  read_sizes(config, s);
  split_heads(config, s);
  s.place = model::NormPlace::after;
  s.norm_eps = static_cast<float>(config.number("layer_norm_eps", 1e-12));
  s.embed_norm = true;
  s.final_norm = false;
  s.position = model::Position::learned;
  s.positions = config.count("max_position_embeddings", 512);
  s.activation = read_activation(config, "hidden_act", "gelu");
  spec.reading.transform_activation = s.activation;
}

}  // namespace linnet::convert
