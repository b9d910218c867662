#include "tools/convert/json.h"

#include <algorithm>
#include <set>
#include <vector>

namespace linnet::convert {
namespace {

using core::Error;
using core::Fault;
using core::say;

// Listens to the text once and keeps nothing but what is needed to refuse it.
class Inspector : public nlohmann::json_sax<Json> {
 public:
  explicit Inspector(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override { return count() && deeper(); }
  bool start_array(std::size_t) override { return count() && deeper(); }
  bool end_object() override { return shallower(); }
  bool end_array() override { return shallower(); }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    return refuse(Fault::corrupt, say("has the key '", shown(name), "' twice in one object"));
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    // 406: a number that no double holds; everything else is a matter of grammar or UTF-8.
    if (problem.id == 406)
      return refuse(Fault::corrupt, say("holds a number that is out of range at byte ", position));
    return refuse(Fault::corrupt, say("is not valid JSON at byte ", position));
  }

  const Error& problem() const { return problem_; }

 private:
  bool refuse(Fault fault, std::string what) {
    problem_ = Error{fault, std::move(what)};
    return false;
  }
  bool count() {
    if (++values_ <= limits_.values) return true;
    return refuse(Fault::limit, say("holds more than ", limits_.values, " values"));
  }
  bool deeper() {
    keys_.emplace_back();
    if (static_cast<int>(keys_.size()) <= limits_.depth) return true;
    return refuse(Fault::limit, say("is nested more than ", limits_.depth, " levels deep"));
  }
  bool shallower() {
    keys_.pop_back();
    return true;
  }

  const JsonLimits& limits_;
  std::int64_t values_ = 0;
  std::vector<std::set<std::string>> keys_;  // of the objects (and lists) that are open
  Error problem_{Fault::corrupt, "is not valid JSON"};
};

}  // namespace

core::Result<Json> parse_json(std::string_view text, const std::string& file,
                              const JsonLimits& limits) {
  if (static_cast<std::int64_t>(text.size()) > limits.bytes)
    return Error{Fault::limit, say(file, " has ", text.size(), " bytes of JSON, more than the ",
                                   limits.bytes, " that are allowed")};
  // The library takes a NUL for the end of the text and would not look at what follows.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return Error{Fault::corrupt, say(file, " is not valid JSON at byte ", nul)};
  Inspector inspector(limits);
  if (!Json::sax_parse(text.begin(), text.end(), &inspector))
    return Error{inspector.problem().fault, say(file, " ", inspector.problem().sentence)};
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Error{Fault::corrupt, say(file, " does not hold a JSON object")};
  return json;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out(text.substr(0, kLongest));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text.size() > kLongest ? out + "..." : out;
}

}  // namespace linnet::convert
