#include "tools/linnet/reading_lines.h"

#include <algorithm>

#include "engine/core/limits.h"
#include "tools/common/signals.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/model_kind.h"
#include "tools/linnet/npy.h"
#include "tools/linnet/prompt.h"
#include "tools/linnet/vector_files.h"

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

namespace {

constexpr int kUsualTokens = 512;

Status check_for_text(const ReadingFlags& flags) {
  const std::string& model = flags.model.path;
  if (flags.side > 0)
    return Error{Fault::bad_argument, say("--side: ", model, " reads no pictures")};
  if (flags.inputs.size() > 1)
    return Error{Fault::bad_argument, say("-i: ", model, " reads text, from one file only")};
  if (!flags.inputs.empty() && is_npy(flags.inputs.front()))
    return Error{Fault::bad_argument,
                 say("-i: ", flags.inputs.front(), " is a NumPy file, and ", model, " reads text")};
  return core::Done{};
}

Status check_for_vectors(const ReadingFlags& flags, const model::Spec& spec) {
  const auto wrong = [&](const auto&... parts) -> Status {
    return Error{Fault::bad_argument,
                 say(parts..., " ", flags.model.path, " reads ", vectors_of(spec))};
  };
  const bool pictures = spec.pictures.patch > 0;
  if (flags.text) return wrong("-p: text is not for a model of vectors;");
  if (flags.inputs.empty())
    return wrong("-i is missing, with ", pictures ? "a picture:" : "a NumPy file (.npy):");
  if (std::count(flags.inputs.begin(), flags.inputs.end(), "-") > 0)
    return wrong("-i: standard input is for texts only;");
  if (flags.truncate) return wrong("--truncate is for texts;");
  if (flags.pairs != "no") return wrong("--pairs is for texts;");
  if (pictures && flags.model.context > 0)
    return wrong("-c: how long a picture is follows from its size (--side);");
  return core::Done{};
}

std::string input_help(bool reads_vectors) {
  const std::string texts = "Texts, one a line, - for standard input; without it that is read";
  if (!reads_vectors) return texts;
  return texts +
         ". For a model of pictures a PNG, JPEG, PPM or PGM file, or a NumPy file (.npy) "
         "[channels, height, width]; for other models of vectors a NumPy file [vectors, width]. "
         "Such files may be several, each with an -i";
}

}  // namespace

int usual_positions(const model::Spec& spec) {
  const int longest = spec.encoder.longest();
  return spec.vectors.width > 0 ? longest : std::min(longest, kUsualTokens);
}

void ReadingFlags::declare(Flags& flags, bool reads_pairs, bool reads_pictures) {
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
  exclude(given_text, flags.texts("-i,--input", inputs, "FILE", input_help(reads_pictures)));
  if (reads_pictures)
    flags.integer("--side", side, 0, static_cast<int>(core::limits::kPictureSide), "N",
                  "Pixels of each side that pictures are brought to, a multiple of the squares "
                  "that the model reads; 0: what it was made for");
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

Result<ReadingLines> ReadingLines::open_files(ReadingFlags& flags, OpenedModel opened) {
  const model::Spec& spec = opened.model.spec();
  if (const Status fine = check_for_vectors(flags, spec); !fine) return fine.error();
  const Result<model::Grid> grid = grid_of(spec, flags.side, flags.model.path);
  if (!grid) return grid.error();
  // The learned vector in front is no vector of theirs.
  const int lead = flags.model.context > 0 && spec.vectors.first ? 1 : 0;
  encode::EncoderOptions options{.positions = flags.model.context + lead,
                                 .cache = flags.model.page_type()};
  options.grid = *grid;
  Result<encode::Encoder> encoder = open_encoder(opened, flags.model, options, flags.quiet);
  if (!encoder) return encoder.error();
  return ReadingLines(flags, std::move(opened), std::nullopt, std::move(*encoder));
}

Result<ReadingLines> ReadingLines::open(ReadingFlags& flags, int words) {
  Result<OpenedModel> opened = open_model(flags.model);
  if (!opened) return opened.error();
  const Model& model = opened->model;
  if (const Status fine = need_kind(model, flags.model.path, ModelKind::encoder); !fine)
    return fine.error();
  if (model.spec().vectors.width > 0) return open_files(flags, std::move(*opened));
  if (const Status fine = check_for_text(flags); !fine) return fine.error();
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
    framed = framer_->frame(both.substr(0, tab), both.substr(tab + 1), options);
  } else {
    framed = framer_->frame(line.text, options);
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

Status ReadingLines::work_on_file(const ReadLine& line, const Each& each) {
  const model::Spec& spec = model().spec();
  const encode::EncoderOptions& options = encoder_.options();
  const model::Grid grid = options.grid.rows > 0 ? options.grid : spec.pictures.grid();
  Result<std::vector<float>> numbers = read_vectors(line.text, spec, grid, flags_.model.path);
  if (!numbers) return numbers.error();
  const int width = spec.vectors.width;
  const int rows = static_cast<int>(numbers->size() / static_cast<std::size_t>(width));
  const encode::Sequence sequence{.vectors = {numbers->data(), rows, width, width}};
  Status done = encoder_.encode({&sequence, 1});
  if (done) done = each(line);
  if (done) return done;
  return Error{done.error().fault, say(line.text, ": ", done.error().sentence)};
}

Result<int> ReadingLines::run_files(Output& out, const Each& each) {
  std::int64_t number = 0;
  for (const std::string& file : flags_.inputs) {
    if (signals::stop() || out.failed()) break;
    ReadLine line{.number = ++number, .text = file, .framed = {}};
    if (const Status done = work_on_file(line, each); !done) return done.error();
    out.flush();
  }
  return signals::stop() ? signals::exit_code() : 0;
}

Result<int> ReadingLines::run(Output& out, const Each& each) {
  if (!framer_) return run_files(out, each);
  Result<LineReader> lines = flags_.text             ? LineReader::of(*flags_.text)
                             : flags_.inputs.empty() ? LineReader::open("-")
                                                     : LineReader::open(flags_.inputs.front());
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
