// The instruction set avxvnni for machines that have its dot product as an AVX-512 instruction
// only.
#define LINNET_AVXVNNI_AS table_avxvnni_evex
#include "kernels/isa/avxvnni.cpp"
