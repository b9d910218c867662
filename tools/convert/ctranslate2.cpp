#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tools/convert/family.h"
#include "tools/convert/folder.h"
#include "tools/convert/sinusoid.h"
#include "tools/convert/token_list.h"

// The encoder-decoders of CTranslate2 (checkpoint/ctranslate2.h): TransformerBase and
// TransformerBig of its first versions, TransformerSpec since. Widths and numbers of layers follow
// from the shapes of the variables, everything else from attributes, as in its own
// src/layers/transformer.cc.
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Its sinusoids go on for ever; a session has to end somewhere.
constexpr int kSinusoidPositions = 1024;

class StackReader {
 public:
  StackReader(Config& config, const Checkpoint& checkpoint, std::string name, model::Stack& stack)
      : config_(config), checkpoint_(checkpoint), name_(std::move(name)), s_(stack) {}

  // `heads` where the file does not say how many there are.
  void describe(int heads, double norm_epsilon) {
    while (s_.layers < 1024 && has(layer("self_attention/linear_0/weight"))) ++s_.layers;
    s_.d_model = size(embeddings(), 1);
    s_.d_ff = size(layer_0("ffn/linear_0/weight"), 0);
    s_.heads = s_.kv_heads = config_.count(attribute("num_heads"), heads);
    s_.d_head = std::max(1, s_.d_model / s_.heads);
    if (s_.d_model % s_.heads != 0)
      config_.refuse(attribute("num_heads"), "does not divide the width of the model");

    const bool rms = !has(layer_0("self_attention/layer_norm/beta"));
    s_.norm = rms ? model::NormKind::rms : model::NormKind::layer;
    s_.norm_eps = static_cast<float>(norm_epsilon > 0 ? norm_epsilon : rms ? 1e-6 : 1e-5);
    const bool before = config_.integer(attribute("pre_norm"), 1) != 0;
    s_.place = before ? model::NormPlace::before : model::NormPlace::after;
    s_.final_norm = has(name_ + "/layer_norm/gamma");
    s_.embed_norm = has(name_ + "/layernorm_embedding/gamma");

    s_.qkv_bias = has(layer_0("self_attention/linear_0/bias"));
    s_.out_bias = has(layer_0("self_attention/linear_1/bias"));
    s_.ffn_bias = has(layer_0("ffn/linear_0/bias"));
    s_.gated = has(layer_0("ffn/linear_0_noact/weight"));
    s_.cross = has(layer_0("attention/linear_0/weight"));
    read_activation();
    read_positions();
    read_layers();
    config_.only(name_ + "/alibi", 0);
    for (const char* harmless : {"alibi_use_positive_positions", "scale_alibi", "embeddings_merge",
                                 "multi_query_attention"})
      config_.harmless(say(name_, "/", harmless));
    if (s_.cross) {  // the layer counts from 0, or from the end if it is negative
      const int layer = config_.integer(attribute("alignment_layer"), -1);
      s_.alignment_layer = ((layer < 0 ? s_.layers : 0) + layer + 1) % std::max(s_.layers, 1);
      s_.alignment_heads = config_.integer(attribute("alignment_heads"), 1);
    }
  }

  // Both a flag and a factor are found under this name.
  double embed_scale() {
    const double root = std::sqrt(static_cast<float>(s_.d_model));
    for (const char* name : {"/scale_embeddings", "/embeddings/multiply_by_sqrt_depth"}) {
      const double value = config_.number(name_ + name, -1.0);
      if (value < 0) continue;
      return config_.is_integer(name_ + name) ? (value > 0 ? root : 1.0) : value;
    }
    return root;
  }

  std::string embeddings() const {
    const std::string several = name_ + "/embeddings_0/weight";
    return has(several) ? several : name_ + "/embeddings/weight";
  }
  int size(const std::string& variable, std::size_t dimension) {
    const int found = checkpoint_.find(variable);
    if (found >= 0) {
      const auto& shape = checkpoint_.tensors()[static_cast<std::size_t>(found)].shape;
      if (dimension < shape.size()) return static_cast<int>(shape[dimension]);
    }
    config_.fail(Error{Fault::corrupt, say(checkpoint_.files().front()->path(), ": the variable '",
                                           variable, "' is missing or has another shape")});
    return 1;
  }

