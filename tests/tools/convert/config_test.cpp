#include "tools/convert/config.h"

#include <doctest/doctest.h>

using namespace linnet;
using convert::Config;
using convert::Json;
using core::Fault;

namespace {

std::string sentence(const Config& config) {
  const core::Status status = config.finish();
  return status ? "" : status.error().sentence;
}

}  // namespace

TEST_CASE("fields are read by type, and absent or null ones have their default") {
  Config config(
      Json{{"n", 3}, {"x", 0.5}, {"b", true}, {"s", "silu"}, {"l", {"a", "b"}}, {"null", nullptr}},
      "c.json");
  CHECK(config.count("n") == 3);
  CHECK(config.count("absent", 7) == 7);
  CHECK(config.count("null", 8) == 8);
  CHECK(config.number("x") == 0.5);
  CHECK(config.number("n", 1.0) == 3.0);
  CHECK(config.flag("b", false));
  CHECK(config.flag("null", true));
  CHECK(config.text("s", "") == "silu");
  CHECK(config.texts("l") == std::vector<std::string>{"a", "b"});
  CHECK(config.has("n"));
  CHECK_FALSE(config.has("null"));
  CHECK(config.finish());
}

TEST_CASE("a field of the wrong type or out of range is an error that names it") {
  for (const Json& wrong : {Json("3"), Json(0), Json(-1), Json(3.0), Json(true), Json(1LL << 40),
                            Json::array({3}), Json::object()}) {
    Config config(Json{{"n", wrong}}, "c.json");
    CHECK(config.count("n") == 1);
    CHECK(
        sentence(config).starts_with("c.json: the field 'n' is " + wrong.dump() + " and must be"));
  }
  Config config(Json{{"n", 1}}, "c.json");
  config.flag("n", false);
  config.text("n", "");
  CHECK(sentence(config) == "c.json: the field 'n' is 1 and must be true or false");
}

TEST_CASE("a field that is missing is named") {
  Config config(Json::object(), "c.json");
  config.count("hidden_size");
  CHECK(sentence(config) == "c.json: the field 'hidden_size' is missing");
}

TEST_CASE("a field that nobody asked for is refused by name") {
  const Json json{{"known", 1}, {"mystery", {{"inner", 2}}}, {"nothing", nullptr}};
  Config config(json, "c.json");
  config.count("known");
  REQUIRE_FALSE(config.finish());
  CHECK(config.finish().error().fault == Fault::unsupported);
  CHECK(sentence(config).find("'mystery' is unknown") != std::string::npos);
  config.harmless("mystery");
  CHECK(config.finish());

  Config told(json, "c.json", {"known", "mystery"});
  CHECK(told.finish());
}

TEST_CASE("a field inside a section is accounted for under its full name") {
  const Json json{{"rope", {{"factor", 2.0}, {"odd", 1}}}};
  Config config(json, "c.json");
  auto rope = config.section("rope");
  REQUIRE(rope);
  CHECK(rope->number("factor") == 2.0);
  CHECK(sentence(config).find("'rope.odd' is unknown") != std::string::npos);
  rope->text("odd", "");
  CHECK(sentence(config).find("'rope.odd' is 1 and must be a text") != std::string::npos);
  CHECK_FALSE(config.section("absent"));
}

TEST_CASE("a field that may have only one value is refused with any other") {
  Config config(Json{{"a", 1.0}, {"b", false}, {"c", 2}}, "c.json");
  config.only("a", 1.0);
  config.only("b", false);
  config.only("absent", true);
  config.harmless("c");
  CHECK(config.finish());
  config.only("c", 1);
  REQUIRE_FALSE(config.finish());
  CHECK(config.finish().error().fault == Fault::unsupported);
  CHECK(sentence(config).find("'c' is 2, which") != std::string::npos);
}

TEST_CASE("the first problem is the one that is told") {
  Config config(Json{{"a", "x"}, {"b", "y"}}, "c.json");
  config.count("a");
  config.count("b");
  CHECK(sentence(config).find("'a'") != std::string::npos);
}
