#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/text/pretokenize.h"
#include "engine/text/tokenizer.h"
#include "tools/convert/config.h"
#include "tools/convert/vocabulary/bpe_tables.h"
#include "tools/convert/vocabulary/frame.h"
#include "tools/convert/vocabulary/pipeline.h"

// tokenizer.json of the Hugging Face library `tokenizers`. Its parts may be combined at will; the
// combinations that are one of our kinds are accepted and every other is refused by name.
namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;
using text::TokenType;

// Whether a token is found in the composed form of a text just where it is in the text itself: no
// character beyond ASCII, none that another becomes, and at the end none that takes an accent.
bool stays_when_composed(std::string_view token) {
  const char last = token.empty() ? ' ' : token.back();
  const bool letter = (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z');
  if (letter || (last >= '<' && last <= '>')) return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && c != 'K' && c != ';' && c != '`';
  });
}

class JsonReader {
 public:
  JsonReader(std::string path, Json json, const IgnoredFields& ignored, Vocabulary& to)
      : path_(std::move(path)), json_(std::move(json)), ignored_(ignored), to_(to) {}

  Status read() {
    for (const auto step : {&JsonReader::read_pipeline, &JsonReader::read_model,
                            &JsonReader::read_added, &JsonReader::read_frame})
      if (Status done = (this->*step)(); !done) return done;
    return Done{};
  }

 private:
  Status read_pipeline() {
    auto pipeline = Pipeline::read(json_, path_, ignored_);
    if (!pipeline) return pipeline.error();
    pipeline_ = std::move(*pipeline);
    to_.kind = pipeline_.byte_level  ? text::kByteBpe
               : pipeline_.wordpiece ? text::kWordPiece
                                     : text::kSentencePieceBpe;
    to_.prefix = pipeline_.prefix;
    to_.prefix_unless_blank = pipeline_.prefix_unless_blank;
    to_.strip_first = pipeline_.strip_first;
    to_.split_blanks = pipeline_.split_blanks;
    to_.collapse_blanks = pipeline_.collapse_blanks;
    to_.albert = pipeline_.albert;
    to_.char_map = pipeline_.char_map;
    if (pipeline_.patterns.size() == 1)
      to_.pattern = pipeline_.patterns[0];
    else
      to_.patterns = pipeline_.patterns;
    to_.composes = pipeline_.composes;
    return Done{};
  }

  Status read_model() {
    const auto model = json_.find("model");
    if (model == json_.end() || !model->is_object())
      return Error{Fault::corrupt, say(path_, " has no model")};
    const Json map = std::exchange((*model)["vocab"], nullptr);
    const Json merges = std::exchange((*model)["merges"], nullptr);
    // Old files do not name the type. Only one has merges, and only one a list of scores.
    const char* likely = !merges.is_null() ? "BPE" : map.is_array() ? "Unigram" : "WordPiece";
    const std::string type = model->value("type", Json(likely)).dump();
    if (type == "\"Unigram\"" && map.is_array()) return read_unigram(*model, map);
    if (type == "\"WordPiece\"" && pipeline_.wordpiece) return read_wordpiece(*model, map);
    if (pipeline_.wordpiece) return refused("its text is read as BERT's, but its model is another");
    if (type != "\"BPE\"" || merges.is_null())
      return Error{Fault::unsupported, say(path_, ": the model is of the type ", shown(type),
                                           ", which this version does not support")};
    Config fields(*model, say(path_, ": model"), ignored_);
    fields.harmless("type");
    fields.only("dropout", 0.0);
    fields.only("continuing_subword_prefix", "");
    fields.only("end_of_word_suffix", "");
    to_.fuse_unknown = fields.flag("fuse_unk", false);
    to_.whole_words = fields.flag("ignore_merges", false);
    const bool byte_fallback = fields.flag("byte_fallback", false);
    const std::string unknown = fields.text("unk_token", "");
    if (Status fine = fields.finish(); !fine) return fine;
    if (byte_fallback != pipeline_.byte_fallback)
      return refused("the model and the decoder disagree about byte fallback");
    if (to_.whole_words && !pipeline_.byte_level)
      return refused("'ignore_merges' is set for a model without byte level");

    auto written = read_written_tokens(map, path_);
    if (!written) return written.error();
    if (pipeline_.byte_level)
      add_byte_level_tokens(*written, to_);
    else
      add_sentencepiece_tokens(*written, byte_fallback, to_);
    if (!unknown.empty()) {
      to_.unknown = written->find(unknown);
      if (to_.unknown < 0)
        return Error{Fault::corrupt, say(path_, ": the unknown token '", shown(unknown),
                                         "' is not in the vocabulary")};
      to_.types[static_cast<std::size_t>(to_.unknown)] = TokenType::unknown;
      to_.tokens[static_cast<std::size_t>(to_.unknown)] = unknown;
    }
    return read_merges(merges, *written);
  }

