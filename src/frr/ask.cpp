#include "vipherd/frr/ask.hpp"

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string_view>

#include "frr/daemon_sockets.hpp"
#include "frr/vty_client.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::frr {
namespace {

Answers ask_at(const std::string& socket, const std::vector<std::string>& commands,
               Duration limit) {
  boost::asio::io_context io;
  const auto vty = std::make_shared<VtyClient>(io, socket);
  Answers answers;
  for (const std::string& command : commands) {
    if (!answers.texts.empty() && answers.absent) {
      answers.texts.push_back(answers.texts.back());
      continue;
    }
    Result<std::string> answer = fail("not asked");
    bool lost = false;
    vty->ask(command, limit, [&](const Result<wire::vty::Response>& response) {
      lost = !response;
      if (!response) {
        answer = response.error();
      } else if (response->status == wire::vty::kNoMatch) {
        std::string what = socket;
        answer = fail(what.append(" does not know `").append(command).append("`"));
      } else if (response->status != wire::vty::kSuccess) {
        std::string_view said = response->text;
        said = said.substr(0, said.find_first_of("\r\n"));
        std::string what = socket;
        answer = fail(what.append(": `").append(command).append("`: ").append(said));
      } else {
        answer = Result<std::string>(boost::system::in_place_value, response->text);
      }
      io.stop();
    });
    io.run();
    io.restart();
    if (lost && answers.texts.empty()) answers.absent = nothing_listens(answer.error().what);
    answers.texts.push_back(answer);
    if (!lost || answers.absent) continue;
    while (answers.texts.size() < commands.size()) answers.texts.push_back(answer);
    break;
  }
  vty->close();
  return answers;
}

}  // namespace

Answers ask(const std::string& socket, const std::vector<std::string>& commands, Duration limit) {
  Answers answers = ask_at(socket, commands, limit);
  if (!answers.absent) return answers;
  for (const std::string& instance : instance_sockets(socket)) {
    Answers others = ask_at(instance, commands, limit);
    if (!others.absent) return others;
  }
  return answers;
}

}  // namespace vipherd::frr
