# The guards themselves: each accepts a clean tree and names a planted violation.
#   cmake -DGUARDS=<this folder> -DWORK=<scratch folder> -DCXX=<compiler> -DNM=<nm> -P self_test.cmake
cmake_minimum_required(VERSION 3.22)

# Runs a guard; it must fail with a message that matches `expected`, or pass if that is "pass".
function(expect expected guard)
  execute_process(COMMAND ${CMAKE_COMMAND} ${ARGN} -P ${GUARDS}/${guard}.cmake
                  RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  string(REGEX REPLACE "[ \n]+" " " said "${out}${err}")
  if(expected STREQUAL "pass")
    if(NOT code EQUAL 0)
      message(SEND_ERROR "${guard} refused what is allowed: ${said}")
    endif()
  elseif(code EQUAL 0)
    message(SEND_ERROR "${guard} accepted what it should refuse with: ${expected}")
  elseif(NOT said MATCHES "${expected}")
    message(SEND_ERROR "${guard} refused, but without saying: ${expected}\n${said}")
  endif()
endfunction()

function(fresh_tree)
  file(REMOVE_RECURSE ${WORK})
  file(WRITE ${WORK}/kernels/layout.h "#pragma once\n#include <cstdint>\n")
  file(WRITE ${WORK}/kernels/simd.h "#include <xsimd/xsimd.hpp>\n")
  file(WRITE ${WORK}/engine/core/mat.h "#include \"kernels/layout.h\"\n")
  file(WRITE ${WORK}/engine/model/spec.h "#include \"engine/core/mat.h\"\n")
  file(WRITE ${WORK}/engine/engine.h "#include \"engine/model/spec.h\"\n")
  file(WRITE ${WORK}/tools/linnet/main.cpp "#include <CLI/CLI.hpp>\n#include \"engine/engine.h\"\n")
endfunction()

# floors: `content` in `file` is refused with `expected`.
function(expect_floor expected file content)
  fresh_tree()
  file(WRITE ${WORK}/${file} "${content}\n")
  expect("${expected}" floors -DROOT=${WORK})
endfunction()
fresh_tree()
expect(pass floors -DROOT=${WORK})
expect_floor("engine/core and may not include engine/model/spec.h"
             engine/core/mat.h "#include \"engine/model/spec.h\"")
expect_floor("engine/model and may not include engine/engine.h"
             engine/model/spec.h "#include \"engine/engine.h\"")
expect_floor("engine/core and may not include kernels/simd.h"
             engine/core/mat.h "  #  include \"kernels/simd.h\"")
expect_floor("kernels and may not include engine/core/mat.h"
             kernels/layout.h "#include \"engine/core/mat.h\"")
expect_floor("tools/linnet and may not include <nlohmann/json.hpp>"
             tools/linnet/main.cpp "#include <nlohmann/json.hpp>")
expect_floor("engine/core and may not include <omp.h>" engine/core/mat.h "#include <omp.h>")
expect_floor("no path from the root" engine/core/mat.h "#include \"layout.h\"")
expect_floor("stands on no floor" tools/other/main.cpp "#include <cstdio>")
expect("no source files" floors -DROOT=${WORK}/nothing)

# lengths: 300 lines pass, 301 do not.
fresh_tree()
string(REPEAT "// a line with ; and [ in it\n" 300 lines)
file(WRITE ${WORK}/engine/core/mat.h "${lines}")
expect(pass lengths -DROOT=${WORK})
file(APPEND ${WORK}/engine/core/mat.h "\n")
expect("engine/core/mat.h has 301 lines" lengths -DROOT=${WORK})
expect("no source files" lengths -DROOT=${WORK}/nothing)

# size: the limit, the tolerance, and a README without the figure.
fresh_tree()
string(REPEAT "x" 100000 program)
file(WRITE ${WORK}/program "${program}")
file(WRITE ${WORK}/README.md "| machine | program |\n| --- | --- |\n| board | 0.10 MB | more |\n")
set(size -DPROGRAM=${WORK}/program -DREADME=${WORK}/README.md)
expect(pass size ${size} -DMACHINE=board -DLIMIT=100)
expect("the limit is 99 kB" size ${size} -DMACHINE=board -DLIMIT=99)
expect("states no size of" size ${size} -DMACHINE=desk -DLIMIT=100)
file(APPEND ${WORK}/program "xxxxxx${program}")
expect("it is 200 kB" size ${size} -DMACHINE=board -DLIMIT=300)

# weak_symbols: an object with flags of its own, whose instruction set is called quick.
function(expect_weak expected code)
  fresh_tree()
  file(WRITE ${WORK}/quick.cpp "namespace linnet::kernels {\nstruct Quick {};\n${code}\n}\n")
  execute_process(COMMAND ${CXX} -std=c++20 -O0 -c ${WORK}/quick.cpp -o ${WORK}/quick.cpp.o
                  COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE ${WORK}/objects.txt "${WORK}/quick.cpp.o\n")
  expect("${expected}" weak_symbols -DNM=${NM} -DOBJECTS=${WORK}/objects.txt ${ARGN})
endfunction()
expect_weak(pass "template <class I> int f() { return 1; } int g() { return f<Quick>(); }")
expect_weak("function without its name: _ZN6linnet7kernels1fEv"
            "inline int f() { return 1; } int g() { return f(); }")
expect_weak("function without its name: _ZN6linnet7kernels1fIiEEiv"
            "template <class I> int f() { return 1; } int g() { return f<int>(); }")
expect_weak("function without its name: _ZN5other1fIN6linnet7kernels5Quick"
            "} namespace other { template <class I> int f() { return 1; } int g() { return f<linnet::kernels::Quick>(); }")
expect_weak("no object in .* has instructions of its own" "" -DPLAIN=quick)
