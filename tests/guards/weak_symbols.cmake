# The linker keeps one copy of an inline function that several files share. If that copy comes from
# a file that was built for a faster CPU, every caller gets instructions that its CPU may not have.
# So a file with flags of its own may leave behind only functions that nobody else has: ours and
# xsimd's, and in no second object of the library.
#   cmake -DNM=<nm> -DOBJECTS=<file with one object per line> [-DPLAIN=<regex>] -P weak_symbols.cmake
# PLAIN: the objects that are built without flags of their own.
cmake_minimum_required(VERSION 3.22)
if(NOT PLAIN)
  set(PLAIN "/(cpu|dispatch|pack|reference)\\.cpp\\.")
endif()

file(STRINGS ${OBJECTS} objects)
set(fast 0)
foreach(object ${objects})
  execute_process(COMMAND ${NM} --defined-only ${object}
                  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" weak "${symbols}")
  get_filename_component(name ${object} NAME)
  set(is_plain FALSE)
  if(object MATCHES "${PLAIN}")
    set(is_plain TRUE)
  else()
    math(EXPR fast "${fast} + 1")
  endif()
  foreach(line ${weak})
    string(REGEX REPLACE "^.* [WVu] " "" symbol "${line}")
    # _ZN6linnet7kernels..., also const members, nested entities, guards and typed data of them.
    if(NOT is_plain AND NOT symbol MATCHES "^_Z(GV|T[VIS])?Z*N[KVRO]*(6linnet7kernels|5xsimd)")
      message(SEND_ERROR "${name} leaves behind a shared function that is not ours: ${symbol}")
    endif()
    if(DEFINED owner_${symbol} AND NOT (is_plain AND plain_${symbol}))
      message(SEND_ERROR "${name} and ${owner_${symbol}} both leave behind ${symbol}")
    endif()
    set(owner_${symbol} ${name})
    set(plain_${symbol} ${is_plain})
  endforeach()
endforeach()
if(fast EQUAL 0)
  message(FATAL_ERROR "no object in ${OBJECTS} has instructions of its own")
endif()
