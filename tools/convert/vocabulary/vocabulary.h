#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/core/result.h"
#include "engine/text/vocabulary.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/character_tables.h"

// Other people's tokenizer files, turned into the settings of ours (engine/text/tokenizer.h).
namespace linnet::convert {

// What one text or two become (engine/text/framer.h).
struct Form {
  std::vector<std::int32_t> ids, types;
};

// Those settings, under the same names; absent ones have the values that stand here.
struct Vocabulary {
  std::string_view kind;  // one of those in engine/text/tokenizer.h
  std::vector<std::string> tokens;
  std::vector<text::TokenType> types;  // one per token
  std::vector<float> scores;           // one per token, or none and merges instead
  std::vector<std::int32_t> merges;    // left, right, merged of each

  int begin = -1, end = -1, unknown = -1, pad = -1;
  std::vector<std::int32_t> ends;
  bool add_begin = false, add_end = false;
  std::vector<std::int32_t> strip_left, strip_right;
  // What a tokenizer.json puts before and after a text. No setting: where it is one token on a
  // side, that is begin or end; several, which only encoder-decoders have, belong to their Spec.
  std::vector<std::int32_t> before, after;
  Form single, pair;

  std::string prefix = "none";
  bool prefix_unless_blank = false;
  bool suffix = false;  // the blank of `prefix` stands behind
  bool strip_first = false, strip_last = false;
  bool capital_marks = false;
  std::string capital_map;
  bool collapse_blanks = false;
  bool split_blanks = false;
  bool fuse_unknown = false;
  AlbertText albert;     // before the map
  std::string char_map;  // the bytes of that setting
  std::vector<std::string> lost_tokens;
  std::vector<float> lost_scores;  // one per lost token

  // byte-bpe; the classes of characters come from this build's Unicode tables
  std::string pattern;
  std::vector<std::string> patterns;  // several instead of the one
  bool whole_words = false;
  bool composes = false;  // texts are brought to the composed form (NFC) first

  // wordpiece; characters likewise
  BertText bert;
  int longest_word = 100;
  bool cleanup = false;

  int size() const { return static_cast<int>(tokens.size()); }
  // The first token that is written like that (the blank as ' '), or -1.
  int find(std::string_view token) const;
};

// Whether a folder holds tokenizer files of a kind that read_vocabulary() looks for.
bool has_vocabulary(const std::string& folder);

// The vocabulary of a Hugging Face folder. Of its files, tokenizer.json is what that library uses
// itself, so it comes first; where it is of an unsupported kind, tokenizer.model (or spiece.model)
// is tried; without either, vocab.json and merges.txt (or encoder.json and vocab.bpe, as OpenAI
// named them), and last BERT's vocab.txt. tokenizer_config.json, special_tokens_map.json,
// added_tokens.json, config.json and generation_config.json then say which tokens are special, as
// far as they are there. A field of tokenizer.json that is not known may change the result and is
// refused, unless it is one of `ignored_fields`. Errors name the file: io, corrupt, unsupported,
// limit.
core::Result<Vocabulary> read_vocabulary(const std::string& folder,
                                         const std::vector<std::string>& ignored_fields = {});

// What an encoder-decoder reads and what it writes.
struct SequenceVocabularies {
  Vocabulary target;                 // of sources too, if they have none
  std::optional<Vocabulary> source;  // of sources only
};

// The vocabularies of a Hugging Face folder of an encoder-decoder. Besides what read_vocabulary()
// finds, which comes first where there is a tokenizer.json:
//   source.spm, target.spm, vocab.json [, target_vocab.json]   Marian
//   sentencepiece.bpe.model, vocab.json                        M2M-100
//   spiece.model                                               T5, with its <extra_id_0> ...
//   vocab.json, merges.txt                                     BART: texts stand between <s>, </s>
// Tokens of languages (">>fr<<", "__fr__", "fra_Latn") are in the vocabulary: see find().
core::Result<SequenceVocabularies> read_sequence_vocabularies(
    const std::string& folder, const std::vector<std::string>& ignored_fields = {});

// What a plain vocabulary calls its special tokens; an empty name is not looked for, and one that
// the file does not have is none.
struct SpecialNames {
  std::string unknown = "<unk>", begin = "<s>", end = "</s>", pad = "<pad>";
};

// The single files.
// One token per line, its number that of the line; `kind` is text::kWords or text::kCharacters.
// A line may have more behind a blank or tab if `counted`, as fairseq's and others' with counts do.
core::Result<Vocabulary> read_plain_vocabulary(const std::string& path, std::string_view kind,
                                               const SpecialNames& names = {},
                                               bool counted = false);
core::Result<Vocabulary> parse_plain_vocabulary(std::string_view contents, const std::string& file,
                                                std::string_view kind,
                                                const SpecialNames& names = {},
                                                bool counted = false);
// Pieces as a SentencePiece model finds them, with the numbers that a vocab.json gives them.
core::Result<Vocabulary> read_numbered_pieces(const std::string& model, const std::string& numbers);
core::Result<Vocabulary> read_tokenizer_json(const std::string& path,
                                             const std::vector<std::string>& ignored_fields = {});
core::Result<Vocabulary> read_sentencepiece_model(const std::string& path);
// BERT's vocab.txt; a tokenizer_config.json beside it says how texts are read.
core::Result<Vocabulary> read_bert_files(const std::string& vocabulary);
core::Result<Vocabulary> read_gpt2_files(const std::string& vocabulary, const std::string& merges);
// tokenizer.bin of llama2.c, for a model of `size` tokens: the file does not say how many it has.
core::Result<Vocabulary> read_llama2c_tokenizer(const std::string& path, int size);

// The same from the contents of a file; `file` is its name for errors.
core::Result<Vocabulary> parse_tokenizer_json(std::string_view contents, const std::string& file,
                                              const std::vector<std::string>& ignored_fields = {});
core::Result<Vocabulary> parse_sentencepiece_model(std::string_view contents,
                                                   const std::string& file);
core::Result<Vocabulary> parse_llama2c_tokenizer(std::string_view contents, const std::string& file,
                                                 int size);

// A WordPiece vocabulary of tokens as BERT's files write them, "##" before those inside words; an
// empty one is unused. The marks among them are normal tokens: name them with mark_as().
Vocabulary make_wordpiece(const std::vector<std::string>& tokens, std::string_view inside = "##");
// Makes the token a mark of that type, written plainly; its number, or -1 if there is none.
int mark_as(text::TokenType type, const std::string& token, Vocabulary& vocabulary);
// The fields "tokenizer." of a GGUF file, under the rest of their names; `architecture` is what the
// file says of the model. Tokenizer models "llama", "gpt2", "t5" and "bert".
core::Result<Vocabulary> parse_gguf_tokenizer(const Json& fields, std::string_view architecture,
                                              const std::string& file);

// Makes the vocabulary as large as the model's, whose last tokens may have no text, and checks it
// as the engine will. An error, also if it is larger, does not name the file.
core::Status fit(Vocabulary& vocabulary, int model_size);

// Where settings stand: those of the one tokenizer (or of the target's), and of the source's own.
inline constexpr std::string_view kTokenizer = "tokenizer.";
inline constexpr std::string_view kSourceTokenizer = "source_tokenizer.";

// Adds all settings, their names beginning with `prefix`.
void add_settings(const Vocabulary& vocabulary, core::BundleBuilder& builder,
                  std::string_view prefix = kTokenizer);

}  // namespace linnet::convert
