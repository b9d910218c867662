#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/encode/encoder.h"
#include "engine/generate/session.h"
#include "engine/model/spec.h"
#include "engine/model/transformer.h"
#include "engine/text/chat_format.h"
#include "engine/text/tokenizer.h"

// The front door in C++: a model file becomes a Model, a Model serves Sessions.
//
// Where memory runs out, what returns a Result refuses with Fault::limit, and what does not (that a
// tokenizer encodes or decodes a text) lets std::bad_alloc pass. Either way nothing is lost or
// changed, and the call may be made again.
namespace linnet {

struct OpenOptions {
  bool map = true;      // use the file in place; otherwise read it into memory
  bool verify = false;  // also compare every tensor with its checksum
  bool warm = false;    // also read the whole file now, not when its weights are first used
};

// An opened model: immutable, cheap to copy (shared), usable from many threads at once.
class Model {
 public:
  // Errors name the file: io, corrupt, unsupported, mismatch, limit.
  static core::Result<Model> open(const std::string& path, const OpenOptions& options = {});
  // The same from a bundle in memory; `name` stands for the file in errors.
  static core::Result<Model> from(core::Bundle bundle, const std::string& name);

  // These live as long as any copy of the model.
  const core::Bundle& bundle() const;
  const model::Spec& spec() const;
  const model::Transformer& transformer() const;
  // Null if the file has no tokenizer.
  const text::Tokenizer* tokenizer() const;
  // Of what an encoder reads: its own where the file has one, otherwise tokenizer().
  const text::Tokenizer* source_tokenizer() const;

  // How conversations with it are written; null if the file does not say.
  const text::ChatFormat* chat_format() const;

  // A number that depends on every bit of the logits of a fixed token sequence (or, of an encoder
  // alone, of its hidden states and what is made of them), the same on every
  // machine (`linnet selftest -m`). Errors: those of Session::open; corrupt, if a logit is not a
  // finite number.
  core::Result<std::uint64_t> fingerprint(const generate::SessionOptions& options) const;

 private:
  struct State;
  core::Result<std::uint64_t> sequence_fingerprint(const generate::SessionOptions& options) const;
  core::Result<std::uint64_t> encoder_fingerprint(const generate::SessionOptions& options) const;
  explicit Model(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  static core::Result<Model> bound(core::Bundle bundle, const std::string& name);
  std::shared_ptr<const State> state_;
};

}  // namespace linnet
