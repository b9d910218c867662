#pragma once

#include <optional>

#include "engine/text/chat_format.h"
#include "tools/convert/convert.h"
#include "tools/convert/source_model.h"
#include "tools/convert/tokenizers.h"

namespace linnet::convert {

// How conversations with the model are written: as the options name it, else as its chat template
// says where that is a known one (chat_template.jinja or tokenizer_config.json of the folder, the
// field tokenizer.chat_template of a GGUF file). Otherwise nothing; the listener hears of a
// template that is not known, and of what a known one says besides. The format's special tokens
// become marks (control tokens), so that no text can be spelled as one of them. Errors:
// bad_argument, for a format that the model cannot have; io, corrupt, of the files.
core::Result<std::optional<text::ChatFormat>> find_chat_format(const Options& options,
                                                               const SourceModel& model,
                                                               const Listener& listener,
                                                               Tokenizers& tokenizers);

}  // namespace linnet::convert
