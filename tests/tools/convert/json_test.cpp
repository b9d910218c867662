#include "tools/convert/json.h"

#include <doctest/doctest.h>

#include <string>

using linnet::convert::Json;
using linnet::convert::JsonLimits;
using linnet::convert::parse_json;
using linnet::core::Fault;

namespace {

std::string nested(int depth) {
  std::string text = "{\"a\":";
  text.append(static_cast<std::size_t>(depth), '[').append(static_cast<std::size_t>(depth), ']');
  return text + "}";
}

}  // namespace

TEST_CASE("an object is read, also behind a byte order mark") {
  for (const std::string text : {R"({"a": [1, 2.5, "x", null, true]})",
                                 "\xef\xbb\xbf{\"a\": [1, 2.5, \"x\", null, true]}"}) {
    const auto json = parse_json(text, "config.json");
    REQUIRE(json);
    CHECK((*json)["a"] == Json::array({1, 2.5, "x", nullptr, true}));
  }
}

TEST_CASE("JSON that is wrong or too much is refused with a sentence that names the file") {
  struct Case {
    const char* what;
    std::string text;
    Fault fault;
    const char* says;
  };
  const JsonLimits limits{.bytes = 4096, .values = 100, .depth = 8};
  std::string many = "{\"a\":[0";
  for (int i = 0; i < 100; ++i) many += ",0";
  const Case cases[] = {
      {"nothing", "", Fault::corrupt, "not valid JSON"},
      {"half an object", "{\"a\": 1", Fault::corrupt, "not valid JSON"},
      {"a list", "[1]", Fault::corrupt, "does not hold a JSON object"},
      {"more behind it", "{} {}", Fault::corrupt, "not valid JSON at byte"},
      {"a key twice", R"({"a": 1, "b": 2, "a": 1})", Fault::corrupt, "has the key 'a' twice"},
      {"a key twice inside", R"({"x": [{"b": 2, "b": 1}]})", Fault::corrupt,
       "has the key 'b' twice"},
      {"a number that no double holds", R"({"a": 1e400})", Fault::corrupt, "out of range"},
      {"a word that is no JSON", R"({"a": NaN})", Fault::corrupt, "not valid JSON"},
      {"a lone surrogate", R"({"a": "\ud800"})", Fault::corrupt, "not valid JSON"},
      {"bytes that are not UTF-8", "{\"a\": \"\xff\"}", Fault::corrupt, "not valid JSON"},
      {"a NUL", std::string("{\"a\": \0}", 8), Fault::corrupt, "not valid JSON"},
      {"a NUL behind it", std::string("{}\0", 3), Fault::corrupt, "not valid JSON at byte 2"},
      {"depth", nested(8), Fault::limit, "more than 8 levels"},
      {"absurd depth", std::string(4000, '['), Fault::limit, "more than 8 levels"},
      {"values", many + "]}", Fault::limit, "more than 100 values"},
      {"bytes", "{\"a\": \"" + std::string(4096, 'x') + "\"}", Fault::limit, "4096"},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.what));
    const auto json = parse_json(c.text, "the/config.json", limits);
    REQUIRE_FALSE(json);
    CHECK(json.error().fault == c.fault);
    CHECK(json.error().sentence.starts_with("the/config.json "));
    CHECK_MESSAGE(json.error().sentence.find(c.says) != std::string::npos, json.error().sentence);
  }
  CHECK(parse_json(nested(7), "f", limits));
}

TEST_CASE("one key in two objects is no duplicate") {
  CHECK(parse_json(R"({"a": {"x": 1}, "b": {"x": 1}, "x": [{"x": 1}, {"x": 1}]})", "f"));
}

TEST_CASE("text from a file is shortened and made printable before it is shown") {
  CHECK(linnet::convert::shown("plain name") == "plain name");
  CHECK(linnet::convert::shown("a\x1b[31m\n\xff") == "a?[31m??");
  CHECK(linnet::convert::shown(std::string(1000, 'x')).size() == 63);
}
