#include "tools/linnet/metrics/words.h"

#include <doctest/doctest.h>

#include "tests/tools/linnet/metrics/golden.h"
#include "tools/linnet/metrics/lowercase.h"
#include "tools/linnet/metrics/tokenize_13a.h"

namespace linnet::tools::metrics {
namespace {

using Strings = std::vector<std::string>;

struct Case {
  std::string line, tokens;
  Strings words;
  std::string lower;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto& one : support::golden_metrics()["tokens"])
    all.push_back({.line = one[0], .tokens = one[1], .words = one[2], .lower = one[3]});
  REQUIRE(all.size() > 50);
  return all;
}

TEST_CASE("Nasty lines have the tokens that sacreBLEU gives them") {
  for (const Case& one : cases()) {
    CAPTURE(one.line);
    CHECK(tokenize_13a(one.line) == one.tokens);
  }
}

TEST_CASE("Words lie between what Python takes for white space") {
  for (const Case& one : cases()) {
    CAPTURE(one.line);
    const auto words = words_of(one.line);
    CHECK(Strings(words.begin(), words.end()) == one.words);
    std::string joined;
    for (const std::string& word : one.words) joined += word;
    CHECK(without_blanks(one.line) == without_blanks(joined));
  }
}

TEST_CASE("Lower case is Python's, with the final sigma and the dotted I") {
  for (const Case& one : cases()) {
    CAPTURE(one.line);
    CHECK(lowercase(one.line) == one.lower);
  }
}

TEST_CASE("Digits at the end of words vanish, others stay, and so do words of digits") {
  CHECK(without_final_digits("AH0 B R EY1\nER0\tIH2") == "AH B R EY\nER\tIH");
  CHECK(without_final_digits("a1b2 12 x 3y 0 ") == "a1b 12 x 3y 0 ");
  CHECK(without_final_digits("") == "");
  CHECK(without_final_digits("\u00e91") == "\u00e9");
}

}  // namespace
}  // namespace linnet::tools::metrics
