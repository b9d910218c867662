#include "tools/convert/vocabulary/pipeline.h"

#include <utility>

#include "engine/text/blanks.h"
#include "tools/convert/config.h"
#include "tools/convert/vocabulary/base64.h"
#include "tools/convert/vocabulary/byte_level.h"
#include "tools/convert/vocabulary/parts.h"
#include "tools/convert/vocabulary/steps.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::kBlankSign;

class PipelineReader : private Steps {
 public:
  PipelineReader(const std::string& file, const std::vector<std::string>& ignored, Pipeline& to)
      : Steps(file, ignored), to_(to) {}

  Status read(const Json& json) {
    auto normalizers = Parts::of(json, "normalizer", "normalizers", file());
    if (!normalizers) return normalizers.error();
    auto pre_tokenizers = Parts::of(json, "pre_tokenizer", "pretokenizers", file());
    if (!pre_tokenizers) return pre_tokenizers.error();
    auto decoders = Parts::of(json, "decoder", "decoders", file());
    if (!decoders) return decoders.error();
    if (Status done = read_normalizers(*normalizers); !done) return done;
    if (Status done = read_pre_tokenizers(*pre_tokenizers); !done) return done;
    return read_decoders(*decoders);
  }

 private:
  // Prepend and Replace, as for Llama 2: U+2581 before the text and for every blank. Precompiled,
  // Strip and Replace of several blanks, as for T5 and NLLB: what SentencePiece does to a text.
  Status read_normalizers(const Parts& steps) {
    bool prepends = false;
    if (steps.are({"BertNormalizer"})) return read_bert(steps[0]);
    std::size_t first = 0;
    if (Status done = read_albert(steps, first); !done) return done;
    for (std::size_t i = first; i < steps.size(); ++i) {
      Config step = fields(steps[i], "normalizer");
      if (steps.type(i) == "Prepend") {
        step.only("prepend", kBlankSign);
        prepends = true;
      } else if (steps.type(i) == "Precompiled") {
        if (Status map = read_map(step); !map) return map;
      } else if (steps.type(i) == "NFC") {
        to_.composes = true;
      } else if (steps.type(i) == "Strip") {
        step.only("strip_left", false);
        step.only("strip_right", true);
      } else if (collapses(steps[i])) {
        step.harmless("pattern");
        step.harmless("content");
        to_.collapse_blanks = true;
      } else if (steps.type(i) == "Replace") {
        step.only("pattern", Json{{"String", " "}});
        step.only("content", kBlankSign);
        marks_blanks_ = true;
      } else {
        return refused("normalizer", steps.type(i));
      }
      if (Status fine = step.finish(); !fine) return fine;
      if (steps.type(i) != "NFC") to_.normalises = true;
    }
    if (prepends && !marks_blanks_) return refused("its normalizer puts U+2581 before text only");
    if (prepends) to_.prefix = "every";
    return Done{};
  }

  // What ALBERT does first, in this order; some of it may be left out. `next` is the step after.
  Status read_albert(const Parts& steps, std::size_t& next) {
    const auto takes = [&](std::string_view type) {
      return next < steps.size() && steps.type(next) == type;
    };
    const auto is_quote = [&](const char* pair) {
      return takes("Replace") && steps[next].value("pattern", Json()) == Json{{"String", pair}} &&
             steps[next].value("content", Json()) == Json("\"");
    };
    if (is_quote("``")) {
      ++next;
      if (!is_quote("''")) return refused("its normalizer replaces quotes of one kind only");
      ++next;
      to_.albert.quotes = true;
    }
    if (takes("NFKD")) {
      ++next;
      if (!takes("StripAccents")) return refused("normalizer", "NFKD");
      ++next;
      to_.albert.strip_accents = true;
    }
    if (takes("Lowercase")) {
      ++next;
      to_.albert.lower = true;
    }
    to_.normalises = next > 0;
    return Done{};
  }

  Status read_bert(const Json& json) {
    Config step = fields(json, "normalizer");
    to_.bert.clean = step.flag("clean_text", true);
    to_.bert.split_chinese = step.flag("handle_chinese_chars", true);
    to_.bert.lower = step.flag("lowercase", true);
    to_.bert.strip_accents = step.flag("strip_accents", to_.bert.lower);
    to_.wordpiece = to_.normalises = true;
    return step.finish();
  }

  Status read_map(Config& step) {
    const std::string text = step.text("precompiled_charsmap", "");
    auto bytes = from_base64(text);
    if (!bytes || bytes->empty())
      return Error{Fault::corrupt, say(file(), ": its character map is not base64")};
    if (!to_.char_map.empty()) return refused("it has two character maps");
    to_.char_map = std::move(*bytes);
    return Done{};
  }

  // Whether the step makes runs of blanks one.
  static bool collapses(const Json& step) {
    const auto pattern = step.find("pattern"), content = step.find("content");
    if (pattern == step.end() || content == step.end()) return false;
    return *pattern == Json{{"Regex", " {2,}"}} && (*content == " " || *content == kBlankSign);
  }

