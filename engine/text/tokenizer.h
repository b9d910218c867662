#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/bundle.h"
#include "engine/core/limits.h"
#include "engine/core/result.h"
#include "engine/text/capital_marks.h"
#include "engine/text/marked_text.h"

// Text to token ids and back.
//
// A model's tokenizer is these settings of its file (flags are 0 or 1, and 0 where they are absent;
// ids are absent where the model has no such token):
//
//   tokenizer.kind             text     sentencepiece-bpe | sentencepiece-unigram | byte-bpe |
//                                       wordpiece | words | characters
//   tokenizer.tokens           strings  the bytes that each token decodes to; a blank is ' '. Of
//                                       equal ones, which real models have, the first is what
//                                       text becomes; no two may be the same byte
//   tokenizer.types            bytes    what each token is for (TokenType); absent: all normal
//   tokenizer.begin, .end,
//     .unknown, .pad           int      ids of special tokens
//   tokenizer.ends             ints     further ids after which a text is over
//   tokenizer.add_begin,
//     .add_end                 flag     put the begin or end token around every text
//   tokenizer.strip_left,
//     .strip_right             ints     special tokens that swallow the blanks on that side
//   tokenizer.merges           ints     left, right, merged for each merge, the first done first
//   tokenizer.prefix           text     none | first | every: sections of text (between special
//                                       tokens) that get a blank before them; absent: none
//   tokenizer.prefix_unless_blank flag  not those that begin with one
//   tokenizer.single, .pair    ints     marks around one text and two (engine/text/framer.h)
//  sentencepiece-bpe and sentencepiece-unigram:
//   tokenizer.scores           floats   one per token. BPE: the highest joined first; without
//                                       merges. Unigram: logarithms of probabilities
//   tokenizer.char_map         bytes    what is done to characters before (engine/text/char_map.h)
//   tokenizer.suffix           flag     that blank stands behind the section, not before it
//   tokenizer.strip_last       flag     decoding drops the blank that ends a text
//   tokenizer.capital_marks    flag     capitals are marks before small letters
//                                       (engine/text/capital_marks.h), which the map leaves
//   tokenizer.capital_map      bytes    a map like that, of a mark and a letter to a capital
//   tokenizer.quotes           flag     two ` or two ' become one "; before that map
//   tokenizer.dropped,
//     .changed, .changes,
//     .split_hangul                     what is done to each character between these two; as for
//                                       wordpiece
//   tokenizer.strip_first      flag     decoding drops the blank that begins a text
//   tokenizer.collapse_blanks  flag     blanks around the text go, runs of them become one
//   tokenizer.split_blanks     flag     every blank begins a word; nothing is joined across
//   tokenizer.fuse_unknown     flag     a run of unknown characters is one unknown token
//   tokenizer.lost_tokens      strings  pieces that are spelled like others but have no id: each
//                                       becomes the unknown token. Not with merges
//   tokenizer.lost_scores      floats   one per lost token
//  byte-bpe:
//   tokenizer.pattern          text     the expression that cuts words (engine/text/pretokenize.h)
//   tokenizer.patterns         strings  or several: each cuts what the one before left in one piece
//   tokenizer.letters,
//     .numbers                 ints     characters of those classes: first, last of each range
//   tokenizer.punctuation      ints     likewise; some expressions need it
//   tokenizer.whole_words      flag     a word that is a token is not spelled out first
//   tokenizer.pairs            ints     a text is brought to the composed form first
//                                       (engine/text/composer.h): first, second, whole for each two
//                                       characters that become one, rising
//   tokenizer.combining        ints     first, last, class of characters that have an order
//   tokenizer.changed          ints     characters, rising
//   tokenizer.changes          strings  what each of them consists of
//  wordpiece:
//   tokenizer.dropped          ints     characters that are left out: ranges as above
//   tokenizer.changed          ints     characters, rising
//   tokenizer.changes          strings  what each of them becomes, at most 16 times as long
//   tokenizer.split_chinese    flag     Chinese characters are words of their own
//   tokenizer.split_hangul     flag     a syllable of Hangul becomes its letters
//   tokenizer.punctuation      ints     characters that are words of their own: ranges as above
//   tokenizer.longest_word     int      a word of more characters is unknown; absent: 100
//   tokenizer.strip_first      flag     as above. Tokens that begin a word begin with a blank
//   tokenizer.cleanup          flag     decoding drops the blank before . ? ! , n't 'm 's 've 're
//  words:
//   tokenizer.strip_first      flag     as above. Tokens of this kind begin with a blank
//  characters: nothing further
//
// A model whose sources have a vocabulary of their own has a second tokenizer: the same settings
// under "source_tokenizer." instead of "tokenizer.".
namespace linnet::text {

inline constexpr std::string_view kSentencePieceBpe = "sentencepiece-bpe";
inline constexpr std::string_view kSentencePieceUnigram = "sentencepiece-unigram";
inline constexpr std::string_view kByteBpe = "byte-bpe";
inline constexpr std::string_view kWordPiece = "wordpiece";
inline constexpr std::string_view kWords = "words";            // engine/text/plain_words.h
inline constexpr std::string_view kCharacters = "characters";  // engine/text/plain_words.h

struct EncodeOptions {
  bool parse_special = false;     // "</s>" in the text is the end token, not five characters
  std::optional<bool> add_begin;  // absent: as the model does
  std::optional<bool> add_end;
};

struct DecodeOptions {
  bool special = false;  // also the text of special tokens
  bool at_start = true;  // the ids begin a text; otherwise they continue one
};

// How far the text of some ids has come; a new one stands at its beginning.
struct Unfinished {
  CapitalReader capitals = {};
  bool blank = false;  // held back: the text may end before it
};

// Immutable, cheap to copy (shared), usable from many threads at once. Keeps what it needs of the
// bundle alive.
class Tokenizer {
 public:
  // Errors: corrupt or unsupported, with the setting or token that is wrong.
  static core::Result<Tokenizer> from(const core::Bundle& bundle);
  // The tokenizer that only sources have, or nothing where there is no `source_tokenizer.kind`.
  // Errors begin with "the source tokenizer: " and name settings without "source_".
  static core::Result<std::optional<Tokenizer>> from_source(const core::Bundle& bundle);

