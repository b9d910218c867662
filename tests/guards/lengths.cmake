# No C++ file above 300 lines but the contract and the reference kernels.
#   cmake -DROOT=<source folder> -P lengths.cmake
cmake_minimum_required(VERSION 3.22)
set(limit 300)
set(excepted "^kernels/kernels\\.h$|^kernels/isa/reference")

file(GLOB_RECURSE files RELATIVE ${ROOT}
     ${ROOT}/kernels/*.h ${ROOT}/kernels/*.cpp ${ROOT}/engine/*.h ${ROOT}/engine/*.cpp
     ${ROOT}/tools/*.h ${ROOT}/tools/*.cpp ${ROOT}/tests/*.h ${ROOT}/tests/*.cpp)
if(NOT files)
  message(FATAL_ERROR "there are no source files under ${ROOT}")
endif()
foreach(file ${files})
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  if(lines GREATER limit AND NOT file MATCHES "${excepted}")
    message(SEND_ERROR "${file} has ${lines} lines; the house keeps files under ${limit}")
  endif()
endforeach()
