#pragma once

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/bundle_builder.h"
#include "engine/core/result.h"
#include "kernels/pack.h"
#include "tests/support/image.h"

// Hostile files: one lie each, told to a valid file. Checksums are right unless they are the lie,
// so that the check behind them is the one that is tested.
//
// To add cases: a table of Case, and hostile_files(valid image, table). The lists here tell their
// lies to a small file that is no model; cases about what settings mean (heads, vocabulary, token
// lists ...) start from image_of(tiny_model(...)) and are judged by whoever reads those settings:
//   {"heads 0", [](Image& f) { f.set("decoder.heads", std::int64_t{0}); }, Fault::corrupt, "heads"}
namespace linnet::support {

struct Case {
  const char* name;
  void (*lie)(Image& file);
  core::Fault fault;
  const char* fragment;  // of the sentence that must be said
};

struct HostileFile {
  std::string name;
  std::string bytes;
  core::Fault fault;
  std::string fragment;
};

inline std::vector<HostileFile> hostile_files(const Image& valid, const std::vector<Case>& cases) {
  std::vector<HostileFile> files;
  for (const Case& c : cases) {
    Image image = valid;
    c.lie(image);
    files.push_back({c.name, image.bytes(), c.fault, c.fragment});
  }
  return files;
}

// A valid file with a setting of each type and a tensor of each kind, shapes that fill no panel and
// no group.
inline Image small_file() {
  core::BundleBuilder b;
  b.add_setting("a.integer", 42);
  b.add_setting("b.number", 0.25);
  b.add_setting("c.text", "na\xc3\xafve");
  b.add_setting("d.bytes", std::as_bytes(std::span<const char>("\x01\x02", 2)));
  b.add_setting("e.integers", std::vector<std::int32_t>{1, -2, 3});
  b.add_setting("f.floats", std::vector<float>{0.5f, -1.5f});
  b.add_setting("g.strings", std::vector<std::string>{"ab", "", "\xff"});
  const auto fill = [](std::span<std::byte> bytes, const auto& number, std::size_t at) {
    std::memcpy(bytes.data() + at, &number, sizeof(number));
  };
  fill(b.add_matrix("t.f16", core::Dtype::f16, 5, 3), std::uint16_t{0x3c00}, 2 * 2);
  fill(b.add_matrix("t.f32", core::Dtype::f32, 17, 3), 1.5f, 4 * 3);
  // [3, 70]: a whole block of two groups and half a block that holds 6 inputs. Row 1.
  const auto i8 = b.add_matrix("t.i8", core::Dtype::i8, 3, 70);
  fill(i8, std::int8_t{-127}, 4);
  fill(i8, std::uint16_t{0x3c00}, 1024 + 2);
  fill(b.add_matrix("t.i8h", core::Dtype::i8h, 16, 32), std::uint16_t{0x0001}, 512);
  b.add_vector("t.vector", std::vector<float>{1, 2, 3});
  return image_of(b.build());
}

// The same with int4: a whole block of two groups and half a block that holds 6 inputs; float16
// scales.
inline Image int4_file() {
  core::BundleBuilder b;
  const auto fill = [&](const char* name, core::Dtype dtype, int out, int in) {
    const std::vector<std::int8_t> weights(static_cast<std::size_t>(out * in), std::int8_t{-7});
    const std::vector<std::uint16_t> scales(static_cast<std::size_t>(out * kernels::groups_of(in)),
                                            0xbc00);
    kernels::pack_panel_i4_exact(b.add_matrix(name, dtype, out, in).data(), weights.data(),
                                 scales.data(), out, in);
  };
  fill("t.i4", core::Dtype::i4, 3, 70);
  fill("t.i4h", core::Dtype::i4h, 16, 32);
  return image_of(b.build());
}

// Files that do not begin as they should, or end where they should not.
inline std::vector<HostileFile> hostile_beginnings(const Image& valid) {
  using core::Fault;
  const std::string whole = valid.bytes();
  std::vector<HostileFile> files;
  files.push_back({"one trailing byte", whole + '\0', Fault::corrupt, "should have"});
  for (std::size_t n = 1; n < 40; ++n)
    files.push_back({"first " + std::to_string(n) + " bytes", whole.substr(0, n), Fault::corrupt,
                     "ends inside its header"});
  std::vector<std::size_t> ends = {40, whole.size() - 1};
  std::size_t boundary = whole.size();
  for (auto t = valid.tensors.rbegin(); t != valid.tensors.rend(); ++t) {
    boundary -= (t->data.size() + 63) / 64 * 64;
    ends.insert(ends.end(), {boundary - 1, boundary, boundary + 1, boundary + t->data.size()});
  }
  for (const std::size_t n : ends)
    if (n < whole.size())
      files.push_back({"cut after " + std::to_string(n) + " bytes", whole.substr(0, n),
                       Fault::corrupt, "should have"});
  std::string swapped = whole;  // as a machine of the other byte order would write words
  for (std::size_t i = 0; i + 8 <= swapped.size(); i += 8)
    std::reverse(swapped.begin() + static_cast<std::ptrdiff_t>(i),
                 swapped.begin() + static_cast<std::ptrdiff_t>(i + 8));
  files.push_back({"byte-swapped", swapped, Fault::corrupt, "not a Linnet model"});
  for (const std::size_t i : {std::size_t{41}, whole.find("b.number")}) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    files.push_back({"bit " + std::to_string(i) + " of the head", damaged, Fault::corrupt,
                     "checksum of the head"});
  }
  return files;
}

// A file of nothing but this beginning of a head, with the lengths and the checksum that it should
// have then.
inline std::string resealed(std::string head) {
  while ((head.size() + 8) % 64 != 0) head += '\0';
  const std::uint64_t size = head.size() + 8;
  for (const std::size_t at : {16, 24}) std::memcpy(head.data() + at, &size, 8);
  return head + checksum_of(head);
}

}  // namespace linnet::support
