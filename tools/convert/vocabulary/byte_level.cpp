#include "tools/convert/vocabulary/byte_level.h"

#include <algorithm>

#include "engine/text/pretokenize.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Result;
using core::say;
using core::Status;

// The expression of BLOOM as its files write it: the library reads the inner bracket as a class
// within the class.
constexpr std::string_view kBloom =
    " ?[^(\\s|[.,!?\xE2\x80\xA6\xE3\x80\x82\xEF\xBC\x8C\xE3\x80\x81\xE0\xA5\xA4\xDB\x94\xD8\x8C])]"
    "+";

class ByteLevelReader {
 public:
  ByteLevelReader(const Steps& reader, ByteLevel& to) : reader_(reader), to_(to) {}

  Status read(const Parts& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::string& type = steps.type(i);
      Status done = Done{};
      if (type == "ByteLevel")
        done = read_bytes(steps[i], i == 0);
      else if (type == "Split")
        done = read_split(steps[i]);
      else if (type == "Digits")
        done = read_digits(steps[i]);
      else if (type == "Punctuation" && !in_bytes_)
        done = read_punctuation(steps[i]);
      else
        done = reader_.refused("pre_tokenizer", type);
      if (!done) return done;
    }
    if (to_.patterns.empty()) return reader_.refused("its pre-tokenizer does not split words");
    return Done{};
  }

 private:
  Status read_bytes(const Json& json, bool first) {
    Config step = reader_.fields(json, "pre_tokenizer");
    step.harmless("trim_offsets");
    const bool splits = step.flag("use_regex", true);
    to_.prefixes = step.flag("add_prefix_space", true);
    if (Status fine = step.finish(); !fine) return fine;
    if (in_bytes_) return reader_.refused("its pre-tokenizer has the step 'ByteLevel' twice");
    if (to_.prefixes && !first)
      return reader_.refused("its pre-tokenizer puts a blank before every word");
    in_bytes_ = true;
    if (splits) to_.patterns.emplace_back(text::kGpt2Pattern);
    return Done{};
  }

  Status read_split(const Json& json) {
    Config step = reader_.fields(json, "pre_tokenizer");
    std::string pattern;
    if (auto section = step.section("pattern")) pattern = section->text("Regex", "");
    const std::string behavior = step.text("behavior", "");
    const bool invert = step.flag("invert", false);
    if (Status fine = step.finish(); !fine) return fine;
    if (pattern == kBloom) pattern = text::kBloomPattern;
    const bool known =
        text::is_known_pattern(pattern) && (!in_bytes_ || pattern == text::kThreeDigits);
    if (!known)
      return reader_.refused(
          say("its pre-tokenizer splits by the expression '", shown(pattern), "'"));
    // Where an expression matches all of a text, keeping what lies between the matches and dropping
    // it is the same.
    const bool whole = pattern == text::kGpt2Pattern || pattern == text::kLlama3Pattern ||
                       pattern == text::kQwen2Pattern;
    if (!(behavior == "Isolated" && !invert) && !(behavior == "Removed" && invert && whole))
      return reader_.refused(
          say("its pre-tokenizer splits with the behavior '", shown(behavior), "'"));
    to_.patterns.push_back(pattern);
    return Done{};
  }

  Status read_digits(const Json& json) {
    Config step = reader_.fields(json, "pre_tokenizer");
    const bool each = step.flag("individual_digits", false);
    if (Status fine = step.finish(); !fine) return fine;
    if (in_bytes_ && each) return reader_.refused("its pre-tokenizer splits digits into bytes");
    to_.patterns.emplace_back(in_bytes_ ? text::kByteDigitRuns
                              : each    ? text::kDigits
                                        : text::kDigitRuns);
    return Done{};
  }

  Status read_punctuation(const Json& json) {
    Config step = reader_.fields(json, "pre_tokenizer");
    const std::string behavior = step.text("behavior", "Isolated");
    if (Status fine = step.finish(); !fine) return fine;
    if (behavior != "Isolated" && behavior != "Contiguous")
      return reader_.refused(
          say("its pre-tokenizer splits with the behavior '", shown(behavior), "'"));
    to_.patterns.emplace_back(behavior == "Isolated" ? text::kPunctuation : text::kPunctuationRuns);
    return Done{};
  }

  const Steps& reader_;
  ByteLevel& to_;
  bool in_bytes_ = false;  // bytes were replaced by printable characters
};

}  // namespace

bool ByteLevel::has(const Parts& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps.type(i) == "ByteLevel") return true;
  return false;
}

Result<ByteLevel> ByteLevel::read(const Parts& steps, const Steps& reader) {
  ByteLevel read;
  if (Status done = ByteLevelReader(reader, read).read(steps); !done) return done.error();
  return read;
}

}  // namespace linnet::convert
