#pragma once

#include <string>
#include <string_view>

namespace linnet::tools::metrics {

// One line of UTF-8 text in tokens with one space between them: the tokenization "13a" of sacreBLEU
// (Post, 2018, "A call for clarity in reporting BLEU scores"), which is that of mteval-v13a.pl.
// Four HTML entities become their characters; ASCII punctuation becomes tokens of its own, full
// stops and commas not between digits, apostrophes not at all, hyphens after a digit.
std::string tokenize_13a(std::string_view line);

}  // namespace linnet::tools::metrics
