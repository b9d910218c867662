#include "tools/linnet/reading_lines.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "tools/common/signals.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/prompt.h"

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

namespace {

constexpr int kUsualTokens = 512;

}  // namespace

int usual_positions(const model::Spec& spec) {
  return std::min(spec.encoder.longest(), kUsualTokens);
}

void ReadingFlags::declare(Flags& flags, bool reads_pairs) {
  flags.group("Model");
  model.declare_file(flags);
  flags.integer("-c,--ctx", model.context, 0, static_cast<int>(core::limits::kContext), "N",
                "Tokens that a text may have; 0: as many as the model was made for, at most " +
                    std::to_string(kUsualTokens));
  model.declare_threads(flags);
  model.declare_cache(flags);
  flags.bytes("--max-memory", model.max_memory,
              "Refuse to start if model and texts need more (900K, 64M, 1.5G)");
  flags.off("--no-mmap", model.map,
            "Read the model into memory, and compare it with its checksums, instead of using the "
            "file in place");
  model.declare_opening(flags);
  flags.group("Input");
  CLI::Option* given_text =
      flags.text("-p,--prompt", text, "TEXT", "One text, in place of --input");
  exclude(given_text,
          flags.text("-i,--input", input, "FILE", "Texts, one a line, - for standard input"));
  if (reads_pairs)
    flags.choice("--pairs", pairs, {"no", "tab"},
                 "tab: a line holds two texts that are read together, with a tab between them");
  flags.on("--truncate", truncate,
           "Cut off the end of a text that is too long, instead of refusing it");
}

void ReadingFlags::declare_output(Flags& flags, const std::string& events) {
  flags.on("--json", json, "Write events, one JSON object a line: " + events);
  flags.on("--quiet", quiet, "No remarks on standard error");
}

Result<ReadingLines> ReadingLines::open(ReadingFlags& flags, int words) {
  Result<OpenedModel> opened = open_model(flags.model);
  if (!opened) return opened.error();
  const Model& model = opened->model;
  Result<encode::Encoder> encoder = open_encoder(
      *opened, flags.model,
      {.positions = flags.model.context > 0 ? flags.model.context : usual_positions(model.spec()),
       .words = words,
       .cache = flags.model.page_type()},
      flags.quiet);
  if (!encoder) return encoder.error();
  if (model.tokenizer() == nullptr)
    return Error{Fault::unsupported, say(flags.model.path, " has no vocabulary to read text with")};
  Result<text::Framer> framer = text::Framer::from(model.bundle(), *model.tokenizer());
  if (!framer)
    return Error{framer.error().fault, say(flags.model.path, ": ", framer.error().sentence)};
  if (flags.pairs == "tab" && !framer->reads_pairs())
    return Error{Fault::bad_argument,
                 say("--pairs: ", flags.model.path, " does not read pairs of texts")};
  return ReadingLines(flags, std::move(*opened), std::move(*framer), std::move(*encoder));
}

Status ReadingLines::frame(ReadLine& line) const {
  const int most = encoder_.options().positions;
  text::FrameOptions options;
  options.parse_special = flags_.parse_special;
  if (flags_.truncate) options.most = most;
  Result<text::Framed> framed = text::Framed{};
  if (flags_.pairs == "tab") {
    const std::size_t tab = line.text.find('\t');
    if (tab == std::string::npos || line.text.find('\t', tab + 1) != std::string::npos)
      return Error{Fault::corrupt, "there must be one tab, between two texts"};
    line.second = tab + 1;
    const std::string_view both = line.text;
    framed = framer_.frame(both.substr(0, tab), both.substr(tab + 1), options);
  } else {
    framed = framer_.frame(line.text, options);
  }
  if (!framed) return framed.error();
  if (static_cast<int>(framed->ids.size()) > most)
    return Error{Fault::limit, say("it has ", framed->ids.size(), " tokens and there is room for ",
                                   most, " (-c, --truncate)")};
  line.framed = std::move(*framed);
  return core::Done{};
}

Status ReadingLines::work(ReadLine& line, const Each& each) {
  const Result<std::string> valid =
      valid_text(line.text, say("line ", line.number), false, flags_.quiet);
  if (!valid) return valid.error();
  line.text = *valid;
  if (!line.text.empty()) {
    if (Status framed = frame(line); !framed) return framed;
    if (line.framed.ids.empty()) line.text.clear();  // blanks, and a model that puts nothing around
  }
  if (!line.text.empty()) {
    // Tokenizers may know types that their models do not.
    encode::Sequence sequence{.tokens = line.framed.ids};
    if (model().spec().token_types > 0) sequence.types = line.framed.types;
    if (Status done = encoder_.encode({&sequence, 1}); !done) return done;
  }
  return each(line);
}

Result<int> ReadingLines::run(Output& out, const Each& each) {
  Result<LineReader> lines =
      flags_.text ? LineReader::of(*flags_.text) : LineReader::open(flags_.input);
  if (!lines) return lines.error();
  while (!signals::stop() && !out.failed()) {
    ReadLine line{};
    const Result<LineReader::Got> got = lines->next(line.text, true);
    if (!got) return got.error();
    if (*got == LineReader::Got::end) break;
    line.number = lines->lines();
    if (const Status done = work(line, each); !done)
      return Error{done.error().fault, say("line ", line.number, ": ", done.error().sentence)};
    out.flush();
  }
  return signals::stop() ? signals::exit_code() : 0;
}

}  // namespace linnet::tools
