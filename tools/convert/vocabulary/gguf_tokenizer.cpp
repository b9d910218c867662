#include <algorithm>
#include <optional>
#include <tuple>

#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/gguf_cuts.h"
#include "tools/convert/vocabulary/gguf_token_fields.h"
#include "tools/convert/vocabulary/spelling.h"
#include "tools/convert/vocabulary/vocabulary.h"

// The fields "tokenizer.ggml." of a GGUF file, as llama.cpp reads them.
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

// Texts of control tokens after which an answer is over, whether or not a field says so.
constexpr std::string_view kEnds[]{"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>",
                                   "<|endoftext|>"};

// With these scores llama.cpp's converter fills in tokens that were added to a SentencePiece model,
// and numbers that it has left out.
constexpr float kAddedScore = -1000, kPaddingScore = -10'000;

class GgufReader {
 public:
  GgufReader(const GgufTokenizerFields& fields, const GgufTokens& tokens,
             std::string_view architecture, Vocabulary& to)
      : fields_(fields),
        architecture_(architecture),
        file_(fields.file()),
        written_(tokens.written),
        types_(tokens.types),
        scores_(tokens.scores),
        to_(to) {}

  Status read(const std::string& model) {
    const bool scored = model == "llama" || model == "t5";
    if (Status fine = scored ? read_pieces(model == "t5") : read_byte_level(); !fine) return fine;
    return read_ids();
  }

 private:
  // SentencePiece.
  Status read_pieces(bool unigram) {
    if (scores_.empty()) return fields_.wrong("ggml.scores", "is missing");
    for (std::size_t i = 0; i < types_.size(); ++i)
      if (Status added = add_piece(i, unigram); !added) return added;
    to_.kind = unigram ? text::kSentencePieceUnigram : text::kSentencePieceBpe;
    to_.scores = scores_;
    const bool prefix = fields_.flag("ggml.add_space_prefix", true);
    to_.prefix = prefix ? "every" : "none";
    to_.strip_first = prefix;
    to_.collapse_blanks = fields_.flag("ggml.remove_extra_whitespaces", false);
    to_.fuse_unknown = true;
    if (const Json* map = fields_.look("ggml.precompiled_charsmap"); map != nullptr) {
      if (!map->is_binary())
        return fields_.wrong("ggml.precompiled_charsmap", "is not a list of bytes");
      to_.char_map.assign(map->get_binary().begin(), map->get_binary().end());
    }
    to_.add_begin = !unigram;
    to_.add_end = unigram;
    return Done{};
  }

  Status add_piece(std::size_t i, bool unigram) {
    const std::string& piece = written_.tokens[i];
    // A text that was normalised has no plain blanks, so a token with one is never met.
    const bool reachable = !piece.empty() && piece.find(' ') == piece.npos;
    switch (types_[i]) {
      case 1:
        add(with_blanks(piece), reachable ? TokenType::normal : TokenType::unused);
        return Done{};
      case 2:
        add(piece, TokenType::unknown);
        return Done{};
      case 3:
        add(piece, TokenType::control);
        return Done{};
      case 4:
        if (scores_[i] == kAddedScore)
          add(piece, TokenType::added);
        else
          add(with_blanks(piece), reachable ? TokenType::user_defined : TokenType::unused);
        return Done{};
      case 5:
        // Byte-pair encoding may go by way of such a token and take it apart again.
        if (!unigram && scores_[i] > kPaddingScore)
          return fields_.unsupported(say("token ", i, " is marked as unused"));
        add(piece, TokenType::unused);
        return Done{};
      case 6:
        if (const auto byte = byte_of(piece)) {
          add(std::string(1, static_cast<char>(*byte)), TokenType::byte);
          return Done{};
        }
        return Error{Fault::corrupt, say(file_, ": token ", i, ", '", shown(piece),
                                         "', should be a byte but is none")};
      default:
        return fields_.unsupported(say("token ", i, " is of type ", types_[i]));
    }
  }
  void add(std::string token, TokenType type) {
    to_.tokens.push_back(std::move(token));
    to_.types.push_back(type);
  }

  Status read_byte_level() {
    // What llama.cpp does without a name, or with "default", is what no model was trained with; for
    // GPT-2 itself it is clear.
    std::string pre = fields_.text_of("ggml.pre");
    if ((pre.empty() || pre == "default") && architecture_ == "gpt2") pre = "gpt-2";
    const auto* cut = std::find_if(std::begin(kGgufCuts), std::end(kGgufCuts),
                                   [&](const GgufCut& known) { return known.name == pre; });
    if (cut == std::end(kGgufCuts))
      return fields_.unsupported(say(
          "the field 'tokenizer.ggml.pre', which says how words are cut, is '", shown(pre), "'"));
    to_.kind = text::kByteBpe;
    const std::string_view* end = std::find(cut->patterns, std::end(cut->patterns), "");
    if (end - cut->patterns == 1)
      to_.pattern = cut->patterns[0];
    else
      to_.patterns.assign(cut->patterns, end);
    to_.composes = cut->composes;
    to_.whole_words = cut->whole_words;
    to_.add_begin = cut->add_begin;
    add_byte_level_tokens(written_, to_);
    for (std::size_t i = 0; i < types_.size(); ++i)
      if (Status typed = set_type(i); !typed) return typed;
    return read_merges();
  }

