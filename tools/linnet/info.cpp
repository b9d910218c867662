#include <algorithm>
#include <map>

#include "engine/engine.h"
#include "engine/io/reader.h"
#include "tools/common/memory.h"
#include "tools/common/numbers.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/reading_lines.h"
#include "tools/linnet/vector_files.h"

namespace linnet::tools {
namespace {

using core::Result;
using core::say;

constexpr std::size_t kLongText = 60;  // bytes of a setting that the listing shows

// A setting in short: lists and bytes by their length.
struct Shown {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return show_number(value); }
  std::string operator()(std::string_view text) const {
    return json_text(text.substr(0, kLongText)) + (text.size() > kLongText ? "..." : "");
  }
  std::string operator()(std::span<const std::byte> bytes) const {
    return say(bytes.size(), " bytes");
  }
  std::string operator()(std::span<const std::int32_t> list) const {
    return say(list.size(), " integers");
  }
  std::string operator()(std::span<const float> list) const { return say(list.size(), " numbers"); }
  std::string operator()(const core::Strings& list) const { return say(list.size(), " strings"); }
};

// The same as JSON; lists as their length.
struct Json {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return json_number(value); }
  std::string operator()(std::string_view text) const { return json_text(text); }
  std::string operator()(const auto& list) const {
    return JsonLine().add("length", list.size()).object();
  }
  std::string operator()(const core::Strings& list) const {
    return JsonLine().add("length", list.size()).object();
  }
};

std::string shape_of(const core::NamedWeight& tensor) {
  if (tensor.vector) return std::to_string(tensor.weight.in);
  return say(tensor.weight.out, " x ", tensor.weight.in);
}

std::int64_t numbers_in(const core::Bundle& bundle) {
  std::int64_t all = 0;
  for (const core::NamedWeight& tensor : bundle.weights)
    all += std::int64_t{tensor.weight.out} * tensor.weight.in;
  return all;
}

// "int8 36, f32 11": the types of the tensors and how often each occurs.
std::string types_of(const core::Bundle& bundle) {
  std::map<std::string_view, int> counts;
  for (const core::NamedWeight& tensor : bundle.weights) ++counts[name_of(tensor.weight.dtype)];
  std::string text;
  for (const auto& [type, count] : counts) text += say(text.empty() ? "" : ", ", count, " ", type);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + " ";
}

