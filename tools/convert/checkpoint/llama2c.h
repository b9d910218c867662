#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/convert/checkpoint/checkpoint.h"
#include "tools/convert/json.h"

namespace linnet::convert {

// The first format of github.com/karpathy/llama2.c, "version 0": seven int32 (dim, hidden_dim,
// n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a negative vocab_size says that the
// classifier is a matrix of its own) and then every tensor as float32 in a fixed order, those of
// equal kind behind one another for all layers. Tensors get the names of Meta's checkpoints
// (layers.0.attention.wq.weight, ...).
class Llama2c : public Checkpoint {
 public:
  static core::Result<std::unique_ptr<Llama2c>> open(const std::string& path);

  std::vector<const InputFile*> files() const override { return {&file_}; }
  core::Status read(int tensor, std::int64_t first, std::span<float> to) const override;

  // The header by llama2.c's names, with vocab_size positive and `shared_classifier`.
  const Json& config() const { return config_; }

 private:
  explicit Llama2c(InputFile file) : file_(std::move(file)) {}
  core::Status lay_out(const std::string& path);

  InputFile file_;
  Json config_;
  std::vector<std::int64_t> offsets_;  // of tensors()[i]
};

}  // namespace linnet::convert
