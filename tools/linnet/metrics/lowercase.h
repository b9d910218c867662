#pragma once

#include <string>
#include <string_view>

namespace linnet::tools::metrics {

// UTF-8 text in lower case, as Python's str.lower() has it: one character for each, but U+0130
// becomes i and U+0307, and a capital sigma that ends a word becomes the final one. What ends a
// word is found with a short list of the characters inside of words that are no letters; Unicode's
// is longer.
std::string lowercase(std::string_view text);

}  // namespace linnet::tools::metrics
