# How all of our own code is compiled. Instruction sets are not chosen here: each file of
# kernels/isa/ has its own flags, everything else is built for the plainest machine of its kind.
add_library(linnet_options INTERFACE)
target_compile_options(linnet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  # The order of float operations is part of every kernel's contract (kernels/kernels.h).
  -ffp-contract=off
  # GCC notes on every call that passes a 16-byte vector on ARM that GCC 10 changed the ABI.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-psabi>
  -fstack-protector-strong)
target_include_directories(linnet_options INTERFACE ${PROJECT_SOURCE_DIR})
# Files above 2 GB on 32-bit machines.
target_compile_definitions(linnet_options INTERFACE _FILE_OFFSET_BITS=64)
target_link_options(linnet_options INTERFACE -Wl,-z,relro,-z,now)
if(LINNET_WERROR)
  target_compile_options(linnet_options INTERFACE -Werror)
endif()

if(LINNET_SANITIZE)
  target_compile_options(linnet_options INTERFACE
    -fsanitize=${LINNET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(linnet_options INTERFACE -fsanitize=${LINNET_SANITIZE})
  target_compile_definitions(linnet_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(LINNET_FUZZ)
  target_compile_options(linnet_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(LINNET_STATIC)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
  target_compile_options(linnet_options INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(linnet_options INTERFACE -Wl,--gc-sections -s)

  # Position-independent where the C library has the start code for it (Debian's armhf has not).
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -fPIE)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie)
  check_cxx_source_compiles("int main() { return 0; }" LINNET_STATIC_PIE)
  unset(CMAKE_REQUIRED_FLAGS)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(LINNET_STATIC_PIE)
    target_compile_options(linnet_options INTERFACE -fPIE)
    target_link_options(linnet_options INTERFACE -static-pie)
  else()
    target_compile_options(linnet_options INTERFACE -fno-pie)
    target_link_options(linnet_options INTERFACE -static)
  endif()
endif()

if(LINNET_LTO)
  # kernels/ turns it off for itself: its files differ in their instruction sets. The other objects
  # also hold plain code, so that the many test programs need not go through the optimiser.
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -ffat-lto-objects)
endif()
