// strerror as a value: without a buffer that other threads write to.
#pragma once

#include <string>
#include <system_error>

namespace vipherd {

inline std::string describe_errno(int error) { return std::generic_category().message(error); }

}  // namespace vipherd
