// Text with gaps. A template is the configuration as it will be read, in which
//   @name@            is replaced by that text,
//   %if a !b          keeps the lines up to %else or %end if flag a is set and b is not,
//   %each name        repeats the lines up to %end for each entry of that list.
// A name that the values do not have is a mistake in the program and aborts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vipherd::render {

class Values {
 public:
  void set(std::string_view name, std::string text) { texts_[std::string(name)] = std::move(text); }
  void flag(std::string_view name, bool on) { flags_[std::string(name)] = on; }
  /// An entry's own names hide those around it. `first` and `last` are flags of every entry.
  void list(std::string_view name, std::vector<Values> entries);

  const std::string* text(std::string_view name) const;
  const bool* flag(std::string_view name) const;
  const std::vector<Values>* list(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::string, bool, std::less<>> flags_;
  std::map<std::string, std::vector<Values>, std::less<>> lists_;
};

std::string fill(std::string_view text, const Values& values);

}  // namespace vipherd::render
