// Server-sent events, as they arrive in pieces. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vipherd::cli {

class EventStreamReader {
 public:
  /// The data of each event that is whole now. Other fields, and comments, are passed over.
  std::vector<std::string> take(std::string_view piece);

 private:
  std::string line_;
  std::string data_;
};

}  // namespace vipherd::cli
