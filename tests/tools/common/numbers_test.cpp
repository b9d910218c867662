#include "tools/common/numbers.h"

#include <doctest/doctest.h>

#include "tools/common/flags.h"

namespace linnet::tools {
namespace {

TEST_CASE("Numbers are read whole or not at all") {
  CHECK(parse_integer("-12") == -12);
  CHECK(parse_unsigned("18446744073709551615") == 18446744073709551615u);
  CHECK(parse_number("1.5e-3") == 1.5e-3);
  for (const char* wrong : {"", " 1", "1 ", "+1", "0x10", "1.0", "1e3", "9223372036854775808"})
    CHECK_FALSE(parse_integer(wrong));
  for (const char* wrong : {"", "1,5", "nan", "inf", "1e999", "1.5x"})
    CHECK_FALSE(parse_number(wrong));
  CHECK_FALSE(parse_unsigned("-1"));
}

TEST_CASE("Sizes have units of 1024") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("123B") == 123);
  CHECK(parse_size("2k") == 2048);
  CHECK(parse_size("1.5M") == 1572864);
  CHECK(parse_size("3GiB") == std::int64_t{3} << 30);
  for (const char* wrong : {"", "M", "-1", "1T", "1MBx", "1 M", "99999999999G", "1e3"})
    CHECK_FALSE(parse_size(wrong));
}

TEST_CASE("Bytes are shown with a unit that people can read") {
  CHECK(show_bytes(0) == "0 B");
  CHECK(show_bytes(1023) == "1023 B");
  CHECK(show_bytes(1536) == "1.5 kB");
  CHECK(show_bytes(250 << 20) == "250 MB");
  CHECK(show_bytes(std::int64_t{5} << 40) == "5.0 TB");
  CHECK(show_number(0.1) == "0.1");
  CHECK(show_fixed(2.0 / 3, 3) == "0.667");
}

TEST_CASE("Wrapped text keeps to its columns and loses no word") {
  CHECK(wrapped("one two three four", 0, 9) == "one two\nthree\nfour");
  CHECK(wrapped("one two three", 4, 12) == "one two\n    three");
  CHECK(wrapped("unbreakable x", 0, 5) == "unbreakable\nx");
  CHECK(wrapped("", 3, 10) == "");
}

}  // namespace
}  // namespace linnet::tools
