#include "tools/linnet/eval_scores.h"

#include "engine/core/result.h"
#include "tools/common/numbers.h"
#include "tools/common/version.h"
#include "tools/linnet/json_line.h"

namespace linnet::tools {
namespace {

using core::say;

std::string signature(const Scores& scores, const std::string& fields) {
  const ReferenceCount& count = scores.references;
  const std::string references =
      count.fewest == count.most ? std::to_string(count.most) : std::string("var");
  return say("nrefs:", references, "|case:", scores.lowercase ? "lc" : "mixed", "|", fields,
             "|version:linnet-", version());
}

std::string bleu_signature(const Scores& scores) {
  return signature(scores, "eff:no|tok:13a|smooth:exp");
}

std::string chrf_signature(const Scores& scores) {
  return signature(scores, say("eff:yes|nc:", metrics::Chrf::kCharOrder, "|nw:", scores.word_order,
                               "|space:no"));
}

std::string report_bleu(const Scores& scores) {
  const metrics::BleuScore bleu = scores.bleu->score();
  std::string precisions;
  for (const double precision : bleu.precisions)
    precisions += (precisions.empty() ? "" : "/") + show_fixed(precision, 1);
  return say("BLEU|", bleu_signature(scores), " = ", show_fixed(bleu.score, 2), " ", precisions,
             " (BP = ", show_fixed(bleu.brevity, 3), " ratio = ", show_fixed(bleu.ratio(), 3),
             " hyp_len = ", bleu.hypothesis_length, " ref_len = ", bleu.reference_length, ")\n");
}

std::string report_chrf(const Scores& scores) {
  return say("chrF", metrics::Chrf::kBeta,
             std::string(static_cast<std::size_t>(scores.word_order), '+'), "|",
             chrf_signature(scores), " = ", show_fixed(scores.chrf->score(), 2), "\n");
}

JsonLine result(const char* metric, double score) {
  JsonLine line;
  line.add("event", "result").add("metric", metric).add("score", score);
  return line;
}

std::string bleu_event(const Scores& scores) {
  const metrics::BleuScore bleu = scores.bleu->score();
  JsonArray precisions;
  for (const double precision : bleu.precisions) precisions.add(json_number(precision));
  JsonLine line = result("bleu", bleu.score);
  line.raw("precisions", precisions.array()).add("brevity_penalty", bleu.brevity);
  line.add("hypothesis_length", bleu.hypothesis_length);
  line.add("reference_length", bleu.reference_length);
  return line.add("signature", bleu_signature(scores)).line();
}

}  // namespace

std::string report_of(const Scores& scores) {
  const metrics::Errors& errors = scores.errors;
  std::string text;
  if (scores.bleu) text += report_bleu(scores);
  if (scores.chrf) text += report_chrf(scores);
  if (scores.tell_tokens)
    text += say("token error = ", show_fixed(errors.token_rate(), 2), " % (", errors.edits,
                " edits, ", errors.tokens, " tokens)\n");
  if (scores.tell_lines)
    text += say("line error = ", show_fixed(errors.line_rate(), 2), " % (", errors.wrong_lines,
                " of ", errors.lines, " lines)\n");
  return text;
}

std::string events_of(const Scores& scores) {
  const metrics::Errors& errors = scores.errors;
  std::string text;
  if (scores.bleu) text += bleu_event(scores);
  if (scores.chrf)
    text += result("chrf", scores.chrf->score()).add("signature", chrf_signature(scores)).line();
  if (scores.tell_tokens) {
    JsonLine line = result("token-error", errors.token_rate());
    text += line.add("edits", errors.edits).add("tokens", errors.tokens).line();
  }
  if (scores.tell_lines) {
    JsonLine line = result("line-error", errors.line_rate());
    text += line.add("wrong_lines", errors.wrong_lines).add("lines", errors.lines).line();
  }
  return text;
}

}  // namespace linnet::tools
