// A real validating resolver, unbound, in front of an NSD with a zone that is signed for the test
// and another one whose signature is wrong. On port 5353 of a network namespace of the test's own.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "unit/probe/dns/nsd.hpp"
#include "unit/probe/dns/process.hpp"
#include "unit/temporary_directory.hpp"

namespace vipherd::probe::testing {

class Unbound {
 public:
  explicit Unbound(const test::TemporaryDirectory& folder)
      : anchor_(sign_zones(folder)),
        nsd_(folder, {"signed.example", "forged.example"}),
        process_(command(folder, anchor_), 5353, folder.path("unbound.log")) {}

  static std::string address() { return "127.0.0.1:5353"; }

 private:
  static std::string zone(const std::string& name) {
    return "$ORIGIN " + name + ".\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\n" +
           "ns A 127.0.0.1\nwww A 192.0.2.1\n";
  }

  static std::string shell(const test::TemporaryDirectory& folder, const std::string& command) {
    const std::string log = folder.path("log");
    const std::string line = "cd " + folder.path(".") + " && (" + command + ") >" + log + " 2>&1";
    const int code = std::system(line.c_str());
    std::ifstream file(log);
    std::string output{std::istreambuf_iterator<char>(file), {}};
    if (code != 0) throw std::runtime_error(command + ": " + output);
    return output;
  }

  /// Returns the files of the trust anchors.
  static std::vector<std::string> sign_zones(const test::TemporaryDirectory& folder) {
    std::vector<std::string> anchors;
    for (const std::string name : {"signed.example", "forged.example"}) {
      std::string key = shell(folder, "ldns-keygen -a ECDSAP256SHA256 -k " + name);
      key.erase(key.find_last_not_of('\n') + 1);
      folder.write(name, zone(name));
      shell(folder, "ldns-signzone -f " + name + ".zone " + name + " " + key);
      anchors.push_back(folder.path(key + ".key"));
    }
    // Signed for one address, answered with another.
    shell(folder, "sed -i 's/192.0.2.1$/192.0.2.66/' forged.example.zone");
    shell(folder, "grep -q 192.0.2.66 forged.example.zone");
    return anchors;
  }

  static std::vector<std::string> command(const test::TemporaryDirectory& folder,
                                          const std::vector<std::string>& anchors) {
    std::string text =
        "server:\n interface: 127.0.0.1\n port: 5353\n username: \"\"\n chroot: \"\"\n"
        " do-daemonize: no\n use-syslog: no\n do-not-query-localhost: no\n num-threads: 1\n"
        " module-config: \"validator iterator\"\n"
        " trust-anchor-signaling: no\n root-key-sentinel: no\n"
        " pidfile: \"" +
        folder.path("unbound.pid") + "\"\n logfile: \"" + folder.path("unbound.log") +
        "\"\n directory: \"" + folder.path(".") + "\"\n";
    for (const std::string& anchor : anchors) text += " trust-anchor-file: \"" + anchor + "\"\n";
    text += "remote-control:\n control-enable: no\n";
    for (const std::string name : {"signed.example", "forged.example", "example.com"}) {
      text += "stub-zone:\n name: " + name + "\n stub-addr: 127.0.0.1@53\n";
    }
    return {"/usr/sbin/unbound", "-d", "-c", folder.write("unbound.conf", text)};
  }

  std::vector<std::string> anchor_;
  Nsd nsd_;
  Process process_;
};

}  // namespace vipherd::probe::testing
