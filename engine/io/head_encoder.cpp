#include "engine/io/head_encoder.h"

#include <cassert>

#include "engine/io/checksum.h"

namespace linnet::io {
namespace {

using core::Checked;
using core::Value;

// Either writes bytes down or, without a target, only counts them; so that the length of a head and
// the head itself come from the same lines.
class Encoder {
 public:
  explicit Encoder(std::vector<std::byte>* target = nullptr) : target_(target) {}

  std::int64_t size() const { return size_; }
  template <class T>
  requires std::is_arithmetic_v<T>
  void number(T value) { bytes(std::as_bytes(std::span<const T, 1>(&value, 1))); }
  void text(std::string_view text) { bytes(std::as_bytes(std::span<const char>(text))); }
  void bytes(std::span<const std::byte> bytes) {
    size_ += std::ssize(bytes);
    if (target_ != nullptr) target_->insert(target_->end(), bytes.begin(), bytes.end());
  }
  // Zeros up to the next multiple of `unit`.
  void pad(std::int64_t unit) {
    while (size_ % unit != 0) number(std::uint8_t{0});
  }

 private:
  std::vector<std::byte>* target_;
  std::int64_t size_ = 0;
};

struct EncodeValue {
  Encoder& out;

  void operator()(std::int64_t value) const { out.number(value); }
  void operator()(double value) const { out.number(value); }
  void operator()(std::string_view text) const { out.text(text); }
  void operator()(std::span<const std::byte> bytes) const { out.bytes(bytes); }
  void operator()(std::span<const std::int32_t> values) const { out.bytes(std::as_bytes(values)); }
  void operator()(std::span<const float> values) const { out.bytes(std::as_bytes(values)); }
  void operator()(const core::Strings& strings) const {
    out.number(static_cast<std::uint32_t>(strings.size()));
    out.bytes(std::as_bytes(strings.ends));
    if (!strings.ends.empty()) out.text({strings.text, strings.ends.back()});
  }
};

void encode(Encoder& out, const core::Setting& setting) {
  Encoder count;
  std::visit(EncodeValue{count}, setting.value);
  out.number(static_cast<std::uint32_t>(setting.value.index()));
  out.number(static_cast<std::uint32_t>(setting.name.size()));
  out.number(static_cast<std::uint64_t>(count.size()));
  out.text(setting.name);
  out.pad(kRecordAlignment);
  std::visit(EncodeValue{out}, setting.value);
  out.pad(kRecordAlignment);
}

void encode(Encoder& out, const TensorEntry& tensor) {
  out.number(static_cast<std::uint64_t>(tensor.offset));
  out.number(static_cast<std::uint64_t>(tensor.bytes));
  out.number(tensor.checksum);
  out.number(static_cast<std::uint32_t>(tensor.out));
  out.number(static_cast<std::uint32_t>(tensor.in));
  out.number(tensor.vector ? kVectorRank : kMatrixRank);
  out.number(static_cast<std::uint8_t>(tensor.dtype));
  out.number(static_cast<std::uint16_t>(tensor.name.size()));
  out.number(std::uint32_t{0});
  out.text(tensor.name);
  out.pad(kRecordAlignment);
}

// The tables, and zeros that leave the checksum as the last bytes before an aligned place.
void encode_tables(Encoder& out, std::span<const TensorEntry> tensors,
                   std::span<const core::Setting> settings) {
  for (const core::Setting& setting : settings) encode(out, setting);
  for (const TensorEntry& tensor : tensors) encode(out, tensor);
  while ((kHeaderBytes + out.size() + kChecksumBytes) % kDataAlignment != 0)
    out.number(std::uint8_t{0});
}

std::int64_t head_bytes(std::span<const TensorEntry> tensors,
                        std::span<const core::Setting> settings) {
  Encoder count;
  encode_tables(count, tensors, settings);
  return kHeaderBytes + count.size() + kChecksumBytes;
}

}  // namespace

Checked lay_out(std::span<TensorEntry> tensors, std::span<const core::Setting> settings) {
  Checked end = head_bytes(tensors, settings);
  for (TensorEntry& tensor : tensors) {
    const Checked bytes = data_bytes(tensor);
    tensor.offset = end.value();
    tensor.bytes = bytes.value();
    end = (end + bytes).rounded_up(kDataAlignment);
  }
  return end;
}

std::vector<std::byte> encode_head(std::span<const TensorEntry> tensors,
                                   std::span<const core::Setting> settings,
                                   std::int64_t file_bytes) {
  std::vector<std::byte> head;
  const std::int64_t bytes = head_bytes(tensors, settings);
  head.reserve(static_cast<std::size_t>(bytes));
  Encoder out(&head);
  out.text(kMagic);
  out.number(kVersion);
  out.number(std::uint32_t{0});
  out.number(static_cast<std::uint64_t>(file_bytes));
  out.number(static_cast<std::uint64_t>(bytes));
  out.number(static_cast<std::uint32_t>(settings.size()));
  out.number(static_cast<std::uint32_t>(tensors.size()));
  Encoder tables(&head);
  encode_tables(tables, tensors, settings);
  Encoder(&head).number(checksum(head));
  assert(std::ssize(head) == bytes);
  return head;
}

}  // namespace linnet::io
