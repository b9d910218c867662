#include "engine/text/framer.h"

#include <algorithm>
#include <string>

#include "engine/core/limits.h"

namespace linnet::text {

using core::Error;
using core::Fault;
using core::Result;
using core::say;

namespace {

constexpr std::int32_t kFirst = -1, kSecond = -2;
// What a model puts around texts has a handful of marks.
constexpr std::size_t kLongestForm = 64;

struct Room {
  std::size_t first, second;
};

// How much of each of two texts stays if `most` tokens are left for them, as the library
// `tokenizers` divides them ("longest_first"): the shorter one stays whole if the longer one is
// still no shorter; otherwise each gets half, and the longer one (of equals the second) the odd
// one.
Room divide(Room sizes, std::size_t most) {
  if (sizes.first + sizes.second <= most) return sizes;
  const bool swapped = sizes.first > sizes.second;
  Room room{std::min(sizes.first, sizes.second), 0};
  room.second = room.first > most ? room.first : std::max(room.first, most - room.first);
  if (room.first + room.second > most) {
    room.first = most / 2;
    room.second = room.first + most % 2;
  }
  if (swapped) std::swap(room.first, room.second);
  return room;
}

}  // namespace

Result<Framer> Framer::from(const core::Bundle& bundle, const Tokenizer& tokenizer) {
  Framer framer(tokenizer);
  auto single = read(bundle, "tokenizer.single", 1, tokenizer);
  if (!single) return single.error();
  auto pair = read(bundle, "tokenizer.pair", 2, tokenizer);
  if (!pair) return pair.error();
  framer.single_ = std::move(*single);
  framer.pair_ = std::move(*pair);
  if (!framer.single_.ids.empty()) return framer;
  if (tokenizer.adds_begin()) framer.single_.ids.push_back(tokenizer.begin());
  framer.single_.ids.push_back(kFirst);
  if (tokenizer.adds_end()) framer.single_.ids.push_back(tokenizer.end());
  framer.single_.types.assign(framer.single_.ids.size(), 0);
  return framer;
}

Result<Framer::Template> Framer::read(const core::Bundle& bundle, const char* name, int texts,
                                      const Tokenizer& tokenizer) {
  using Numbers = std::span<const std::int32_t>;
  auto ids = bundle.get(name, Numbers{});
  if (!ids) return ids.error();
  const std::string of_types = say(name, "_types");
  auto types = bundle.get(of_types, Numbers{});
  if (!types) return types.error();
  if (ids->size() != types->size() || ids->size() > kLongestForm)
    return Error{Fault::corrupt, say("the setting '", name, "' has ", ids->size(), " tokens but ",
                                     types->size(), " types")};
  int first = 0, second = 0;
  for (const std::int32_t id : *ids) {
    first += id == kFirst ? 1 : 0;
    second += id == kSecond ? 1 : 0;
    if (id < kSecond || id >= tokenizer.size())
      return Error{Fault::corrupt,
                   say("the setting '", name, "' names ", id, ", outside the vocabulary of ",
                       tokenizer.size(), " tokens")};
  }
  for (const std::int32_t type : *types)
    if (type < 0 || type >= core::limits::kTokenTypes)
      return Error{Fault::corrupt, say("the setting '", of_types, "' has the type ", type)};
  if (!ids->empty() && (first != 1 || second != texts - 1))
    return Error{Fault::corrupt, say("the setting '", name, "' does not have each text once")};
  return Template{{ids->begin(), ids->end()}, {types->begin(), types->end()}};
}

Framer::Ids Framer::encode(std::string_view text, const FrameOptions& options) const {
  return tokenizer_.encode(text, {options.parse_special, false, false});
}

Result<Framed> Framer::frame(std::string_view text, const FrameOptions& options) const {
  return fill(single_, encode(text, options), {}, 1, options);
}

Result<Framed> Framer::frame(std::string_view first, std::string_view second,
                             const FrameOptions& options) const {
  if (!reads_pairs()) return Error{Fault::unsupported, "the model reads no pairs of texts"};
  return fill(pair_, encode(first, options), encode(second, options), 2, options);
}

Result<Framed> Framer::fill(const Template& form, Ids first, Ids second, int texts,
                            const FrameOptions& options) {
  if (options.most) {
    const auto marks = static_cast<int>(form.ids.size()) - texts;
    if (*options.most < marks)
      return Error{Fault::limit, say("the marks around the text take ", marks,
                                     " tokens, more than the limit of ", *options.most)};
    const Room room =
        divide({first.size(), second.size()}, static_cast<std::size_t>(*options.most - marks));
    first.resize(room.first);
    second.resize(room.second);
  }
  Framed framed;
  for (std::size_t i = 0; i < form.ids.size(); ++i) {
    const std::int32_t id = form.ids[i];
    const auto begin = static_cast<int>(framed.ids.size());
    if (id < 0) {
      const Ids& text = id == kFirst ? first : second;
      framed.ids.insert(framed.ids.end(), text.begin(), text.end());
      (id == kFirst ? framed.first : framed.second) = {begin, static_cast<int>(framed.ids.size())};
    } else {
      framed.ids.push_back(id);
    }
    framed.types.resize(framed.ids.size(), form.types[i]);
  }
  return framed;
}

}  // namespace linnet::text
