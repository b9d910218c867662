#include "tools/linnet/metrics/errors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace linnet::tools::metrics {
namespace {

// Straight from the definition, in exponential time.
std::int64_t distance_by_definition(std::u32string_view a, std::u32string_view b) {
  if (a.empty() || b.empty()) return static_cast<std::int64_t>(a.size() + b.size());
  const auto rest_a = a.substr(1), rest_b = b.substr(1);
  if (a[0] == b[0]) return distance_by_definition(rest_a, rest_b);
  return 1 + std::min({distance_by_definition(rest_a, rest_b), distance_by_definition(rest_a, b),
                       distance_by_definition(a, rest_b)});
}

Errors errors_of(std::string_view hypothesis, const std::vector<std::string_view>& references) {
  Errors errors;
  errors.add(hypothesis, references);
  return errors;
}

TEST_CASE("The edit distance of all short texts of two letters is the one of the definition") {
  std::vector<std::u32string> texts = {U""};
  for (std::size_t at = 0; texts[at].size() < 4; ++at)
    for (const char32_t letter : {U'a', U'b'}) texts.push_back(texts[at] + letter);
  REQUIRE(texts.size() == 31);
  for (const std::u32string& a : texts)
    for (const std::u32string& b : texts)
      CHECK(edit_distance(a, b) == distance_by_definition(a, b));
}

TEST_CASE("The edit distance knows the textbook's words") {
  CHECK(edit_distance(U"kitten", U"sitting") == 3);
  CHECK(edit_distance(U"intention", U"execution") == 5);
}

TEST_CASE("A line is compared with the nearest reference, of equally near ones with the first") {
  const Errors errors = errors_of("AH B AW T", {"AH B AE", "AH B AW", "B AW T X Y", "AH B AW T S"});
  CHECK(errors.edits == 1);
  CHECK(errors.tokens == 3);
  CHECK(errors.wrong_lines == 1);
  CHECK(errors_of("a b", {"x", "a  b ", "b"}).wrong_lines == 0);
}

TEST_CASE("Rates are percentages over all lines, and of nothing they are 0") {
  Errors errors;
  CHECK(errors.line_rate() == 0);
  CHECK(errors.token_rate() == 0);
  errors.add("a b c d", std::vector<std::string_view>{"a b c d"});
  errors.add("x y z", std::vector<std::string_view>{"x"});
  errors.add("", std::vector<std::string_view>{""});
  errors.add("", std::vector<std::string_view>{"q w e"});
  CHECK(errors.line_rate() == 50);
  CHECK(errors.token_rate() == 62.5);
}

}  // namespace
}  // namespace linnet::tools::metrics