 private:
  bool has(const std::string& variable) const { return checkpoint_.find(variable) >= 0; }
  std::string layer(const char* name) const { return layer(s_.layers, name); }
  std::string layer_0(const char* name) const { return layer(0, name); }
  std::string layer(int i, const char* name) const { return say(name_, "/layer_", i, "/", name); }

  // Until revision 5 of the spec both stacks shared their attributes.
  std::string attribute(const char* name) const {
    const std::string own = say(name_, "/", name);
    return config_.has(own) ? own : name;
  }

  void read_activation() {
    const int activation = config_.integer(attribute("activation"), 0);
    constexpr std::array kOurs{model::Activation::relu, model::Activation::gelu_tanh,
                               model::Activation::silu, model::Activation::gelu};
    if (activation >= 0 && activation < static_cast<int>(kOurs.size()))
      s_.activation = kOurs[static_cast<std::size_t>(activation)];
    else
      config_.refuse(attribute("activation"), say("is ", activation, ", which is not supported"));
  }

  void read_positions() {
    const std::string learned = name_ + "/position_encodings/encodings";
    const std::string relative = layer_0("self_attention/relative_attention_bias");
    s_.positions = kSinusoidPositions;
    if (has(relative)) {
      s_.position = model::Position::relative_bias;
      s_.relative_buckets = size(relative, 0);
      s_.relative_distance =
          config_.count(layer_0("self_attention/relative_attention_max_distance"));
    } else if (has(learned)) {
      s_.position = model::Position::learned;
      s_.positions = size(learned, 0);
    } else {
      s_.position = model::Position::sinusoid;
      s_.position_start = 1;
      s_.sinusoid_layout = model::SinusoidLayout::halves;
      s_.sinusoid_frequencies = tensor2tensor_sinusoid(s_.d_model);
    }
  }

  // Attributes of single layers, in which all of them must agree.
  void read_layers() {
    const auto scale_of = [&](int i, const char* attention) {
      return static_cast<float>(config_.number(layer(i, attention) + "/queries_scale", 0.0));
    };
    s_.attention_scale = scale_of(0, "self_attention");
    for (int i = 0; i < s_.layers; ++i) {
      const float own = scale_of(i, "self_attention");
      if (own != s_.attention_scale || (s_.cross && scale_of(i, "attention") != own))
        config_.refuse(layer(i, "self_attention/queries_scale"), "is not the same everywhere");
      if (s_.position == model::Position::relative_bias)
        config_.only(layer(i, "self_attention/relative_attention_max_distance"),
                     s_.relative_distance);
    }
  }

  Config& config_;
  const Checkpoint& checkpoint_;
  std::string name_;
  model::Stack& s_;
};

// The vocabulary of `kind` beside model.bin, with the unknown token behind it if it is not in it.
std::vector<std::string> read_vocabulary_of(const char* kind, int size, const std::string& unknown,
                                            const std::string& folder, std::string& path,
                                            Config& config) {
  for (const char* name : {kind, "shared"})
    for (const char* extension : {".json", ".txt"}) {
      const std::string file = say(name, "_vocabulary", extension);
      path = say(folder, "/", file);
      if (!has_file(folder, file)) continue;
      core::Result<std::vector<std::string>> tokens = read_tokens(path);
      if (!tokens) return config.fail(tokens.error()), std::vector<std::string>();
      if (std::find(tokens->begin(), tokens->end(), unknown) == tokens->end())
        tokens->push_back(unknown);
      if (static_cast<int>(tokens->size()) != size)
        config.fail(Error{Fault::corrupt, say(path, " has ", tokens->size(),
                                              " tokens (the unknown "
                                              "one included), but the model has ",
                                              size)});
      return *tokens;
    }
  config.fail(Error{Fault::io, say(folder, " has no ", kind, "_vocabulary.txt, ", kind,
                                   "_vocabulary.json or shared_vocabulary")});
  return {};
}

