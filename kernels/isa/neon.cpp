#include "kernels/isa/neon.h"

namespace linnet::kernels {

LINNET_FLOAT_KERNELS(, Neon)

constinit const Table table_neon = table_of<Neon>();

}  // namespace linnet::kernels
