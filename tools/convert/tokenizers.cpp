#include "tools/convert/tokenizers.h"

#include <filesystem>
#include <string>
#include <utility>

#include "engine/text/tokenizer.h"
#include "tools/convert/folder.h"

namespace linnet::convert {
namespace {

using core::Done;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

bool translates(const model::Spec& spec) {
  return spec.encoder.layers > 0 && spec.decoder.layers > 0;
}

Result<Tokenizers> only(Result<Vocabulary> vocabulary) {
  if (!vocabulary) return vocabulary.error();
  return Tokenizers{std::move(*vocabulary), std::nullopt};
}

Result<Tokenizers> read_folder(const std::string& path, const model::Spec& spec) {
  if (!translates(spec)) return only(read_vocabulary(path));
  Result<SequenceVocabularies> both = read_sequence_vocabularies(path);
  if (!both) return both.error();
  return Tokenizers{std::move(both->target), std::move(both->source)};
}

Result<Tokenizers> read_given(const std::string& path, const model::Spec& spec) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return read_folder(path, spec);
  if (path.ends_with(".json")) return only(read_tokenizer_json(path));
  if (path.ends_with(".model") || path.ends_with(".spm"))
    return only(read_sentencepiece_model(path));
  if (path.ends_with(".txt")) return only(read_bert_files(path));
  return only(read_llama2c_tokenizer(path, spec.vocab));
}

Result<Vocabulary> make_plain(const PlainTokens& plain, const std::string& split,
                              const std::string& file) {
  const bool by_characters = split.empty() ? plain.by_characters : split == "characters";
  std::string lines;
  for (const std::string& token : plain.tokens) {
    if (token.find('\n') != std::string::npos)
      return Error{Fault::unsupported, say(file, ": a token holds the end of a line")};
    lines += token + "\n";
  }
  return parse_plain_vocabulary(lines, file, by_characters ? text::kCharacters : text::kWords,
                                plain.names);
}

Result<Tokenizers> read_plain(const Options& options, const SourceModel& model) {
  Result<Tokenizers> both = only(make_plain(model.found.target, options.split, model.path));
  if (!both) return both;
  const PlainTokens &from = model.found.source, &to = model.found.target;
  const bool shared = from.tokens == to.tokens && from.by_characters == to.by_characters;
  if (shared) return both;
  Result<Vocabulary> source = make_plain(from, options.split, model.path);
  if (!source) return source.error();
  both->source = std::move(*source);
  return both;
}

// A GGUF file may say by name that it has none.
Result<Tokenizers> read_gguf(const SourceModel& model) {
  const Json& fields = model.found.tokenizer;
  const auto kind = fields.find("ggml.model");
  if (kind == fields.end() || *kind == "none" || *kind == "no_vocab") return Tokenizers{};
  return only(parse_gguf_tokenizer(fields, model.spec.family, model.path));
}

bool has_tokenizer(const SourceModel& model) {
  const std::string& folder = model.path;
  if (!model.folder) return false;
  return has_vocabulary(folder) ||
         (translates(model.spec) &&
          (has_file(folder, "source.spm") || has_file(folder, "sentencepiece.bpe.model")));
}

Result<Tokenizers> read(const Options& options, const SourceModel& model) {
  if (model.spec.vectors.width > 0 && !options.tokenizer.empty())
    return Error{Fault::bad_argument, say("--tokenizer: ", model.path, " reads vectors, not text")};
  if (model.spec.vectors.width > 0) return Tokenizers{};
  if (!options.tokenizer.empty()) return read_given(options.tokenizer, model.spec);
  if (model.found.tokenizer_file) return read_given(model.path, model.spec);
  if (!model.found.target.tokens.empty()) return read_plain(options, model);
  if (model.found.tokenizer.is_object()) return read_gguf(model);
  if (has_tokenizer(model)) return read_folder(model.path, model.spec);
  return Tokenizers{};
}

// The ids of tokens that were given as text or as numbers.
Result<std::vector<std::int32_t>> find_tokens(const std::vector<std::string>& given,
                                              const std::optional<Vocabulary>& vocabulary) {
  std::vector<std::int32_t> ids;
  for (const std::string& token : given) {
    const int found = vocabulary ? vocabulary->find(token) : -1;
    const bool number = !token.empty() && token.size() < 8 &&
                        token.find_first_not_of("0123456789") == std::string::npos;
    if (found < 0 && !number)
      return Error{Fault::bad_argument, say("the vocabulary has no token '", token, "'")};
    ids.push_back(found >= 0 ? found : std::stoi(token));
  }
  return ids;
}

// What a tokenizer puts around a text becomes what stands around a source.
void take_over(const Vocabulary& vocabulary, model::Sequences& sequences) {
  using Ids = std::vector<std::int32_t>;
  if (vocabulary.add_begin && vocabulary.begin >= 0) sequences.source_begin = {vocabulary.begin};
  if (vocabulary.add_end && vocabulary.end >= 0) sequences.source_end = {vocabulary.end};
  if (!vocabulary.before.empty())
    sequences.source_begin = Ids(vocabulary.before.begin(), vocabulary.before.end());
  if (!vocabulary.after.empty())
    sequences.source_end = Ids(vocabulary.after.begin(), vocabulary.after.end());
}

}  // namespace

Result<Tokenizers> find_tokenizers(const Options& options, const SourceModel& model) {
  Result<Tokenizers> tokenizers = read(options, model);
  if (!tokenizers) return tokenizers;
  const model::Spec& spec = model.spec;
  Status fits = Done{};
  const bool alone = model.vocabulary_only() && tokenizers->target;
  if (tokenizers->target)
    fits = fit(*tokenizers->target, alone ? tokenizers->target->size() : spec.vocab);
  if (fits && tokenizers->source)
    fits = fit(*tokenizers->source, spec.source_vocab > 0 ? spec.source_vocab : spec.vocab);
  if (fits) return tokenizers;
  const std::string& path = options.tokenizer.empty() ? model.path : options.tokenizer;
  return Error{fits.error().fault, say(path, ": ", fits.error().sentence)};
}

Status set_sequences(const Options& options, Tokenizers& tokenizers, model::Spec& spec) {
  const bool given = !options.source_begin.empty() || !options.target_begin.empty();
  if (!translates(spec)) {
    if (!given) return Done{};
    return Error{Fault::bad_argument, "only a model with an encoder and a decoder has a source"};
  }
  model::Sequences& sequences = spec.sequences;
  const std::optional<Vocabulary>& source =
      tokenizers.source ? tokenizers.source : tokenizers.target;
  if (source) take_over(*source, sequences);
  for (std::optional<Vocabulary>* vocabulary : {&tokenizers.target, &tokenizers.source})
    if (*vocabulary) (*vocabulary)->add_begin = (*vocabulary)->add_end = false;

  const auto put = [](const std::vector<std::string>& tokens,
                      const std::optional<Vocabulary>& vocabulary,
                      std::vector<std::int32_t>& ids) -> Status {
    if (tokens.empty()) return Done{};
    Result<std::vector<std::int32_t>> found = find_tokens(tokens, vocabulary);
    if (!found) return found.error();
    ids = std::move(*found);
    return Done{};
  };
  if (const Status put_in = put(options.source_begin, source, sequences.source_begin); !put_in)
    return put_in;
  if (const Status put_in = put(options.target_begin, tokenizers.target, sequences.forced_first);
      !put_in)
    return put_in;
  const Status fine = model::check(spec);
  if (fine) return Done{};
  return Error{given ? Fault::bad_argument : Fault::corrupt, fine.error().sentence};
}

}  // namespace linnet::convert
