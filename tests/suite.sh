# Sourced by test.sh and .ci/run: where the trained test models are, how a preset is built, how its
# tests are run and which of them may be skipped.

if [ -z "${LINNET_ASSETS-}" ] && [ -d ../shared/assets ]; then
  LINNET_ASSETS=$(cd ../shared/assets && pwd)
fi
export LINNET_ASSETS=${LINNET_ASSETS-}
if [ -n "${CI-}" ] || [ -n "$LINNET_ASSETS" ]; then
  export LINNET_ASSETS_REQUIRED=1  # a test that lacks its model fails instead of being skipped
fi

build() {
  cmake --preset "$1"
  cmake --build --preset "$1" "${@:2}"
}

# suite LABEL TABLES PRESET CTEST_ARGUMENTS...: runs ctest. Where the models are at hand, a test may be
# skipped only if it belongs to one of the kernel TABLES (a regular expression) that this CPU is known
# not to run.
suite() {
  local log=build/ctest-$1.log tables=$2
  shift 2
  ctest --preset "$1" -j "$(nproc)" "${@:2}" | tee "$log"
  if [ -n "${LINNET_ASSETS_REQUIRED-}" ] &&
    grep -F '***Skipped' "$log" | grep -vE "\.($tables) \.+"; then
    echo "These tests were skipped, which is a failure here."
    return 1
  fi
}

# slower_tables PRESET: of the tables that it has and this machine runs, all but the fastest, as a
# regular expression. Its tests are in the order of the tables, the fastest last.
slower_tables() {
  ctest --preset "$1" -N -R '^tools_linnet_tests\.' | sed -n 's/.*: tools_linnet_tests\.//p' |
    grep -vxE "$(missing_tables)" | head -n -1 | paste -sd'|'
}

# The tables that this machine cannot run.
missing_tables() {
  local missing=none pair
  for pair in avx2:avx2 avxvnni:avx_vnni avx512vnni:avx512_vnni neondot:asimddp neoni8mm:i8mm; do
    if ! grep -qw "${pair#*:}" /proc/cpuinfo; then missing+="|${pair%:*}"; fi
  done
  echo "$missing"
}
