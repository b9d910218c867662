#include "tools/convert/checkpoint/llama2c.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/core/checked.h"
#include "engine/core/limits.h"

namespace linnet::convert {
namespace {

using core::Checked;
using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

constexpr int kHeaderFields = 7;
constexpr std::int64_t kHeaderBytes = 4 * kHeaderFields;
constexpr std::array<std::string_view, kHeaderFields> kNames{
    "dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len"};
constexpr std::array<std::int64_t, kHeaderFields> kLargest{
    core::limits::kModelWidth, 4 * core::limits::kModelWidth, core::limits::kLayers,
    core::limits::kHeads,      core::limits::kHeads,          core::limits::kVocabulary,
    core::limits::kContext};
constexpr std::int32_t kLaterVersions = 0x616b3432;  // "ak42" in front of version 1 and 2

struct Header {
  std::int64_t dim, hidden, layers, heads, kv_heads, vocab, context;
  bool shared;  // the classifier is the token embedding
};

Result<Header> parse_header(std::array<std::int32_t, kHeaderFields> raw, const std::string& path) {
  if (raw[0] == kLaterVersions)
    return Error{Fault::unsupported, say(path, " is a llama2.c file of version ", raw[1],
                                         "; only version 0 is supported (export.py --version 0)")};
  const bool shared = raw[5] > 0;
  const auto size = [&](std::size_t i) {
    return i == 5 && !shared ? -std::int64_t{raw[i]} : std::int64_t{raw[i]};
  };
  for (std::size_t i = 0; i < kHeaderFields; ++i)
    if (size(i) < 1 || size(i) > kLargest[i])
      return Error{Fault::corrupt, say(path, " is no llama2.c file: ", kNames[i], " would be ",
                                       size(i), " and must lie between 1 and ", kLargest[i])};
  const Header h{size(0), size(1), size(2), size(3), size(4), size(5), size(6), shared};
  if (h.dim % h.heads != 0 || h.heads % h.kv_heads != 0 || h.dim / h.heads % 2 != 0)
    return Error{Fault::corrupt,
                 say(path, " is no llama2.c file: dim ", h.dim, ", n_heads ", h.heads,
                     " and n_kv_heads ", h.kv_heads, " do not fit together")};
  return h;
}

struct Part {
  std::string name;
  std::vector<std::int64_t> shape;
};

// Every tensor in the order of the file.
std::vector<Part> parts_of(const Header& h) {
  const std::int64_t head = h.dim / h.heads, keys = h.kv_heads * head;
  std::vector<Part> parts;
  const auto each_layer = [&](const std::string& name, std::vector<std::int64_t> shape) {
    for (std::int64_t i = 0; i < h.layers; ++i)
      parts.push_back({"layers." + std::to_string(i) + "." + name + ".weight", shape});
  };
  parts.push_back({"tok_embeddings.weight", {h.vocab, h.dim}});
  each_layer("attention_norm", {h.dim});
  each_layer("attention.wq", {h.dim, h.dim});
  each_layer("attention.wk", {keys, h.dim});
  each_layer("attention.wv", {keys, h.dim});
  each_layer("attention.wo", {h.dim, h.dim});
  each_layer("ffn_norm", {h.dim});
  each_layer("feed_forward.w1", {h.hidden, h.dim});
  each_layer("feed_forward.w2", {h.dim, h.hidden});
  each_layer("feed_forward.w3", {h.hidden, h.dim});
  parts.push_back({"norm.weight", {h.dim}});
  parts.push_back({"freqs_cos", {h.context, head / 2}});
  parts.push_back({"freqs_sin", {h.context, head / 2}});
  if (!h.shared) parts.push_back({"output.weight", {h.vocab, h.dim}});
  return parts;
}

}  // namespace

Result<std::unique_ptr<Llama2c>> Llama2c::open(const std::string& path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  std::unique_ptr<Llama2c> opened(new Llama2c(std::move(*file)));
  if (const Status laid_out = opened->lay_out(path); !laid_out) return laid_out.error();
  return opened;
}

Status Llama2c::lay_out(const std::string& path) {
  if (file_.size() < kHeaderBytes)
    return Error{Fault::corrupt, say(path, " is too short to be a llama2.c file")};
  std::array<std::int32_t, kHeaderFields> raw{};
  if (const Status got = file_.read(0, std::as_writable_bytes(std::span(raw))); !got) return got;
  const Result<Header> header = parse_header(raw, path);
  if (!header) return header.error();

  Checked at = kHeaderBytes;
  std::vector<std::pair<SourceTensor, std::int64_t>> placed;
  for (Part& part : parts_of(*header)) {
    const std::int64_t offset = at.valid() ? at.value() : 0;
    Checked bytes = 4;
    for (const std::int64_t size : part.shape) bytes = bytes * size;
    at = at + bytes;
    placed.push_back(
        {{std::move(part.name), std::move(part.shape), SourceType::f32, "F32"}, offset});
  }
  if (!at.valid() || at.value() != file_.size())
    return Error{Fault::corrupt,
                 say(path, " has ", file_.size(), " bytes, but its llama2.c header asks for ",
                     at.valid() ? say(at.value()) : "too many")};
  std::sort(placed.begin(), placed.end(),
            [](const auto& a, const auto& b) { return a.first.name < b.first.name; });
  for (auto& [tensor, offset] : placed) {
    tensors_.push_back(std::move(tensor));
    offsets_.push_back(offset);
  }
  // Positive by now, and kept as the JSON reader keeps a count.
  const auto count = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  config_ = {{"dim", count(header->dim)},
             {"hidden_dim", count(header->hidden)},
             {"n_layers", count(header->layers)},
             {"n_heads", count(header->heads)},
             {"n_kv_heads", count(header->kv_heads)},
             {"vocab_size", count(header->vocab)},
             {"seq_len", count(header->context)},
             {"shared_classifier", header->shared}};
  return core::Done{};
}

Status Llama2c::read(int tensor, std::int64_t first, std::span<float> to) const {
  return read_numbers(file_, SourceType::f32,
                      offsets_[static_cast<std::size_t>(tensor)] + 4 * first, to);
}

}  // namespace linnet::convert
