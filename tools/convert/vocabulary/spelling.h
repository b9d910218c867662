#pragma once

#include <optional>
#include <string>
#include <string_view>

// How other people's files write down tokens that are not plain text.
namespace linnet::convert {

// "▁the" -> " the".
std::string with_blanks(std::string_view token);

// "<0x0A>" -> the byte 10; nothing if it is not exactly of that form.
std::optional<unsigned char> byte_of(std::string_view token);

// The bytes that a token of byte-level BPE stands for: "Ġthe" -> " the". Nothing if it has a
// character that stands for no byte.
std::optional<std::string> bytes_of(std::string_view token);

}  // namespace linnet::convert
