#!/usr/bin/env bash
# Builds and runs all tests that this machine can run natively: preset `dev` (address and
# undefined-behaviour sanitizers, warnings as errors) and preset `release` (what is shipped).
# Arguments go to ctest: ./test.sh -R kernels
#
# Tests of other people's trained models need their files, which are not part of this repository:
# LINNET_ASSETS names their folder; without it, those tests say so and are skipped.
set -euo pipefail
cd "$(dirname "$0")"
source tests/suite.sh

toolchains/install.sh build test
# Of what runs whole programs, the fastest kernels are enough with sanitizers; as it is shipped, all run.
for preset in dev release; do
  build "$preset"
  fewer=()
  if [ "$preset" = dev ]; then fewer=(-E "^tools_(linnet|convert)_tests\.($(slower_tables "$preset"))$"); fi
  suite "$preset" "$(missing_tables)" "$preset" "${fewer[@]}" "$@"
done
