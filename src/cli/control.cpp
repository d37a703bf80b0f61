// The commands of one service that change something: one POST to the control socket each.
#include <CLI/CLI.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/operate.hpp"
#include "cli/output.hpp"
#include "cli/persisted.hpp"

namespace vipherd::cli {
namespace {

struct Word {
  const char* verb;  ///< on the command line and in the path
  const char* about;
  const char* done;  ///< what is printed after "service NAME "
  const char* footer;
};

int command(const std::string& socket, const model::Scope& scope, const Word& word) {
  const auto reached = operate({socket, ""}, scope, word.verb);
  if (!reached) {
    complain(reached.error().what);
    return kFailure;
  }
  out_line(to_string(reached->scope) + " " + word.done + " (" + vips_of(*reached) + ")");
  return warn_if_not_persisted(*reached);
}

Command add(CLI::App& app, const Word& word) {
  CLI::App* added = app.add_subcommand(word.verb, word.about);
  const auto socket = add_socket_option(*added);
  const auto scope = add_service_argument(*added, "The service's name");
  added->get_option("service")->required();
  added->footer(word.footer);
  return {added, [socket, scope, word] { return command(*socket, *scope, word); }};
}

}  // namespace

Command add_disable(CLI::App& app) {
  return add(app,
             {"disable", "Withdraw a service's VIPs from this node, whatever its checks say",
              "is disabled: its VIPs are being withdrawn",
              "At once; \"vipherd drain\" does it without losing requests. Lasts until \"vipherd\n"
              "enable\", also over a restart. Exits 0 if the agent took it, 3 if it took it but "
              "could not\n"
              "write it down, else 1."});
}

Command add_enable(CLI::App& app) {
  return add(app,
             {"enable", "Undo a disable: announce the service's VIPs while it is healthy",
              "is enabled: its VIPs are announced while it is up",
              "A service with enabled = false in the configuration is refused: that is for the\n"
              "configuration to say. Exits 0 if the agent took it, 3 if it took it but could not "
              "write it\n"
              "down, else 1."});
}

Command add_clear_damping(CLI::App& app) {
  return add(app,
             {"clear-damping", "Forget a service's penalty for flapping",
              "has no penalty for flapping any more",
              "A service that is held down for flapping returns at once, if its checks are up.\n"
              "Exits 0 if the agent took it, else 1."});
}

}  // namespace vipherd::cli
