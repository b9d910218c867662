#include "tools/common/version.h"

namespace linnet::tools {

std::string_view version() { return LINNET_VERSION; }
std::string_view commit() { return LINNET_COMMIT; }

}  // namespace linnet::tools
