#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "tests/support/tiny_sequence.h"

namespace linnet::support {

// A vocabulary of words or characters, as settings under that prefix.
struct TokenList {
  std::string prefix, kind;
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};  // and what follows these
};

// Gives a model its vocabularies.
inline void speak(core::Bundle& bundle, const std::vector<TokenList>& lists) {
  core::BundleBuilder builder;
  for (const TokenList& list : lists) {
    std::vector<std::byte> types(list.tokens.size(), std::byte{0});
    types[0] = std::byte{1};
    types[1] = types[2] = std::byte{2};
    builder.add_setting(list.prefix + "kind", std::string_view(list.kind));
    builder.add_setting(list.prefix + "tokens", std::span<const std::string>(list.tokens));
    builder.add_setting(list.prefix + "types", std::span<const std::byte>(types));
    builder.add_setting(list.prefix + "unknown", 0);
    builder.add_setting(list.prefix + "begin", 1);
    builder.add_setting(list.prefix + "end", 2);
    if (list.kind == "words") builder.add_setting(list.prefix + "strip_first", 1);
  }
  const core::Bundle vocabularies = builder.build();
  bundle.settings.insert(bundle.settings.end(), vocabularies.settings.begin(),
                         vocabularies.settings.end());
  std::sort(bundle.settings.begin(), bundle.settings.end(),
            [](const core::Setting& a, const core::Setting& b) { return a.name < b.name; });
  bundle.keeper =
      std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
          bundle.keeper, vocabularies.keeper);
}

// w0, w1, ... up to a vocabulary of `size`.
inline TokenList numbered_words(int size) {
  TokenList list{.prefix = "tokenizer.", .kind = "words"};
  for (int i = 0; static_cast<int>(list.tokens.size()) < size; ++i)
    list.tokens.push_back(" w" + std::to_string(i));
  return list;
}

// An encoder-decoder of random weights that reads letters and writes words: sources are spelled
// with a to z, targets are made of the words w0 to w49.
inline core::Bundle tiny_translator(model::Spec spec, core::Dtype dtype = core::Dtype::i8) {
  TokenList letters{.prefix = "source_tokenizer.", .kind = "characters"};
  for (char letter = 'a'; letter <= 'z'; ++letter) letters.tokens.emplace_back(1, letter);
  spec.source_vocab = static_cast<int>(letters.tokens.size());
  spec.logit_scale = 0.5f;
  core::Bundle bundle = tiny_model(spec, dtype, 11);
  speak(bundle, {numbered_words(spec.vocab), letters});
  return bundle;
}

inline core::Bundle tiny_translator(core::Dtype dtype = core::Dtype::i8) {
  return tiny_translator(tiny_transformer(), dtype);
}

}  // namespace linnet::support
