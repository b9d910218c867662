#include "tools/convert/checkpoint/npz.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/scratch.h"
#include "tests/tools/convert/files.h"
#include "tests/tools/convert/npz_file.h"

using namespace linnet;
using convert::Npz;
using core::Fault;
using support::npy_bytes;
using support::npy_of;
using support::NpzFile;
using support::Scratch;

namespace {

constexpr std::array<float, 6> kFloats{1.5f, -2.0f, 0.25f, 3.0f, 4.0f, -5.0f};
constexpr std::array<double, 3> kDoubles{0.5, -1.25, 1e-3};
constexpr std::array<std::uint16_t, 2> kHalves{0x3c00, 0xc000};  // 1 and -2

NpzFile good() {
  NpzFile file;
  file.add("b.npy", npy_of<float>("<f4", "(2, 3)", kFloats));
  file.add("a/x.npy", npy_of<double>("<f8", "(3,)", kDoubles));
  file.add("c.npy", npy_of<std::uint16_t>("<f2", "(1, 2)", kHalves));
  return file;
}

std::string refusal(const std::string& bytes, Fault fault = Fault::corrupt) {
  const Scratch folder;
  const auto opened = Npz::open(folder.write("model.npz", bytes));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().fault == fault);
  CHECK(opened.error().sentence.find("model.npz") != std::string::npos);
  return opened.error().sentence;
}

std::string refused_file(const std::string& npy, Fault fault = Fault::corrupt) {
  NpzFile file;
  file.add("a.npy", npy);
  return refusal(file.bytes(), fault);
}

bool says(const std::string& sentence, std::string_view part) {
  return sentence.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an archive's numbers of 16, 32 and 64 bits are read in order of names") {
  const Scratch folder;
  const auto opened = Npz::open(folder.write("model.npz", good().bytes()));
  REQUIRE_MESSAGE(opened, support::why(opened));
  const Npz& npz = **opened;
  REQUIRE(npz.tensors().size() == 3);
  CHECK(npz.tensors()[0].name == "a/x");
  CHECK(npz.tensors()[1].shape == std::vector<std::int64_t>{2, 3});
  std::array<float, 3> three{};
  REQUIRE(npz.read(0, 0, three));
  for (std::size_t i = 0; i < 3; ++i) CHECK(three[i] == static_cast<float>(kDoubles[i]));
  REQUIRE(npz.read(1, 3, three));
  CHECK(three == std::array<float, 3>{3.0f, 4.0f, -5.0f});
  std::array<float, 2> two{};
  REQUIRE(npz.read(2, 0, two));
  CHECK(two == std::array<float, 2>{1.0f, -2.0f});
}

TEST_CASE("a comment behind an archive is passed over") {
  std::string bytes = good().bytes();
  bytes[bytes.size() - 2] = 5;
  const Scratch folder;
  CHECK(Npz::open(folder.write("model.npz", bytes + "words")));
}

TEST_CASE("archives that are not as NumPy stores them are refused by name") {
  NpzFile packed;
  packed.method = 8;
  packed.add("a.npy", "");
  CHECK(says(refusal(packed.bytes(), Fault::unsupported), "numpy.savez, not savez_compressed"));
  NpzFile odd;
  odd.method = 14;
  odd.add("a.npy", "");
  CHECK(says(refusal(odd.bytes(), Fault::unsupported), "not supported"));
  NpzFile secret;
  secret.flags = 1;
  secret.add("a.npy", "");
  CHECK(says(refusal(secret.bytes(), Fault::unsupported), "encrypted"));
  NpzFile other;
  other.add("readme.txt", "");
  CHECK(says(refusal(other.bytes(), Fault::unsupported), "no .npy file"));

  CHECK(says(refused_file(npy_bytes("<f4", "(1, 2, 3)", std::string(24, '\0'), "True"),
                          Fault::unsupported),
             "numpy.ascontiguousarray"));
}

TEST_CASE("a matrix that is stored column by column is known as its transposed one") {
  NpzFile file;
  const std::string numbers(reinterpret_cast<const char*>(kFloats.data()), sizeof kFloats);
  file.add("a.npy", npy_bytes("<f4", "(2, 3)", numbers, "True"));
  const Scratch folder;
  const auto opened = Npz::open(folder.write("model.npz", file.bytes()));
  REQUIRE_MESSAGE(opened, support::why(opened));
  CHECK((*opened)->tensors()[0].by_columns);
  CHECK((*opened)->tensors()[0].shape == std::vector<std::int64_t>{3, 2});
}

TEST_CASE("damaged archives are refused") {
  const std::string bytes = good().bytes();
  for (std::size_t size = 0; size < bytes.size(); size += 7) refusal(bytes.substr(0, size));
  CHECK(says(refusal(bytes + "x"), "not a whole zip archive"));
  NpzFile twice = good();
  twice.add("b.npy", npy_of<float>("<f4", "(6,)", kFloats));
  CHECK(says(refusal(twice.bytes()), "two files 'b.npy'"));
  // The second file of the list at the place of the first, which has another name.
  NpzFile file;
  file.add("a.npy", npy_of<float>("<f4", "(6,)", kFloats));
  file.add("b.npy", npy_of<float>("<f4", "(6,)", kFloats));
  std::string moved = file.bytes();
  const std::size_t second = file.list_begin() + 46 + 5 + 42;
  moved.replace(second, 4, 4, '\0');
  CHECK(says(refusal(moved), "overlapping"));
  moved.replace(second, 4, 4, '\x7f');
  CHECK(says(refusal(moved), "not where it must be"));
}

TEST_CASE("files of an archive whose heads do not fit them are refused") {
  const auto floats = [](std::string_view shape, std::size_t bytes, std::string_view type = "<f4") {
    return refused_file(npy_bytes(type, shape, std::string(bytes, '\0')));
  };
  CHECK(says(floats("(2,)", 7), "which is not what <f4 of shape [2] needs"));
  CHECK(says(floats("(2,)", 9), "needs"));
  CHECK(says(floats("(2147483647, 2147483647, 2147483647)", 8), "needs"));
  CHECK(says(floats("(2147483647, 2147483647, 2147483647)", 8, "<i8"), "needs"));
  for (const char* shape : {"(0,)", "(-1,)", "(2147483648,)", "2", "(1 1)", "(1,1,1,1,1,1,1,1,1)"})
    CHECK(says(floats(shape, 4), "does not say type, order and a shape"));
  CHECK(says(refused_file("\x93NUMPY\x01"), "does not begin as a NumPy file"));
  CHECK(
      says(refused_file(std::string("\x93NUMPY\x01\0\xff\0{", 11) + "}"), "ends within its head"));
  CHECK(says(refused_file(std::string("\x93NUMPY\x02\0\xff\xff\xff\xff", 12), Fault::limit),
             "a head of 4294967295 bytes"));
  CHECK(says(refused_file(std::string("\x93NUMPY\x09\0\0\0\0\0", 12), Fault::unsupported),
             "version 9.0"));
}
