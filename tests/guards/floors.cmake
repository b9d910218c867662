# Who may include whom. Fails with each offending pair.
#   cmake -DROOT=<source folder> -P floors.cmake
cmake_minimum_required(VERSION 3.22)

# A floor sees itself and what its line names: a folder, a header, or a library in <>.
set(floors)
function(floor name)
  set(floors ${floors} ${name} PARENT_SCOPE)
  set(seen_by_${name} ${name} ${ARGN} PARENT_SCOPE)
endfunction()
floor(kernels         <xsimd> <arm_neon.h> <immintrin.h> <cpuid.h>)
floor(engine/core     kernels/layout.h)
floor(engine/ops      engine/core kernels/kernels.h kernels/layout.h kernels/pack.h)
floor(engine/io       engine/core <xxhash.h>)
floor(engine/text     engine/core)
floor(engine/model    engine/core engine/ops kernels/layout.h)
floor(engine/generate engine/core engine/model engine/ops/softmax.h)
floor(engine          <xxhash.h>)  # the front doors; they see all of engine
floor(tools/common    engine/core <CLI>)
floor(tools/convert   engine/core engine/model/spec.h engine/model/spec_settings.h
                      engine/model/tensors.h engine/io/writer.h engine/io/mapped_file.h engine/text
                      kernels/pack.h tools/common <CLI> <nlohmann>)
floor(tools/unicode   <utf8proc.h>)
floor(tools/linnet    engine kernels/kernels.h kernels/pack.h tools/common <CLI>)

# Headers in <> that the table speaks about; any other is the language's or the system's.
set(libraries "(xsimd|nlohmann|CLI|doctest)/|(arm_neon|immintrin|x86intrin|cpuid|omp|xxhash|utf8proc|pcre2)\\.h")

# The longest floor that is a folder of `file`.
function(floor_of file result)
  set(best "")
  foreach(floor ${floors})
    if(file MATCHES "^${floor}/" AND (NOT best OR floor MATCHES "^${best}/"))
      set(best ${floor})
    endif()
  endforeach()
  set(${result} "${best}" PARENT_SCOPE)
endfunction()

# Whether `header` is one of ARGN or lies in one of them. <a/b.h> counts as lying in <a>.
function(is_seen header result)
  set(${result} FALSE PARENT_SCOPE)
  string(REPLACE ">" "" header "${header}/")
  foreach(entry ${ARGN})
    string(REPLACE ">" "" entry "${entry}/")
    string(FIND "${header}" "${entry}" at)
    if(at EQUAL 0)
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

function(check_include file line)
  if(line MATCHES "include[ \t]*\"([^\"]+)\"")
    set(header "${CMAKE_MATCH_1}")
    if(header MATCHES "^generated/|\\.inc$")
      return()  # written by the build
    elseif(NOT EXISTS ${ROOT}/${header})
      message(SEND_ERROR "${file} includes \"${header}\", which is no path from the root")
      return()
    endif()
  elseif(line MATCHES "include[ \t]*<((${libraries})[^>]*)>")
    set(header "<${CMAKE_MATCH_1}>")
  else()
    return()
  endif()
  floor_of(${file} floor)
  is_seen("${header}" seen ${seen_by_${floor}})
  if(NOT seen)
    message(SEND_ERROR "${file} stands on floor ${floor} and may not include ${header}")
  endif()
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/kernels/*.h ${ROOT}/kernels/*.cpp
     ${ROOT}/engine/*.h ${ROOT}/engine/*.cpp ${ROOT}/tools/*.h ${ROOT}/tools/*.cpp)
if(NOT files)
  message(FATAL_ERROR "there are no source files under ${ROOT}")
endif()
foreach(file ${files})
  floor_of(${file} floor)
  if(NOT floor)
    message(SEND_ERROR "${file} stands on no floor; tests/guards/floors.cmake names them all")
    continue()
  endif()
  file(STRINGS ${ROOT}/${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]")
  foreach(line ${includes})
    check_include(${file} "${line}")
  endforeach()
endforeach()
