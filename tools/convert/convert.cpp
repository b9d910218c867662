#include "tools/convert/convert.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "engine/core/bundle_builder.h"
#include "engine/io/writer.h"
#include "engine/model/spec_settings.h"
#include "engine/text/test_vectors.h"
#include "tools/convert/chat/chat.h"
#include "tools/convert/packer.h"
#include "tools/convert/plan.h"
#include "tools/convert/source_model.h"
#include "tools/convert/tokenizers.h"
#include "tools/convert/vocabulary/test_vectors.h"

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

namespace files = std::filesystem;

bool same_file(const std::string& a, const std::string& b) {
  std::error_code code;
  return files::equivalent(a, b, code) && !code;
}

// Every file that the conversion may read: the weights, and whatever in the folders could be a part
// of a model or of a tokenizer.
std::vector<std::string> input_files(const Options& options, const SourceModel& model) {
  std::vector<std::string> paths;
  for (const InputFile* file : model.checkpoint->files()) paths.push_back(file->path());
  if (options.test_vectors.ends_with(".inp")) paths.push_back(answers_beside(options.test_vectors));
  for (const std::string& given : {options.input, options.tokenizer, options.test_vectors}) {
    std::error_code code;
    if (given.empty()) continue;
    paths.push_back(given);
    if (!files::is_directory(given, code)) continue;
    for (files::directory_iterator at(given, code), end; !code && at != end; at.increment(code)) {
      const std::string extension = at->path().extension().string();
      for (const char* kind : {".json", ".safetensors", ".model", ".txt", ".bpe", ".bin", ".jinja"})
        if (extension == kind) paths.push_back(at->path().string());
    }
  }
  return paths;
}

Status check_output(const Options& options, const SourceModel& model) {
  std::error_code code;
  if (options.output.empty()) return Error{Fault::bad_argument, "the name of the output is empty"};
  if (files::is_directory(options.output, code))
    return Error{Fault::bad_argument, say("the output ", options.output, " is a folder")};
  for (const std::string& path : input_files(options, model))
    if (same_file(path, options.output))
      return Error{Fault::bad_argument, say("the output ", options.output, " is the input ", path,
                                            ", which would be lost")};
  return core::Done{};
}

void add_provenance(const Options& options, const SourceModel& model,
                    core::BundleBuilder& builder) {
  builder.add_setting("made.by", std::string_view(options.made_by));
  const std::string from = files::path(model.path).filename().string();
  if (!from.empty()) builder.add_setting("made.from", std::string_view(from));
  if (!model.vocabulary_only())
    builder.add_setting("made.type", core::name_of(options.type.value_or(core::Dtype::i8)));
  if (!options.licence.empty())
    builder.add_setting("made.licence", std::string_view(options.licence));
}

// How many there are; the settings so far have the tokenizers that they are of.
Result<int> add_test_vectors(const Options& options, const Tokenizers& tokenizers,
                             core::BundleBuilder& builder) {
  if (options.test_vectors.empty()) return 0;
  if (!tokenizers.target)
    return Error{Fault::bad_argument, "--test-vectors: the model has no tokenizer"};
  const Result<BothTestVectors> both = read_test_vectors(options.test_vectors);
  if (!both) return both.error();
  if (!tokenizers.source && !both->source.texts.empty())
    return Error{Fault::bad_argument, say(options.test_vectors, " has texts for a tokenizer of ",
                                          "sources, and the model has one for both")};
  add_settings(both->target, builder, kTokenizer);
  add_settings(both->source, builder, kSourceTokenizer);
  const Result<int> count = text::check_test_vectors(builder.build());
  if (count) return count;
  return Error{count.error().fault, say(options.test_vectors, ": ", count.error().sentence)};
}

Result<std::vector<PlannedTensor>> plan_of(const Options& options, const SourceModel& model,
                                           const Types& types) {
  if (!model.vocabulary_only()) return plan(model, types);
  if (options.tensor_types.empty()) return std::vector<PlannedTensor>();
  return Error{Fault::bad_argument, say("--tensor-type: ", model.path, " has no tensors")};
}

// Writes the tensors of a plan and keeps account.
class Conversion {
 public:
  Conversion(const Options& options, const SourceModel& model, std::vector<PlannedTensor> tensors,
             const Listener& listener)
      : options_(options), model_(model), tensors_(std::move(tensors)), listener_(listener) {
    for (const PlannedTensor& tensor : tensors_) total_ += packed_bytes(tensor);
  }

  Status write(const core::Bundle& settings, Report& report) {
    std::vector<io::TensorPlan> plans;
    for (const PlannedTensor& tensor : tensors_) {
      const model::TensorShape& shape = tensor.shape;
      plans.push_back({shape.name, tensor.dtype, shape.out, shape.in, shape.vector});
    }
    return io::write_model(options_.output, settings.settings, plans,
                           [&](int index, io::TensorSink& sink) {
                             return fill(tensors_[static_cast<std::size_t>(index)], sink, report);
                           });
  }

