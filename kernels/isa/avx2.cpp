#include "kernels/isa/avx2.h"

namespace linnet::kernels {

LINNET_FLOAT_KERNELS(, Avx2)

constinit const Table table_avx2 = table_of<Avx2>();

}  // namespace linnet::kernels
