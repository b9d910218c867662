#include <doctest/doctest.h>

#include "tools/convert/chat/recognition.h"
#include "tools/convert/chat/template_text.h"

// The templates here are the least ones of their kind. make_chat_golden.py says how the real ones
// are compared.

using namespace linnet::convert;

namespace {

const std::string kOpen = "{% if add_generation_prompt %}", kClose = "{% endif %}";
const std::string kEach = "{% for message in messages %}", kDone = "{% endfor %}";

std::string chatml(const std::string& first = "") {
  return kEach + first +
         "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
         "'\\n'}}" +
         kDone + kOpen + "{{ '<|im_start|>assistant\\n' }}" + kClose;
}

std::string format_of(const std::string& source) {
  const auto found = recognise_template(source);
  return found ? std::string(found->format) : "unknown";
}

TEST_CASE("Equal templates have one spelling") {
  const std::string one = "{{'a' + message['role'] + '\\n' + \"b\"}}";
  CHECK(read_template(one).code == "{{'a'+message.role+'\nb'}}");
  CHECK(read_template("{{- \"a\"+message[\"role\"] + '\n'+'b' -}}").code ==
        read_template(one).code);
  CHECK(read_template("{% if  x  is   defined %}").code == "{%if x is defined%}");
  CHECK(read_template("{{ '}}' + \"%}\" }}").code == "{{'}}%}'}}");
  CHECK(read_template("{{ 'it\\'s' }}").texts == std::vector<std::string>{"it's"});
  CHECK(read_template("{{ raise_exception('no') }}").texts.empty());
}

TEST_CASE("What stands outside of tags is what Jinja would write of it") {
  const auto outside = [](const char* source) { return read_template(source).outside; };
  CHECK(outside("{% if a %}\n  {% endif %}\n") == "");
  CHECK(outside("{{ a }}\n{% if b %}\n{% endif %}") == "\n");
  CHECK(outside("{{ a }}\n  {%- if b -%}\n  x\n {%- endif %}") == "x");
  CHECK(outside("{{ a }}  {% if b %}") == "  ");
  CHECK(outside("  {% if b %}\n \t{% endif %} {% if c %}") == " ");
  CHECK(outside("{# {{ not }} #}\n{{- a }} b\n") == " b");
  CHECK(outside("a\n   {# c #}b") == "a\nb");
}

TEST_CASE("Damaged templates are read to their end and are not known") {
  for (const std::string source :
       {"", "{", "{{", "{%", "{{ '", "{{ '\\", "{{ 'a", "{# ", "{{-", "{{-}}", "{%-%}", "}}", "{{}",
        "{{ a[' }}", "{{ +'a' }}", "{{ ['a'] }}"}) {
    CAPTURE(source);
    CHECK(format_of(source) == "unknown");
  }
  const std::string whole = chatml();
  for (std::size_t length = 0; length + kClose.size() < whole.size(); ++length)
    CHECK(format_of(whole.substr(0, length)) == "unknown");
  CHECK(format_of(whole + std::string(70'000, ' ')) == "unknown");
}

TEST_CASE("ChatML is known, with its system text and its begin token") {
  CHECK(format_of(chatml()) == "chatml");
  CHECK_FALSE(recognise_template(chatml())->begins);
  CHECK_FALSE(recognise_template(chatml())->system);
  CHECK(recognise_template("{{ bos_token }}" + chatml())->begins);
  const auto own = recognise_template(
      chatml("{% if loop.first and messages[0]['role'] != 'system' %}"
             "{{ '<|im_start|>system\nDo as you are told and no more.<|im_end|>\n' }}{% endif %}"));
  REQUIRE(own);
  CHECK(own->system == "Do as you are told and no more.");
  CHECK(own->left_out == "");
  CHECK(recognise_template(chatml("{% if tools %}{{ 'Here are tools, call them as you like' }}"
                                  "{% endif %}"))
            ->left_out == "its texts for tools");
}

TEST_CASE("A template that writes more than its format is not known") {
  CHECK(format_of(chatml("{{ 'You must always answer in verse.' }}")) == "unknown");
  CHECK(format_of("Hello. " + chatml()) == "unknown");
  CHECK(format_of(chatml() + "\n\n\n") == "unknown");
  CHECK(format_of(chatml() + "\n\n") == "chatml");  // Jinja drops both
  // An opening with more in it.
  std::string thinks = chatml();
  thinks.replace(thinks.find("assistant\\n"), 11, "assistant\\n<think>\\n");
  CHECK(format_of(thinks) == "unknown");
  CHECK(format_of(chatml() + "{{ '<reason>\n' }}") == "unknown");
  CHECK(format_of(chatml() + "{%if enable_thinking is false%}{{ '<x>' }}{% endif %}") == "chatml");
}

TEST_CASE("The other formats are known by what they write around turns") {
  CHECK(format_of(kEach +
                  "{% set content = '<|start_header_id|>' + message['role'] + "
                  "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}"
                  "{{ content }}" +
                  kDone + "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}") == "llama3");
  CHECK(format_of("{{ bos_token }}" + kEach +
                  "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + "
                  "'<end_of_turn>\n' }}" +
                  kDone + kOpen + "{{'<start_of_turn>model\n'}}" + kClose) == "gemma");
  CHECK(format_of(kEach +
                  "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + "
                  "message['content'] %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
                  "{{ ' '  + content.strip() + ' ' + eos_token }}" +
                  kDone) == "llama2");
  CHECK(format_of("{{ bos_token }}" + kEach +
                  "{{ '[INST] ' + message['content'] + ' [/INST]' }}"
                  "{{ message['content'] + eos_token}}" +
                  kDone) == "mistral");
  // With a system text elsewhere than in the user's turn.
  CHECK(
      format_of("{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}" +
                kEach +
                "{{ '[INST] ' + message['content'] + ' [/INST]' }}"
                "{{ message['content'] + eos_token}}" +
                kDone) == "unknown");
  CHECK(format_of(kEach +
                  "{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' "
                  "+ '\n'}}{{message['content'] + '<|end|>' + '\n'}}" +
                  kDone) == "phi3");
  const std::string zephyr = kEach + "\n{{ '<|user|>\n' + message['content'] + eos_token }}\n" +
                             kOpen + "\n{{ '<|assistant|>' }}\n" + kClose + "\n" + kDone;
  CHECK(format_of(zephyr) == "zephyr");
  CHECK(format_of("x" + zephyr) == "unknown");
}

TEST_CASE("A system text behind a condition that never holds is not the model's") {
  const auto found = recognise_template(
      chatml("{% if false == true %}{% set system_message = 'Be very honest and polite, please' %}"
             "{% endif %}"));
  REQUIRE(found);
  CHECK_FALSE(found->system);
  CHECK(recognise_template(chatml("{% set system_message = 'Be very honest and polite' %}"))
            ->system == "Be very honest and polite");
}

}  // namespace
