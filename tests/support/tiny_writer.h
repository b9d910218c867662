#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "tests/support/tiny_model.h"

namespace linnet::support {

// The bundle with the settings of another one, which has other names.
inline core::Bundle with_settings(core::Bundle bundle, const core::Bundle& more) {
  bundle.settings.insert(bundle.settings.end(), more.settings.begin(), more.settings.end());
  std::sort(bundle.settings.begin(), bundle.settings.end(),
            [](const core::Setting& a, const core::Setting& b) { return a.name < b.name; });
  bundle.keeper =
      std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
          bundle.keeper, more.keeper);
  return bundle;
}

// A Llama of random weights that can read and write: ids 0 to 2 are unknown, begin and end, then
// come the 256 bytes and the letters. Its texts never end, for the file does not say what end is.
inline core::Bundle tiny_writer(core::Dtype dtype = core::Dtype::i8) {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::byte> types = {std::byte{1}, std::byte{2}, std::byte{2}};
  std::vector<float> scores(3);
  for (int byte = 0; byte < 256; ++byte) {
    tokens.emplace_back(1, static_cast<char>(byte));
    types.push_back(std::byte{4});
    scores.push_back(0);
  }
  for (const char letter : std::string(" abcdefghijklmnopqrstuvwxyz.,")) {
    tokens.emplace_back(1, letter);
    types.push_back(std::byte{0});
    scores.push_back(-1);
  }
  core::BundleBuilder builder;
  builder.add_setting("tokenizer.kind", "sentencepiece-bpe");
  builder.add_setting("tokenizer.tokens", tokens);
  builder.add_setting("tokenizer.types", types);
  builder.add_setting("tokenizer.scores", scores);
  builder.add_setting("tokenizer.unknown", 0);
  builder.add_setting("tokenizer.begin", 1);
  builder.add_setting("tokenizer.add_begin", true);
  const core::Bundle words = builder.build();

  model::Spec spec = tiny_llama();
  spec.vocab = static_cast<int>(tokens.size());
  return with_settings(tiny_model(spec, dtype), words);
}

}  // namespace linnet::support
