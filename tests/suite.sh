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

# Of the tables that this machine runs, all but the fastest, as a regular expression.
slower_tables() {
  local missing slower=none fastest=reference table
  missing=$(missing_tables)
  for table in avx2 avxvnni avx512vnni neon neondot neoni8mm; do
    case $(uname -m),$table in
      x86_64,neon* | aarch64,avx* | arm*,avx* | arm*,neon?*) continue ;;
    esac
    if [[ "|$missing|" == *"|$table|"* ]]; then continue; fi
    slower+="|$fastest"
    fastest=$table
  done
  echo "$slower"
}

# The tables that this machine cannot run.
missing_tables() {
  local missing=none pair
  for pair in avx2:avx2 avxvnni:avx_vnni avx512vnni:avx512_vnni neondot:asimddp neoni8mm:i8mm; do
    if ! grep -qw "${pair#*:}" /proc/cpuinfo; then missing+="|${pair%:*}"; fi
  done
  echo "$missing"
}
