# A program's size in megabytes (10^6 bytes) is below the limit and is the one that README.md states,
# give or take a twentieth. The README row is `| <machine> | <linnet> MB | <linnet-convert> MB |`.
#   cmake -DPROGRAM=<file> -DMACHINE=<first cell> -DREADME=<file> -DLIMIT=<kB> -P size.cmake
cmake_minimum_required(VERSION 3.22)
file(SIZE ${PROGRAM} bytes)
math(EXPR kilobytes "${bytes} / 1000")
if(kilobytes GREATER LIMIT)
  message(FATAL_ERROR "${PROGRAM} has ${kilobytes} kB; the limit is ${LIMIT} kB")
endif()

set(before "")
if(PROGRAM MATCHES "linnet-convert$")
  set(before "[^|]*\\|")
endif()
file(STRINGS ${README} row REGEX "^\\| *${MACHINE} *\\|")
if(NOT row MATCHES "^\\|[^|]*\\|${before} *([0-9]+)\\.([0-9][0-9]) MB")
  message(FATAL_ERROR "${README} states no size of ${PROGRAM}; it is ${kilobytes} kB")
endif()
math(EXPR stated "${CMAKE_MATCH_1} * 1000 + ${CMAKE_MATCH_2} * 10")
math(EXPR off "(${kilobytes} - ${stated}) * 20")
if(off GREATER stated OR off LESS -${stated})
  message(FATAL_ERROR "${README} states ${stated} kB for ${PROGRAM}; it is ${kilobytes} kB")
endif()
message(STATUS "${PROGRAM}: ${kilobytes} kB, stated ${stated} kB, limit ${LIMIT} kB")
