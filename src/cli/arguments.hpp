// What is accepted on the command line, in one place for all commands.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "vipherd/model/command.hpp"
#include "vipherd/model/scope.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vipherd::cli {

/// --socket, for the commands that need the control socket.
std::shared_ptr<std::string> add_socket_option(CLI::App& command);

/// The argument that names a service.
std::shared_ptr<model::scope::Service> add_required_service_argument(CLI::App& command,
                                                                     const std::string& about);
/// The same for one that need not be given; without it: the node.
std::shared_ptr<model::ServiceScope> add_service_argument(CLI::App& command,
                                                          const std::string& about);
/// The one that names a service or a VIP; without it: the node.
std::shared_ptr<model::Scope> add_target_argument(CLI::App& command, const std::string& about);

/// --reason and --for, of what takes something out of service.
std::shared_ptr<model::Terms> add_terms_options(CLI::App& command);

/// No option or argument of the command takes an empty text: that is what an unset variable of a
/// script leaves, and must not stand for "not given". To be called when all are added.
void refuse_empty_values(CLI::App& command);

}  // namespace vipherd::cli
