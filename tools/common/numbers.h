#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Numbers as people write them. Whole strings only, without locale.
namespace linnet::tools {

std::optional<std::int64_t> parse_integer(std::string_view text);
// From 0 to 2^64 - 1.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
// Finite.
std::optional<double> parse_number(std::string_view text);
// Bytes: "4096", or with K, M or G (times 1024 each; "MB" and "MiB" are the same): "1.5G".
std::optional<std::int64_t> parse_size(std::string_view text);

// The shortest text that reads back as the same number; "nan", "inf", "-inf".
std::string show_number(double value);
// With so many digits behind the point.
std::string show_fixed(double value, int digits);
// "812 B", "5.9 MB"; units of 1024.
std::string show_bytes(std::int64_t bytes);

}  // namespace linnet::tools
