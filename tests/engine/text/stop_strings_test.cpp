#include "engine/text/stop_strings.h"

#include <doctest/doctest.h>

namespace linnet::text {
namespace {

// What comes out if the text is pushed in pieces of that size.
std::string given(StopStrings stops, std::string_view text, std::size_t piece) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += piece) out += stops.push(text.substr(at, piece));
  const bool stopped = stops.stopped();
  out += stops.finish();
  return out + (stopped ? "|" : "");
}

TEST_CASE("A stop string ends the text before it, however the text is cut into pieces") {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    CHECK(given(StopStrings({"END"}), "one two END three", piece) == "one two |");
    CHECK(given(StopStrings({"END"}), "one EN two", piece) == "one EN two");
    CHECK(given(StopStrings({"aab"}), "aaaab", piece) == "aa|");
    CHECK(given(StopStrings({"abab", "abac"}), "xabacy", piece) == "x|");
    CHECK(given(StopStrings({"\n\n"}), "a\nb\n\nc", piece) == "a\nb|");
    CHECK(given(StopStrings({}), "anything", piece) == "anything");
    CHECK(given(StopStrings({"\xC3\xA9"}), "caf\xC3\xA9s", piece) == "caf|");
  }
}

TEST_CASE("Of several stop strings the first to be complete counts, and the longest of those") {
  for (std::size_t piece = 1; piece < 8; ++piece) {
    CHECK(given(StopStrings({"cde", "b"}), "abcdef", piece) == "a|");
    CHECK(given(StopStrings({"bcd", "c"}), "abcdef", piece) == "ab|");
    CHECK(given(StopStrings({"c", "abc", "bc"}), "xabcd", piece) == "x|");
  }
}

TEST_CASE("Text that may still become a stop string is held back, and only that") {
  StopStrings stops({"###", "User:"});
  CHECK(stops.push("ab#") == "ab");
  CHECK(stops.push("#") == "");
  CHECK(stops.push("c") == "##c");
  CHECK(stops.push("Us") == "");
  CHECK(stops.push("U") == "Us");
  CHECK(stops.push("ser") == "");
  CHECK(stops.finish() == "User");
  CHECK(stops.finish() == "");
  CHECK_FALSE(stops.stopped());
}

TEST_CASE("After a stop nothing comes out any more") {
  StopStrings stops({"x"});
  CHECK(stops.push("axb") == "a");
  CHECK(stops.stopped());
  CHECK(stops.push("more") == "");
  CHECK(stops.finish() == "");
}

}  // namespace
}  // namespace linnet::text
