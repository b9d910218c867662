#include "tools/linnet/json_line.h"

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tools/linnet/documents.h"

namespace linnet::tools {
namespace {

using nlohmann::json;

TEST_CASE("Any bytes become a JSON string that reads back as the same characters") {
  std::string all;
  for (int code = 0; code < 128; ++code) all += static_cast<char>(code);
  all += "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xA6";
  CHECK(json::parse(json_text(all)).get<std::string>() == all);
  CHECK(json::parse(json_text("a\xFF\xE2\x82")).get<std::string>() == "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("A line keeps names, order and types") {
  JsonLine line;
  line.add("text", "x").add("yes", true).add("count", std::int64_t{-5}).add("number", 0.25);
  line.add("nothing", std::numeric_limits<double>::quiet_NaN()).raw("list", "[1,2]");
  CHECK(line.line() ==
        "{\"text\":\"x\",\"yes\":true,\"count\":-5,\"number\":0.25,\"nothing\":null,"
        "\"list\":[1,2]}\n");
}

TEST_CASE("Documents lie between separator lines, without newlines at their ends") {
  using Documents = std::vector<std::string_view>;
  CHECK(documents_of("", "##") == Documents{});
  CHECK(documents_of("one", "##") == Documents{"one"});
  CHECK(documents_of("\n\na\n\nb\n##\nc\n##", "##") == Documents{"a\n\nb", "c"});
  CHECK(documents_of("##\n##\n\n##\na", "##") == Documents{"a"});
  CHECK(documents_of("a\n## \n###\nb##\n", "##") == Documents{"a\n## \n###\nb##"});
}

}  // namespace
}  // namespace linnet::tools