  Status read_pre_tokenizers(const Parts& steps) {
    if (steps.are({"BertPreTokenizer"})) {
      // Without its normalizer, a text is only cut.
      if (!to_.wordpiece && to_.normalises)
        return refused("it has another normalizer before the pre-tokenizer 'BertPreTokenizer'");
      if (!to_.wordpiece) to_.bert = {false, false, false, false};
      to_.wordpiece = true;
      return Done{};
    }
    if (to_.wordpiece) return refused("it has the normalizer 'BertNormalizer' before other steps");
    if (ByteLevel::has(steps)) return read_byte_level(steps);
    if (to_.composes) return refused("normalizer", "NFC");
    // Gemma's cuts at ' ', of which its normalizer has left none.
    if (steps.are({"Split"}) && marks_blanks_ &&
        steps[0].value("pattern", Json()) == Json{{"String", " "}})
      return Done{};
    if (steps.are({})) {
      if (!marks_blanks_) return refused("it has neither a normalizer nor a pre-tokenizer");
      return Done{};
    }
    if (steps.are({"Metaspace"})) return read_metaspace(steps[0]);
    if (steps.are({"WhitespaceSplit", "Metaspace"})) {
      to_.collapse_blanks = true;
      return read_metaspace(steps[1]);
    }
    return refused("pre_tokenizer", steps.type(steps.size() > 1 ? 1 : 0));
  }

  Status read_metaspace(const Json& json) {
    if (marks_blanks_) return refused("it has a normalizer before the pre-tokenizer 'Metaspace'");
    Config step = fields(json, "pre_tokenizer");
    step.harmless("str_rep");
    step.only("replacement", kBlankSign);
    const bool prepends = step.flag("add_prefix_space", true);
    const std::string scheme = step.text("prepend_scheme", prepends ? "always" : "never");
    to_.split_blanks = step.flag("split", true);
    if (Status fine = step.finish(); !fine) return fine;
    if (scheme != "always" && scheme != "first" && scheme != "never")
      return refused(say("its pre-tokenizer has the prepend_scheme '", shown(scheme), "'"));
    to_.prefix = scheme == "always" ? "every" : scheme == "first" ? "first" : "none";
    to_.prefix_unless_blank = true;
    return Done{};
  }

  Status read_byte_level(const Parts& steps) {
    auto read = ByteLevel::read(steps, *this);
    if (!read) return read.error();
    if (to_.normalises) return refused("it has a normalizer before the pre-tokenizer 'ByteLevel'");
    to_.prefix = read->prefixes ? "every" : "none";
    to_.prefix_unless_blank = read->prefixes;
    to_.patterns = std::move(read->patterns);
    to_.byte_level = true;
    return Done{};
  }

  Status read_decoders(const Parts& steps) {
    if (to_.byte_level && !steps.are({"ByteLevel"}))
      return refused("decoder", steps.size() == 0 ? "none" : steps.type(0));
    if (to_.byte_level) return Done{};
    if (to_.wordpiece) return read_word_decoder(steps);
    bool unmarks_blanks = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Config step = fields(steps[i], "decoder");
      const std::string& type = steps.type(i);
      if (type == "Replace") {
        step.only("pattern", Json{{"String", kBlankSign}});
        step.only("content", " ");
        unmarks_blanks = true;
      } else if (type == "Metaspace") {
        step.harmless("str_rep");
        step.harmless("split");
        step.only("replacement", kBlankSign);
        const bool prepended = step.flag("add_prefix_space", true);
        to_.strip_first = step.text("prepend_scheme", prepended ? "always" : "never") != "never";
        unmarks_blanks = true;
      } else if (type == "ByteFallback") {
        to_.byte_fallback = true;
      } else if (type == "Strip") {
        step.only("content", " ");
        step.only("start", 1);
        step.only("stop", 0);
        to_.strip_first = true;
      } else if (type != "Fuse") {
        return refused("decoder", type);
      }
      if (Status fine = step.finish(); !fine) return fine;
    }
    return unmarks_blanks ? Status(Done{}) : refused("its decoder leaves U+2581 in the text");
  }

  Status read_word_decoder(const Parts& steps) {
    if (!steps.are({"WordPiece"}))
      return refused("decoder", steps.size() == 0 ? "none" : steps.type(0));
    Config step = fields(steps[0], "decoder");
    to_.inside = step.text("prefix", "##");
    to_.cleanup = step.flag("cleanup", true);
    return step.finish();
  }

  Pipeline& to_;
  bool marks_blanks_ = false;
};

}  // namespace

Result<Pipeline> Pipeline::read(const Json& json, const std::string& file,
                                const std::vector<std::string>& ignored_fields) {
  Pipeline pipeline;
  if (Status read = PipelineReader(file, ignored_fields, pipeline).read(json); !read)
    return read.error();
  return pipeline;
}

}  // namespace linnet::convert