class Info : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command =
        add_command(program, "info",
                    "Show what a model file holds, and how much memory a run will need. Reads "
                    "nothing but the head of the file",
                    "linnet info models/tales/tales.int8.linnet --ctx 256");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_subject(flags);
    flags.integer("-c,--ctx", model_.context, 0, static_cast<int>(core::limits::kContext), "N",
                  "Context to count memory for; 0: the model's own");
    flags.integer("-b,--beam-size", beams_, 1, static_cast<int>(core::limits::kBeam), "N",
                  "Beams to count memory for, in an encoder-decoder");
    flags.integer("--batch-tokens", batch_tokens_, 1, 1 << 20, "N",
                  "Source tokens that are translated together, as linnet translate has it");
    flags.on("--alignments", alignments_,
             "Count what alignments, replaced unknown tokens or a coverage penalty take too");
    model_.declare_cache(flags);
    flags.group("Output");
    flags.on("--json", json_, "Write one JSON object");
    return command;
  }

  Result<int> run(Output& out) override {
    const Result<std::int64_t> bytes = file_bytes(model_.path);
    if (!bytes) return bytes.error();
    const std::int64_t heap = heap_in_use();
    const Result<core::Bundle> bundle = io::read_model(model_.path);
    if (!bundle) return bundle.error();
    const Result<Model> model = Model::from(*bundle, model_.path);
    const std::int64_t tables = table_bytes(heap_in_use() - heap);
    if (!model && model.error().fault != core::Fault::unsupported) return model.error();
    std::optional<Need> need;
    if (model) {
      Result<Need> counted = count({*model, tables});
      if (!counted) return counted.error();
      need = *counted;
    }
    out.write(json_ ? as_json(*bundle, *bytes, need) : as_text(*bundle, *bytes, need));
    if (!model) remark("it cannot be run: " + model.error().sentence, false);
    return 0;
  }

 private:
  struct Need {
    int context;
    std::string reads;  // what is no text
    bool translates;
    MemoryBudget budget;
  };

  Result<Need> count(const OpenedModel& opened) const {
    const model::Spec& spec = opened.model.spec();
    const int trained = spec.reads() ? usual_positions(spec) : spec.decoder.positions;
    const int context = model_.context > 0 ? model_.context : trained;
    const Result<MemoryBudget> budget =
        opened.model.transformer().reads()
            ? budget_of(opened, model_,
                        encode::EncoderOptions{.positions = context, .cache = model_.page_type()})
        : opened.model.transformer().translates()
            ? budget_of(opened, model_, lanes_for(model_, beams_, batch_tokens_, alignments_))
            : budget_of(opened, model_,
                        generate::SessionOptions{.context = context, .cache = model_.page_type()});
    if (!budget) return budget.error();
    return Need{context, vectors_of(spec), opened.model.transformer().translates(), *budget};
  }

  std::string as_text(const core::Bundle& bundle, std::int64_t bytes,
                      const std::optional<Need>& need) const {
    std::string text = say(
        "file        ", model_.path, ", ", show_bytes(bytes), " (", bytes, " bytes)\n",
        "parameters  ", numbers_in(bundle), " in ", bundle.weights.size(), " tensors (",
        types_of(bundle), ")\n",
        need && !need->reads.empty() ? say("reads       ", need->reads, "\n") : "", "\nsettings\n");
    std::size_t widest = 0;
    for (const core::Setting& setting : bundle.settings)
      widest = std::max(widest, setting.name.size());
    for (const core::Setting& setting : bundle.settings)
      text += "  " + padded(std::string(setting.name), widest) +
              std::visit(Shown(), setting.value) + "\n";
    text += "\ntensors\n";
    widest = 0;
    for (const core::NamedWeight& tensor : bundle.weights)
      widest = std::max(widest, tensor.name.size());
    for (const core::NamedWeight& tensor : bundle.weights)
      text += "  " + padded(std::string(tensor.name), widest) +
              padded(std::string(name_of(tensor.weight.dtype)), 5) + padded(shape_of(tensor), 13) +
              show_bytes(tensor.bytes) + "\n";
    if (need) text += memory_text(*need);
    return text;
  }

  std::string memory_text(const Need& need) const {
    const MemoryBudget& b = need.budget;
    const auto line = [](const char* what, std::int64_t bytes) {
      return say(padded(what, 22), bytes, " bytes (", show_bytes(bytes), ")\n");
    };
    return say("\nmemory for a context of ", need.context, " tokens, ",
               need.translates
                   ? say("a beam of ", beams_, ", ", batch_tokens_, " source tokens together, ")
                   : "",
               "keys and values as ", model_.cache, "\n") +
           line("  keys and values", b.session.cache) + line("  activations", b.session.workspace) +
           line("  vocabulary and names", b.tables) + line("  choice of tokens", b.sampler) +
           line("  together", b.run()) + line("  with the file", b.total());
  }

  std::string as_json(const core::Bundle& bundle, std::int64_t bytes,
                      const std::optional<Need>& need) const {
    JsonLine settings;
    for (const core::Setting& setting : bundle.settings) {
      const std::string name = json_text(setting.name);
      settings.raw(std::string_view(name).substr(1, name.size() - 2),
                   std::visit(Json(), setting.value));
    }
    JsonArray tensors;
    for (const core::NamedWeight& tensor : bundle.weights) {
      JsonLine line;
      line.add("name", tensor.name).add("type", name_of(tensor.weight.dtype));
      line.add("out", tensor.weight.out).add("in", tensor.weight.in);
      tensors.add(line.add("bytes", tensor.bytes).object());
    }
    JsonLine all;
    all.add("file", model_.path).add("bytes", bytes).add("parameters", numbers_in(bundle));
    all.raw("settings", settings.object()).raw("tensors", tensors.array());
    if (need && !need->reads.empty()) all.add("reads", need->reads);
    if (need) {
      const MemoryBudget& b = need->budget;
      JsonLine memory;
      memory.add("context", need->context).add("cache_type", model_.cache);
      if (need->translates) memory.add("beam_size", beams_).add("batch_tokens", batch_tokens_);
      memory.add("cache_bytes", b.session.cache).add("workspace_bytes", b.session.workspace);
      memory.add("tables_bytes", b.tables)
          .add("sampler_bytes", b.sampler)
          .add("run_bytes", b.run());
      all.raw("memory", memory.add("total_bytes", b.total()).object());
    }
    return all.line();
  }

  ModelFlags model_;
  int beams_ = 4, batch_tokens_ = 512;  // those of translate
  bool alignments_ = false;
};

}  // namespace

std::unique_ptr<Command> make_info() { return std::make_unique<Info>(); }

}  // namespace linnet::tools