  // The list of [token, score].
  Status read_unigram(const Json& model, const Json& list) {
    Config fields(model, say(path_, ": model"), ignored_);
    fields.harmless("type");
    const double unknown = fields.number("unk_id", -1);
    const bool byte_fallback = fields.flag("byte_fallback", false);
    if (Status fine = fields.finish(); !fine) return fine;
    if (pipeline_.byte_level) return refused("its model is a Unigram on the level of bytes");
    WrittenTokens written;
    for (const Json& item : list) {
      if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_number())
        return Error{Fault::corrupt, say(path_, ": token ", written.tokens.size(),
                                         " of the model is not a text and its score")};
      written.tokens.push_back(item[0].get<std::string>());
      to_.scores.push_back(item[1].get<float>());
    }
    if (!(unknown >= -1 && unknown < static_cast<double>(list.size())))
      return Error{Fault::corrupt, say(path_, ": the unknown token has the number ", unknown)};
    to_.kind = text::kSentencePieceUnigram;
    to_.fuse_unknown = true;
    add_sentencepiece_tokens(written, byte_fallback, to_);
    to_.unknown = static_cast<int>(unknown);
    if (to_.unknown < 0) return Done{};
    const auto id = static_cast<std::size_t>(to_.unknown);
    to_.types[id] = TokenType::unknown;
    to_.tokens[id] = written.tokens[id];
    return Done{};
  }

  Status read_wordpiece(const Json& model, const Json& map) {
    Config fields(model, say(path_, ": model"), ignored_);
    fields.harmless("type");
    const std::string inside = fields.text("continuing_subword_prefix", "##");
    const std::string unknown = fields.text("unk_token", "[UNK]");
    const int longest = fields.count("max_input_chars_per_word", 100);
    if (Status fine = fields.finish(); !fine) return fine;
    if (inside != pipeline_.inside)
      return refused("the model and the decoder disagree about tokens inside words");
    auto written = read_written_tokens(map, path_);
    if (!written) return written.error();
    to_ = make_wordpiece(written->tokens, inside);
    to_.bert = pipeline_.bert;
    to_.cleanup = pipeline_.cleanup;
    to_.longest_word = longest;
    to_.unknown = mark_as(TokenType::unknown, unknown, to_);
    if (to_.unknown < 0)
      return Error{Fault::corrupt, say(path_, ": the unknown token '", shown(unknown),
                                       "' is not in the vocabulary")};
    return Done{};
  }

  Status read_merges(const Json& merges, const WrittenTokens& written) {
    if (!merges.is_array()) return Error{Fault::corrupt, say(path_, ": the merges are no list")};
    std::int64_t number = 0;
    for (const Json& merge : merges) {
      Status added = Error{Fault::corrupt, say(path_, ": merge ", number, " is not two tokens")};
      if (const auto* both = merge.get_ptr<const std::string*>())
        added = add_merge(written, *both, number, path_, to_.merges);
      else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string())
        added = add_merge(written, merge[0].get_ref<const std::string&>(),
                          merge[1].get_ref<const std::string&>(), number, path_, to_.merges);
      if (!added) return added;
      ++number;
    }
    return Done{};
  }

  Status read_added() {
    const auto list = json_.find("added_tokens");
    if (list == json_.end() || list->is_null()) return Done{};
    if (!list->is_array())
      return Error{Fault::corrupt, say(path_, ": the added tokens are no list")};
    for (const Json& item : *list) {
      auto token = read_added_token(item, path_, ignored_);
      if (!token) return token.error();
      const auto id = item.find("id");
      const auto* number = id == item.end() ? nullptr : id->get_ptr<const std::uint64_t*>();
      if (number == nullptr || *number > (1u << 20))
        return Error{Fault::corrupt, say(path_, ": the added token '", shown(token->content),
                                         "' has no number that could be one")};
      token->id = static_cast<int>(*number);
      // It would be looked for with the blank that the normaliser puts before it.
      const bool changes = pipeline_.composes && !stays_when_composed(token->content);
      if (token->normalised && !token->special && (pipeline_.normalises || changes))
        return refused(
            say("the added token '", shown(token->content), "' is looked for in normalised text"));
      if (Status added = add_token(*token, path_, to_); !added) return added;
    }
    return Done{};
  }

  Status read_frame() {
    auto frame = Frame::read(json_, path_);
    if (!frame) return frame.error();
    for (const auto& [marks, ids, id, add] :
         {std::tuple(&frame->begin, &to_.before, &to_.begin, &to_.add_begin),
          std::tuple(&frame->end, &to_.after, &to_.end, &to_.add_end)}) {
      for (const std::uint64_t mark : *marks) {
        if (mark >= static_cast<std::uint64_t>(to_.size()))
          return Error{Fault::corrupt, say(path_, ": the post-processor names token ", mark,
                                           ", outside the vocabulary of ", to_.size())};
        ids->push_back(static_cast<std::int32_t>(mark));
      }
      if (ids->empty()) continue;
      *id = ids->front();
      *add = ids->size() == 1;
    }
    // Decoders and encoder-decoders never read pairs; encoders put marks on both sides.
    if (to_.before.empty() || to_.after.empty()) return Done{};
    take_form(frame->single, to_.single);
    take_form(frame->pair, to_.pair);
    return Done{};
  }

  // Unless it names tokens that the vocabulary does not have.
  void take_form(const Frame::Form& form, Form& to) const {
    if (std::any_of(form.ids.begin(), form.ids.end(),
                    [&](std::int64_t id) { return id >= to_.size(); }))
      return;
    to.ids.assign(form.ids.begin(), form.ids.end());
    to.types = form.types;
  }

  Error refused(std::string_view what) const {
    return {Fault::unsupported, say(path_, ": ", what, ", which this version does not support")};
  }

  std::string path_;
  Json json_;
  const IgnoredFields& ignored_;
  Vocabulary& to_;
  Pipeline pipeline_;
};

}  // namespace

Result<Vocabulary> read_tokenizer_json(const std::string& path, const IgnoredFields& ignored) {
  auto contents = read_tokenizer_file(path);
  if (!contents) return contents.error();
  return parse_tokenizer_json(*contents, path, ignored);
}

Result<Vocabulary> parse_tokenizer_json(std::string_view contents, const std::string& file,
                                        const IgnoredFields& ignored) {
  auto json = parse_json(contents, file, kTokenizerJson);
  if (!json) return json.error();
  Vocabulary vocabulary;
  if (Status read = JsonReader(file, std::move(*json), ignored, vocabulary).read(); !read)
    return read.error();
  return vocabulary;
}

}  // namespace linnet::convert
