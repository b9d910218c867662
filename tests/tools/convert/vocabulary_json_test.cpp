#include <functional>

#include "tests/tools/convert/vocabulary.h"
#include "tools/convert/json.h"

using namespace linnet;
using convert::Json;
using core::Fault;
using support::kNotSupported;
using support::kTokenizers;
using support::refusal;
using support::Scratch;

namespace {

// What is said of a golden tokenizer.json after `change`, without the path that it begins with.
std::string refusal_of_json(const std::string& golden, Fault fault,
                            const std::function<void(Json&)>& change) {
  const Scratch scratch;
  Json json = Json::parse(support::contents(kTokenizers + golden));
  change(json);
  const std::string path = scratch.write("tokenizer.json", json.dump());
  const std::string sentence = refusal(convert::read_tokenizer_json(path), fault);
  REQUIRE(sentence.starts_with(path));
  return sentence.substr(path.size());
}

}  // namespace

TEST_CASE("A step of tokenizer.json that would change the ids is refused by name") {
  const auto refused = [](const char* golden, const char* part, const Json& value,
                          const std::string& sentence) {
    const auto change = [&](Json& json) { json[Json::json_pointer(part)] = value; };
    CHECK(refusal_of_json(golden, Fault::unsupported, change) == sentence + kNotSupported);
  };
  refused("prepend.json", "/normalizer", {{"type", "NFKC"}},
          ": its normalizer has the step 'NFKC'");
  refused("prepend.json", "/normalizer", nullptr,
          ": it has neither a normalizer nor a pre-tokenizer");
  refused("prepend.json", "/normalizer/normalizers/0/prepend", "_",
          ": normalizer: the field 'prepend' is \"_\"");
  refused("prepend.json", "/pre_tokenizer", {{"type", "Whitespace"}},
          ": its pre_tokenizer has the step 'Whitespace'");
  refused("prepend.json", "/decoder", {{"type", "WordPiece"}},
          ": its decoder has the step 'WordPiece'");
  refused("prepend.json", "/model/type", "Unigram", ": the model is of the type \"Unigram\"");
  refused("prepend.json", "/model/dropout", 0.1, ": model: the field 'dropout' is 0.1");
  refused("prepend.json", "/model/end_of_word_suffix", "</w>",
          ": model: the field 'end_of_word_suffix' is \"</w>\"");
  refused("prepend.json", "/model/byte_fallback", false,
          ": the model and the decoder disagree about byte fallback");
  refused("prepend.json", "/model/ignore_merges", true,
          ": 'ignore_merges' is set for a model without byte level");
  refused("metaspace_first.json", "/pre_tokenizer/prepend_scheme", "last",
          ": its pre-tokenizer has the prepend_scheme 'last'");
  refused("prepend.json", "/normalizer/normalizers/1", {{"type", "NFC"}},
          ": its normalizer puts U+2581 before text only");
  refused("metaspace_first.json", "/normalizer", {{"type", "NFC"}},
          ": its normalizer has the step 'NFC'");
  refused("llama3_words.json", "/normalizer", {{"type", "NFD"}},
          ": its normalizer has the step 'NFD'");
  refused("llama3_words.json", "/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\w+",
          ": its pre-tokenizer splits by the expression '\\w+'");
  refused("llama3_words.json", "/pre_tokenizer/pretokenizers/0/behavior", "Removed",
          ": its pre-tokenizer splits with the behavior 'Removed'");
  refused("llama3_words.json", "/post_processor", {{"type", "Odd"}},
          ": its post-processor has the step 'Odd'");
  refused("llama3_words.json", "/post_processor/processors/1/single/0/SpecialToken/id", "<x>",
          ": its post-processor puts '<x>' around text");
}

TEST_CASE("A field of tokenizer.json that is not known is refused unless it is ignored") {
  const Scratch scratch;
  Json json = Json::parse(support::contents(kTokenizers + "llama3_words.json"));
  json["model"]["reverse"] = true;
  const std::string path = scratch.write("tokenizer.json", json.dump());
  CHECK(refusal(convert::read_tokenizer_json(path), Fault::unsupported) ==
        path +
            ": model: the field 'reverse' is unknown and may change what the model computes "
            "(--ignore-field reverse if it does not)");
  CHECK(convert::read_tokenizer_json(path, {"reverse"}));
}

TEST_CASE("A tokenizer.json that contradicts itself is refused with the thing that is wrong") {
  const auto refused = [](const std::string& sentence, const std::function<void(Json&)>& change) {
    CHECK(refusal_of_json("llama3_words.json", Fault::corrupt, change) == sentence);
  };
  refused(" has no model", [](Json& j) { j.erase("model"); });
  refused(": the vocabulary is no object", [](Json& j) { j["model"]["vocab"] = 3; });
  refused(": the number of token '!' is not one from 0 to 1048575",
          [](Json& j) { j["model"]["vocab"]["!"] = 1 << 20; });
  refused(": the tokens '!' and '\"' have the same number 0",
          [](Json& j) { j["model"]["vocab"]["\""] = 0; });
  refused(": merge 0 names 'qqqq', which is not in the vocabulary", [](Json& j) {
    j["model"]["merges"][0] = {"qqqq", "a"};
  });
  refused(": merge 0 names 'zq', which is not in the vocabulary",
          [](Json& j) { j["model"]["merges"][0] = "z q"; });
  refused(": merge 1 is not two tokens", [](Json& j) {
    j["model"]["merges"][1] = {"a", "b", "c"};
  });
  refused(": merge 1, 'ab', is not two tokens", [](Json& j) { j["model"]["merges"][1] = "ab"; });
  refused(": the unknown token '<odd>' is not in the vocabulary",
          [](Json& j) { j["model"]["unk_token"] = "<odd>"; });
  refused(": the added token '<|begin_of_text|>' has no number that could be one",
          [](Json& j) { j["added_tokens"][0]["id"] = -1; });
  refused(": an added token is empty", [](Json& j) { j["added_tokens"][0]["content"] = ""; });
  refused(": the post-processor names token 9999, outside the vocabulary of 704", [](Json& j) {
    j["post_processor"]["processors"][1]["special_tokens"]["<|begin_of_text|>"]["ids"] = {9999};
  });
  refused(": the pre_tokenizer is not an object with a type",
          [](Json& j) { j["pre_tokenizer"]["pretokenizers"][1] = 5; });
}
