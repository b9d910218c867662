#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/reader.h"
#include "engine/text/framer.h"
#include "engine/text/tokenizer.h"
#include "tools/common/signals.h"
#include "tools/linnet/command.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/line_reader.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"

namespace linnet::tools {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::say;
using core::Status;

// What a file says of tokens; its network, which it need not have, is not opened.
struct Tokens {
  text::Tokenizer tokenizer;
  std::optional<text::Framer> framer;  // not of sources
};

class Tokenize : public Command {
 public:
  CLI::App* declare(CLI::App& program) override {
    CLI::App* command =
        add_command(program, "tokenize",
                    "Show the tokens that every line of the input becomes, as their ids with "
                    "blanks between them, or the text that ids stand for",
                    "linnet tokenize -m models/tales/tales.int8.linnet -p \"Once upon a time\"");
    Flags flags(*command);
    flags.group("Model");
    model_.declare_file(flags);
    flags.on("--source", source_, "The tokenizer of the sources, where they have their own");
    flags.group("Input");
    CLI::Option* text = flags.text("-p,--prompt", text_, "TEXT", "One text, in place of --input");
    CLI::Option* input =
        flags.text("-i,--input", input_, "FILE", "Texts, one a line, - for standard input");
    CLI::Option* file =
        flags.text("-f,--file", file_, "FILE", "All of a file as one text, - for standard input");
    exclude(text, input);
    exclude(text, file);
    exclude(input, file);
    CLI::Option* special =
        flags.on("--special", special_, "Marks in the text, such as </s>, are tokens of their own");
    CLI::Option* marks =
        flags.on("--marks", marks_, "With what the model puts around a text (begin, end, [CLS])");
    CLI::Option* decode =
        flags.on("--decode", decode_,
                 "Lines hold ids, and the answer is their text, marks and line ends included");
    exclude(decode, special);
    exclude(decode, marks);
    flags.group("Output");
    exclude(
        flags.on("--pieces", pieces_, "The text of each token as a JSON string, instead of its id"),
        decode);
    flags.on("--json", json_, "Write events, one JSON object a line: result, error");
    flags.on("--quiet", quiet_, "No remarks on standard error");
    return command;
  }

  Result<int> run(Output& out) override {
    const Result<core::Bundle> bundle = io::read_model(model_.path);
    if (!bundle) return bundle.error();
    const Result<Tokens> tokens = tokens_of(*bundle);
    if (!tokens)
      return Error{tokens.error().fault, say(model_.path, ": ", tokens.error().sentence)};
    if (file_ || text_) {
      Result<std::string> text = file_ ? read_text(*file_) : Result<std::string>(*text_);
      if (!text) return text.error();
      if (signals::stop()) return signals::exit_code();
      const std::string name = !file_ ? "--prompt" : *file_ == "-" ? "standard input" : *file_;
      if (const Status done = answer(*tokens, std::move(*text), 1, name, out); !done)
        return done.error();
      return signals::stop() ? signals::exit_code() : 0;
    }
    Result<LineReader> lines = LineReader::open(input_);
    if (!lines) return lines.error();
    while (!signals::stop() && !out.failed()) {
      std::string line;
      const Result<LineReader::Got> got = lines->next(line, true);
      if (!got) return got.error();
      if (*got == LineReader::Got::end) break;
      const std::string where = say(lines->name(), ": line ", lines->lines());
      if (const Status done = answer(*tokens, std::move(line), lines->lines(), where, out); !done)
        return done.error();
      out.flush();
    }
    return signals::stop() ? signals::exit_code() : 0;
  }

 private:
  Result<Tokens> tokens_of(const core::Bundle& bundle) const {
    if (!source_) {
      const auto kind = bundle.get("tokenizer.kind", std::string_view{});
      if (kind && kind->empty()) return Error{Fault::bad_argument, "it has no tokenizer"};
      Result<text::Tokenizer> tokenizer = text::Tokenizer::from(bundle);
      if (!tokenizer) return tokenizer.error();
      Result<text::Framer> framer = text::Framer::from(bundle, *tokenizer);
      if (!framer) return framer.error();
      return Tokens{std::move(*tokenizer), std::move(*framer)};
    }
    Result<std::optional<text::Tokenizer>> source = text::Tokenizer::from_source(bundle);
    if (!source) return source.error();
    if (*source) return Tokens{std::move(**source), std::nullopt};
    return Error{Fault::bad_argument, "its sources have no tokenizer of their own (--source)"};
  }

  Result<std::vector<int>> encode(const Tokens& tokens, const std::string& text) const {
    const std::optional<bool> around = marks_ ? std::nullopt : std::optional(false);
    if (!marks_ || !tokens.framer)
      return tokens.tokenizer.encode(
          text, {.parse_special = special_, .add_begin = around, .add_end = around});
    Result<text::Framed> framed =
        tokens.framer->frame(text, {.parse_special = special_, .most = std::nullopt});
    if (!framed) return framed.error();
    return std::move(framed->ids);
  }

  // `where` says what was given.
  Status answer(const Tokens& tokens, std::string given, std::int64_t number,
                const std::string& where, Output& out) const {
    std::string text;
    Result<std::vector<int>> ids = std::vector<int>();
    if (decode_) {
      ids = parse_ids(given, where);
      for (std::size_t i = 0; ids && i < ids->size(); ++i)
        if ((*ids)[i] >= tokens.tokenizer.size())
          return Error{Fault::bad_argument,
                       say(where, ": the token ", (*ids)[i], ", and the vocabulary ends at ",
                           tokens.tokenizer.size() - 1)};
      if (ids) text = tokens.tokenizer.decode(*ids, {.special = true, .at_start = true});
    } else {
      Result<std::string> valid = valid_text(std::move(given), where, false, quiet_);
      if (!valid) return valid.error();
      text = std::move(*valid);
      ids = encode(tokens, text);
    }
    if (!ids) return ids.error();
    write(tokens.tokenizer, number, text, *ids, out);
    return core::Done{};
  }

  void write(const text::Tokenizer& tokenizer, std::int64_t number, const std::string& text,
             const std::vector<int>& ids, Output& out) const {
    if (json_) {
      JsonLine event;
      event.add("event", "result").add("line", number - 1).add("text", text);
      event.raw("ids", json_ids(ids));
      if (pieces_) {
        JsonArray all;
        for (const int id : ids) all.add(json_text(tokenizer.piece(id)));
        event.raw("pieces", all.array());
      }
      out.write(event.line());
    } else if (decode_) {
      out.write(text + "\n");
    } else {
      std::string line;
      for (const int id : ids) {
        if (!line.empty()) line += ' ';
        line += pieces_ ? json_text(tokenizer.piece(id)) : std::to_string(id);
      }
      out.write(line + "\n");
    }
  }

  ModelFlags model_;
  std::optional<std::string> text_, file_;
  std::string input_ = "-";
  bool source_ = false, special_ = false, marks_ = false, decode_ = false, pieces_ = false;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Command> make_tokenize() { return std::make_unique<Tokenize>(); }

}  // namespace linnet::tools
