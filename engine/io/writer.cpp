#include "engine/io/writer.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/io/head.h"
#include "engine/io/head_encoder.h"
#include "engine/io/replacement.h"

namespace linnet::io {
namespace {

using core::Status;

constexpr std::int64_t kBuffer = 1 << 18;

std::vector<core::Setting> sorted(std::span<const core::Setting> settings) {
  std::vector<core::Setting> result(settings.begin(), settings.end());
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return result;
}

std::vector<TensorEntry> entries_of(std::span<const TensorPlan> plans) {
  std::vector<TensorEntry> entries;
  for (const TensorPlan& plan : plans)
    entries.push_back({.name = plan.name,
                       .dtype = plan.dtype,
                       .vector = plan.vector,
                       .out = plan.out,
                       .in = plan.in});
  return entries;
}

// Writes the data of one tensor and the zeros after it, and learns its checksum.
Status write_tensor(const File& file, TensorEntry& entry, int index, const FillTensor& fill) {
  constexpr std::array<std::byte, kDataAlignment> zeros{};
  TensorSink sink(file);
  if (const Status filled = fill(index, sink); !filled) return filled;
  assert(sink.size() == entry.bytes);
  entry.checksum = sink.checksum();
  if (const Status flushed = sink.flush(); !flushed) return flushed;
  const std::int64_t gap = kernels::round_up(entry.bytes, kDataAlignment) - entry.bytes;
  return file.write(std::span(zeros).first(static_cast<std::size_t>(gap)));
}

// The data first and the head last, so that a file that was left unfinished has no head.
Status write_all(const File& file, std::vector<TensorEntry>& entries,
                 std::span<const core::Setting> settings, std::int64_t head_bytes,
                 std::int64_t file_bytes, const FillTensor& fill) {
  if (const Status moved = file.seek(head_bytes); !moved) return moved;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Status written = write_tensor(file, entries[i], static_cast<int>(i), fill);
    if (!written) return written;
  }
  if (const Status moved = file.seek(0); !moved) return moved;
  return file.write(encode_head(entries, settings, file_bytes));
}

}  // namespace

Status TensorSink::append(std::span<const std::byte> data) {
  checksum_.add(data);
  size_ += std::ssize(data);
  if (std::ssize(waiting_) + std::ssize(data) > kBuffer)
    if (const Status flushed = flush(); !flushed) return flushed;
  if (std::ssize(data) > kBuffer) return file_.write(data);
  waiting_.insert(waiting_.end(), data.begin(), data.end());
  return core::Done{};
}

Status TensorSink::flush() {
  const Status written = file_.write(waiting_);
  waiting_.clear();
  return written;
}

Status write_model(const std::string& path, std::span<const core::Setting> settings,
                   std::span<const TensorPlan> tensors, const FillTensor& fill) {
  const std::vector<core::Setting> ordered = sorted(settings);
  std::vector<TensorEntry> entries = entries_of(tensors);
  const core::Checked bytes = lay_out(entries, ordered);
  if (!bytes.valid())
    return core::Error{core::Fault::limit, path + ": the model is larger than any file"};
  // What readers would refuse is not written.
  const std::vector<std::byte> head = encode_head(entries, ordered, bytes.value());
  if (const auto parsed = parse_head(head, bytes.value(), path); !parsed) return parsed.error();

  const FileSizeLimitAsError guard;
  core::Result<Replacement> replacement = Replacement::begin(path, bytes.value());
  if (!replacement) return replacement.error();
  const Status done =
      write_all(replacement->file(), entries, ordered, std::ssize(head), bytes.value(), fill);
  return done ? replacement->commit() : done;
}

Status write_model(const std::string& path, const core::Bundle& bundle) {
  std::vector<TensorPlan> plans;
  for (const core::NamedWeight& w : bundle.weights)
    plans.push_back({std::string(w.name), w.weight.dtype, w.weight.out, w.weight.in, w.vector});
  return write_model(path, bundle.settings, plans, [&](int index, TensorSink& sink) {
    const core::NamedWeight& w = bundle.weights[static_cast<std::size_t>(index)];
    return sink.append({w.weight.panels, static_cast<std::size_t>(w.bytes)});
  });
}

}  // namespace linnet::io
