#include "engine/text/capital_marks.h"

#include <doctest/doctest.h>

#include "engine/text/stream_decoder.h"
#include "engine/text/utf8.h"
#include "tests/engine/text/support.h"
#include "tests/support/assets.h"
#include "tests/support/scratch.h"

using namespace linnet;

namespace {

// As the map of such a model does it, for ASCII.
std::string marked(std::string_view text) {
  text::CapitalWriter writer;
  for (const char c : text) {
    const bool capital = c >= 'A' && c <= 'Z';
    const bool mark = std::string_view(".,'-!").find(c) != std::string_view::npos;
    writer.add((capital ? "U"
                : mark  ? "P"
                        : "") +
               std::string(1, capital ? static_cast<char>(c + 32) : c));
  }
  return writer.text();
}

}  // namespace

TEST_CASE("A capital is marked with T, a word of them with U, and L ends it before small letters") {
  CHECK(marked("Hello-there THIS Is a Test") == "Thello-there Uthis Tis a Ttest");
  CHECK(marked("HELLo USB-c") == "UhellLo Uusb-c");
  CHECK(marked("iPhone A") == "iTphone Ta");
  CHECK(marked("NASA's") == "Unasa's");
  CHECK(marked("") == "");
}

TEST_CASE("Three words of capitals in a row and more are marked once") {
  CHECK(marked("THE USA NOW wins") == "Athe usa now Lwins");
  CHECK(marked("THE USA NOW.") == "Athe usa now.");
  CHECK(marked("so, I AM HE. A Name") == "so, Ai am he. a Tname");
  CHECK(marked("THE USA wins") == "Uthe Uusa wins");
  CHECK(marked("THE USA NOWhere IS IT") == "Uthe Uusa UnowLhere Uis Uit");
  // Not counted, being the last letter of the text; but with others before it is one of them.
  CHECK(marked("THE USA I") == "Uthe Uusa Ti");
  CHECK(marked("THE USA AND I") == "Athe usa and i");
}

TEST_CASE("What a user defined has no capitals to mark") {
  text::CapitalWriter writer;
  writer.add("Ua");
  writer.add_plain("<BT>");
  writer.add("Ub");
  writer.add("Uc");
  CHECK(writer.text() == "Ta<BT>Ubc");
}

TEST_CASE("Marian's vocabulary that marks capitals gives the published ids, and the texts back") {
  const auto assets = support::assets();
  if (!assets) return;
  const auto folder = *assets / "tokenizers/onnxruntime-ext";
  const auto read = convert::read_numbered_pieces((folder / "nmt_vocab.joint.spm").string(),
                                                  (folder / "nmt_vocab.json").string());
  const text::Tokenizer tokenizer = support::tokenizer_of(read);
  const support::Case published[] = {
      {"Hello-there THIS Is a Test", {281, 13919, 296, 404, 352, 346, 479, 292, 9428, 0}},
      {"I like walking my cute dog\n and\x17 then, "
       "\xE7\x94\x9F\xE6\xB4\xBB\xE7\x9A\x84\xE7\x9C\x9F\xE8\xB0\x9B\xE6\x98\xAF  \t\t\t\t \n\n61",
       {367,   580, 10899, 579, 12998, 7647, 31, 278, 2446, 44, 278, 6412, 279, 8970, 1541,
        31514, 323, 278,   278, 30,    30,   30, 30,  278,  31, 31,  311,  289, 278,  0}}};
  for (const auto& [text, ids] : published) {
    CAPTURE(text);
    CHECK(tokenizer.encode(text) == ids);
    CHECK(tokenizer.decode(ids) == text);
  }
  for (const char* text : {"THE USA NOW wins", "HELLo A B C d",
                           "\xC3\x89"
                           "COLE \xC3\x89t\xC3\xA9",
                           "iPhone USB-C NASA's", "THE  USA, I", " ", "a ", "(phrasefix)X<BT>"}) {
    CAPTURE(text);
    const std::vector<int> ids = tokenizer.encode(text);
    CHECK(tokenizer.decode(ids) == text);
    text::StreamDecoder stream(tokenizer);
    std::string streamed;
    for (const int id : ids) streamed += stream.feed(id);
    CHECK(streamed == text);
  }
}

TEST_CASE("A stream gives a blank only once there is something behind it") {
  core::BundleBuilder builder;
  const std::vector<std::string> tokens{"a ", "b ", ".", "?"};
  builder.add_setting("tokenizer.kind", std::string_view("sentencepiece-unigram"));
  builder.add_setting("tokenizer.tokens", std::span<const std::string>(tokens));
  builder.add_setting("tokenizer.scores",
                      std::span<const float>(std::vector<float>{-1, -1, -1, 0}));
  builder.add_setting("tokenizer.unknown", 3);
  builder.add_setting("tokenizer.prefix", std::string_view("every"));
  builder.add_setting("tokenizer.suffix", 1);
  builder.add_setting("tokenizer.strip_last", 1);
  const auto tokenizer = text::Tokenizer::from(builder.build());
  if (!tokenizer) FAIL(tokenizer.error().sentence);
  CHECK(tokenizer->encode("a b") == std::vector{0, 1});
  CHECK(tokenizer->decode(std::vector{0, 1}) == "a b");
  text::StreamDecoder stream(*tokenizer);
  CHECK(stream.feed(0) == "a");
  CHECK(stream.feed(1) == " b");
  CHECK(stream.flush() == "");
  CHECK(stream.feed(2) == " .");
}

TEST_CASE("A map that makes nothing or no text of marks does no harm") {
  // A trie of "T " and "Ta" would be long to write; a map without strings stands for one that does
  // not have them, and blanks stay blanks.
  text::CapitalReader reader;
  std::string text;
  for (const char c : std::string("Ta b")) reader.add(std::string_view(&c, 1), {}, text);
  CHECK(text == "Ta b");
}
