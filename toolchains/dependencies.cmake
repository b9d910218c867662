# Every library that is not ours, found in one place, with a sentence for whoever lacks it.
# The Debian packages are listed in toolchains/packages.txt; the scripts install them.

# Header-only packages are offered one folder at a time, through a private folder of links, so that
# a cross build never sees the host's /usr/include. (The CMake package of libxsimd-dev is unusable:
# it asks for -lxtl and is not found under a cross toolchain.)
function(linnet_header_package name header package)
  find_path(LINNET_${name}_ROOT ${header}
            PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH)
  if(NOT LINNET_${name}_ROOT)
    message(FATAL_ERROR
      "Linnet needs the header ${header} of ${name}: apt-get install ${package}, "
      "or say where it is with -DLINNET_${name}_ROOT=<folder>")
  endif()
  get_filename_component(entry ${header} DIRECTORY)
  if(NOT entry)
    set(entry ${header})
  endif()
  set(links ${PROJECT_BINARY_DIR}/headers/${name})
  get_filename_component(parent ${links}/${entry} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${LINNET_${name}_ROOT}/${entry} ${links}/${entry} SYMBOLIC)
  add_library(linnet_${name} INTERFACE)
  add_library(linnet::${name} ALIAS linnet_${name})
  target_include_directories(linnet_${name} SYSTEM INTERFACE ${links})
endfunction()

linnet_header_package(xsimd xsimd/xsimd.hpp libxsimd-dev)
linnet_header_package(xxhash xxhash.h libxxhash-dev)
linnet_header_package(cli11 CLI/CLI.hpp libcli11-dev)
linnet_header_package(json nlohmann/json.hpp nlohmann-json3-dev)
linnet_header_package(stb stb/stb_image.h libstb-dev)
if(LINNET_TESTS)
  linnet_header_package(doctest doctest/doctest.h doctest-dev)
  # PCRE2 is the judge of our word splitting, on the machine that builds.
  add_library(linnet_pcre2 INTERFACE)
  add_library(linnet::pcre2 ALIAS linnet_pcre2)
  if(NOT CMAKE_CROSSCOMPILING)
    find_library(LINNET_PCRE2_LIBRARY pcre2-8)
    if(NOT LINNET_PCRE2_LIBRARY)
      message(FATAL_ERROR "Linnet's tests need PCRE2: apt-get install libpcre2-dev, "
                          "or build without tests: -DLINNET_TESTS=OFF")
    endif()
    target_compile_definitions(linnet_pcre2 INTERFACE LINNET_PCRE2)
    target_link_libraries(linnet_pcre2 INTERFACE ${LINNET_PCRE2_LIBRARY})
  endif()
endif()
target_compile_definitions(linnet_xxhash INTERFACE XXH_INLINE_ALL)

find_package(Threads REQUIRED)