  // Other tokens than normal ones are written as they are.
  Status set_type(std::size_t i) {
    constexpr std::optional<TokenType> kTypes[]{std::nullopt,       std::nullopt,
                                                TokenType::unknown, TokenType::control,
                                                TokenType::added,   TokenType::unused};
    if (types_[i] == 1) return Done{};
    if (types_[i] < 2 || types_[i] > 5)
      return fields_.unsupported(say("token ", i, " is of type ", types_[i]));
    to_.tokens[i] = written_.tokens[i];
    to_.types[i] = *kTypes[types_[i]];
    return Done{};
  }

  Status read_merges() {
    const Result<const Json*> list = fields_.list("ggml.merges", &Json::is_string);
    if (!list) return list.error();
    const Json* merges = *list;
    if (merges == nullptr) return fields_.wrong("ggml.merges", "is missing");
    if (static_cast<std::int64_t>(merges->size()) > core::limits::kMerges)
      return Error{Fault::limit, say(file_, ": ", merges->size(), " merges are more than ",
                                     core::limits::kMerges)};
    std::int64_t number = 0;
    for (const Json& merge : *merges)
      if (Status added =
              add_merge(written_, merge.get_ref<const std::string&>(), number++, file_, to_.merges);
          !added)
        return added;
    return Done{};
  }

  int of_type(int id, TokenType type) const {
    const bool is = id < to_.size() && to_.types[static_cast<std::size_t>(id)] == type;
    return is ? id : -1;
  }

  Status read_ids() {
    // The numbers that llama.cpp takes where a SentencePiece model does not say them.
    const bool pieces = to_.kind == text::kSentencePieceBpe;
    const int unknown = pieces ? of_type(0, TokenType::unknown) : -1;
    const int begin = pieces ? of_type(1, TokenType::control) : -1;
    const int end = pieces ? of_type(2, TokenType::control) : -1;
    int turn = -1, message = -1;
    for (const auto& [name, otherwise, to] :
         {std::tuple("ggml.unknown_token_id", unknown, &to_.unknown),
          std::tuple("ggml.bos_token_id", begin, &to_.begin),
          std::tuple("ggml.eos_token_id", end, &to_.end),
          std::tuple("ggml.padding_token_id", -1, &to_.pad),
          std::tuple("ggml.eot_token_id", -1, &turn),
          std::tuple("ggml.eom_token_id", -1, &message)}) {
      const Result<int> read = fields_.id(name, otherwise, to_.size());
      if (!read) return read.error();
      *to = *read;
    }
    for (const int special : {to_.begin, to_.end, turn, message}) make_special(special);
    if (to_.kind == text::kByteBpe) to_.unknown = -1;  // every text can be spelled
    if (to_.unknown >= 0) to_.types[static_cast<std::size_t>(to_.unknown)] = TokenType::unknown;
    add_ends({turn, message});
    to_.add_begin = fields_.flag("ggml.add_bos_token", to_.add_begin) && to_.begin >= 0;
    to_.add_end = fields_.flag("ggml.add_eos_token", to_.add_end) && to_.end >= 0;
    return Done{};
  }

  // Older files do not say of what type tokens are.
  void make_special(int id) {
    if (id < 0) return;
    const auto i = static_cast<std::size_t>(id);
    if (to_.types[i] == TokenType::unknown) return;
    to_.types[i] = TokenType::control;
    to_.tokens[i] = written_.tokens[i];
  }

  void add_ends(std::vector<std::int32_t> ends) {
    for (const std::string_view ending : kEnds)
      if (const int found = written_.find(ending); found >= 0)
        ends.push_back(of_type(found, TokenType::control));
    for (const std::int32_t end : ends)
      if (end >= 0 && end != to_.end && std::count(to_.ends.begin(), to_.ends.end(), end) == 0)
        to_.ends.push_back(end);
  }

  const GgufTokenizerFields& fields_;
  std::string_view architecture_;
  const std::string& file_;
  const WrittenTokens& written_;
  const std::vector<std::int64_t>& types_;
  const std::vector<float>& scores_;
  Vocabulary& to_;
};

}  // namespace

Result<Vocabulary> parse_gguf_tokenizer(const Json& fields, std::string_view architecture,
                                        const std::string& file) {
  const GgufTokenizerFields own(fields, file);
  const std::string model = own.text_of("ggml.model");
  if (model != "llama" && model != "gpt2" && model != "t5" && model != "bert")
    return Error{Fault::unsupported, say(file, ": the tokenizer model '", shown(model),
                                         "' is not supported (llama, gpt2, t5, bert)")};
  const Result<GgufTokens> tokens = GgufTokens::read(own);
  if (!tokens) return tokens.error();
  if (model == "bert") return read_gguf_wordpiece(own, *tokens);
  Vocabulary vocabulary;
  if (Status read = GgufReader(own, *tokens, architecture, vocabulary).read(model); !read)
    return read.error();
  return vocabulary;
}

}  // namespace linnet::convert
