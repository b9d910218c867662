#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/engine.h"
#include "tests/support/tiny_writer.h"

namespace {

using namespace linnet;

// The tiny model with a source tokenizer of so many tokens: "a", "b", ...
core::Bundle with_source(int tokens) {
  std::vector<std::string> list;
  for (int i = 0; i < tokens; ++i)
    list.push_back(i < 26 ? std::string(1, static_cast<char>('a' + i)) : "more");
  core::BundleBuilder builder;
  builder.add_setting("source_tokenizer.kind", text::kCharacters);
  builder.add_setting("source_tokenizer.tokens", std::span<const std::string>(list));
  const core::Bundle source = builder.build();
  core::Bundle bundle = support::tiny_writer();
  bundle.settings.insert(bundle.settings.end(), source.settings.begin(), source.settings.end());
  std::sort(bundle.settings.begin(), bundle.settings.end(),
            [](const core::Setting& a, const core::Setting& b) { return a.name < b.name; });
  bundle.keeper =
      std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
          bundle.keeper, source.keeper);
  return bundle;
}

TEST_CASE("sources are read with the only tokenizer unless they have their own") {
  const auto shared = Model::from(support::tiny_writer(), "tiny");
  REQUIRE(shared);
  REQUIRE(shared->source_tokenizer() != nullptr);
  CHECK(shared->source_tokenizer()->encode("abc") == shared->tokenizer()->encode("abc"));

  const auto own = Model::from(with_source(3), "tiny");
  REQUIRE_MESSAGE(own, own.error().sentence);
  REQUIRE(own->source_tokenizer() != nullptr);
  CHECK(own->source_tokenizer()->encode("cab") == std::vector{2, 0, 1});
  CHECK(own->tokenizer()->encode("abc") == shared->tokenizer()->encode("abc"));
}

TEST_CASE("a source tokenizer with more tokens than the model is refused") {
  const int vocab = Model::from(support::tiny_writer(), "tiny")->spec().vocab;
  CHECK(Model::from(with_source(vocab), "tiny"));
  const auto model = Model::from(with_source(vocab + 1), "tiny");
  REQUIRE_FALSE(model);
  CHECK(model.error().sentence == "tiny: the source tokenizer has " + std::to_string(vocab + 1) +
                                      " tokens and the model a vocabulary of " +
                                      std::to_string(vocab));
}

}  // namespace
