#include "cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "vipherd/base/printable.hpp"

namespace vipherd::cli {
namespace {

void write(std::FILE* file, const std::string& clean) {
  // In the order in which it was said, also if both go to one file.
  if (file == stderr) std::fflush(stdout);
  std::fwrite(clean.data(), 1, clean.size(), file);
}

bool has_colours() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  const bool refused = no_colour != nullptr && *no_colour != 0;
  return !refused && kind != nullptr && *kind != 0 && std::string_view(kind) != "dumb" &&
         ::isatty(STDOUT_FILENO) != 0;
}

/// ECMA-48: select graphic rendition.
const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::green:
      return "\x1b[32m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::none:
      break;
  }
  return "";
}

std::string dressed(const Page& page, bool colours) {
  std::string text;
  for (const Span& span : page) {
    const bool coloured = colours && span.colour != Colour::none;
    if (coloured) text += code_of(span.colour);
    text += printable_lines(span.text);
    if (coloured) text += "\x1b[0m";
  }
  return text;
}

winsize terminal_size() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

// Lines longer than the terminal are cut by it instead of wrapped: a page keeps its height.
constexpr std::string_view kNoWrap = "\x1b[?7l\x1b[H\x1b[2J";
constexpr std::string_view kWrap = "\x1b[?7h";

/// Only what a signal handler may: write() and _exit().
void leave_screen(int) {
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, kWrap.data(), kWrap.size());
  ::_exit(0);
}

void leave_quietly(int) { ::_exit(0); }

/// From the upper left corner: what was there before is overwritten line by line, without a
/// flicker.
std::string in_place(const std::string& text, std::size_t rows) {
  std::string drawn = "\x1b[H";
  std::size_t line = 1;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    if (rows > 1 && line == rows - 1 && text.find('\n', end + 1) != text.npos) {
      drawn += "… more: the terminal has too few lines\x1b[K\n";
      break;
    }
    drawn.append(text, at, end - at).append("\x1b[K\n");
    at = end == text.npos ? text.size() : end + 1;
    ++line;
  }
  return drawn + "\x1b[J";
}

}  // namespace

void out_line(std::string_view line) { write(stdout, printable(line) + "\n"); }
void err_line(std::string_view line) { write(stderr, printable(line) + "\n"); }
void complain(std::string_view line) { err_line("vipherd: " + std::string(line)); }
void out_text(std::string_view lines) { write(stdout, printable_lines(lines)); }
void out_page(const Page& page) { write(stdout, dressed(page, has_colours())); }

std::size_t terminal_width(std::size_t otherwise) {
  const winsize size = terminal_size();
  return size.ws_col > 0 ? size.ws_col : otherwise;
}

Screen::Screen() : terminal_(::isatty(STDOUT_FILENO) != 0) {
  std::signal(SIGINT, terminal_ ? leave_screen : leave_quietly);
  std::signal(SIGTERM, terminal_ ? leave_screen : leave_quietly);
  if (terminal_) write(stdout, std::string(kNoWrap));
}

Screen::~Screen() {
  if (terminal_) write(stdout, std::string(kWrap));
}

bool Screen::show(const Page& page) {
  const std::string text = dressed(page, has_colours());
  if (terminal_) {
    write(stdout, in_place(text, terminal_size().ws_row));
  } else {
    write(stdout, (first_ ? "" : "\n") + text);
  }
  first_ = false;
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

}  // namespace vipherd::cli
