#pragma once

#include "tests/support/corpus.h"

// Lies about tensors, told to small_file().
namespace linnet::support {

// Found when the file is opened.
inline const std::vector<Case> kTensorCases = {
    {"no tensors said, some there", [](Image& f) { f.tensor_count = 0; }, core::Fault::corrupt,
     "goes on after its tables"},
    {"one tensor more", [](Image& f) { f.tensor_count = 6; }, core::Fault::corrupt, "tensor"},
    {"65537 tensors", [](Image& f) { f.tensor_count = 65537; }, core::Fault::corrupt,
     "has 65537 tensors, but 65536 at most"},
    {"65536 tensors in no room", [](Image& f) { f.tensor_count = 65536; }, core::Fault::corrupt,
     "too short for 65536 tensors"},
    {"2^32 - 1 tensors", [](Image& f) { f.tensor_count = 0xffffffff; }, core::Fault::corrupt,
     "has 4294967295 tensors"},
    {"empty name", [](Image& f) { f.tensors[1].name = ""; }, core::Fault::corrupt,
     "tensor 1 has an empty name"},
    {"name of 256 bytes", [](Image& f) { f.tensors[1].name.assign(256, 'a'); },
     core::Fault::corrupt, "tensor 1 has a name of 256 bytes"},
    {"name of 65535 bytes", [](Image& f) { f.tensors[4].name_bytes = 0xffff; },
     core::Fault::corrupt, "tensor 4 has a name of 65535 bytes"},
    {"name past the head", [](Image& f) { f.tensors[4].name_bytes = 255; }, core::Fault::corrupt,
     "the head ends inside tensor 4"},
    {"name is not UTF-8", [](Image& f) { f.tensors[1].name = "\xff"; }, core::Fault::corrupt,
     "tensor 1 has a name that is not UTF-8"},
    {"name with NUL", [](Image& f) { f.tensors[1].name[1] = '\0'; }, core::Fault::corrupt,
     "tensor 1 has a name with a control character"},
    {"tensor twice", [](Image& f) { f.tensors[4].name = "t.f16"; }, core::Fault::corrupt,
     "'t.f16' is there twice"},
    {"reserved bytes", [](Image& f) { f.tensors[0].reserved = 1; }, core::Fault::corrupt,
     "'t.f16' has reserved bytes"},

    {"rank 0", [](Image& f) { f.tensors[0].rank = 0; }, core::Fault::corrupt,
     "'t.f16' has 0 dimensions"},
    {"rank 5", [](Image& f) { f.tensors[0].rank = 5; }, core::Fault::corrupt,
     "'t.f16' has 5 dimensions"},
    {"rank 255", [](Image& f) { f.tensors[0].rank = 255; }, core::Fault::corrupt,
     "'t.f16' has 255 dimensions"},
    {"unknown dtype", [](Image& f) { f.tensors[0].dtype = 17; }, core::Fault::unsupported,
     "'t.f16' has the unknown type 17"},
    {"dtype of the future", [](Image& f) { f.tensors[0].dtype = 6; }, core::Fault::unsupported,
     "'t.f16' has the unknown type 6"},
    {"another dtype", [](Image& f) { f.tensors[0].dtype = 0; }, core::Fault::corrupt,
     "'t.f16' of shape [5, 3] cannot have 128 bytes of f32"},
    {"no rows", [](Image& f) { f.tensors[1].out = 0; }, core::Fault::corrupt,
     "'t.f32' cannot have the shape [0, 3]"},
    {"no columns", [](Image& f) { f.tensors[1].in = 0; }, core::Fault::corrupt,
     "'t.f32' cannot have the shape [17, 0]"},
    {"2^31 - 1 rows", [](Image& f) { f.tensors[1].out = 0x7fffffff; }, core::Fault::corrupt,
     "'t.f32' cannot have the shape [2147483647, 3]"},
    {"2^32 - 1 by 2^32 - 1", [](Image& f) { f.tensors[1].out = f.tensors[1].in = 0xffffffff; },
     core::Fault::corrupt, "cannot have the shape [4294967295, 4294967295]"},
    {"2^32 bytes, 0 in 32 bits",
     [](Image& f) { f.tensors[1].out = 16, f.tensors[1].in = 1 << 26, f.tensors[1].bytes = 0; },
     core::Fault::corrupt, "of shape [16, 67108864] cannot have 0 bytes"},
    {"2^32 bytes, not there",
     [](Image& f) {
       f.tensors[1].out = 16, f.tensors[1].in = 1 << 26;
       f.tensors[1].bytes = std::uint64_t{1} << 32;
     },
     core::Fault::corrupt, "'t.f32' reaches past the end of the file"},
    {"2^62 bytes",
     [](Image& f) {
       f.tensors[1].out = f.tensors[1].in = 1 << 30;
       f.tensors[1].bytes = std::uint64_t{1} << 62;
     },
     core::Fault::corrupt, "'t.f32' reaches past the end of the file"},
    {"more than 2^63 bytes",  // 2^27 - 4 panels of 64 (2^31 - 64) bytes
     [](Image& f) {
       f.tensors[1].out = f.tensors[1].in = 0x7fffffc0;
       f.tensors[1].bytes = ((std::uint64_t{1} << 27) - 4) * 64 * 0x7fffffc0;
     },
     core::Fault::corrupt, "of shape [2147483584, 2147483584] cannot have"},
    {"one row more than there is", [](Image& f) { f.tensors[1].out = 33; }, core::Fault::corrupt,
     "'t.f32' of shape [33, 3] cannot have 384 bytes"},
    {"half a group", [](Image& f) { f.tensor("t.i8").data.resize(1024 + 64 + 256); },
     core::Fault::corrupt, "'t.i8' of shape [3, 70] cannot have 1344 bytes of int8"},
    {"vector of two rows", [](Image& f) { f.tensor("t.vector").out = 2; }, core::Fault::corrupt,
     "'t.vector' is a vector, but not one row of f32"},
    {"vector of f16", [](Image& f) { f.tensor("t.vector").dtype = 1; }, core::Fault::corrupt,
     "'t.vector' is a vector, but not one row of f32"},
    {"bytes 2^64 - 1", [](Image& f) { f.tensors[1].bytes = ~std::uint64_t{0}; },
     core::Fault::corrupt, "'t.f32' of shape [17, 3] cannot have 18446744073709551615 bytes"},

    {"offset 2^64 - 64", [](Image& f) { f.tensors[1].offset = ~std::uint64_t{63}; },
     core::Fault::corrupt, "'t.f32' begins past the end of the file"},
    {"offset 2^63 - 64", [](Image& f) { f.tensors[1].offset = (~std::uint64_t{0} >> 1) - 63; },
     core::Fault::corrupt, "'t.f32' reaches past the end of the file"},
    {"offset at the end", [](Image& f) { f.tensors[4].offset = f.bytes().size(); },
     core::Fault::corrupt, "'t.vector' reaches past the end of the file"},
    {"misaligned", [](Image& f) { f.tensors[0].offset = f.bytes().size() - 32; },
     core::Fault::corrupt, "not at a multiple of 64"},
    {"inside the head", [](Image& f) { f.tensors[0].offset = 64; }, core::Fault::corrupt,
     "'t.f16' begins inside the head"},
    {"at the beginning", [](Image& f) { f.tensors[0].offset = 0; }, core::Fault::corrupt,
     "'t.f16' begins inside the head"},
    {"overlapping",
     [](Image& f) {
       std::uint64_t after = f.bytes().size();
       for (std::size_t i = 1; i < f.tensors.size(); ++i)
         after -= (f.tensors[i].data.size() + 63) / 64 * 64;
       f.tensors[1].offset = after - 64;
     },
     core::Fault::corrupt, "'t.f32' overlaps the one before it"},
    {"out of order",
     [](Image& f) {
       std::swap(f.tensors[0], f.tensors[1]);
       const std::uint64_t first = f.bytes().size() - [&] {
         std::uint64_t all = 0;
         for (const auto& t : f.tensors) all += (t.data.size() + 63) / 64 * 64;
         return all;
       }();
       f.tensors[0].offset = first + 128;
       f.tensors[1].offset = first;
     },
     core::Fault::corrupt, "'t.f32' leaves a hole before it"},
    {"a hole",
     [](Image& f) {
       f.tensors.erase(f.tensors.begin() + 1, f.tensors.end());
       f.tensors[0].offset = f.bytes().size() - 64;
       f.tail.assign(64, '\0');
     },
     core::Fault::corrupt, "'t.f16' leaves a hole before it"},
    {"one span ten thousand times",
     [](Image& f) {
       const Image::Tensor one = {
           .name = "", .rank = 2, .dtype = 0, .out = 16, .in = 1, .data = std::string(64, '\0')};
       f.tensors.assign(10000, one);
       for (std::size_t i = 0; i < f.tensors.size(); ++i) {
         f.tensors[i].name = std::to_string(i);
         if (i > 0) f.tensors[i].data.clear(), f.tensors[i].bytes = 64;
       }
       const std::uint64_t at = f.bytes().size() - 64;
       for (Image::Tensor& t : f.tensors) t.offset = at;
     },
     core::Fault::corrupt, "'1' overlaps the one before it"},
};

// Puts bytes into the data of a tensor; its checksum agrees.
template <class T>
void poke(Image& f, std::string_view name, std::size_t at, T number) {
  std::memcpy(f.tensor(name).data.data() + at, &number, sizeof(T));
}

// Found when the data is verified. In t.i8, row r of input i stands at 4 r + i % 4 of quad i / 4;
// its first block has the scales of row r at 1024 + 2 r, its half block begins at 1088.
inline const std::vector<Case> kValueCases = {
    {"checksum of one tensor wrong",
     [](Image& f) { f.tensor("t.i8").checksum = std::string(8, 'x'); }, core::Fault::mismatch,
     "the checksum of the tensor 't.i8' is wrong"},
    {"one bit of the last tensor wrong",
     [](Image& f) {
       f.tensor("t.vector").checksum = checksum_of(f.tensor("t.vector").data);
       f.tensor("t.vector").data[11] ^= 1;
     },
     core::Fault::mismatch, "the checksum of the tensor 't.vector' is wrong"},
    {"f32 NaN", [](Image& f) { poke(f, "t.f32", 0, 0x7fc00000u); }, core::Fault::corrupt,
     "'t.f32' holds a NaN or an infinity"},
    {"f32 infinity in the last row", [](Image& f) { poke(f, "t.f32", 192, 0xff800000u); },
     core::Fault::corrupt, "'t.f32' holds a NaN or an infinity"},
    {"f16 NaN", [](Image& f) { poke(f, "t.f16", 0, std::uint16_t{0x7c01}); }, core::Fault::corrupt,
     "'t.f16' holds a NaN or an infinity"},
    {"f16 infinity", [](Image& f) { poke(f, "t.f16", 64, std::uint16_t{0xfc00}); },
     core::Fault::corrupt, "'t.f16' holds a NaN or an infinity"},
    {"vector NaN", [](Image& f) { poke(f, "t.vector", 8, 0xffffffffu); }, core::Fault::corrupt,
     "'t.vector' holds a NaN or an infinity"},
    {"int8 -128", [](Image& f) { poke(f, "t.i8", 1088, std::int8_t{-128}); }, core::Fault::corrupt,
     "'t.i8' holds the weight -128"},
    {"scale NaN", [](Image& f) { poke(f, "t.i8", 1024, std::uint16_t{0x7fc0}); },
     core::Fault::corrupt, "'t.i8' has a scale that is NaN"},
    {"scale infinite", [](Image& f) { poke(f, "t.i8", 1024 + 32, std::uint16_t{0x7f80}); },
     core::Fault::corrupt, "'t.i8' has a scale that is NaN, infinite"},
    {"scale negative", [](Image& f) { poke(f, "t.i8", 1088 + 512, std::uint16_t{0xbf80}); },
     core::Fault::corrupt, "'t.i8' has a scale that is NaN, infinite, negative"},
    {"scale denormal", [](Image& f) { poke(f, "t.i8", 1024 + 4, std::uint16_t{0x007f}); },
     core::Fault::corrupt, "'t.i8' has a scale that is NaN, infinite, negative or subnormal"},
    {"f16 scale NaN", [](Image& f) { poke(f, "t.i8h", 512 + 30, std::uint16_t{0x7e00}); },
     core::Fault::corrupt, "'t.i8h' has a scale"},
    {"f16 scale infinite", [](Image& f) { poke(f, "t.i8h", 512, std::uint16_t{0x7c00}); },
     core::Fault::corrupt, "'t.i8h' has a scale"},
    {"f16 scale negative", [](Image& f) { poke(f, "t.i8h", 512, std::uint16_t{0x8001}); },
     core::Fault::corrupt, "'t.i8h' has a scale"},
    {"f32 row past the last", [](Image& f) { poke(f, "t.f32", 192 + 4, 1.0f); },
     core::Fault::corrupt, "'t.f32' has padding that is not zero"},
    {"f16 row past the last", [](Image& f) { poke(f, "t.f16", 32 + 10, std::uint16_t{1}); },
     core::Fault::corrupt, "'t.f16' has padding that is not zero"},
    {"f16 after the last input", [](Image& f) { poke(f, "t.f16", 96, std::uint16_t{1}); },
     core::Fault::corrupt, "'t.f16' has padding that is not zero"},
    {"int8 row past the last", [](Image& f) { poke(f, "t.i8", 12, std::int8_t{1}); },
     core::Fault::corrupt, "'t.i8' has padding that is not zero"},
    {"int8 input past the last", [](Image& f) { poke(f, "t.i8", 1088 + 64 + 2, std::int8_t{1}); },
     core::Fault::corrupt, "'t.i8' has padding that is not zero"},
    {"scale of a row past the last", [](Image& f) { poke(f, "t.i8", 1030, std::uint16_t{0x3f80}); },
     core::Fault::corrupt, "'t.i8' has padding that is not zero"},
    {"int8 after the last scale", [](Image& f) { poke(f, "t.i8", 1088 + 544, std::int8_t{1}); },
     core::Fault::corrupt, "'t.i8' has padding that is not zero"},
    {"between tensors",
     [](Image& f) {
       f.tensors.back().data += "\1";
       f.tensors.back().bytes = 12;
       f.tensors.back().checksum = checksum_of(f.tensors.back().data.substr(0, 12));
     },
     core::Fault::corrupt, "'t.vector' has padding that is not zero"},
};

// The same for int4_file(). In t.i4, row r of input i stands in byte 4 r + i % 4 of step i / 8; its
// first block has the scales of row r at 512 + 2 r, its half block begins at 576.
inline const std::vector<Case> kInt4Cases = {
    {"int4 cut short", [](Image& f) { f.tensor("t.i4").data.resize(576 + 256); },
     core::Fault::corrupt, "'t.i4' of shape [3, 70] cannot have 832 bytes of int4"},
    {"int4 called int8", [](Image& f) { f.tensor("t.i4").dtype = 2; }, core::Fault::corrupt,
     "'t.i4' of shape [3, 70] cannot have 896 bytes of int8"},
};
inline const std::vector<Case> kInt4ValueCases = {
    {"int4 scale NaN", [](Image& f) { poke(f, "t.i4", 512, std::uint16_t{0xffc0}); },
     core::Fault::corrupt, "'t.i4' has a scale that is NaN"},
    {"int4 scale infinite", [](Image& f) { poke(f, "t.i4", 512 + 32, std::uint16_t{0xff80}); },
     core::Fault::corrupt, "'t.i4' has a scale that is NaN, infinite"},
    {"int4 scale denormal", [](Image& f) { poke(f, "t.i4", 512 + 4, std::uint16_t{0x807f}); },
     core::Fault::corrupt, "'t.i4' has a scale"},
    {"int4 f16 scale infinite", [](Image& f) { poke(f, "t.i4h", 256, std::uint16_t{0xfc00}); },
     core::Fault::corrupt, "'t.i4h' has a scale"},
    {"int4 row past the last", [](Image& f) { poke(f, "t.i4", 12, std::uint8_t{0x89}); },
     core::Fault::corrupt, "'t.i4' has padding that is not zero"},
    {"int4 input past the last", [](Image& f) { poke(f, "t.i4", 576 + 2, std::uint8_t{0x98}); },
     core::Fault::corrupt, "'t.i4' has padding that is not zero"},
    {"int4 scale of a row past the last",
     [](Image& f) { poke(f, "t.i4", 512 + 6, std::uint16_t{0x3f80}); }, core::Fault::corrupt,
     "'t.i4' has padding that is not zero"},
    {"int4 after the last scale", [](Image& f) { poke(f, "t.i4", 576 + 288, std::uint8_t{1}); },
     core::Fault::corrupt, "'t.i4' has padding that is not zero"},
};

}  // namespace linnet::support
