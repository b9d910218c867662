#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tools/convert/family.h"
#include "tools/convert/hugging_face.h"
#include "tools/convert/sinusoid.h"
#include "tools/convert/token_list.h"

// torch.nn.Transformer with the parts that its tutorials put around it: two embeddings, positions,
// a linear head. A state dict does not say how they were put together, so config.json does
// (README.md beside this file); names in `{braces}` are its.
namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::say;

class Reader {
 public:
  Reader(Config& config, Found& found, model::Spec& spec)
      : config_(config), found_(found), spec_(spec) {}

  void read() {
    for (const auto& [field, otherwise] : {std::pair{"prefix", "transformer."},
                                           {"source_embedding", "source_embedding"},
                                           {"target_embedding", "target_embedding"},
                                           {"head", "head"},
                                           {"source_positions", "source_positions"},
                                           {"target_positions", "target_positions"}})
      found_.words[field] = config_.text(field, otherwise);
    found_.ignored = config_.texts("ignored");
    read_stack("encoder", spec_.encoder);
    read_stack("decoder", spec_.decoder);
    spec_.decoder.cross = true;
    if (config_.flag("scale_embedding", false))
      spec_.embed_scale = static_cast<float>(std::sqrt(static_cast<double>(spec_.decoder.d_model)));
    read_vocabularies();
    read_head();
  }

 private:
  int find(std::string_view name) const { return found_.checkpoint.find(with_words(name, found_)); }

  void read_stack(const std::string& side, model::Stack& s) {
    s.layers = config_.count(say("num_", side, "_layers"));
    s.d_model = config_.count("d_model");
    s.d_ff = config_.count("dim_feedforward");
    s.heads = s.kv_heads = config_.count("nhead");
    split_heads(config_, s, "nhead", "d_model");
    s.norm = model::NormKind::layer;
    s.norm_eps = static_cast<float>(config_.number("layer_norm_eps", 1e-5));
    s.place =
        config_.flag("norm_first", false) ? model::NormPlace::before : model::NormPlace::after;
    s.final_norm = find(say("{prefix}", side, ".norm.weight")) >= 0;
    s.activation = read_activation(config_, "activation", "relu");
    s.norm_bias = s.qkv_bias = s.out_bias = s.ffn_bias = config_.flag("bias", true);
    read_positions(s);
  }

  void read_positions(model::Stack& s) {
    const std::string kind = config_.text("positions", "sinusoid");
    const std::string layout = config_.text("sinusoid_layout", "interleaved");
    s.positions = config_.count("max_positions");
    s.position_start = config_.integer("position_start", 0);
    s.position = kind == "learned" ? model::Position::learned : model::Position::sinusoid;
    if (kind != "learned" && kind != "sinusoid")
      config_.refuse("positions", "must be 'sinusoid' or 'learned'");
    if (layout != "interleaved" && layout != "halves")
      config_.refuse("sinusoid_layout", "must be 'interleaved' or 'halves'");
    if (s.position == model::Position::learned) return;
    s.sinusoid_layout =
        layout == "halves" ? model::SinusoidLayout::halves : model::SinusoidLayout::interleaved;
    s.sinusoid_frequencies = paper_sinusoid(s.d_model);
  }

  // The tokens of one side, and the ids of those that its config names.
  struct Side {
    std::string file;
    PlainTokens plain;
  };
  Side read_side(Config& config, std::string_view embedding) {
    Side side;
    side.file = config.text("vocabulary", "");
    const std::string split = config.text("split", "words");
    side.plain.by_characters = split == "characters";
    if (split != "characters" && split != "words")
      config.refuse("split", "must be 'characters' or 'words'");
    side.plain.names = {config.text("unknown", "<unk>"), "", "", config.text("pad", "<pad>")};
    if (side.file.empty() || side.file.find('/') != std::string::npos) {
      config.refuse("vocabulary", "must be the name of a file beside config.json");
      return side;
    }
    side.file = say(found_.folder, "/", side.file);
    core::Result<std::vector<std::string>> tokens = read_tokens(side.file);
    if (!tokens) return config.fail(tokens.error()), side;
    side.plain.tokens = std::move(*tokens);
    const int table = find(say(embedding, ".weight"));
    if (table < 0) return side;  // the plan will say so
    const std::vector<std::int64_t>& shape =
        found_.checkpoint.tensors()[static_cast<std::size_t>(table)].shape;
    if (!shape.empty() && std::cmp_not_equal(shape.front(), side.plain.tokens.size()))
      config.fail(
          Error{Fault::corrupt,
                say(side.file, " has ", side.plain.tokens.size(), " tokens, but the embedding '",
                    with_words(embedding, found_), "' has ", shape.front(), " rows")});
    return side;
  }
  std::vector<std::int32_t> ids(Config& config, const Side& side,
                                const std::vector<std::string>& tokens) {
    if (side.plain.tokens.empty()) return {0};
    core::Result<std::vector<std::int32_t>> ids = ids_of(side.plain.tokens, tokens, side.file);
    if (ids) return *ids;
    config.fail(ids.error());
    return {0};
  }