// What stands around sources and targets. Before version 6 there was no config.json, and attributes
// said some of it.
void read_sequences(Config& config, Config& files, Found& found, model::Spec& spec) {
  const std::string unknown = files.text("unk_token", "<unk>");
  const std::string begin = files.text("bos_token", "<s>"), end = files.text("eos_token", "</s>");
  const std::string start = files.text("decoder_start_token", "<s>");
  if (files.is_null("decoder_start_token"))
    files.refuse("decoder_start_token", "is null: every target would have to begin with a prefix");
  const bool with_begin = files.flag("add_source_bos", config.integer("with_source_bos", 0) != 0);
  const bool with_end = files.flag("add_source_eos", config.integer("with_source_eos", 0) != 0);
  config.only("with_target_bos", 1);

  std::string source, target;
  const int source_size = spec.source_vocab > 0 ? spec.source_vocab : spec.vocab;
  found.source.tokens =
      read_vocabulary_of("source", source_size, unknown, found.folder, source, config);
  found.target.tokens =
      read_vocabulary_of("target", spec.vocab, unknown, found.folder, target, config);
  found.source.names = found.target.names = {unknown, begin, end, ""};
  const auto put = [&](std::vector<std::int32_t>& to, const std::vector<std::string>& tokens,
                       const std::string& token, const std::string& file) {
    core::Result<std::vector<std::int32_t>> ids = ids_of(tokens, std::span(&token, 1), file);
    if (ids)
      to = *ids;
    else
      config.fail(ids.error());
  };
  if (with_begin) put(spec.sequences.source_begin, found.source.tokens, begin, source);
  if (with_end) put(spec.sequences.source_end, found.source.tokens, end, source);
  put(spec.sequences.start, found.target.tokens, start, target);
  put(spec.sequences.ends, found.target.tokens, end, target);
}

void describe(Config& config, Found& found, model::Spec& spec) {
  const std::string kind = config.text("spec", "");
  const bool early = kind.empty() || kind == "TransformerBase" || kind == "TransformerBig";
  if (!early && kind != "TransformerSpec")
    config.refuse("spec", say("is '", shown(kind), "'; only TransformerBase, TransformerBig and ",
                              "TransformerSpec are supported"));
  config.harmless("version");
  config.harmless("revision");
  config.only("with_relative_position", 0);
  config.harmless("embeddings_merge");  // there is one embedding, or a tensor is left over
  std::optional<Config> files = config.section("config.json");
  if (!files) return config.refuse("config.json", "is missing");
  const double epsilon = files->number("layer_norm_epsilon", 0.0);
  files->only("multi_query_attention", false);

  const int heads = kind == "TransformerBig" ? 16 : 8;
  const Checkpoint& checkpoint = found.checkpoint;
  StackReader encoder(config, checkpoint, "encoder", spec.encoder);
  StackReader decoder(config, checkpoint, "decoder", spec.decoder);
  encoder.describe(heads, epsilon);
  decoder.describe(heads, epsilon);
  spec.embed_scale = static_cast<float>(decoder.embed_scale());
  if (encoder.embed_scale() != decoder.embed_scale())
    config.refuse("encoder/scale_embeddings", "is not that of the decoder");
  if (config.integer("decoder/start_from_zero_embedding", 0) != 0)
    config.refuse("decoder/start_from_zero_embedding",
                  "is set, which is not supported; convert the original Marian model instead");

  const auto at = [&](const std::string& name) { return checkpoint.find(name); };
  const int source = at(encoder.embeddings()), target = at(decoder.embeddings());
  const int head = at("decoder/projection/weight");
  spec.vocab = decoder.size(decoder.embeddings(), 0);
  const bool shared = source >= 0 && target >= 0 && checkpoint.same_place(source, target);
  spec.source_vocab = shared ? 0 : encoder.size(encoder.embeddings(), 0);
  spec.tied_head = head >= 0 && target >= 0 && checkpoint.same_place(head, target);
  spec.head_bias = at("decoder/projection/bias") >= 0;
  found.words["up"] = spec.encoder.gated ? "_noact" : "";
  spec.logit_scale = static_cast<float>(config.number("decoder/scale_outputs", 1.0));
  read_sequences(config, *files, found, spec);
}

