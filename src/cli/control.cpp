// The commands that change something: one POST to the control socket each.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/persisted.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::cli {
namespace {

struct Word {
  const char* verb;  ///< on the command line and in the path
  const char* about;
  const char* done;  ///< what is printed after "service NAME "
  const char* footer;
};

int command(const std::string& socket, const std::string& service, const Word& word) {
  const auto answer =
      ask_for_200({socket, ""}, "POST", "/v1/services/" + service + "/" + word.verb);
  if (!answer) {
    std::fprintf(stderr, "vipherd: %s\n", answer.error().what.c_str());
    return kFailure;
  }
  std::printf("service %s %s\n", service.c_str(), word.done);
  return warn_if_not_persisted(*answer);
}

Command add(CLI::App& app, const Word& word) {
  CLI::App* added = app.add_subcommand(word.verb, word.about);
  const auto socket = add_socket_option(*added);
  const auto service = std::make_shared<std::string>();
  added->add_option("service", *service, "The service's name")->required()->type_name("NAME");
  added->footer(word.footer);
  return {added, [socket, service, word] { return command(*socket, *service, word); }};
}

}  // namespace

std::shared_ptr<std::string> add_socket_option(CLI::App& command) {
  const auto socket = std::make_shared<std::string>(model::ApiConfig{}.control_socket);
  command.add_option("--socket", *socket, "The agent's control socket (api.control_socket)")
      ->capture_default_str()
      ->type_name("PATH");
  return socket;
}

Command add_disable(CLI::App& app) {
  return add(app,
             {"disable", "Withdraw a service's VIPs from this node, whatever its checks say",
              "is disabled: its VIPs are being withdrawn",
              "At once; \"vipherd drain\" does it without losing requests. Lasts until \"vipherd\n"
              "enable\", also over a restart. Exits 0 if the agent took it, 3 if it took it but could not\n"
              "write it down, else 1."});
}

Command add_enable(CLI::App& app) {
  return add(app,
             {"enable", "Undo a disable: announce the service's VIPs while it is healthy",
              "is enabled: its VIPs are announced while it is up",
              "A service with enabled = false in the configuration is refused: that is for the\n"
              "configuration to say. Exits 0 if the agent took it, 3 if it took it but could not write it\n"
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
