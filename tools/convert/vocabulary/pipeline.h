#pragma once

#include <string>
#include <vector>

#include "engine/core/result.h"
#include "tools/convert/json.h"
#include "tools/convert/vocabulary/character_tables.h"

namespace linnet::convert {

// Normalizer, pre-tokenizer and decoder: what happens to a text before the model and after it.
struct Pipeline {
  bool byte_level =
      false;  // the model works on bytes; otherwise on characters with U+2581 as blank, or:
  bool normalises = false;      // there is a normalizer
  std::string prefix = "none";  // as the setting of that name (engine/text/tokenizer.h)
  bool prefix_unless_blank = false;
  bool strip_first = false;
  bool split_blanks = false;
  bool collapse_blanks = false;
  AlbertText albert;                  // before the map
  std::string char_map;               // as the setting of that name
  bool byte_fallback = false;         // the decoder turns tokens like <0x0A> into bytes
  std::vector<std::string> patterns;  // byte_level
  bool composes = false;              // byte_level: texts are brought to the composed form first
  bool wordpiece = false;             // texts are read as BERT does
  BertText bert;                      // wordpiece
  std::string inside;                 // wordpiece: what begins a token inside a word
  bool cleanup = false;               // wordpiece

  // From the whole of a tokenizer.json. Errors name the part: corrupt, unsupported.
  static core::Result<Pipeline> read(const Json& json, const std::string& file,
                                     const std::vector<std::string>& ignored_fields);
};

}  // namespace linnet::convert