constexpr std::array kModules{
    Module{"embed.tokens", "decoder/embeddings"},
    Module{"embed.source", "encoder/embeddings"},
    Module{"embed.source", "encoder/embeddings_0"},
    Module{"encoder.positions.weight", "encoder/position_encodings/encodings"},
    Module{"encoder.relative.weight", "encoder/layer_*/self_attention/relative_attention_bias",
           true},
    Module{"encoder.embed_norm", "encoder/layernorm_embedding"},
    Module{"encoder.*.self_norm", "encoder/layer_*/self_attention/layer_norm"},
    Module{"encoder.*.self.query", "encoder/layer_*/self_attention/linear_0", false, 0, 3},
    Module{"encoder.*.self.key", "encoder/layer_*/self_attention/linear_0", false, 1, 3},
    Module{"encoder.*.self.value", "encoder/layer_*/self_attention/linear_0", false, 2, 3},
    Module{"encoder.*.self.out", "encoder/layer_*/self_attention/linear_1"},
    Module{"encoder.*.ffn_norm", "encoder/layer_*/ffn/layer_norm"},
    Module{"encoder.*.ffn.gate", "encoder/layer_*/ffn/linear_0"},
    Module{"encoder.*.ffn.up", "encoder/layer_*/ffn/linear_0{up}"},
    Module{"encoder.*.ffn.down", "encoder/layer_*/ffn/linear_1"},
    Module{"encoder.norm", "encoder/layer_norm"},
    Module{"decoder.positions.weight", "decoder/position_encodings/encodings"},
    Module{"decoder.relative.weight", "decoder/layer_*/self_attention/relative_attention_bias",
           true},
    Module{"decoder.embed_norm", "decoder/layernorm_embedding"},
    Module{"decoder.*.self_norm", "decoder/layer_*/self_attention/layer_norm"},
    Module{"decoder.*.self.query", "decoder/layer_*/self_attention/linear_0", false, 0, 3},
    Module{"decoder.*.self.key", "decoder/layer_*/self_attention/linear_0", false, 1, 3},
    Module{"decoder.*.self.value", "decoder/layer_*/self_attention/linear_0", false, 2, 3},
    Module{"decoder.*.self.out", "decoder/layer_*/self_attention/linear_1"},
    Module{"decoder.*.cross_norm", "decoder/layer_*/attention/layer_norm"},
    Module{"decoder.*.cross.query", "decoder/layer_*/attention/linear_0"},
    Module{"decoder.*.cross.key", "decoder/layer_*/attention/linear_1", false, 0, 2},
    Module{"decoder.*.cross.value", "decoder/layer_*/attention/linear_1", false, 1, 2},
    Module{"decoder.*.cross.out", "decoder/layer_*/attention/linear_2"},
    Module{"decoder.*.ffn_norm", "decoder/layer_*/ffn/layer_norm"},
    Module{"decoder.*.ffn.gate", "decoder/layer_*/ffn/linear_0"},
    Module{"decoder.*.ffn.up", "decoder/layer_*/ffn/linear_0{up}"},
    Module{"decoder.*.ffn.down", "decoder/layer_*/ffn/linear_1"},
    Module{"decoder.norm", "decoder/layer_norm"},
    Module{"head", "decoder/projection"}};

}  // namespace

extern constinit const Family kCtranslate2{
    "ctranslate2", "", describe, kModules, "", {}, {"/weight", "/bias", "/gamma", "/beta"}};

}  // namespace linnet::convert
