// Collects errors while a configuration is read, and puts them in order at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/config/load.hpp"

namespace vipherd::config {

/// A position in one of the sources. The default is the first character of the main file.
struct Place {
  std::size_t source = 0;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend auto operator<=>(const Place&, const Place&) = default;
};

class Errors {
 public:
  explicit Errors(std::span<const Source> sources) : sources_(sources) {}

  /// The first 1,000 are kept, of the others their number: a text of megabytes can have as many
  /// errors.
  void add(Place place, std::string message);
  bool full() const;
  /// "FILE:LINE", to name another place within a message.
  std::string name(Place place) const;
  std::vector<ConfigError> sorted();

 private:
  struct Entry {
    Place place;
    std::string message;
  };
  std::span<const Source> sources_;
  std::vector<Entry> entries_;
  std::size_t left_out_ = 0;
};

/// ", did you mean "X"?" with the nearest of `words`, or nothing if none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> words);

/// "a", "b" or "c"
std::string one_of(std::span<const std::string_view> words);

}  // namespace vipherd::config
