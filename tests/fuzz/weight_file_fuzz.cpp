#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <variant>

#include "engine/io/checksum.h"
#include "engine/io/head.h"
#include "engine/io/head_encoder.h"
#include "engine/io/reader.h"
#include "engine/io/verify.h"
#include "tests/support/image.h"

// No bytes may make the reader of model files crash, hang or read where it should not, and a head
// that it accepts is the only one that says what it says: written again, it gives the same bytes.
namespace {

using namespace linnet;

void expect(bool true_always) {
  if (!true_always) std::abort();
}

struct Touch {
  std::size_t seen = 0;
  void operator()(std::int64_t) {}
  void operator()(double) {}
  void operator()(const core::Strings& strings) {
    for (int i = 0; i < strings.size(); ++i)
      for (const char c : strings[i]) seen += static_cast<unsigned char>(c);
  }
  void operator()(const auto& span) {
    for (const auto& value : span) seen += static_cast<std::size_t>(value != 0);
  }
  void operator()(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) seen += static_cast<std::size_t>(byte);
  }
};

void read(std::span<const std::byte> file) {
  const auto bundle = io::read_model(file, "input");
  const auto head = io::parse_head(file, std::ssize(file), "input");
  expect(static_cast<bool>(bundle) == static_cast<bool>(head));
  if (!bundle) return expect(!bundle.error().sentence.empty());
  Touch touch;
  for (const core::Setting& setting : bundle->settings) {
    expect(bundle->setting(setting.name) == &setting.value);
    std::visit(touch, setting.value);
  }
  for (const core::NamedWeight& weight : bundle->weights)
    expect(bundle->weight(weight.name) == &weight);
  (void)io::verify(*bundle, "input");
  const auto again = io::encode_head(head->tensors, head->settings, std::ssize(file));
  expect(again.size() <= file.size());
  expect(std::memcmp(again.data(), file.data(), again.size()) == 0);
}

// The same file with the checksum of its head made right, so that the fuzzer gets past it.
std::string sealed(std::string file) {
  std::uint64_t head_bytes = 0;
  if (file.size() < 64) return file;
  std::memcpy(&head_bytes, file.data() + 24, 8);
  if (head_bytes < 64 || head_bytes > file.size()) return file;
  const auto covered = static_cast<std::size_t>(head_bytes) - 8;
  return file.replace(covered, 8, support::checksum_of({file.data(), covered}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string file(reinterpret_cast<const char*>(data), size);
  read(support::Aligned(file).bytes());
  read(support::Aligned(sealed(file)).bytes());
  return 0;
}