 private:
  Status fill(const PlannedTensor& tensor, io::TensorSink& sink, Report& report) {
    const auto take = [&](std::span<const std::byte> bytes) -> Status {
      if (listener_.stop != nullptr && *listener_.stop)
        return Error{Fault::io, say("stopped before ", options_.output, " was complete")};
      if (const Status done = sink.append(bytes); !done) return done;
      done_ += static_cast<std::int64_t>(bytes.size());
      if (listener_.progress) listener_.progress(done_, total_);
      return core::Done{};
    };
    Result<kernels::QuantizationError> error =
        pack_tensor(*model_.checkpoint, tensor, model_.path, options_.threads, take);
    if (!error) return error.error();
    const model::TensorShape& shape = tensor.shape;
    report.tensors.push_back({shape.name, tensor.dtype, shape.out, shape.in, shape.vector,
                              packed_bytes(tensor), *error, tensor.kept, tensor.scale_change});
    if (listener_.packed) listener_.packed(report.tensors.back());
    return core::Done{};
  }

  const Options& options_;
  const SourceModel& model_;
  std::vector<PlannedTensor> tensors_;
  const Listener& listener_;
  std::int64_t done_ = 0, total_ = 0;
};

}  // namespace

Result<Report> convert(const Options& options, const Listener& listener) {
  const Result<SourceModel> model = open_source(options.input, options.ignored_fields);
  if (!model) return model.error();
  if (const Status fine = check_output(options, *model); !fine) return fine.error();
  const Result<Types> types = types_of(options.type, options.tensor_types);
  if (!types) return types.error();
  Result<std::vector<PlannedTensor>> tensors = plan_of(options, *model, *types);
  if (!tensors) return tensors.error();
  Result<Tokenizers> tokenizers = find_tokenizers(options, *model);
  if (!tokenizers) return tokenizers.error();
  if (listener.warn)
    for (const std::string& note : model->found.notes) listener.warn(note);
  if (const std::string anew = quantized_anew(*model, *tensors); !anew.empty() && listener.warn)
    listener.warn(anew);
  if (model->vocabulary_only()) {
    if (!tokenizers->target)
      return Error{Fault::unsupported, say(model->path, " has neither tensors nor a tokenizer")};
    if (listener.warn) listener.warn("there are no tensors: the file will hold a tokenizer only");
  }
  if (!tokenizers->target && model->spec.vectors.width == 0 && listener.warn)
    listener.warn("no tokenizer was found: the model will take and give token ids only");
  const Result<std::optional<text::ChatFormat>> chat =
      find_chat_format(options, *model, listener, *tokenizers);
  if (!chat) return chat.error();
  model::Spec spec = model->spec;
  if (const Status set = set_sequences(options, *tokenizers, spec); !set) return set.error();

  core::BundleBuilder builder;
  if (!model->vocabulary_only()) model::write_spec(spec, builder);
  if (tokenizers->target) add_settings(*tokenizers->target, builder);
  if (tokenizers->source) add_settings(*tokenizers->source, builder, kSourceTokenizer);
  if (*chat) text::write_chat_format(**chat, builder);
  add_provenance(options, *model, builder);
  const Result<int> vectors = add_test_vectors(options, *tokenizers, builder);
  if (!vectors) return vectors.error();
  Report report{model->spec.family, tokenizers->target.has_value(), *vectors, {}, {}};
  if (*chat) report.chat_format = (*chat)->name;
  Conversion conversion(options, *model, std::move(*tensors), listener);
  if (const Status done = conversion.write(builder.build(), report); !done) return done.error();
  return report;
}

double relative_error(const kernels::QuantizationError& error) {
  return error.squared_total > 0 ? std::sqrt(error.squared / error.squared_total) : 0.0;
}

int Report::kept() const {
  return static_cast<int>(std::count_if(tensors.begin(), tensors.end(),
                                        [](const PackedTensor& tensor) { return tensor.kept; }));
}

double Report::scale_change() const {
  double largest = 0;
  for (const PackedTensor& tensor : tensors) largest = std::max(largest, tensor.scale_change);
  return largest;
}

std::int64_t Report::bytes() const {
  std::int64_t sum = 0;
  for (const PackedTensor& tensor : tensors) sum += tensor.bytes;
  return sum;
}

kernels::QuantizationError Report::error() const {
  kernels::QuantizationError sum;
  for (const PackedTensor& tensor : tensors) {
    sum.squared += tensor.error.squared;
    sum.squared_total += tensor.error.squared_total;
    sum.largest = std::max(sum.largest, tensor.error.largest);
  }
  return sum;
}

}  // namespace linnet::convert
