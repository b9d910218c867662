#include "engine/generate/lane_sizes.h"

#include "engine/core/limits.h"
#include "engine/core/range.h"

namespace linnet::generate {
namespace {

using core::Error;
using core::Fault;
using core::say;

core::Status check_positions(const char* what, int positions, const model::Stack& s) {
  if (positions < 1 || positions > core::limits::kContext)
    return Error{Fault::bad_argument, say("a ", what, " of ", positions, " must lie between 1 and ",
                                          core::limits::kContext)};
  if (s.position == model::Position::learned && positions > s.longest())
    return Error{Fault::limit, say("a ", what, " of ", positions, " is more than the ", s.longest(),
                                   " positions that the model has learned")};
  return core::Done{};
}

}  // namespace

LanesOptions filled(const model::Transformer& transformer, LanesOptions o) {
  const model::Spec& spec = transformer.spec();
  if (o.positions == 0) o.positions = spec.decoder.longest();
  if (o.source_positions == 0 && transformer.translates())
    o.source_positions = spec.encoder.longest();
  o.source_rows = std::max(o.source_rows, o.source_positions);
  return o;
}

core::Status check(const model::Transformer& transformer, const LanesOptions& o) {
  if (transformer.reads())
    return Error{Fault::bad_argument,
                 "this model reads a text (an encoder alone); it does not write one"};
  core::Status fine = check_positions("context", o.positions, transformer.spec().decoder);
  if (fine && transformer.translates())
    fine = check_positions("source length", o.source_positions, transformer.spec().encoder);
  if (fine && transformer.translates())
    fine = core::check_range(" source tokens together", o.source_rows, core::limits::kContext);
  if (fine) fine = core::check_range(" threads", o.threads, core::limits::kThreads);
  if (fine) fine = core::check_range(" sources", o.sources, core::limits::kBatch);
  if (fine) fine = core::check_range(" beams", o.beams, core::limits::kBeam);
  if (fine && o.alignments && !transformer.translates())
    return Error{Fault::bad_argument, "there is no source for a decoder alone to be aligned with"};
  if (fine && (o.tile < 1 || o.tile > core::limits::kBatch))
    return Error{Fault::bad_argument,
                 say("a tile of ", o.tile, " must lie between 1 and ", core::limits::kBatch)};
  return fine;
}

}  // namespace linnet::generate
