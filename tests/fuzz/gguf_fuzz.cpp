#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "tools/convert/checkpoint/gguf.h"
#include "tools/convert/plan.h"
#include "tools/convert/vocabulary/vocabulary.h"

// Any bytes as a whole GGUF file. What is accepted must lie inside the file, nothing outside it may
// be asked for, and every block of it is decoded; the fields are read as a tokenizer, and all of it
// as a model of its architecture.
namespace {

using namespace linnet;

void decode_all(const std::uint8_t* data, const convert::GgufTensor& tensor) {
  float values[convert::kLargestGgufBlock];
  if (tensor.type->decode == nullptr) return;
  for (std::int64_t at = 0; at < tensor.bytes; at += tensor.type->bytes)
    tensor.type->decode(data + tensor.offset + at, values);
}

// A Spec and a place for each of its tensors, or a sentence.
void plan_model(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("fuzz", 0);
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, static_cast<off_t>(size)) != 0 ||
      pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  const auto model = convert::open_source(path, {});
  if (model && !model->vocabulary_only())
    (void)static_cast<bool>(convert::plan(*model, convert::Types{}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file_bytes = static_cast<std::int64_t>(size);
  const auto read = [&](std::int64_t offset, std::span<std::byte> to) -> core::Status {
    const auto wanted = static_cast<std::int64_t>(to.size());
    if (offset < 0 || wanted > file_bytes || offset > file_bytes - wanted) std::abort();
    if (!to.empty()) std::memcpy(to.data(), data + offset, to.size());
    return core::Done{};
  };
  auto layout = convert::gguf_layout(read, file_bytes, "fuzz");
  if (!layout) {
    if (layout.error().sentence.find("fuzz") == std::string::npos) std::abort();
    return 0;
  }
  for (const convert::GgufTensor& tensor : layout->tensors) {
    const std::int64_t blocks = tensor.tensor.values() / tensor.type->values;
    if (blocks < 1 || tensor.bytes != blocks * tensor.type->bytes) std::abort();
    if (tensor.offset < 0 || tensor.offset > file_bytes - tensor.bytes) std::abort();
    decode_all(data, tensor);
  }
  plan_model(data, size);
  const convert::Json& tokenizer = layout->fields["tokenizer"];
  if (!tokenizer.is_object()) return 0;
  auto vocabulary = convert::parse_gguf_tokenizer(tokenizer, "gpt2", "fuzz");
  if (vocabulary) (void)static_cast<bool>(convert::fit(*vocabulary, vocabulary->size()));
  return 0;
}
