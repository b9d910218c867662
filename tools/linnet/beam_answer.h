#pragma once

#include <string>
#include <vector>

#include "engine/generate/beam.h"
#include "engine/text/tokenizer.h"
#include "tools/common/output.h"
#include "tools/linnet/model_flags.h"
#include "tools/linnet/prompt.h"

namespace linnet::tools {

// The best continuations of a prompt, found by beam search: for a decoder alone. At most
// `max_tokens` tokens each (-1: as many as the context has room for). A prompt that is too long is
// cut as its flags say. Errors: bad_argument for an encoder-decoder, limit.
core::Result<std::vector<generate::Hypothesis>> search_continuations(
    const OpenedModel& opened, const ModelFlags& flags, const PromptFlags& prompt_flags,
    std::vector<int>& prompt, const generate::BeamOptions& options, int max_tokens, bool quiet);

// Writes each on a line of its own, in the format of `linnet translate`, or where there is only one
// just its text (or ids). `at_start`: they begin a text instead of continuing one.
void write_continuations(Output& out, const std::vector<generate::Hypothesis>& found,
                         const text::Tokenizer* tokenizer, bool ids, bool several, bool at_start);

// Writes a result event for each; `tokenizer` may be null.
void write_continuation_events(Output& out, const std::vector<generate::Hypothesis>& found,
                               const text::Tokenizer* tokenizer, std::size_t prompt_tokens);

}  // namespace linnet::tools
