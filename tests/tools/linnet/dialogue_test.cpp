#include "tools/linnet/dialogue.h"

#include <doctest/doctest.h>

#include "engine/engine.h"
#include "engine/generate/generate.h"
#include "tests/support/tiny_talker.h"

using namespace linnet;
using generate::Finish;
using generate::Session;

namespace {

Session opened(const Model& model, int context) {
  auto session = Session::open(model.transformer(), {.context = context});
  REQUIRE(session);
  return std::move(*session);
}

struct Talk {
  Model model = *Model::from(support::tiny_talker(), "tiny");
  Session session = opened(model, 200);
  tools::Dialogue dialogue{*model.chat_format(), *model.tokenizer(), session, std::nullopt};
  generate::Sampler sampler = *generate::Sampler::make({.temperature = 0}, model.spec().vocab);
  std::vector<int> all;  // what the model has read and said

  // Says that, lets the model answer with so many tokens and takes the next one for its end if
  // `ends`; returns how many tokens were fed before the answer.
  int say(std::string_view text, int tokens, bool ends) {
    const auto prompt = dialogue.ask(text);
    REQUIRE(prompt);
    const std::vector<int> fed(prompt->begin(), prompt->end());
    all.resize(session.tokens().size());
    all.insert(all.end(), fed.begin(), fed.end());
    REQUIRE(session.feed(fed));
    for (int i = 0; i < tokens; ++i) {
      const auto token = sampler.pick(session.logits(), session.tokens());
      REQUIRE(token);
      dialogue.add(*token);
      all.push_back(*token);
      // Cut off by -n, the last token is not fed; before an end token it is.
      if (i + 1 < tokens || ends) REQUIRE(session.feed({&*token, 1}));
    }
    return static_cast<int>(fed.size());
  }
  std::vector<float> logits() { return {session.logits().begin(), session.logits().end()}; }
  std::vector<float> logits_from_scratch() {
    Session fresh = opened(model, 200);
    REQUIRE(fresh.feed(all));
    return {fresh.logits().begin(), fresh.logits().end()};
  }
};

TEST_CASE("A turn feeds its own tokens only, and the model stands where all of it would bring it") {
  for (const bool ends : {false, true}) {
    Talk talk;
    CAPTURE(ends);
    CHECK(talk.say("hi", 5, ends) == 1 + 4 + 1 + 2);  // <s> "u hi" </s> "a "
    // The last token if it was not fed, then </s> "u more" </s> "a ".
    CHECK(talk.say("more", 7, ends) == (ends ? 0 : 1) + 1 + 6 + 1 + 2);
    CHECK(talk.say("x", 0, ends) == (ends ? 0 : 1) + 1 + 3 + 1 + 2);
    CHECK(talk.all.size() == talk.session.tokens().size());
    CHECK(std::equal(talk.all.begin(), talk.all.end(), talk.session.tokens().begin()));
    CHECK(talk.logits() == talk.logits_from_scratch());
    CHECK(talk.model.tokenizer()->decode(talk.all, {.special = true}).find("</s>u more</s>a ") !=
          std::string::npos);
  }
}

TEST_CASE("A conversation that was forgotten begins again") {
  Talk talk;
  const int first = talk.say("hi", 5, false);
  const std::vector<float> logits = talk.logits();
  talk.say("more", 3, true);
  talk.dialogue.reset();
  talk.all.clear();
  CHECK(talk.say("hi", 5, false) == first);
  CHECK(talk.logits() == logits);
}

TEST_CASE("What does not fit is refused and nothing has changed") {
  Talk talk;
  talk.say("hi", 5, false);
  const auto prompt = talk.dialogue.ask(std::string(200, 'x'));
  REQUIRE_FALSE(prompt);
  CHECK(prompt.error().fault == core::Fault::limit);
  CHECK(talk.say("more", 3, true) == 1 + 1 + 6 + 1 + 2);
  CHECK(talk.dialogue.ask(std::string(200 - talk.session.tokens().size() - 6, 'x')));
}

TEST_CASE("The answer ends at the tokens of the format and at those of the vocabulary") {
  const Model model = *Model::from(support::tiny_talker(), "tiny");
  Session session = opened(model, 20);
  const tools::Dialogue dialogue{*model.chat_format(), *model.tokenizer(), session, {}};
  CHECK(std::vector<int>(dialogue.ends().begin(), dialogue.ends().end()) == std::vector<int>{2});
}

}  // namespace
