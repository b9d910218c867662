#pragma once

#include "tests/support/corpus.h"

// Lies about the file itself, told to small_file(): all are found when the file is opened.
namespace linnet::support {

inline constexpr std::uint64_t kHugeNumbers[] = {0, std::uint64_t{1} << 31, 0xffffffff,
                                                 std::uint64_t{1} << 63, ~std::uint64_t{0}};

inline const std::vector<Case> kHeadCases = {
    {"empty magic", [](Image& f) { f.magic = std::string(8, '\0'); }, core::Fault::corrupt,
     "not a Linnet model"},
    {"wrong magic",
     [](Image& f) {
       f.magic = "GGUF\3\0\0\0";
       f.magic.resize(8);
     },
     core::Fault::corrupt, "not a Linnet model"},
    {"older version", [](Image& f) { f.version = 0; }, core::Fault::corrupt,
     "there is no format version 0"},
    {"newer version", [](Image& f) { f.version = 2; }, core::Fault::unsupported,
     "format version 2; this build reads version 1"},
    {"absurd version", [](Image& f) { f.version = 0xffffffff; }, core::Fault::unsupported,
     "format version 4294967295"},
    {"byte-swapped version", [](Image& f) { f.version = 0x01000000; }, core::Fault::unsupported,
     "format version 16777216"},
    {"reserved bytes", [](Image& f) { f.reserved = 1; }, core::Fault::corrupt, "reserved bytes"},
    {"declared length one less", [](Image& f) { f.file_bytes = f.bytes().size() - 1; },
     core::Fault::corrupt, "should have"},
    {"head of no bytes", [](Image& f) { f.head_bytes = 0; }, core::Fault::corrupt,
     "the head cannot have 0 bytes"},
    {"head of 63 bytes", [](Image& f) { f.head_bytes = 63; }, core::Fault::corrupt,
     "the head cannot have 63 bytes"},
    {"head of 64 bytes", [](Image& f) { f.head_bytes = 64; }, core::Fault::corrupt,
     "checksum of the head"},
    {"head of 2^31 bytes", [](Image& f) { f.head_bytes = kHugeNumbers[1]; }, core::Fault::corrupt,
     "the head cannot have 2147483648 bytes"},
    {"head of 2^32 - 1 bytes", [](Image& f) { f.head_bytes = kHugeNumbers[2]; },
     core::Fault::corrupt, "the head cannot have 4294967295 bytes"},
    {"head of 2^63 bytes", [](Image& f) { f.head_bytes = kHugeNumbers[3]; }, core::Fault::corrupt,
     "the head cannot have 9223372036854775808 bytes"},
    {"head of 2^64 - 1 bytes", [](Image& f) { f.head_bytes = kHugeNumbers[4]; },
     core::Fault::corrupt, "the head cannot have 18446744073709551615 bytes"},
    {"head above the limit",
     [](Image& f) {
       f.settings.clear();
       f.tensors.clear();
       f.head_tail.assign(16 << 20, '\0');
     },
     core::Fault::corrupt, "the head cannot have"},
    {"file of 2^64 - 1 bytes", [](Image& f) { f.file_bytes = kHugeNumbers[4]; },
     core::Fault::corrupt, "should have 18446744073709551615 bytes"},
    {"head goes on", [](Image& f) { f.head_tail.assign(64, '\0'); }, core::Fault::corrupt,
     "goes on after its tables"},
    {"head ends with something", [](Image& f) { f.head_tail = "x"; }, core::Fault::corrupt,
     "goes on after its tables"},
    {"padding of ones", [](Image& f) { f.padding = '\1'; }, core::Fault::corrupt,
     "the padding in setting 0 is not zero"},
    {"bytes after the last tensor", [](Image& f) { f.tail.assign(64, '\0'); }, core::Fault::corrupt,
     "goes on for 64 bytes after its last tensor"},
    {"bytes of nobody",
     [](Image& f) {
       f.tensors.clear();
       f.tail.assign(128, 'x');
     },
     core::Fault::corrupt, "goes on for 128 bytes"},
};

inline const std::vector<Case> kSettingCases = {
    {"no settings said, some there", [](Image& f) { f.setting_count = 0; }, core::Fault::corrupt,
     "tensor 0"},
    {"one setting more", [](Image& f) { f.setting_count = 8; }, core::Fault::corrupt, "setting"},
    {"4097 settings", [](Image& f) { f.setting_count = 4097; }, core::Fault::corrupt,
     "has 4097 settings, but 4096 at most"},
    {"2^32 - 1 settings", [](Image& f) { f.setting_count = 0xffffffff; }, core::Fault::corrupt,
     "has 4294967295 settings"},
    {"4096 settings in no room", [](Image& f) { f.setting_count = 4096; }, core::Fault::corrupt,
     "too short for 4096 settings"},
    {"empty name", [](Image& f) { f.settings[0].name = ""; }, core::Fault::corrupt,
     "setting 0 has an empty name"},
    {"name of 256 bytes", [](Image& f) { f.settings[0].name.assign(256, 'a'); },
     core::Fault::corrupt, "setting 0 has a name of 256 bytes; 255 are allowed"},
    {"name of 1 MB", [](Image& f) { f.settings[0].name.assign(1 << 20, 'a'); },
     core::Fault::corrupt, "has a name of 1048576 bytes"},
    {"name of 2^32 - 1 bytes", [](Image& f) { f.settings[0].name_bytes = 0xffffffff; },
     core::Fault::corrupt, "has a name of 4294967295 bytes"},
    {"name is not UTF-8", [](Image& f) { f.settings[0].name = "a\xc0\x80"; }, core::Fault::corrupt,
     "setting 0 has a name that is not UTF-8"},
    {"name with NUL", [](Image& f) { f.settings[0].name = std::string("a\0b", 3); },
     core::Fault::corrupt, "setting 0 has a name with a control character"},
    {"name with escape", [](Image& f) { f.settings[0].name = "a\x1b[2J"; }, core::Fault::corrupt,
     "setting 0 has a name with a control character"},
    {"setting twice", [](Image& f) { f.settings[1].name = "a.integer"; }, core::Fault::corrupt,
     "'a.integer' is there twice"},
    {"settings out of order", [](Image& f) { std::swap(f.settings[2], f.settings[3]); },
     core::Fault::corrupt, "'c.text' is not in sorted order"},
    {"unknown type", [](Image& f) { f.settings[0].type = 7; }, core::Fault::unsupported,
     "'a.integer' has the unknown type 7"},
    {"integer of 4 bytes", [](Image& f) { f.setting("a.integer").value.resize(4); },
     core::Fault::corrupt, "'a.integer' cannot be 4 bytes long"},
    {"number of 16 bytes", [](Image& f) { f.setting("b.number").value.resize(16); },
     core::Fault::corrupt, "'b.number' cannot be 16 bytes long"},
    {"text is not UTF-8", [](Image& f) { f.setting("c.text").value = "\xed\xa0\x80"; },
     core::Fault::corrupt, "'c.text' is not UTF-8"},
    {"integers of 7 bytes", [](Image& f) { f.setting("e.integers").value.resize(7); },
     core::Fault::corrupt, "'e.integers' cannot be 7 bytes long"},
    {"floats of 3 bytes", [](Image& f) { f.setting("f.floats").value.resize(3); },
     core::Fault::corrupt, "'f.floats' cannot be 3 bytes long"},
    {"strings of no bytes", [](Image& f) { f.setting("g.strings").value = ""; },
     core::Fault::corrupt, "'g.strings' cannot be 0 bytes long"},
    {"strings of a lying count",
     [](Image& f) { f.setting("g.strings").value.replace(0, 4, "\xff\xff\xff\xff"); },
     core::Fault::corrupt, "'g.strings' cannot be"},
    {"strings whose ends go back",
     [](Image& f) {
       f.setting("g.strings").value[4] = 3;
       f.setting("g.strings").value[8] = 1;
     },
     core::Fault::corrupt, "'g.strings' has strings that do not fill its text"},
    {"strings past their text", [](Image& f) { f.setting("g.strings").value[12] = 4; },
     core::Fault::corrupt, "'g.strings' has strings that do not fill its text"},
    {"text without strings",
     [](Image& f) { f.setting("g.strings").value = std::string("\0\0\0\0abcd", 8); },
     core::Fault::corrupt, "'g.strings' has strings that do not fill its text"},
    {"value past the head", [](Image& f) { f.setting("d.bytes").value_bytes = 1 << 20; },
     core::Fault::corrupt, "the head ends inside the setting 'd.bytes'"},
    {"value above the limit", [](Image& f) { f.setting("d.bytes").value_bytes = (16 << 20) + 1; },
     core::Fault::corrupt, "'d.bytes' has 16777217 bytes; 16777216 are allowed"},
    {"value of 2^63 bytes", [](Image& f) { f.setting("d.bytes").value_bytes = kHugeNumbers[3]; },
     core::Fault::corrupt, "'d.bytes' has 9223372036854775808 bytes"},
    {"value of 2^64 - 1 bytes",
     [](Image& f) { f.setting("d.bytes").value_bytes = kHugeNumbers[4]; }, core::Fault::corrupt,
     "'d.bytes' has 18446744073709551615 bytes"},
};

}  // namespace linnet::support