  // The tokens of a text of at most limits::kPromptBytes. What is not UTF-8 is read as U+FFFD;
  // is_utf8() (engine/text/utf8.h) tells whether that happened. Takes time in proportion to n log n
  // at most; beside the result, memory for a changed copy of the text where the model wants one,
  // and for the longest word, some hundred times its bytes.
  std::vector<int> encode(std::string_view text, const EncodeOptions& options = {}) const;

  // The tokens of a text with marks, and nothing around them. `at_start`: nothing stands before it.
  std::vector<int> encode(const MarkedText& text, bool at_start = true) const;

  // The bytes of a text, which are UTF-8 only if the ids are those of whole characters: see
  // StreamDecoder. Ids outside the vocabulary decode to nothing.
  std::string decode(std::span<const int> ids, const DecodeOptions& options = {}) const;

  int size() const;
  // The bytes of one token; empty for an id outside the vocabulary.
  std::string_view piece(int id) const;
  // Whether it is a mark (begin, end, unknown, padding, ...) and not a part of the text.
  bool is_special(int id) const;

  // -1 if there is none.
  int begin() const;
  int end() const;
  int unknown() const;
  int pad() const;
  // Every id after which a text is over; sorted.
  std::span<const int> ends() const;
  bool is_end(int id) const;
  bool adds_begin() const;
  bool adds_end() const;

  // Appends the bytes that `id` adds to a text. `at_start` says whether the text has none so far
  // and is kept up to date. `special`: also those of special tokens. At most one byte more than
  // piece().
  void append(int id, bool special, bool& at_start, std::string& text) const;
  // Whether what append() gives goes through finish() before it is the text.
  bool finishes() const;
  // Appends what becomes of a whole character that append() gave. At most 33 bytes for each of its
  // own.
  void finish(std::string_view character, Unfinished& so_far, std::string& text) const;

 private:
  struct State;
  std::string_view added_by(int id, bool& at_start) const;
  explicit Tokenizer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace linnet::text
