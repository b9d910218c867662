#pragma once

#include <string_view>

#include "engine/core/bundle.h"
#include "engine/core/result.h"
#include "engine/text/tokenizer.h"

// Texts with the tokens that they must become, kept in a model's file so that whoever has the file
// can see that its tokenizer does here what it did where the model comes from. Settings, under
// "tokenizer." or "source_tokenizer.":
//
//   test_texts   strings  the texts
//   test_ids     ints     the ids of all of them one after the other, without the marks that the
//                         tokenizer puts around a text
//   test_ends    ints     where in test_ids those of each text end; not falling
namespace linnet::text {

// Encodes each text; the number of them. `prefix` is where the settings stand, with its point.
// Errors: corrupt where the settings contradict each other, mismatch with the first text that
// becomes something else.
core::Result<int> check_test_vectors(const core::Bundle& bundle, std::string_view prefix,
                                     const Tokenizer& tokenizer);

// The vectors of all tokenizers of a file, which need no model. Errors: also those of Tokenizer.
core::Result<int> check_test_vectors(const core::Bundle& bundle);

}  // namespace linnet::text
