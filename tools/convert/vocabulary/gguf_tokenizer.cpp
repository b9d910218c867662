#include <algorithm>
#include <optional>
#include <tuple>

#include "engine/core/limits.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/gguf_cuts.h"
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
  GgufReader(const Json& fields, std::string_view architecture, const std::string& file,
             Vocabulary& to)
      : fields_(fields), architecture_(architecture), file_(file), to_(to) {}

  Status read() {
    const std::string model = text_of("ggml.model");
    const bool scored = model == "llama" || model == "t5";
    if (!scored && model != "gpt2")
      return Error{Fault::unsupported, say(file_, ": the tokenizer model '", shown(model),
                                           "' is not supported (llama, gpt2, t5)")};
    if (Status fine = read_lists(); !fine) return fine;
    if (Status fine = scored ? read_pieces(model == "t5") : read_byte_level(); !fine) return fine;
    return read_ids();
  }

 private:
  Error wrong(std::string_view name, std::string_view what) const {
    return {Fault::corrupt, say(file_, ": the field 'tokenizer.", name, "' ", what)};
  }
  Error unsupported(std::string_view what) const {
    return {Fault::unsupported, say(file_, ": ", what, ", which this version does not support")};
  }

  const Json* look(std::string_view name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() ? nullptr : &*found;
  }
  std::string text_of(std::string_view name) const {
    const Json* value = look(name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : "";
  }
  bool flag(std::string_view name, bool otherwise) const {
    const Json* value = look(name);
    return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
  }

  // A list with something for each token; absent ones are empty.
  Status read_list(std::string_view name, bool (Json::*is)() const noexcept, const Json*& list) {
    list = look(name);
    if (list == nullptr) return Done{};
    if (list->is_array() &&
        std::all_of(list->begin(), list->end(), [&](const Json& item) { return (item.*is)(); }))
      return Done{};
    return wrong(name, "is not the list that it should be");
  }

  Status read_lists() {
    const Json *tokens = nullptr, *types = nullptr, *scores = nullptr;
    if (Status fine = read_list("ggml.tokens", &Json::is_string, tokens); !fine) return fine;
    if (tokens == nullptr || tokens->empty()) return wrong("ggml.tokens", "is missing or empty");
    if (static_cast<std::int64_t>(tokens->size()) > core::limits::kVocabulary)
      return Error{Fault::limit, say(file_, ": ", tokens->size(), " tokens are more than ",
                                     core::limits::kVocabulary)};
    if (Status fine = read_list("ggml.token_type", &Json::is_number_integer, types); !fine)
      return fine;
    if (Status fine = read_list("ggml.scores", &Json::is_number, scores); !fine) return fine;
    for (const Json* list : {types, scores})
      if (list != nullptr && list->size() != tokens->size())
        return wrong(list == types ? "ggml.token_type" : "ggml.scores",
                     say("has ", list->size(), " items for ", tokens->size(), " tokens"));
    for (std::size_t i = 0; i < tokens->size(); ++i) {
      const auto& token = (*tokens)[i].get_ref<const std::string&>();
      written_.ids.emplace(token, static_cast<int>(i));
      written_.tokens.push_back(token);
      types_.push_back(types == nullptr ? 1 : (*types)[i].get<std::int64_t>());
      if (scores != nullptr) scores_.push_back((*scores)[i].get<float>());
    }
    return Done{};
  }

  // SentencePiece.
  Status read_pieces(bool unigram) {
    if (scores_.empty()) return wrong("ggml.scores", "is missing");
    for (std::size_t i = 0; i < types_.size(); ++i)
      if (Status added = add_piece(i, unigram); !added) return added;
    to_.kind = unigram ? text::kSentencePieceUnigram : text::kSentencePieceBpe;
    to_.scores = scores_;
    const bool prefix = flag("ggml.add_space_prefix", true);
    to_.prefix = prefix ? "every" : "none";
    to_.strip_first = prefix;
    to_.collapse_blanks = flag("ggml.remove_extra_whitespaces", false);
    to_.fuse_unknown = true;
    if (const Json* map = look("ggml.precompiled_charsmap"); map != nullptr) {
      if (!map->is_binary()) return wrong("ggml.precompiled_charsmap", "is not a list of bytes");
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
          return unsupported(say("token ", i, " is marked as unused"));
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
        return unsupported(say("token ", i, " is of type ", types_[i]));
    }
  }
  void add(std::string token, TokenType type) {
    to_.tokens.push_back(std::move(token));
    to_.types.push_back(type);
  }

  Status read_byte_level() {
    // What llama.cpp does without a name, or with "default", is what no model was trained with; for
    // GPT-2 itself it is clear.
    std::string pre = text_of("ggml.pre");
    if ((pre.empty() || pre == "default") && architecture_ == "gpt2") pre = "gpt-2";
    const auto* cut = std::find_if(std::begin(kGgufCuts), std::end(kGgufCuts),
                                   [&](const GgufCut& known) { return known.name == pre; });
    if (cut == std::end(kGgufCuts))
      return unsupported(say("the field 'tokenizer.ggml.pre', which says how words are cut, is '",
                             shown(pre), "'"));
    to_.kind = text::kByteBpe;
    to_.pattern = cut->pattern;
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
      return unsupported(say("token ", i, " is of type ", types_[i]));
    to_.tokens[i] = written_.tokens[i];
    to_.types[i] = *kTypes[types_[i]];
    return Done{};
  }

  Status read_merges() {
    const Json* merges = nullptr;
    if (Status fine = read_list("ggml.merges", &Json::is_string, merges); !fine) return fine;
    if (merges == nullptr) return wrong("ggml.merges", "is missing");
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

  // -1 where the file does not say it, or says that there is none.
  Result<int> number_of(std::string_view name, int otherwise = -1) const {
    const Json* value = look(name);
    if (value == nullptr) return otherwise;
    if (value->is_number_integer()) {
      const double number = value->get<double>();
      if (number == -1 || number == 4294967295.0) return -1;
      if (number >= 0 && number < to_.size()) return static_cast<int>(number);
    }
    return wrong(name, say("is ", shown(value->dump(-1, ' ', true, Json::error_handler_t::replace)),
                           ", outside the vocabulary of ", to_.size(), " tokens"));
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
      const Result<int> read = number_of(name, otherwise);
      if (!read) return read.error();
      *to = *read;
    }
    for (const int special : {to_.begin, to_.end, turn, message}) make_special(special);
    if (to_.kind == text::kByteBpe) to_.unknown = -1;  // every text can be spelled
    if (to_.unknown >= 0) to_.types[static_cast<std::size_t>(to_.unknown)] = TokenType::unknown;
    add_ends({turn, message});
    to_.add_begin = flag("ggml.add_bos_token", to_.add_begin) && to_.begin >= 0;
    to_.add_end = flag("ggml.add_eos_token", to_.add_end) && to_.end >= 0;
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

  const Json& fields_;
  std::string_view architecture_;
  const std::string& file_;
  Vocabulary& to_;
  WrittenTokens written_;
  std::vector<std::int64_t> types_;
  std::vector<float> scores_;
};

}  // namespace

Result<Vocabulary> parse_gguf_tokenizer(const Json& fields, std::string_view architecture,
                                        const std::string& file) {
  Vocabulary vocabulary;
  if (Status read = GgufReader(fields, architecture, file, vocabulary).read(); !read)
    return read.error();
  return vocabulary;
}

}  // namespace linnet::convert
