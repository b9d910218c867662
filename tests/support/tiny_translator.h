#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "tests/support/tiny_sequence.h"

namespace linnet::support {

// An encoder-decoder of random weights that reads letters and writes words: sources are spelled
// with a to z, targets are made of the words w0 to w49.
inline core::Bundle tiny_translator(core::Dtype dtype = core::Dtype::i8) {
  const std::vector<std::string> marks = {"<unk>", "<s>", "</s>"};
  std::vector<std::string> words = marks, letters = marks;
  for (int i = 0; i < 50; ++i) words.push_back(" w" + std::to_string(i));
  for (char letter = 'a'; letter <= 'z'; ++letter) letters.emplace_back(1, letter);
  const auto types = [](const std::vector<std::string>& tokens) {
    std::vector<std::byte> all(tokens.size(), std::byte{0});
    all[0] = std::byte{1};
    all[1] = all[2] = std::byte{2};
    return all;
  };
  core::BundleBuilder builder;
  for (const auto& [prefix, kind, tokens] :
       {std::tuple{"tokenizer.", "words", words}, {"source_tokenizer.", "characters", letters}}) {
    const std::string name = prefix;
    builder.add_setting(name + "kind", std::string_view(kind));
    builder.add_setting(name + "tokens", std::span<const std::string>(tokens));
    builder.add_setting(name + "types", std::span<const std::byte>(types(tokens)));
    builder.add_setting(name + "unknown", 0);
    builder.add_setting(name + "begin", 1);
    builder.add_setting(name + "end", 2);
  }
  builder.add_setting("tokenizer.strip_first", 1);
  const core::Bundle vocabularies = builder.build();

  model::Spec spec = tiny_transformer();
  spec.vocab = static_cast<int>(words.size());
  spec.source_vocab = static_cast<int>(letters.size());
  spec.logit_scale = 0.5f;
  core::Bundle bundle = tiny_model(spec, dtype, 11);
  bundle.settings.insert(bundle.settings.end(), vocabularies.settings.begin(),
                         vocabularies.settings.end());
  std::sort(bundle.settings.begin(), bundle.settings.end(),
            [](const core::Setting& a, const core::Setting& b) { return a.name < b.name; });
  bundle.keeper =
      std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
          bundle.keeper, vocabularies.keeper);
  return bundle;
}

}  // namespace linnet::support
