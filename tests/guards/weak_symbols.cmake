# The linker keeps one copy of an inline function that several files share. If that copy comes from
# a file that was built for a faster CPU, every caller gets instructions that its CPU may not have.
# So a file with flags of its own may leave behind only functions that nobody else can have: those
# that carry the name of its instruction set.
#   cmake -DNM=<nm> -DOBJECTS=<file with one object per line> [-DPLAIN=<regex>] -P weak_symbols.cmake
# PLAIN: the objects that are built without flags of their own.
cmake_minimum_required(VERSION 3.22)
if(NOT PLAIN)
  set(PLAIN "/(cpu|dispatch|pack|reference)\\.cpp\\.")
endif()

file(STRINGS ${OBJECTS} objects)
set(fast 0)
foreach(object ${objects})
  if(object MATCHES "${PLAIN}")
    continue()
  endif()
  math(EXPR fast "${fast} + 1")
  get_filename_component(name ${object} NAME)
  get_filename_component(isa ${object} NAME_WE)
  execute_process(COMMAND ${NM} --defined-only ${object}
                  OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" weak "${symbols}")
  foreach(line ${weak})
    string(REGEX REPLACE "^.* [WVu] " "" symbol "${line}")
    if(symbol MATCHES "^DW\\.ref\\.")
      continue()  # an address, no instructions
    endif()
    # Mangled: _ZN6linnet7kernels..., also const members, local entities, guards, tables of types.
    string(TOLOWER "${symbol}" lower)
    if(NOT symbol MATCHES "^_Z(GV|T[VIS])?Z*N[KVRO]*6linnet7kernels" OR NOT lower MATCHES "${isa}")
      message(SEND_ERROR "${name} leaves behind a shared function without its name: ${symbol}")
    endif()
  endforeach()
endforeach()
if(fast EQUAL 0)
  message(FATAL_ERROR "no object in ${OBJECTS} has instructions of its own")
endif()
