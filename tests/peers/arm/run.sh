#!/usr/bin/env bash
# Instructions per token on ARM under QEMU, of Linnet and of llama.cpp (tests/peers/README.md).
#   tests/peers/arm/run.sh [--shape LIST] [--tiers neon,neondot,neoni8mm,armv7] [--write]
#   tests/peers/arm/run.sh --where TIER    what a generated token executes, by function
# LLAMA_CPP names a folder with the sources of llama.cpp, otherwise they are fetched. Needs the group
# `cross` of toolchains/packages.txt, and build/release/linnet-convert. JOBS: compilers at once.
set -euo pipefail
cd "$(dirname "$0")/../../.."

source_package=llama-cpp-python==0.3.36
shape=768,12,12,12,2048,32000
tiers=neon,neondot,neoni8mm,armv7
jobs=${JOBS-$(nproc)}
others=()
where=""
while [ $# -gt 0 ]; do
  case $1 in
    --shape) shape=$2; shift ;;
    --tiers) tiers=$2; shift ;;
    --where) where=$2; tiers=$2; others+=(--where "$2"); shift ;;
    --write) others+=(--write) ;;
    *) echo "run.sh: what is $1?" >&2; exit 2 ;;
  esac
  shift
done
work=build/peers/arm
mkdir -p "$work"

cc -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden -o "$work/count.so" tests/peers/arm/count.c

# Linnet, for whichever of the two architectures the tiers want.
architectures=()
case $tiers in *neon*) architectures+=(aarch64) ;; esac
case $tiers in *armv7*) architectures+=(armv7) ;; esac
for preset in "${architectures[@]}"; do
  cmake --preset "$preset" >"$work/$preset.log"
  cmake --build --preset "$preset" -j "$jobs" --target linnet >>"$work/$preset.log"
done

# A random model of that shape, for Linnet.
if [ "$(cat "$work/shape" 2>/dev/null)" != "$shape" ]; then
  if [ ! -x build/release/linnet-convert ]; then
    echo "run.sh: build/release/linnet-convert is not built; see tests/peers/README.md" >&2
    exit 5
  fi
  python3 tests/peers/arm/random_llama2c.py "$work/model.bin" "$work/tokenizer.bin" "$shape"
  build/release/linnet-convert "$work/model.bin" --tokenizer "$work/tokenizer.bin" --type int8 \
    -o "$work/model.linnet" >"$work/convert.log" 2>&1
  rm "$work/model.bin"
  python3 tests/peers/arm/random_gguf.py "$work/model.gguf" "$shape"
  echo "$shape" >"$work/shape"
fi

# By function: the same program linked once more, but not stripped.
if [ -n "$where" ]; then
  preset=${architectures[0]}
  ninja -C "build/$preset" -t commands linnet | tail -1 |
    sed "s# -s # #g; s# -o linnet # -o $PWD/$work/linnet.$preset.symbols #" >"$work/link.sh"
  (cd "build/$preset" && sh "../../$work/link.sh")
  exec python3 tests/peers/arm/table.py --shape "$shape" "${others[@]}"
fi

if [ -z "${LLAMA_CPP-}" ]; then
  LLAMA_CPP=$work/source/vendor/llama.cpp
  if [ ! -d "$LLAMA_CPP" ]; then
    python3 -m venv "$work/environment"
    "$work/environment/bin/pip" download --quiet --disable-pip-version-check --no-deps \
      --no-build-isolation --no-binary :all: -d "$work" "$source_package"
    mkdir -p "$work/source"
    tar -xf "$work"/llama_cpp_python-*.tar.gz -C "$work/source" --strip-components=1
  fi
fi
LLAMA_CPP=$(realpath "$LLAMA_CPP")

# build_llama TIER TOOLCHAIN FLAGS...: what does not build is missing from the table.
build_llama() {
  local tier=$1 toolchain=$2 folder=$work/llama-${2%%-*}
  case ,$tiers, in *,$tier,*) ;; *) return 0 ;; esac
  shift 2
  if cmake -S tests/peers/arm -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_TOOLCHAIN_FILE="$PWD/toolchains/$toolchain.cmake" -DLLAMA_CPP="$LLAMA_CPP" \
      -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAMA_BUILD_COMMON=OFF \
      -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
      -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF "$@" >"$work/llama.$tier.log" 2>&1 &&
    cmake --build "$folder" -j "$jobs" --target llama_steps >>"$work/llama.$tier.log" 2>&1; then
    cp "$folder/llama_steps" "$work/llama_steps.$tier"
  else
    echo "llama.cpp does not build for $tier: $work/llama.$tier.log" >&2
    rm -f "$work/llama_steps.$tier"
  fi
}
build_llama neon aarch64-linux-gnu -DGGML_CPU_ARM_ARCH=armv8-a
build_llama neondot aarch64-linux-gnu -DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod
build_llama neoni8mm aarch64-linux-gnu -DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod+i8mm
build_llama armv7 arm-linux-gnueabihf \
  -DCMAKE_C_FLAGS=-mfpu=neon-vfpv4 -DCMAKE_CXX_FLAGS=-mfpu=neon-vfpv4

exec python3 tests/peers/arm/table.py --shape "$shape" --tiers "$tiers" "${others[@]}"
