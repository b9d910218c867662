#include "engine/engine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>
#include <vector>

#include "engine/io/reader.h"
#include "engine/model/spec_settings.h"

namespace linnet {

using core::Error;
using core::Result;
using core::say;

struct Model::State {
  core::Bundle bundle;
  std::optional<model::Transformer> transformer;
  std::optional<text::Tokenizer> tokenizer, source_tokenizer;
  std::optional<text::ChatFormat> chat_format;

  core::Status read_tokenizers();
};

namespace {

// The same error, with the file named first.
Error of_file(const std::string& name, const Error& error) {
  return {error.fault, say(name, ": ", error.sentence)};
}

// What was taken before has been given back by now, so there is room for a sentence.
Error no_memory_for(const std::string& name) {
  return of_file(name, {core::Fault::limit, "there is not enough memory to open it"});
}

// FNV-1a over the bits of the numbers.
class Hash {
 public:
  void add(std::span<const float> numbers) {
    for (const float number : numbers) {
      finite_ = finite_ && std::isfinite(number);
      value_ = (value_ ^ std::bit_cast<std::uint32_t>(number)) * 1099511628211u;
    }
  }
  std::uint64_t value() const { return value_; }
  bool finite() const { return finite_; }

 private:
  bool finite_ = true;
  std::uint64_t value_ = 14695981039346656037u;
};

// A file may be the home of a tokenizer alone, as linnet-convert makes it of a GGUF without
// tensors.
bool vocabulary_only(const core::Bundle& bundle) {
  return bundle.weights.empty() && bundle.setting("tokenizer.kind") != nullptr &&
         bundle.setting("encoder.layers") == nullptr && bundle.setting("decoder.layers") == nullptr;
}

core::Status check_size(std::string_view who, int tokens, int vocabulary) {
  if (tokens <= vocabulary) return core::Done{};
  return Error{core::Fault::corrupt,
               say(who, " has ", tokens, " tokens and the model a vocabulary of ", vocabulary)};
}

}  // namespace

core::Status Model::State::read_tokenizers() {
  const model::Spec& spec = transformer->spec();
  const int source_vocab = spec.source_vocab > 0 ? spec.source_vocab : spec.vocab;
  if (bundle.setting("tokenizer.kind") != nullptr) {
    Result<text::Tokenizer> read = text::Tokenizer::from(bundle);
    if (!read) return read.error();
    tokenizer = std::move(*read);
    if (core::Status fits = check_size("the tokenizer", tokenizer->size(), spec.vocab); !fits)
      return fits;
    Result<std::optional<text::ChatFormat>> format = text::read_chat_format(bundle, *tokenizer);
    if (!format) return format.error();
    chat_format = std::move(*format);
  }
  Result<std::optional<text::Tokenizer>> source = text::Tokenizer::from_source(bundle);
  if (!source) return source.error();
  source_tokenizer = *source ? std::move(*source) : tokenizer;
  if (!source_tokenizer) return core::Done{};
  return check_size("the source tokenizer", source_tokenizer->size(), source_vocab);
}

Result<Model> Model::bound(core::Bundle bundle, const std::string& name) {
  if (vocabulary_only(bundle))
    return of_file(name, {core::Fault::unsupported, "it holds a tokenizer and no model"});
  auto state = std::make_shared<State>();
  state->bundle = std::move(bundle);
  Result<model::Spec> spec = model::read_spec(state->bundle);
  if (!spec) return of_file(name, spec.error());
  Result<model::Transformer> transformer =
      model::Transformer::bind(state->bundle, std::move(*spec));
  if (!transformer) return of_file(name, transformer.error());
  state->transformer = std::move(*transformer);
  if (const core::Status read = state->read_tokenizers(); !read) return of_file(name, read.error());
  return Model(std::move(state));
}

Result<Model> Model::from(core::Bundle bundle, const std::string& name) {
  try {
    return bound(std::move(bundle), name);
  } catch (const std::bad_alloc&) {
    return no_memory_for(name);
  }
}

Result<Model> Model::open(const std::string& path, const OpenOptions& options) {
  try {
    Result<core::Bundle> bundle =
        io::read_model(path, {.map = options.map, .verify = options.verify, .warm = options.warm});
    if (!bundle) return bundle.error();
    return bound(std::move(*bundle), path);
  } catch (const std::bad_alloc&) {
    return no_memory_for(path);
  }
}

const core::Bundle& Model::bundle() const { return state_->bundle; }
const model::Spec& Model::spec() const { return state_->transformer->spec(); }
const model::Transformer& Model::transformer() const { return *state_->transformer; }
const text::Tokenizer* Model::tokenizer() const {
  return state_->tokenizer ? &*state_->tokenizer : nullptr;
}
const text::Tokenizer* Model::source_tokenizer() const {
  return state_->source_tokenizer ? &*state_->source_tokenizer : nullptr;
}
const text::ChatFormat* Model::chat_format() const {
  return state_->chat_format ? &*state_->chat_format : nullptr;
}

namespace {

constexpr int kPrompt = 40, kSteps = 8;

std::vector<int> fixed_tokens(int count, int vocab) {
  std::vector<int> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back(static_cast<int>(std::int64_t{i} * 7919 % vocab));
  return tokens;
}

// In [-1, 1), and exact.
std::vector<float> fixed_numbers(std::size_t count) {
  std::vector<float> numbers;
  for (std::size_t i = 0; i < count; ++i)
    numbers.push_back(static_cast<float>(static_cast<int>(i * 7919 % 2048) - 1024) / 1024);
  return numbers;
}

Result<std::uint64_t> value_of(const Hash& hash) {
  if (hash.finite()) return hash.value();
  return Error{core::Fault::corrupt,
               "the model's answers are not all finite numbers; its weights may be damaged"};
}

}  // namespace

// A fixed source, and the logits after each token of a fixed target.
Result<std::uint64_t> Model::sequence_fingerprint(const generate::SessionOptions& options) const {
  const model::Spec& s = spec();
  const auto most = [](const model::Stack& stack) {
    return std::min(kPrompt, stack.positions - stack.position_start);
  };
  Result<generate::Lanes> lanes =
      generate::Lanes::open(transformer(), {.positions = std::max(1, most(s.decoder)),
                                            .source_positions = std::max(1, most(s.encoder)),
                                            .threads = options.threads,
                                            .processors = options.processors,
                                            .cache = options.cache,
                                            .tile = options.tile});
  if (!lanes) return lanes.error();
  const std::vector<int> source = fixed_tokens(lanes->options().source_positions,
                                               s.source_vocab > 0 ? s.source_vocab : s.vocab);
  const std::span<const int> view(source);
  lanes->encode({&view, 1});
  Hash hash;
  lanes->feed(0, fixed_tokens(lanes->options().positions, s.vocab),
              [&](int, std::span<const float> row) { hash.add(row); });
  return value_of(hash);
}

Result<std::uint64_t> Model::encoder_fingerprint(const generate::SessionOptions& options) const {
  const model::Spec& s = spec();
  const int count = std::max(1, std::min(kPrompt, s.encoder.positions - s.encoder.position_start));
  Result<encode::Encoder> encoder =
      encode::Encoder::open(transformer(), {.positions = count,
                                            .threads = options.threads,
                                            .processors = options.processors,
                                            .cache = options.cache});
  if (!encoder) return encoder.error();
  const std::vector<int> tokens = s.vocab > 0 ? fixed_tokens(count, s.vocab) : std::vector<int>{};
  encode::Sequence sequence{.tokens = tokens};
  std::vector<float> numbers;
  if (const int width = s.vectors.width; width > 0) {
    const int places = count - (s.vectors.first ? 1 : 0);
    numbers = fixed_numbers(static_cast<std::size_t>(places) * static_cast<std::size_t>(width));
    sequence.vectors = {numbers.data(), places, width, width};
  }
  if (const core::Status done = encoder->encode({&sequence, 1}); !done) return done.error();
  Hash hash;
  const auto add = [&](core::Mat x) {
    for (int row = 0; row < x.rows; ++row) hash.add({x.row(row), static_cast<std::size_t>(x.cols)});
  };
  add(encoder->hidden(0));
  const int first = 0;
  if (s.head == model::Head::logits) add(encoder->words(0, {&first, 1}));
  if (s.reading.classes == model::Classes::sequence) add(encoder->classes());
  if (s.reading.classes >= model::Classes::tokens) add(encoder->token_classes());
  return value_of(hash);
}

Result<std::uint64_t> Model::fingerprint(const generate::SessionOptions& options) const {
  if (transformer().translates()) return sequence_fingerprint(options);
  if (transformer().reads()) return encoder_fingerprint(options);
  generate::SessionOptions own = options;
  if (own.context == 0) own.context = std::min(kPrompt + kSteps, spec().decoder.positions);
  Result<generate::Session> session = generate::Session::open(transformer(), own);
  if (!session) return session.error();
  // Half of the context as a prompt, all of whose logits count, and then greedy steps.
  const std::vector<int> prompt = fixed_tokens(std::max(1, own.context - kSteps), spec().vocab);
  Hash hash;
  const auto all = session->feed(prompt, [&](int, std::span<const float> row) { hash.add(row); });
  if (!all) return all.error();
  while (static_cast<int>(session->tokens().size()) < session->context()) {
    const std::span<float> logits = session->logits();
    const int best =
        static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (const core::Status fed = session->feed({&best, 1}); !fed) return fed.error();
    hash.add(session->logits());
  }
  return value_of(hash);
}

}  // namespace linnet
