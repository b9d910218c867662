#include <functional>

#include "engine/text/pretokenize.h"
#include "engine/text/tokenizer.h"
#include "tests/tools/convert/vocabulary.h"
#include "tools/convert/json.h"

using namespace linnet;
using convert::Json;
using core::Fault;
using support::contents;
using support::kNotSupported;
using support::kTokenizers;
using support::refusal;
using support::Scratch;
using text::TokenType;

namespace {

using Change = std::function<void(Json&)>;

core::Result<convert::Vocabulary> changed(const Scratch& scratch, const std::string& golden,
                                          const Change& change) {
  Json json = Json::parse(contents(kTokenizers + golden));
  change(json);
  return convert::read_tokenizer_json(scratch.write("tokenizer.json", json.dump()));
}

void refuses(const std::string& golden, const std::string& sentence, const Change& change,
             Fault fault = Fault::unsupported) {
  const Scratch scratch;
  CHECK(refusal(changed(scratch, golden, change), fault) ==
        scratch.path("tokenizer.json") + sentence +
            (fault == Fault::unsupported ? kNotSupported : ""));
}

}  // namespace

TEST_CASE("A tokenizer.json of BERT's kind says how texts are read, and its marks") {
  const Scratch scratch;
  const auto v = changed(scratch, "bert_uncased.json", [](Json&) {});
  REQUIRE(v);
  CHECK(v->kind == text::kWordPiece);
  CHECK(v->bert.lower);
  CHECK(v->bert.strip_accents);
  CHECK(v->bert.split_chinese);
  CHECK(v->bert.clean);
  CHECK(v->cleanup);
  CHECK(v->unknown == 1);
  CHECK(v->types[1] == TokenType::unknown);
  CHECK(v->single.ids == std::vector<std::int32_t>{2, -1, 3});
  CHECK(v->pair.ids == std::vector<std::int32_t>{2, -1, 3, -2, 3});
  CHECK(v->pair.types == std::vector<std::int32_t>{0, 0, 0, 1, 1});
  CHECK(v->add_begin);
  CHECK(v->add_end);
  const auto cased = changed(scratch, "bert_uncased.json", [](Json& json) {
    json["normalizer"]["lowercase"] = false;
    json["normalizer"]["strip_accents"] = nullptr;
    json["model"].erase("type");
    json["model"]["max_input_chars_per_word"] = 7;
  });
  REQUIRE(cased);
  CHECK_FALSE(cased->bert.lower);
  CHECK_FALSE(cased->bert.strip_accents);
  CHECK(cased->longest_word == 7);
}

TEST_CASE("What BERT's tokenizer.json says otherwise is refused") {
  refuses("bert_uncased.json", ": the model and the decoder disagree about tokens inside words",
          [](Json& json) { json["decoder"]["prefix"] = "@@"; });
  refuses("bert_uncased.json", ": its decoder has the step 'none'",
          [](Json& json) { json["decoder"] = nullptr; });
  refuses("bert_uncased.json", ": its text is read as BERT's, but its model is another",
          [](Json& json) { json["model"]["type"] = "BPE"; });
  refuses("bert_uncased.json", ": it has the normalizer 'BertNormalizer' before other steps",
          [](Json& json) {
            json["pre_tokenizer"] = {{"type", "Whitespace"}};
          });
  refuses("bert_uncased.json",
          ": it has another normalizer before the pre-tokenizer 'BertPreTokenizer'",
          [](Json& json) {
            json["normalizer"] = {{"type", "Lowercase"}};
          });
  refuses(
      "bert_uncased.json", ": the unknown token '[NONE]' is not in the vocabulary",
      [](Json& json) { json["model"]["unk_token"] = "[NONE]"; }, Fault::corrupt);
}

TEST_CASE("A form for two texts that cannot be read is none") {
  const Scratch scratch;
  const auto v = changed(scratch, "bert_uncased.json", [](Json& json) {
    json["post_processor"]["pair"] = json["post_processor"]["single"];
  });
  REQUIRE(v);
  CHECK(v->pair.ids.empty());
  CHECK(v->single.ids.size() == 3);
}

TEST_CASE("Steps that cut words are read in order, and those that would change it refused") {
  const Scratch scratch;
  const auto falcon = changed(scratch, "falcon_words.json", [](Json&) {});
  REQUIRE(falcon);
  CHECK(falcon->patterns == std::vector<std::string>{std::string(text::kPunctuationRuns),
                                                     std::string(text::kGpt2Pattern),
                                                     std::string(text::kByteDigitRuns),
                                                     std::string(text::kThreeDigits)});
  const auto refused = [](const char* place, const Json& value, const std::string& sentence) {
    refuses("falcon_words.json", sentence, [&](Json& json) {
      json["pre_tokenizer"]["pretokenizers"][Json::json_pointer(place)] = value;
    });
  };
  refused("/0/behavior", "Removed", ": its pre-tokenizer splits with the behavior 'Removed'");
  refused("/1/add_prefix_space", true, ": its pre-tokenizer puts a blank before every word");
  refused("/2/individual_digits", true, ": its pre-tokenizer splits digits into bytes");
  refused("/3/pattern/Regex", "[0-9]+", ": its pre-tokenizer splits by the expression '[0-9]+'");
  refused("/3/invert", true, ": its pre-tokenizer splits with the behavior 'Isolated'");
  refused("/3/type", "Whitespace", ": its pre_tokenizer has the step 'Whitespace'");
  refuses("starcoder_words.json", ": its pre-tokenizer does not split words", [](Json& json) {
    json["pre_tokenizer"] = json["pre_tokenizer"]["pretokenizers"][1];
    json["pre_tokenizer"]["use_regex"] = false;
  });
}