  void read_vocabularies() {
    std::optional<Config> source = config_.section("source"), target = config_.section("target");
    if (!source || !target) return config_.refuse(source ? "target" : "source", "is missing");
    Side from = read_side(*source, "{source_embedding}"),
         to = read_side(*target, "{target_embedding}");
    model::Sequences& s = spec_.sequences;
    s.source_begin = ids(*source, from, source->texts("begin"));
    s.source_end = ids(*source, from, source->texts("end"));
    s.start = ids(*target, to, target->texts("start"));
    s.ends = ids(*target, to, {target->text("end", "</s>")});
    if (s.start.empty()) target->refuse("start", "must name at least one token");
    spec_.vocab = std::max(1, static_cast<int>(to.plain.tokens.size()));
    const bool shared = from.file == to.file &&
                        found_.words["source_embedding"] == found_.words["target_embedding"];
    if (!shared) spec_.source_vocab = static_cast<int>(from.plain.tokens.size());
    to.plain.names.begin = first_of(target->texts("start"));
    to.plain.names.end = target->text("end", "</s>");
    from.plain.names.begin = first_of(source->texts("begin"));
    from.plain.names.end = first_of(source->texts("end"));
    found_.source = std::move(from.plain);
    found_.target = std::move(to.plain);
  }

  static std::string first_of(const std::vector<std::string>& tokens) {
    return tokens.empty() ? "" : tokens.front();
  }

  // A head that is tied may be stored or not.
  void read_head() {
    const int head = find("{head}.weight"), table = find("{target_embedding}.weight");
    spec_.head_bias = find("{head}.bias") >= 0;
    spec_.tied_head = head < 0;
    if (head < 0 || table < 0) return;
    const core::Result<bool> equal = equal_tensors(found_.checkpoint, head, table);
    if (equal)
      spec_.tied_head = *equal;
    else
      config_.fail(equal.error());
  }

  Config& config_;
  Found& found_;
  model::Spec& spec_;
};

void describe(Config& config, Found& found, model::Spec& spec) {
  Reader(config, found, spec).read();
}

constexpr std::array kModules{
    Module{"embed.tokens", "{target_embedding}"},
    Module{"embed.source", "{source_embedding}"},
    Module{"encoder.positions", "{source_positions}"},
    Module{"encoder.*.self_norm", "{prefix}encoder.layers.*.norm1"},
    Module{"encoder.*.self.query", "{prefix}encoder.layers.*.self_attn.in_proj_", false, 0, 3},
    Module{"encoder.*.self.key", "{prefix}encoder.layers.*.self_attn.in_proj_", false, 1, 3},
    Module{"encoder.*.self.value", "{prefix}encoder.layers.*.self_attn.in_proj_", false, 2, 3},
    Module{"encoder.*.self.out", "{prefix}encoder.layers.*.self_attn.out_proj"},
    Module{"encoder.*.ffn_norm", "{prefix}encoder.layers.*.norm2"},
    Module{"encoder.*.ffn.up", "{prefix}encoder.layers.*.linear1"},
    Module{"encoder.*.ffn.down", "{prefix}encoder.layers.*.linear2"},
    Module{"encoder.norm", "{prefix}encoder.norm"},
    Module{"decoder.positions", "{target_positions}"},
    Module{"decoder.*.self_norm", "{prefix}decoder.layers.*.norm1"},
    Module{"decoder.*.self.query", "{prefix}decoder.layers.*.self_attn.in_proj_", false, 0, 3},
    Module{"decoder.*.self.key", "{prefix}decoder.layers.*.self_attn.in_proj_", false, 1, 3},
    Module{"decoder.*.self.value", "{prefix}decoder.layers.*.self_attn.in_proj_", false, 2, 3},
    Module{"decoder.*.self.out", "{prefix}decoder.layers.*.self_attn.out_proj"},
    Module{"decoder.*.cross_norm", "{prefix}decoder.layers.*.norm2"},
    Module{"decoder.*.cross.query", "{prefix}decoder.layers.*.multihead_attn.in_proj_", false, 0,
           3},
    Module{"decoder.*.cross.key", "{prefix}decoder.layers.*.multihead_attn.in_proj_", false, 1, 3},
    Module{"decoder.*.cross.value", "{prefix}decoder.layers.*.multihead_attn.in_proj_", false, 2,
           3},
    Module{"decoder.*.cross.out", "{prefix}decoder.layers.*.multihead_attn.out_proj"},
    Module{"decoder.*.ffn_norm", "{prefix}decoder.layers.*.norm3"},
    Module{"decoder.*.ffn.up", "{prefix}decoder.layers.*.linear1"},
    Module{"decoder.*.ffn.down", "{prefix}decoder.layers.*.linear2"},
    Module{"decoder.norm", "{prefix}decoder.norm"},
    Module{"head", "{head}"}};

}  // namespace

extern constinit const Family kNnTransformer{"nn.Transformer", "(none)", describe,
                                             kModules,         "",       {}};

}  // namespace linnet::convert
