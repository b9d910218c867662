#include "tools/linnet/beam_answer.h"

#include <algorithm>

#include "tools/common/numbers.h"
#include "tools/common/signals.h"
#include "tools/linnet/json_line.h"
#include "tools/linnet/model_kind.h"

namespace linnet::tools {

using core::Error;
using core::Fault;
using core::say;
using generate::Hypothesis;

core::Result<std::vector<Hypothesis>> search_continuations(
    const OpenedModel& opened, const ModelFlags& flags, const PromptFlags& prompt_flags,
    std::vector<int>& prompt, const generate::BeamOptions& options, int max_tokens, bool quiet) {
  if (const core::Status fine = need_kind(opened.model, flags.path, ModelKind::decoder); !fine)
    return fine.error();
  core::Result<generate::Lanes> lanes = open_lanes(opened, flags, options.beams, 1, quiet);
  if (!lanes) return lanes.error();
  const text::Tokenizer* tokenizer = opened.model.tokenizer();
  const int positions = lanes->options().positions;
  const core::Status fits = fit_prompt(prompt, prompt_flags, positions, max_tokens,
                                       tokenizer != nullptr ? tokenizer->begin() : -1);
  if (!fits) return fits.error();
  const int room = positions - static_cast<int>(prompt.size());
  if (room == 0 || max_tokens == 0) return std::vector<Hypothesis>{};
  generate::BeamOptions own = options;
  own.max_tokens = max_tokens < 0 ? room : std::min(max_tokens, room);
  if (tokenizer != nullptr) own.ends.assign(tokenizer->ends().begin(), tokenizer->ends().end());
  core::Result<generate::BeamSearch> search = generate::BeamSearch::make(*lanes, own);
  if (!search) return search.error();
  const generate::BeamSearch::Source from{.start = prompt};
  auto found = search->run({&from, 1}, &signals::stop());
  if (!found) return found.error();
  return std::move(found->front());
}

void write_continuations(Output& out, const std::vector<Hypothesis>& found,
                         const text::Tokenizer* tokenizer, bool ids, bool several, bool at_start) {
  for (const Hypothesis& h : found) {
    std::string text;
    if (ids)
      for (const int id : h.tokens) text += say(text.empty() ? "" : " ", id);
    else
      text = tokenizer->decode(h.tokens, {.special = false, .at_start = at_start});
    if (several) {
      std::replace(text.begin(), text.end(), '\n', ' ');
      text = say("0 ||| ", text, " ||| ", show_fixed(double{h.score}, 6));
    }
    out.write(text.ends_with('\n') ? text : text + "\n");
  }
}

void write_continuation_events(Output& out, const std::vector<Hypothesis>& found,
                               const text::Tokenizer* tokenizer, std::size_t prompt_tokens) {
  for (const Hypothesis& h : found) {
    JsonLine line;
    line.add("event", "result");
    line.add("text", tokenizer == nullptr ? "" : tokenizer->decode(h.tokens));
    line.raw("ids", json_ids(h.tokens)).add("finish", h.ended ? "end" : "length");
    line.add("score", double{h.score}).add("prompt_tokens", prompt_tokens);
    out.write(line.add("tokens", h.tokens.size()).line());
  }
}

}  // namespace linnet::tools