TEST_CASE("A token that is looked for in composed text must be one that composing leaves") {
  const auto with = [](const char* token) {
    return [=](Json& json) { json["added_tokens"].back()["content"] = token; };
  };
  const Scratch scratch;
  const auto blanks = changed(scratch, "neox_words.json", with("\t\t|x|"));
  REQUIRE(blanks);
  CHECK(blanks->composes);
  using Shown = std::pair<const char*, const char*>;
  for (const auto& [token, shown] : {Shown{"\xC3\xA9", "??"}, Shown{"ab", "ab"}, Shown{"a>", "a>"},
                                     Shown{"K|", "K|"}, Shown{";", ";"}, Shown{"=`.", "=`."}})
    refuses("neox_words.json",
            core::say(": the added token '", shown, "' is looked for in normalised text"),
            with(token));
}

TEST_CASE("ALBERT's steps before the map are read in their order only") {
  const Scratch scratch;
  const auto v = changed(scratch, "albert.json", [](Json&) {});
  REQUIRE(v);
  CHECK(v->kind == text::kSentencePieceUnigram);
  CHECK(v->albert.quotes);
  CHECK(v->albert.lower);
  CHECK(v->albert.strip_accents);
  CHECK_FALSE(v->char_map.empty());
  const auto without = [](int step) {
    return [=](Json& json) { json["normalizer"]["normalizers"].erase(step); };
  };
  refuses("albert.json", ": its normalizer replaces quotes of one kind only", without(1));
  refuses("albert.json", ": its normalizer has the step 'NFKD'", without(3));
  refuses("albert.json", ": its normalizer has the step 'StripAccents'", without(2));
  const auto cased = changed(scratch, "albert.json", without(4));
  REQUIRE(cased);
  CHECK_FALSE(cased->albert.lower);
}

TEST_CASE("Gemma's pre-tokenizer cuts at blanks of which its normalizer has left none") {
  const Scratch scratch;
  const auto read = [&](const Json& pre_tokenizer) {
    return changed(scratch, "prepend.json", [&](Json& json) {
      json["normalizer"] = json["normalizer"]["normalizers"][1];
      json["pre_tokenizer"] = pre_tokenizer;
    });
  };
  const auto plain = read(nullptr);
  const auto cut = read({{"type", "Split"},
                         {"pattern", {{"String", " "}}},
                         {"behavior", "MergedWithPrevious"},
                         {"invert", false}});
  REQUIRE(plain);
  REQUIRE(cut);
  CHECK(cut->kind == plain->kind);
  CHECK(cut->tokens == plain->tokens);
  CHECK(cut->prefix == "none");
  CHECK_FALSE(read({{"type", "Split"}, {"pattern", {{"String", "a"}}}}));
}

TEST_CASE("A folder with BERT's vocab.txt has a vocabulary, whose settings it may lack") {
  const Scratch scratch;
  const std::string folder = scratch.path("");
  scratch.write("vocab.txt", "<pad>\r\n<unk>\n<s>\n</s>\nthe\n##s\n##\n\n");
  CHECK(convert::has_vocabulary(folder));
  CHECK(refusal(convert::read_vocabulary(folder), Fault::corrupt) ==
        scratch.path("vocab.txt") + " has no token for unknown words");
  scratch.write("tokenizer_config.json",
                R"({"unk_token": "<unk>", "cls_token": {"content": "<s>"}, "sep_token": "</s>",
                    "pad_token": "<pad>", "strip_accents": false})");
  const auto v = convert::read_vocabulary(folder);
  REQUIRE(v);
  CHECK(v->tokens ==
        std::vector<std::string>{"<pad>", "<unk>", "<s>", "</s>", " the", "s", "##", ""});
  CHECK(v->types[5] == TokenType::normal);
  CHECK(v->types[6] == TokenType::unused);
  CHECK(v->types[7] == TokenType::unused);
  CHECK(v->begin == 2);
  CHECK(v->end == 3);
  CHECK(v->pad == 0);
  CHECK(v->bert.lower);
  CHECK_FALSE(v->bert.strip_accents);
  scratch.write("tokenizer_config.json", R"({"do_basic_tokenize": false})");
  CHECK(refusal(convert::read_vocabulary(folder), Fault::unsupported) ==
        scratch.path("tokenizer_config.json") + ": 'do_basic_tokenize' is false" + kNotSupported);
}
