#include "cli/output.hpp"

#include <cstdio>
#include <string>

#include "vipherd/base/printable.hpp"

namespace vipherd::cli {
namespace {

void write(std::FILE* file, const std::string& clean) {
  // In the order in which it was said, also if both go to one file.
  if (file == stderr) std::fflush(stdout);
  std::fwrite(clean.data(), 1, clean.size(), file);
}

}  // namespace

void out_line(std::string_view line) { write(stdout, printable(line) + "\n"); }
void err_line(std::string_view line) { write(stderr, printable(line) + "\n"); }
void complain(std::string_view line) { err_line("vipherd: " + std::string(line)); }
void out_text(std::string_view lines) { write(stdout, printable_lines(lines)); }

}  // namespace vipherd::cli
